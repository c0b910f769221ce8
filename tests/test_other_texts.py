"""Texts and test sets that `benchmarks.corpora` makes of Debian's packages."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarked import ROOT

from benchmarks import corpora as other_texts

NOUNS = {
    "entity": (),
    "animal": ("entity",),
    "cat": ("animal",),
    "dog": ("animal",),
    "stone": ("entity",),
}
"""Each with what stands above it."""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Debian packages, unpacked, of next to nothing."""
    at = {name: f"{number:08d}" for number, name in enumerate(NOUNS)}
    heads = "".join(f"{name} n 1 1 @ 1 0 {at[name]}  \n" for name in NOUNS)
    synsets = "".join(
        f"{at[name]} 05 n 01 {name} 0 {len(above):03d} "
        + "".join(f"@ {at[up]} n 0000 " for up in above)
        + "~ 00000000 n 0000 | a meaning\n"
        for name, above in NOUNS.items()
    )
    manual = ".TH LS 1\n.PP\n\\fB\\-a\\fP Eintr\u00e4ge\n.SH X\nan\n"
    page = "<head><p>no</p></head><body><h1>Die Einstellung</h1><script>\nno\n</script><p>&Uuml;ber"
    files = {
        "wordnet-base/usr/share/wordnet/index.noun": f"  1 a licence\n{heads}",
        "wordnet-base/usr/share/wordnet/data.noun": f"  1 a licence\n{synsets}",
        "wordnet-base/usr/share/wordnet/index.verb": "remove v 1 1 @ 1 1 00000009  \n",
        "wordnet-base/usr/share/wordnet/index.adj": "kind a 1 1 & 1 1 00000009  \n",
        "dict-gcide/usr/share/dictd/gcide.dict.dz": "A Cat,\n 2. cats [1913 Webster]\n\n the dog\n",
        "linux-doc-6.1/usr/share/doc/linux-doc-6.1/Documentation/a.rst.gz": "the driver\n",
        "linux-doc-6.1/usr/share/doc/linux-doc-6.1/Documentation/translations/b.rst": "no\n",
        "manpages-de/usr/share/man/de/man1/ls.1.gz": manual,
        "libreoffice-help-de/usr/share/libreoffice/help/de/text/a.html": page,
        "debian-reference-de/usr/share/debian-reference/ch01.de.html": page,
    }
    for name, text in files.items():
        path = tmp_path / "packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        path.write_bytes(gzip.compress(data) if path.suffix in (".gz", ".dz") else data)
    return tmp_path


def test_other_texts(packages: Path) -> None:
    read = {
        name: list(source(packages))
        for name, source in other_texts.SOURCES.items()
        if name != "lee"
    }
    assert read["gcide"] == [["a", "cat", "cats"], ["the", "dog"]]
    assert read["kernel"] == [["the", "driver"]]
    page = [["die", "einstellung"], ["\u00fcber"]]
    assert read["german"] == [["a", "eintr\u00e4ge"], ["an"], *page, *page]


def test_test_sets_of_a_text(packages: Path) -> None:
    own = packages / "own.txt"
    words = "cat dog stone stones animal animals entity entities remove removes removed kind kindly"
    own.write_text(f"{words}\n" * 5, encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.corpora", str(packages), str(own)]
    command += ["--only", "german"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "own.txt: 65 tokens" in done.stderr
    questions = (packages / "own" / "questions-words.txt").read_text(encoding="utf-8").splitlines()
    after = questions.index(": gram-plural")
    assert sorted(questions[after + 1 : after + 7])[:2] == [
        "animal animals entity entities",
        "animal animals stone stones",
    ]
    made = (packages / "own" / "nouns.tsv").read_text(encoding="utf-8")
    pairs = [line.split() for line in made.splitlines()]
    assert len(pairs) == 3000
    scores = {frozenset(pair[:2]): float(pair[2]) for pair in pairs}
    # depths from 1: entity 1, animal 2, cat 3; Wu and Palmer by hand
    assert scores[frozenset(("cat", "dog"))] == pytest.approx(2 * 2 / (2 + 2 * 2), abs=1e-4)
    assert scores[frozenset(("cat", "stone"))] == pytest.approx(2 * 1 / (3 + 2 * 1), abs=1e-4)
    assert not (packages / "german" / "nouns.tsv").exists()
