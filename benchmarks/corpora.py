"""Other texts and test sets: are the vectors as good on these too?

    python -m benchmarks.corpora FOLDER [TEXT ...]
    python -m benchmarks.peers FOLDER/gcide.txt --eval-dir FOLDER/gcide --trainers gensim w2v-numba

Writes NAME.txt, a paragraph a line, lower-cased, letters only, and the folder NAME with test sets
made for the words of that text: `questions-words.txt`, inflections and derivations ("include is to
included as remove is to removed"), and for English `nouns.tsv`, pairs of nouns with how close they
are in WordNet. Needs `apt-get download` and `dpkg-deb` (Debian, Ubuntu); nothing is installed. Each
TEXT is an English corpus of your own, which gets test sets alone. What a rule makes wrongly ("new"
is to "newly" as "ear" is to "early") is wrong for every trainer.
"""

from __future__ import annotations

import argparse
import gzip
import html
import itertools
import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import harness
from w2v.text import read_pieces

_QUESTION_WORDS, _PAIRS_A_SECTION, _NOUN_PAIRS = 30_000, 40, 3_000
_LETTERS = re.compile(r"[^\W\d_]+")
_ENDS = re.compile(r"(?s)<(script|style).*?</\1>|</?(p|h\d|li|td|div|dt|dd|pre)\b")
_BLANK = re.compile(r"\n\s*\n")


def main() -> None:
    """Fetch what is missing, write texts and test sets, say how large they are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("texts", type=Path, nargs="*", metavar="TEXT")
    parser.add_argument("--only", nargs="+", choices=SOURCES, default=list(SOURCES))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    nouns = WordNet(fetch("wordnet-base", options.folder) / "usr/share/wordnet")
    for name in options.only:
        path = options.folder / f"{name}.txt"
        with path.open("w", encoding="utf-8") as file:
            for words in SOURCES[name](options.folder):
                print(*words, file=file)
        write_sets(path, options.folder / name, None if name == "german" else nouns)
    for path in options.texts:
        write_sets(path, options.folder / path.name.split(".")[0], nouns)


def fetch(package: str, folder: Path) -> Path:
    """A Debian package as a folder of its files; downloaded once."""
    root = folder / "packages" / package
    if not root.exists():
        archives = folder / "packages" / f"{package}.archive"
        archives.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-q", "download", package], cwd=archives, check=True)
        (archive,) = archives.glob("*.deb")
        harness.say(f"unpacking {archive.name}")
        subprocess.run(["dpkg-deb", "-x", archive, root], check=True)
    return root


def gcide(folder: Path) -> Iterator[list[str]]:
    """The GNU Collaborative International Dictionary of English, without marks of source."""
    path = fetch("dict-gcide", folder) / "usr/share/dictd/gcide.dict.dz"
    text = gzip.decompress(path.read_bytes()).decode(errors="replace")
    yield from _paragraphs(re.sub(r"\[[^\]]*(?:Webster|PJC|WordNet)[^\]]*\]", "", text))


def kernel(folder: Path) -> Iterator[list[str]]:
    """The documentation of Linux 6.1, without translations."""
    root = fetch("linux-doc-6.1", folder) / "usr/share/doc/linux-doc-6.1/Documentation"
    for path in sorted(root.rglob("*")):
        name = path.name.removesuffix(".gz")
        if name.endswith((".rst", ".txt")) and "translations" not in path.parts:
            yield from _paragraphs(_read(path))


def german(folder: Path) -> Iterator[list[str]]:
    """Manual pages, the help of LibreOffice and the Debian reference, in German."""
    for path in sorted((fetch("manpages-de", folder) / "usr/share/man/de").rglob("*.gz")):
        roff = re.sub(r'(?m)^[.\'](\\"|TH|so|de|ig|if|ie|el|nr|ds|ad|in|ta).*$', "", _read(path))
        roff = re.sub(r"(?m)^[.'](SH|SS|[TIP]P|PP|LP|RS|RE|Pp|Sh|Ss).*$", "\n", roff)
        yield from _paragraphs(re.sub(r"\\f(\[\w*\]|\(?\w)|\\[&,/:%]", "", roff))
    for package, where in (
        ("libreoffice-help-de", "usr/share/libreoffice/help/de/text"),
        ("debian-reference-de", "usr/share/debian-reference"),
    ):
        for path in sorted((fetch(package, folder) / where).rglob("*.html")):
            page = _read(path).partition("<body")[2]
            page = _ENDS.sub("\n\n<", page)
            yield from _paragraphs(html.unescape(re.sub(r"<[^>]*>", "", page)))


def lee(_: Path) -> Iterator[list[str]]:
    """300 short news items, from the test data of gensim."""
    from gensim.test.utils import datapath

    text = Path(datapath("lee_background.cor")).read_text(encoding="utf-8")
    yield from _paragraphs(text.replace("\n", "\n\n"))


SOURCES: dict[str, Callable[[Path], Iterator[list[str]]]] = {
    "gcide": gcide,
    "kernel": kernel,
    "german": german,
    "lee": lee,
}


def _read(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode(errors="replace")


def _paragraphs(text: str) -> Iterator[list[str]]:
    for paragraph in _BLANK.split(text):
        if words := _LETTERS.findall(paragraph.lower()):
            yield words


class WordNet:
    """The nouns of WordNet 3.0 and what stands above them, and who is of which part of speech."""

    def __init__(self, folder: Path) -> None:
        self.words = {part: _index(folder / f"index.{part}") for part in ("noun", "verb", "adj")}
        self._above: dict[str, list[str]] = {}
        for line in _lines(folder / "data.noun"):
            fields = line.split(" | ")[0].split()
            rest = fields[4 + 2 * int(fields[3], 16) :]  # after the words: count, pointers of four
            pointers = [rest[1 + 4 * i : 5 + 4 * i] for i in range(int(rest[0]))]
            self._above[fields[0]] = [at for sign, at, *_ in pointers if sign in ("@", "@i")]

    def only(self, word: str, part: str) -> bool:
        """Whether a word is of this part of speech and of no other."""
        return all((word in words) == (part == name) for name, words in self.words.items())

    def similarity(self, left: str, right: str) -> float:
        """Wu and Palmer's (1994), of the closest two of the first two senses of each noun."""
        found = 0.0
        for a, b in itertools.product(*(self.words["noun"][w][:2] for w in (left, right))):
            ours, theirs = self._steps(a), self._steps(b)
            for common in ours.keys() & theirs.keys():
                depth = 1 + max(self._steps(common).values())
                apart = ours[common] + theirs[common]
                found = max(found, 2 * depth / (apart + 2 * depth))
        return found

    def _steps(self, synset: str) -> dict[str, int]:
        """Synsets above one, itself included, and how many steps each is away."""
        steps, edge = {synset: 0}, [synset]
        while edge:
            edge = [up for at in edge for up in self._above[at] if up not in steps]
            steps |= dict.fromkeys(edge, max(steps.values()) + 1)
        return steps


def _index(path: Path) -> dict[str, list[str]]:
    """Synsets of each word, the most frequent sense first."""
    lines = (line.split() for line in _lines(path))
    return {fields[0]: fields[-int(fields[2]) :] for fields in lines}


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="ascii") as file:
        yield from (line for line in file if not line.startswith("  "))


def write_sets(text: Path, folder: Path, wordnet: WordNet | None) -> None:
    """Test sets for the words of a text: English by WordNet, without it German."""
    folder.mkdir(exist_ok=True)
    counts = Counter[str]()
    for piece in _whole_words(text):
        counts.update(piece.split())
    common = [word for word, count in counts.most_common(_QUESTION_WORDS) if count >= 5]
    ranks = {word: rank for rank, word in enumerate(common)}
    if wordnet is None:
        sections = {name: [(w, rule(w)) for w in common] for name, rule in GERMAN.items()}
    else:
        sections = {
            name: [(w, rule(w)) for w in common if wordnet.only(w, part)]
            for name, (part, rule) in ENGLISH.items()
        }
    asked = 0
    with (folder / "questions-words.txt").open("w", encoding="utf-8") as file:
        for name, pairs in sections.items():
            known = [(a, b) for a, b in pairs if b in ranks and a != b and len(a) >= 4]
            known.sort(key=lambda pair: max(ranks[word] for word in pair))
            print(f": gram-{name}", file=file)
            for left, right in itertools.permutations(known[:_PAIRS_A_SECTION], 2):
                print(*left, *right, file=file)
                asked += 1
    said = f"{text.name}: {counts.total():,} tokens, {asked:,} analogies"
    if wordnet is not None:
        _write_nouns(folder / "nouns.tsv", common[: _QUESTION_WORDS // 3], wordnet)
        said += f", {_NOUN_PAIRS:,} pairs of nouns"
    harness.say(said)


def _write_nouns(path: Path, common: list[str], wordnet: WordNet) -> None:
    """Pairs by chance, and pairs with the closest of ten and of a hundred."""
    nouns = [word for word in common if wordnet.only(word, "noun") and len(word) > 2]
    rng = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for choice in itertools.islice(itertools.cycle((1, 10, 100)), _NOUN_PAIRS):
            word = rng.choice(nouns)
            others = rng.choices([noun for noun in nouns if noun != word], k=choice)
            score, other = max((wordnet.similarity(word, other), other) for other in others)
            print(word, other, f"{score:.4f}", sep="\t", file=file)


def _whole_words(text: Path) -> Iterator[str]:
    """Pieces of a text that end at white space."""
    rest = ""
    for piece in read_pieces([str(text)]):
        whole, space, rest = (rest + piece).rpartition("\n")
        yield whole + space
    yield rest


def _ending(word: str, after_e: str, after_y: str, other: str) -> str:
    if word.endswith("e"):
        return word + after_e if after_e[:1] not in "aeiou" else word[:-1] + after_e
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + after_y
    return word + other


ENGLISH: dict[str, tuple[str, Callable[[str], str]]] = {
    "plural": ("noun", lambda w: _ending(w, "s", "ies", "s")),
    "third-person": ("verb", lambda w: _ending(w, "s", "ies", "s")),
    "past": ("verb", lambda w: _ending(w, "d", "ied", "ed")),
    "participle": ("verb", lambda w: _ending(w, "ing", "ying", "ing")),
    "comparative": ("adj", lambda w: _ending(w, "r", "ier", "er")),
    "adverb": ("adj", lambda w: _ending(w, "ly", "ily", "ly")),
    "opposite": ("adj", lambda w: f"un{w}"),
    "quality": ("adj", lambda w: _ending(w, "ness", "iness", "ness")),
    "agent": ("verb", lambda w: _ending(w, "r", "ier", "er")),
    "action": ("verb", lambda w: _ending(w, "ment", "yment", "ment")),
}
GERMAN: dict[str, Callable[[str], str]] = {
    "ung-ungen": lambda w: f"{w}en" if w.endswith("ung") else w,
    "keit-keiten": lambda w: f"{w}en" if w.endswith(("keit", "heit", "schaft")) else w,
    "e-en": lambda w: f"{w}n" if w.endswith("e") else w,
    "er-ern": lambda w: f"{w}n" if w.endswith("er") else w,
    "lich-liche": lambda w: f"{w}e" if w.endswith(("lich", "ig", "isch")) else w,
    "liche-licher": lambda w: f"{w}r" if w.endswith(("liche", "ige", "ische")) else w,
    "en-t": lambda w: f"{w[:-2]}t" if w.endswith("en") else w,
    "en-ge-t": lambda w: f"ge{w[:-2]}t" if w.endswith("en") else w,
    "en-end": lambda w: f"{w}d" if w.endswith("en") else w,
    "un": lambda w: f"un{w}",
    "genitive": lambda w: f"{w}s" if w.endswith(("er", "el", "em")) else w,
}


if __name__ == "__main__":
    main()
