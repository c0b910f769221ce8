"""The README says the truth: its examples run, its options exist and have these defaults."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import examples, run_example, run_line
from corpora import two_topics

from benchmarks import peers, quality_time
from w2v import Config
from w2v.cli.train_commands import train

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
TRAINING = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
EXAMPLES = examples(README)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_library_examples_run(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example(EXAMPLES[number][0], f"README example {number}")


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 2


def test_option_table_is_complete() -> None:
    listed = set(re.findall(r"`(--[a-z-]+)`", TRAINING.split("| option |")[1].split("\n\n")[0]))
    offered = {option.opts[-1] for option in train.params if option.opts[-1].startswith("--")}
    assert offered - {"--output"} == listed


def test_option_table_shows_the_defaults() -> None:
    rows = re.findall(r"^\| `--([a-z-]+)` \| (.+?) \|", TRAINING, re.MULTILINE)
    for flag, shown in rows:
        default = getattr(Config, flag.replace("-", "_"), None)
        if default is None or isinstance(default, bool):
            continue
        expected = f"{default:g}" if isinstance(default, float) else str(default)
        assert shown.strip("`") == expected, flag


@pytest.mark.parametrize("page", [README, TRAINING], ids=["README", "training"])
def test_shell_examples_run_as_printed(page: str, tmp_path: Path) -> None:
    text = "\n".join(" ".join(s) for s in two_topics(300)).replace("animal1", "king")
    text = text.replace("tool1", "queen").replace("animal3", "man").replace("tool3", "woman")
    (tmp_path / "corpus.txt").write_text(text, encoding="utf-8")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "part.txt").write_text(text, encoding="utf-8")
    for name in ("more.txt.gz", "news.gz"):
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    (tmp_path / "novels").mkdir()
    (tmp_path / "novels" / "one.txt").write_text(text, encoding="utf-8")
    clicks = {"session_id": [i // 5 for i in range(500)], "item_id": [i % 10 for i in range(500)]}
    pq.write_table(pa.table({**clicks, "time": range(500)}), tmp_path / "clicks.parquet")
    lines = re.findall(r"^    ((?:zcat .*)?w2v \w+.*)$", page, re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        if line != "w2v demo":  # see tests/cli/test_commands.py
            run_line(line, tmp_path)


def result(name: str) -> dict[str, Any]:
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_the_tables_of_speed_and_quality_are_those_of_the_last_benchmarks() -> None:
    quality, before = result("quality_time"), result("peers")
    table = quality_time.markdown(quality["summary"])
    ratios = peers.ratios({"Zen 4": quality, "Zen 5": before}, "w2v-numba")
    assert README.index(table) < README.index(ratios)
    assert "model 17" in quality["environment"]["cpu"]  # Zen 4, as the table says
    assert peers.markdown(before["summary"]) in (ROOT / "benchmarks" / "README.md").read_text(
        encoding="utf-8"
    )


def anchors(text: str) -> set[str]:
    """What the headings of a page are called in links, on GitHub."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"`[^`\n]*`(?!\])", "", page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_no_document_is_unfinished() -> None:
    for document in PAGES:
        assert "@@" not in document.read_text(encoding="utf-8"), document
