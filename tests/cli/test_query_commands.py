"""The commands that ask vectors, the shell, and the examples of docs/queries.md."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import wcwidth
from click.testing import CliRunner, Result
from commands import examples, run_example, run_line

from w2v import Backend, Vectors, available_backends, load
from w2v.cli import columns, main

DOCS = (Path(__file__).parents[2] / "docs" / "queries.md").read_text(encoding="utf-8")
WORDS = [
    "king",
    "queen",
    "man",
    "woman",
    "apple",
    "pear",
    "-",
    "nearest",
    "don't",
    "New York",
    "zero",
]


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vectors") / "v.npz"
    rng = np.random.default_rng(4)
    matrix = rng.standard_normal((len(WORDS), 4))
    shapes = "3 .9 .1 0  3 0 1.1 0  0 1 .1 0  0 0 1 0  0 0 0 1  0 0 .1 1"
    matrix[:6] = np.array(shapes.split(), dtype=np.float64).reshape(6, 4)
    matrix[-1] = 0
    Vectors(WORDS, matrix).save(path)
    return path


def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return result


def answered(*arguments: object, stdin: str | None = None) -> str:
    result = run(*arguments, stdin=stdin)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def as_json(*arguments: object, stdin: str | None = None) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(answered(*arguments, "--json", stdin=stdin))
    return found


def refused(result: Result, code: int, message: str) -> None:
    assert result.exit_code == code, result.output
    assert re.search(message, result.stderr), result.stderr
    assert result.stdout == ""


def listed(found: list[tuple[str, float]]) -> list[object]:
    """As in JSON, to the rounding that differs between a batch and one query."""
    return [{"word": word, "score": pytest.approx(score, abs=1e-6)} for word, score in found]


def test_nearest_of_sums_vectors_and_both_methods(vectors: Path) -> None:
    table = load(vectors)
    difference = table.most_similar(["king", "woman"], "man", n=2)
    assert difference[0][0] == "queen"
    for words in (["king", "-", "man", "+", "woman"], ["king woman - man"]):
        [found] = as_json("nearest", vectors, *words, "-n", 2)
        assert found["answers"] == listed(difference)
    [found] = as_json("nearest", vectors, "king woman - man", "--method", "3cosmul", "-n", 2)
    assert found["answers"] == listed(table.most_similar_cosmul(["king", "woman"], "man", n=2))
    numbers = ", ".join(map(str, table["apple"]))
    [found] = as_json("nearest", vectors, "--vector", numbers, "-n", 1)
    assert found["answers"] == listed([("apple", 1.0)])
    assert [f["query"] for f in as_json("nearest", vectors, "king", "queen")] == ["king", "queen"]


def test_a_word_that_is_a_sign(vectors: Path) -> None:
    table = load(vectors)
    found = as_json("nearest", vectors, "-", "-n", 1, stdin="-\nking - -\n")
    expected = [table.most_similar("-", n=1), table.most_similar("king", "-", n=1)]
    assert [f["answers"] for f in found] == [listed(e) for e in expected]


def test_analogy(vectors: Path) -> None:
    lines = answered("analogy", vectors, "man", "king", "woman", "-n", 1).splitlines()
    assert lines[0] == "man : king :: woman : ?"
    assert lines[1].split()[0] == "queen"
    table = load(vectors)
    for method in ("3cosadd", "3cosmul"):
        text = "man king woman\nking man queen\n"
        found = as_json("analogy", vectors, "-", "--method", method, "-n", 3, stdin=text)
        assert found[1]["query"] == ["king", "man", "queen"]
        expected = table.analogy("king", "man", "queen", 3, method=method)
        assert found[1]["answers"] == listed(expected)


def test_pairs_groups_and_tables(vectors: Path) -> None:
    table = load(vectors)
    cosine = table.similarity("king", "queen")
    rank = table.rank("king", "queen")
    text = answered("similarity", vectors, "king", "queen", "apple", "pear")
    assert text.splitlines()[0] == f"king   queen   {cosine:.4f}"
    assert len({line.rindex(".") for line in text.splitlines()}) == 1
    assert as_json("similarity", vectors, "-", stdin="king queen\n\n") == [
        {"query": ["king", "queen"], "cosine": cosine}
    ]
    assert answered("rank", vectors, "king", "queen").split() == [
        "king",
        "queen",
        "rank",
        str(rank),
        "cosine",
        f"{cosine:.4f}",
    ]
    assert as_json("rank", vectors, "king", "queen") == [
        {"query": ["king", "queen"], "rank": rank, "cosine": cosine}
    ]
    group = ["apple", "pear", "king"]
    assert answered("odd", vectors, *group) == "king  of apple, pear, king\n"
    assert as_json("odd", vectors, "-", stdin="apple pear king\nman king apple pear\n")[0] == {
        "query": group,
        "odd": "king",
    }


def test_distances(vectors: Path) -> None:
    table = load(vectors)
    expected = table.distance_matrix(["king", "apple"])
    head, first, second = answered("distances", vectors, "king", "apple").splitlines()
    assert head.split() == ["king", "apple"]
    assert len(head) == len(first) == len(second)
    assert [float(x) for x in second.split()[1:]] == pytest.approx(expected[1], abs=1e-4)
    for arguments, stdin in ((["king", "apple"], None), (["-"], "king\napple\n")):
        found = json.loads(answered("distances", vectors, *arguments, "--json", stdin=stdin))
        assert found["words"] == ["king", "apple"]
        np.testing.assert_allclose(found["distances"], expected, atol=1e-6)
    many = WORDS * 30  # more rows than are made at a time
    found = json.loads(answered("distances", vectors, "-", "--json", stdin="\n".join(many)))
    np.testing.assert_allclose(found["distances"], table.distance_matrix(many), atol=1e-6)


def test_columns_stand_below_each_other_whatever_the_script(tmp_path: Path) -> None:
    words = ["\u6771\u4eac", "e\u0301tude", "\U0001f642", "king"]
    path = tmp_path / "wide.npz"
    Vectors(words, np.eye(4) + 1).save(path)
    for arguments in (
        ["nearest", path, "king"],
        ["similarity", path, *words],
        ["rank", path, *words],
        ["distances", path, *words],
    ):
        lines = answered(*arguments).splitlines()
        rows = [line for line in lines if line != "king"]
        assert len(rows) > 1
        assert len({wcwidth.width(line) for line in rows}) == 1, lines


def test_restrict_vocab_is_obeyed_by_every_command(vectors: Path) -> None:
    few = ["--restrict-vocab", "4"]
    for command, words in (("nearest", ["apple"]), ("analogy", ["apple", "pear", "king"])):
        for method in ("3cosadd", "3cosmul"):
            [found] = as_json(command, vectors, *words, *few, "--method", method)
            answers = {answer["word"] for answer in found["answers"]}  # type: ignore[attr-defined]
            assert answers == set(WORDS[:4]) - set(words)
        [found] = as_json(command, vectors, *words, "--restrict-vocab", "1:3")
        assert {a["word"] for a in found["answers"]} == {"queen", "man"}  # type: ignore[attr-defined]
    [found] = as_json("nearest", vectors, "king", "--restrict-vocab", "0", "-n", "99")
    assert len(found["answers"]) == len(WORDS) - 1  # type: ignore[arg-type]
    [found] = as_json("rank", vectors, "apple", "king", *few)
    assert found["rank"] == load(vectors).rank("apple", "king", 4)
    for command in ("similarity", "rank", "distances", "odd"):
        words = ["king", "pear"] if command != "odd" else ["king", "pear", "man"]
        message = "'pear' is word 6 .* 1 to 4 that the query is restricted to"
        refused(run(command, vectors, *words, *few), 1, message)
        answered(command, vectors, *words, "--restrict-vocab", "6")
    for wrong in ("x", "-3", "4:2", "1:2:3", ""):
        refused(run("nearest", vectors, "king", "--restrict-vocab", wrong), 2, "START:STOP")


@pytest.fixture(scope="module")
def counted(vectors: Path) -> Path:
    """The same vectors, with counts: 50 of king, 45 of queen, and so on."""
    path = vectors.with_name("counted.npz")
    table = load(vectors)
    Vectors(table.words, table.matrix, [50 - 5 * row for row in range(len(WORDS) - 1)] + [0]).save(
        path
    )
    return path


def test_rare_words_can_be_left_out(counted: Path, vectors: Path) -> None:
    table = load(counted)
    rare = ["--min-count", 30]  # the first five
    for command, words in (("nearest", ["apple"]), ("analogy", ["apple", "pear", "king"])):
        [found] = as_json(command, counted, *words, *rare)
        answers: list[dict[str, object]] = found["answers"]  # type: ignore[assignment]
        assert {a["word"] for a in answers} == set(WORDS[:5]) - set(words)
        assert all(a["count"] == 50 - 5 * WORDS.index(str(a["word"])) for a in answers)
    [found] = as_json("rank", counted, "pear", "king", *rare)
    assert found["rank"] == table.rank("pear", "king", min_count=30)
    refused(run("rank", counted, "king", "pear", *rare), 1, "25 times, fewer than the 30 of --min-")
    assert answered("shell", counted, stdin="apple --min-count 30 -n 99").count("\n") == 5
    for name in ("nearest", "rank"):
        result = run(name, vectors, "king", "queen", *rare)
        refused(result, 1, r"^Error: --min-count asks .*\.npz .* --restrict-vocab takes")
        assert result.stderr.count("\n") == 1


def test_columns_of_answers(counted: Path, vectors: Path) -> None:
    head, names, *rows = answered(
        "nearest", counted, "king", "-n", 3, "--columns", "rank,word,score,count"
    ).splitlines()
    expected = load(counted).most_similar("king", n=3)
    assert (head, names.split()) == ("king", ["rank", "word", "score", "count"])
    for place, (row, (word, score)) in enumerate(zip(rows, expected, strict=True), 1):
        shown = [str(place), word, f"{score:.4f}", str(50 - 5 * WORDS.index(word))]
        assert row.split() == " ".join(shown).split()
    assert len({len(line) for line in (names, *rows)}) == 1
    plain = answered("nearest", vectors, "king", "-n", 1, "--columns", "word,count").splitlines()
    assert [line.split() for line in plain[1:]] == [["word", "count"], ["queen"]]
    for wrong in ("", "word,word", "word,size"):
        refused(run("nearest", vectors, "king", "--columns", wrong), 2, "rank,word,score,count, ea")


def test_a_long_word_widens_no_other_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole where it goes to a program, cut on a terminal."""
    long = "x" * 70_000
    path = tmp_path / "long.npz"
    Vectors(["king", long, "queen"], np.eye(3) + 1).save(path)
    commands: list[list[object]] = [
        ["nearest", path, "king"],
        ["similarity", path, "king", long, "king", "queen"],
        ["rank", path, "king", long, "king", "queen"],
        ["distances", path, "king", long, "queen"],
        ["odd", path, "king", long, "queen"],
    ]
    for command in commands:
        text = answered(*command)
        assert long in text
        assert len(text) < 4 * len(long), command
    monkeypatch.setattr(columns, "_on_terminal", lambda: True)
    for command in commands:
        text = answered(*command)
        assert "xxx...  " in text or "xxx..." in text
        assert len(text) < 600, command
    [found] = as_json("nearest", path, "king")
    assert long in [answer["word"] for answer in found["answers"]]  # type: ignore[attr-defined]


def test_sums_without_spaces_are_seen(vectors: Path) -> None:
    result = run("nearest", vectors, "king-man+woman")
    refused(result, 1, r"To add and subtract words, put spaces between: king - man \+ woman\.")
    assert "put spaces" not in run("nearest", vectors, "king-mam").stderr
    assert "put spaces" in run("shell", vectors, stdin="king+queen").stderr


def test_words_are_searched_on_a_backend(vectors: Path, backend: Backend) -> None:
    there = ["--backend", backend.name]
    for command in (
        ["nearest", vectors, "king - man + woman", "apple", "-n", 3],
        ["nearest", vectors, "king woman - man", "--method", "3cosmul"],
        ["analogy", vectors, "man", "king", "woman", "--restrict-vocab", "5"],
        ["rank", vectors, "king", "queen", "apple", "king"],
    ):
        assert answered(*command, *there) == answered(*command)
    text = "apple -n 1\nrank king queen\nking --backend numpy\n"
    result = run("shell", vectors, *there, stdin=text)
    assert result.stdout.splitlines()[0] == "apple"
    assert "No such option '--backend'" in result.stderr


def test_a_backend_that_cannot_be_used_is_said_before_the_file_is_read(tmp_path: Path) -> None:
    if any(state.name == "cupy" and state.backend for state in available_backends()):
        pytest.skip("CuPy can be used here")
    for command in (["nearest", "-"], ["analogy", *"abc"], ["rank", *"ab"], ["shell"]):
        result = run(command[0], tmp_path / "none", *command[1:], "--backend", "cupy")
        refused(result, 1, "Backend 'cupy' was asked for, but .* Pass --backend numpy")


def test_what_fails_stops_nothing_else_and_is_said(vectors: Path) -> None:
    text = "king\nkinng\nzero\nking - king\nqueen -\n\nqueen\n"
    result = run("nearest", vectors, "-", "-n", 1, stdin=text)
    assert result.exit_code == 1
    assert [line for line in result.stdout.splitlines() if line[0] != " "] == ["king", "queen"]
    errors = result.stderr.splitlines()
    assert [re.match(r"Error in line (\d)", error)[1] for error in errors] == list("2345")  # type: ignore[index]
    for error, part in zip(
        errors,
        ("'kinng'.* Close to it: 'king'", "'zero' has no", "have together", "No word follows"),
        strict=True,
    ):
        assert re.search(part, error)
    result = run("nearest", vectors, "-", "-n", 1, "--json", stdin=text)
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert ["error" in record for record in found] == [False, True, True, True, True, False]
    assert found[1]["query"] == "kinng"
    many = "\n".join(f"kinng{i}" for i in range(50))
    result = run("nearest", vectors, "-", stdin=many)
    assert result.stderr.count("is not among") == 50
    assert result.stderr.count("Close to it") == 10


def test_wrong_usage_and_words(vectors: Path, tmp_path: Path) -> None:
    refused(
        run("analogy", vectors, "king", "man"), 2, "Expected 3 words, or several times 3, got 2"
    )
    refused(run("similarity", tmp_path / "none.bin", "king"), 2, "Expected 2 words")
    refused(run("similarity", vectors, "-", stdin="a b c\n"), 1, "line 1: Expected 2 words, got 3")
    refused(run("odd", vectors, "king", "man"), 1, "at least 3 words, got 2")
    refused(run("nearest", vectors, ""), 1, "'' is not among")
    refused(run("nearest", vectors, "1 2 3", "--vector"), 1, "4 finite numbers, got 3: '1 2 3'")
    refused(run("nearest", vectors, "1 2 3 nan", "--vector"), 1, "4 finite numbers")
    refused(run("nearest", vectors, "1 2 3 1e99", "--vector"), 1, "^Error: Expected a vector of 4")
    refused(run("nearest", vectors, "1 2 3 x", "--vector"), 1, "numbers of a vector, got '1 2 3 x'")
    refused(run("distances", vectors, "king", "kinng"), 1, "'kinng' is not among")
    refused(run("distances", vectors, "-", stdin=""), 1, "holds no word")
    refused(run("nearest", vectors, "-", stdin=b"\x80\n"), 1, "is not among")
    assert answered("nearest", vectors, "-", stdin="\n") == ""
    assert as_json("nearest", vectors, "-", stdin="") == []


def test_streams_that_are_closed(vectors: Path) -> None:
    for command in ("nearest {} -", "shell {}"):
        line = f"{sys.executable} -m w2v {command.format(vectors)} <&-"
        done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr == (
            "Error: Standard input is closed; queries were to be read from it.\n"
        )
    line = f"yes king | {sys.executable} -m w2v shell {vectors} | head -1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    assert (done.stdout, "Traceback" in done.stderr) == ("king\n", False)


def test_thousands_of_queries_come_in_order(vectors: Path) -> None:
    asked = [WORDS[i % 6] for i in range(2500)]
    found = as_json("nearest", vectors, "-", "-n", 1, stdin="\n".join(asked))
    assert [record["query"] for record in found] == asked
    table = load(vectors)
    best = {word: table.most_similar(word, n=1)[0][0] for word in WORDS[:6]}
    assert [record["answers"][0]["word"] for record in found] == [best[w] for w in asked]  # type: ignore[index]


SESSION = """\
king -n 1

king - man + woman -n 1
analogy man king woman -n 1
nearest nearest -n 1
similarity king queen --json
don't -n 1
odd "apple" pear king
help
quit
kinng
"""


def test_shell_reads_lines(vectors: Path) -> None:
    text = answered("shell", vectors, stdin=SESSION)
    alone = [
        ("nearest", "king", "-n", "1"),
        ("nearest", "king", "-", "man", "+", "woman", "-n", "1"),
        ("analogy", "man", "king", "woman", "-n", "1"),
        ("nearest", "nearest", "-n", "1"),
        ("similarity", "king", "queen", "--json"),
        ("nearest", "don't", "-n", "1"),
        ("odd", "apple", "pear", "king"),
    ]
    expected = "".join(answered(command, vectors, *rest) for command, *rest in alone)
    assert text.startswith(expected)
    assert text[len(expected) :].startswith("Neighbours of a word")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("kinng", "Close to it: 'king'"),
        ("analogy king", r"Expected 3 words.* got 1: king\."),
        ("nearest", "Missing argument"),
        ("nearest -", "the shell reads itself"),
        ("king --wrong", "No such option"),
        ('odd "king', "A double quote is not closed"),
        ("similarity king zero man apple", ""),
    ],
)
def test_shell_goes_on_after_a_line_that_fails(vectors: Path, line: str, message: str) -> None:
    result = run("shell", vectors, stdin=f"{line}\nsimilarity king king\n")
    assert result.stdout.splitlines()[-1].split() == ["king", "king", "1.0000"]
    assert result.exit_code == bool(message)
    assert re.search(message, result.stderr)
    assert bool(result.stderr) == bool(message)


def _terminal() -> tuple[int, int]:
    if sys.platform == "win32":
        pytest.skip("no terminals of that kind")
    import pty

    return pty.openpty()


class Terminal:
    """A process with a terminal of its own, and what it has printed so far."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.master, slave = _terminal()
        environment = {**os.environ, "XDG_STATE_HOME": str(home), "TERM": "dumb"}
        opens = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); "
        opens += "os.execv(sys.argv[1], sys.argv[1:])"  # opened first, it is the one for Ctrl-C
        self.process = subprocess.Popen(
            [sys.executable, "-c", opens, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str, keys: str = "") -> str:
        """What came up to and with `text`; `keys` are typed again after each second of silence."""
        until = time.monotonic() + 60
        while text not in self.seen:
            assert time.monotonic() < until, self.seen
            if select.select([self.master], [], [], 1)[0]:
                self.seen += os.read(self.master, 4096).decode()
            else:
                self.type(keys)
        found, _, self.seen = self.seen.partition(text)
        return found

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def end(self) -> int:
        code = self.process.wait(timeout=60)
        os.close(self.master)
        return code


def test_shell_at_a_terminal(vectors: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "w2v", "shell", str(vectors)]
    terminal = Terminal(command, tmp_path)
    assert "11 words, 4 dimensions" in terminal.wait_for("w2v> ")
    terminal.type('similarity Ne\t "Ne\t\n')
    assert re.search(r"New York +New York +1\.0000", terminal.wait_for("w2v> "))
    terminal.type("simi\tki\tquee\t\n")
    assert re.search(r"king +queen +0\.\d{4}", terminal.wait_for("w2v> "))
    terminal.type("kinng\n")
    assert "Close to it: 'king'" in terminal.wait_for("w2v> ")
    terminal.type("\x04")
    assert terminal.end() == 0
    history = (tmp_path / "w2v" / "history").read_text(encoding="utf-8")
    assert 'similarity "New York"  "New York"\nsimilarity king queen' in history
    again = Terminal(command, tmp_path)
    again.wait_for("w2v> ")
    again.type("\x10\x10\n")  # two lines back
    assert re.search(r"king +queen +0\.\d{4}", again.wait_for("w2v> "))
    again.type("\x03")  # readline misses it in the moment when it begins to wait for a key
    assert "Interrupted." in again.wait_for("Interrupted.", keys="\x03") + "Interrupted."
    assert again.end() == 130


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    shell_lines = re.findall(r"^    (\S.*)$", DOCS, re.MULTILINE)
    assert shell_lines[0] == "w2v demo -o austen.npz"
    sh(shell_lines[0], folder)
    return folder


def sh(line: str, folder: Path) -> str:
    done = run_line(line, folder)
    return done.stdout


def test_documented_commands_run_as_printed(documented: Path) -> None:
    lines = re.findall(r"^    (\S.*)$", DOCS, re.MULTILINE)[1:]
    assert len(lines) >= 14
    for line in lines:
        assert sh(line, documented), line
    shown = set(re.findall(r"w2v (\w+) austen", "\n".join(lines)))
    assert shown == {"nearest", "analogy", "similarity", "distances", "odd", "rank", "shell"}


def test_documented_library_example_runs() -> None:
    [(example, _)] = examples(DOCS)
    assert len(run_example(example, "docs/queries.md").splitlines()) >= 9


def test_documented_methods_exist() -> None:
    table = DOCS.split("| question |")[1].split("\n\n")[0]
    for row in table.splitlines()[2:]:
        for name in re.findall(r"`(\w+)[`(]", row.split("|")[2]):
            assert callable(getattr(Vectors, name))


def test_words_are_utf8_in_any_locale(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("arguments are text there")
    Vectors(["na\u00efve", "a"], np.eye(2)).save(tmp_path / "v.vec")
    there = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "w2v", "similarity", f"{tmp_path}/v.vec", "na\u00efve", "a"]
    done = subprocess.run(command, env=there, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(b"0.0000\n")


def test_a_vector_with_decimal_commas_is_not_twice_as_long(tmp_path: Path) -> None:
    Vectors(list("abcd"), np.eye(4)).save(tmp_path / "v.vec")
    result = CliRunner().invoke(main, ["nearest", str(tmp_path / "v.vec"), "--vector", "1,5 2,5"])
    assert result.exit_code == 1
    assert "'1,5 2,5' has commas within numbers" in result.stderr
    for query in ("1,5,2,5", "1, 5, 2, 5", "1 5 2 5"):
        result = CliRunner().invoke(main, ["nearest", str(tmp_path / "v.vec"), "--vector", query])
        assert result.exit_code == 0, result.output
