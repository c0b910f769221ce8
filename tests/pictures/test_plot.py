"""Pictures of words: which are drawn, how, and bad input."""

from __future__ import annotations

import json
import os
import re
import sys
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result
from corpora import ANIMALS, TOOLS, topics_model

from w2v import Vectors, Word2Vec, load
from w2v.cli import main
from w2v.errors import PictureError
from w2v.pictures import drawing, layout
from w2v.pictures.plot import plot_reports, plot_words, read_words

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

PNG = b"\x89PNG\r\n"


@pytest.fixture(scope="module")
def model() -> Word2Vec:
    return topics_model()


@pytest.fixture
def vectors(model: Word2Vec, tmp_path: Path) -> Path:
    model.save(tmp_path / "v.bin")
    return tmp_path / "v.bin"


@pytest.fixture
def spread(tmp_path: Path) -> Path:
    """27 words with room around each."""
    rng = np.random.default_rng(9)
    words = [*ANIMALS, *TOOLS, "the", "of", "and"]
    Vectors(words, rng.normal(size=(27, 12))).save(tmp_path / "v.bin")
    return tmp_path / "v.bin"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["plot", *map(str, arguments)])


@pytest.mark.parametrize("extension", drawing.FORMATS)
def test_pictures_of_words(spread: Path, tmp_path: Path, extension: str) -> None:
    out = tmp_path / f"words{extension}"
    result = run(spread, "-o", out, "--method", "pca")
    assert (result.exit_code, result.stdout) == (0, "")
    assert re.fullmatch(r"saved     .*\n", result.stderr)
    data = out.read_bytes()
    assert data.startswith({".png": PNG, ".svg": b"<?xml", ".pdf": b"%PDF"}[extension])
    if extension == ".svg":
        text = data.decode()
        assert all(f">{word}<" in text for word in ("the", "animal3", "tool11"))
        assert "v.bin, 27 words (PCA, " in text


@pytest.mark.parametrize("extension", drawing.FORMATS)
def test_hostile_words_and_names_stay_text(tmp_path: Path, extension: str) -> None:
    words = ["</text><script>bad()</script>", "a\x1b[2Jb", "$x^2$", "&amp;", "\u202egnp", "_c"]
    vectors = tmp_path / "v\x1b<b>&.npz"
    Vectors(words, np.random.default_rng(1).normal(size=(6, 4))).save(vectors)
    out = tmp_path / f"w{extension}"
    result = run(vectors, "-o", out, "--method", "pca")
    assert result.exit_code == 0, result.stderr
    assert "\x1b" not in result.stderr
    if extension == ".svg":
        root = ElementTree.fromstring(out.read_bytes())  # well-formed, which escapes are not
        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert names.isdisjoint({"script", "b", "foreignObject", "a"})
        assert not [name for element in root.iter() for name in element.attrib if name[:2] == "on"]
        text = "".join(root.itertext())
        assert r"a\x1b[2Jb" in text
        assert r"v\x1b<b>&.npz" in text


def test_dense_pictures_say_what_has_no_label(tmp_path: Path) -> None:
    words = [f"a_rather_long_word_{i}" for i in range(90)]
    crowded = Vectors(words, np.repeat([[1.0, 2.0], [2.0, 1.0]], 45, axis=0))
    crowded.save(tmp_path / "v.bin")
    result = run(tmp_path / "v.bin", "-o", tmp_path / "w.png", "--method", "pca")
    assert result.exit_code == 0
    found = re.search(r"(\d+) of 90 words are labelled; the others", result.stderr)
    assert found
    assert 2 <= int(found[1]) < 20


def test_words_may_hold_anything(tmp_path: Path) -> None:
    words = ["$x^2$", "$", "<b>", "&amp;", "_a_", "\\frac", "%", "\U0010fffd", "ünï", "naïve"]
    rng = np.random.default_rng(9)
    Vectors(words, rng.normal(size=(10, 4))).save(tmp_path / "v.vec")
    result = run(tmp_path / "v.vec", "-o", tmp_path / "w.png")
    assert result.exit_code == 0, result.output
    assert "No installed font has all letters of '\\U0010fffd'" in result.stderr
    assert (tmp_path / "w.png").read_bytes().startswith(PNG)


def test_words_of_a_file(spread: Path, tmp_path: Path) -> None:
    listed = tmp_path / "words.txt"
    listed.write_text("\ufeffanimal1 17\n\n tool2\textra\nnobody\nanimal3\nanimal3\n", "utf-8")
    assert read_words(listed) == ["animal1", "tool2", "nobody", "animal3", "animal3"]
    result = run(spread, "--words", listed, "-o", tmp_path / "w.svg", "--method", "pca")
    assert result.exit_code == 0
    left_out = "1 of the words have no vector and are left out: 'nobody'.\n"
    assert result.stderr == f"{left_out}saved     {tmp_path / 'w.svg'}\n"
    text = (tmp_path / "w.svg").read_text("utf-8")
    assert ">animal3<" in text
    assert ">animal2<" not in text


def many(tmp_path: Path, n: int = 5000, counts: bool = True) -> Path:
    """Words w0, w1, ..., of which w17 and w4000 have ten close neighbours each."""
    matrix = np.random.default_rng(3).normal(size=(n, 20))
    for centre in (17, n - 1000):
        matrix[centre + 1 : centre + 11] = matrix[centre] + 0.1 * matrix[centre + 1 : centre + 11]
    count = 10**6 // np.arange(1, n + 1)
    vectors = Vectors([f"w{i}" for i in range(n)], matrix, count if counts else None)
    vectors.save(tmp_path / "v.npz")
    return tmp_path / "v.npz"


def drawn(picture: Path) -> set[str]:
    return set(re.findall(r">(w\d+)<", picture.read_text("utf-8")))


def test_frequent_words_are_passed_over(tmp_path: Path) -> None:
    vectors, out = many(tmp_path), tmp_path / "w.svg"
    result = run(vectors, "-o", out, "--method", "pca", "--top", "40")
    assert result.exit_code == 0
    assert "The 200 most frequent words, from 'w0' on, are passed over" in result.stderr
    assert "v.npz, words 201 to 240" in out.read_text("utf-8")
    assert drawn(out) <= {f"w{i}" for i in range(200, 240)}
    assert "w200" in drawn(out)
    result = run(vectors, "-o", out, "--method", "pca", "--top", "40", "--skip-frequent", "0")
    assert "passed over" not in result.stderr
    assert "w0" in drawn(out)
    small = many(tmp_path, 4999)
    result = run(small, "-o", out, "--method", "pca", "--top", "40")
    assert "passed over" not in result.stderr
    assert "w0" in drawn(out)
    result = run(small, "-o", out, "--method", "pca", "--skip-frequent", "4999")
    assert result.exit_code == 1
    assert "All 4,999 words are passed over." in " ".join(result.stderr.split())


def test_a_neighbourhood(tmp_path: Path) -> None:
    vectors, out = many(tmp_path), tmp_path / "w.svg"
    around = ["--around", "w4000", "--around", "w17", "--top", "10", "--method", "pca"]
    assert run(vectors, "-o", out, *around).exit_code == 0
    text = out.read_text("utf-8")
    assert "v.npz, around w4000, w17 (PCA" in text
    assert {"w4000", "w17"} <= drawn(out) <= {f"w{i}" for k in (17, 4000) for i in range(k, k + 11)}
    marked = re.findall(rf"{drawing._CENTRE}[^>]*>(w\d+)<", text)
    assert sorted(marked) == ["w17", "w4000"]
    table = load(vectors)
    rows = layout.rows_around(table, ["w4000", "w17", "w4000"], 10)
    assert rows.tolist() == [4000, 17, *range(18, 28), *range(4001, 4011)]
    rows = layout.rows_around(table, ["w4000"], 5, first=100, limit=3000)
    assert rows[0] == 4000
    assert len(rows) == 6
    assert (rows[1:] >= 100).all()
    assert (rows[1:] < 3000).all()
    for flags in (["--skip-frequent", "5000"], ["--skip-frequent", "9", "--restrict-vocab", "9"]):
        result = run(vectors, "-o", out, *around, *flags)
        assert result.exit_code == 1
        assert "No neighbours are left: " in result.stderr
    many_words = [flag for i in range(6) for flag in ("--around", f"w{i}")]
    assert run(vectors, "-o", out, *many_words, "--method", "pca").exit_code == 0
    assert "around w0, w1, w2, w3, w4, ... (PCA" in out.read_text("utf-8")
    result = run(vectors, "-o", out, "--around", "w40001")
    assert result.exit_code == 1
    assert "w40001" in result.stderr
    assert "w4000" in result.stderr


def test_sizes_are_by_count_where_it_is_known(tmp_path: Path) -> None:
    found = layout.lay_out(load(many(tmp_path)), np.arange(100), "pca")
    assert (found.sizes[0], found.sizes[49]) == (layout._SIZES[1], pytest.approx(1, abs=0.01))
    assert (np.diff(found.sizes) <= 0).all()
    found = layout.lay_out(load(many(tmp_path, counts=False)), np.arange(100), "pca")
    assert (found.sizes == 1).all()


@pytest.mark.parametrize("words", [4, 300, 3000])
def test_pictures_fit_a_screen_and_are_wide(words: int) -> None:
    from PIL import Image

    rng = np.random.default_rng(5)
    places = layout._turned(rng.normal(size=(words, 2)) @ [[1, 0], [0.3, 4]])
    assert np.ptp(places[:, 0]) > 2 * np.ptp(places[:, 1])
    names = [f"word{i}" for i in range(words)]
    found = layout.Layout(names, np.arange(words), places, "by hand", np.ones(words))
    target = BytesIO()
    labelled, _ = drawing.draw_words(found, "v", target, ".png")
    width, height = Image.open(target).size
    assert 1350 <= width <= 2100
    assert 1.9 < width / height < 2.1
    assert labelled <= max(4, width * height / drawing.DPI**2 / drawing._AREA_OF_A_LABEL)
    assert labelled == words if words == 4 else labelled > 150


# bad input


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["v.bin"], 2, "Missing option '-o'"),
        (["-o", "w.png"], 2, "Give either VECTORS or --report"),
        (["v.bin", "--report", "r.json", "-o", "w.png"], 2, "Give either VECTORS or --report"),
        (["--report", "r.json", "--top", "5", "-o", "w.png"], 2, "--top has a .* with VECTORS"),
        (["--report", "r.json", "--around", "a", "-o", "w.png"], 2, "--around .* with VECTORS"),
        (["v.bin", "--words", "w", "--top", "5", "-o", "w.png"], 2, "either --words or --top"),
        (["v.bin", "--words", "w", "--around", "a", "-o", "w.png"], 2, "--words or --around"),
        (["v.bin", "--restrict-vocab", "5", "-o", "w.png"], 2, "only with --around"),
        (["v.bin", "--top", "1", "-o", "w.png"], 2, "1 is not in the range x>=2"),
        (["v.bin", "-o", "w.gif"], 2, r"must be one of .png, .svg, .pdf, .html, got .gif\."),
        (["v.bin", "-o", "words"], 2, r"got none\."),
        (["--report", "r.json", "-o", "w.html"], 2, r"must be one of .png, .svg, .pdf, got"),
        (["v.bin", "-o", "nowhere/w.png"], 1, "nowhere is not a folder"),
        (["missing.bin", "-o", "w.png"], 1, "missing.bin"),
        (["v.bin", "--words", "missing", "-o", "w.png"], 1, "Cannot read missing"),
        (["v.bin", "--words", "empty", "-o", "w.png"], 1, "empty holds no word"),
        (["v.bin", "--words", "latin", "-o", "w.png"], 1, "latin is not a UTF-8 text file"),
        (["v.bin", "--words", "other", "-o", "w.png"], 1, "None of the 2 words asked for has"),
        (
            ["v.bin", "--words", "one", "-o", "w.png"],
            1,
            "at least 4 words, got 1. Name more words.",
        ),
        (["v.bin", "--words", "w.png", "-o", "w.png"], 2, "--output would overwrite the input"),
        (["v.bin", "-o", "w.png", "--font", "Dejavu Sanz"], 1, "Close to it: DejaVu Sans"),
        (["--report", "missing", "-o", "w.png"], 1, "Cannot read missing: No such file"),
        (["--report", "one", "-o", "w.png"], 1, "one is not a JSON report of w2v train"),
        (["--report", "list.json", "-o", "w.png"], 1, "no report of w2v train: expected what"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_no_file(
    vectors: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").write_text("\n")
    Path("latin").write_bytes(b"caf\xe9\n")
    Path("other").write_text("ein\nzwei\n")
    Path("one").write_text("animal1\n")
    Path("list.json").write_text("[1]")
    before = sorted(tmp_path.iterdir())
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert "Traceback" not in result.output
    flat = " ".join(result.stderr.split())
    assert re.search(message, flat), flat
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("missing", "output", "message"),
    [
        (
            "matplotlib",
            "w.png",
            "matplotlib is not installed. Run pip install matplotlib scikit-learn.",
        ),
        ("sklearn", "w.html", "t-SNE needs a library .* Run pip install matplotlib scikit-learn."),
    ],
)
def test_a_missing_library_names_its_extra(
    vectors: Path, monkeypatch: pytest.MonkeyPatch, missing: str, output: str, message: str
) -> None:
    for module in (layout, drawing):
        monkeypatch.setattr(module, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(PictureError, match=message.replace("[", r"\[").replace("]", r"\]")):
        plot_words(vectors, vectors.with_name(output))
    monkeypatch.setattr(layout, "find_spec", lambda _: None)
    with pytest.raises(
        PictureError, match=r"UMAP needs .* Run pip install matplotlib scikit-learn umap-learn."
    ):
        plot_words(vectors, vectors.with_name("w.html"), method="umap")


def test_the_library_draws_into_any_file(model: Word2Vec, spread: Path) -> None:
    with pytest.raises(ValueError, match="`method` must be one of pca, tsne, umap; got 'mds'"):
        layout.lay_out(model.vectors, np.arange(9), "mds")
    target = BytesIO()
    found = layout.lay_out(load(spread), np.arange(9), "pca")
    assert drawing.draw_words(found, "$title", target, ".png") == (9, [])
    assert target.getvalue().startswith(PNG)


def test_names_that_are_not_utf8_are_drawn(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("names of files are text there")
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.vec")
    Vectors(list("abc"), np.eye(3)).save(name)
    for kind in (".png", ".svg", ".html"):
        plot_words(name, f"{name}{kind}", method="pca")
        assert os.path.getsize(f"{name}{kind}") > 1000
    with open(f"{name}.html", encoding="utf-8") as file:
        assert "<title>caf\\xe9.vec" in file.read()
    report = name.replace(".vec", ".json")
    config = {"epochs": 1, "alpha": 0.1, "min_alpha": 0.01}
    with open(report, "w", encoding="utf-8") as file:
        json.dump({"config": config, "loss": [1.0], "raw_words_per_second": 5}, file)
    plot_reports([report], f"{report}.png")
    assert os.path.getsize(f"{report}.png") > 1000


def test_every_report_is_in_the_legend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = {"epochs": 1, "alpha": 0.1, "min_alpha": 0.01}
    report = json.dumps({"config": config, "loss": [1.0], "raw_words_per_second": 5})
    for name in ("_one.json", "$two^2$.json"):
        Path(name).write_text(report, encoding="utf-8")
    plot_reports(["_one.json", "$two^2$.json"], "r.svg")
    root = ElementTree.parse("r.svg").getroot()
    assert {"_one.json", "$two^2$.json"} <= {text.strip() for text in root.itertext()}
