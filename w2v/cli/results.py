"""What a command has made, written at its end: all at one moment, and nothing is thrown away.

Each file is tried, whatever becomes of the others. What has no place is rescued: written into
another folder, under a name that is said. Then all drafts take their places, one right after the
other; only a kill between two of these moves leaves old files beside new ones, and the report,
which moves last, has the sums by which that is seen.

Ctrl-C ends it, and leaves the old files; what else tells a process to end waits until all is there.
"""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from w2v import files, interrupts
from w2v.errors import OutputError
from w2v.files import PathLike

if TYPE_CHECKING:
    from w2v import Vocabulary, Word2Vec


@dataclass(frozen=True)
class Result:
    """A file to be written."""

    path: PathLike
    write: Callable[[PathLike], object]
    size: int = 0
    """Bytes, at the least."""
    rescued_as: str = ""
    """The extension it is rescued with, if that is another: of a format that holds all of it."""


def of_training(
    model: Word2Vec,
    vocabulary: Vocabulary,
    vectors: PathLike | None,
    whole: PathLike | None = None,
    words: PathLike | None = None,
) -> list[Result]:
    """Files of what a model will have learnt of a vocabulary, as far as they are asked for.

    `whole` is the model itself, `words` the vocabulary.
    """
    from w2v.formats import least_bytes

    rows, dim = len(vocabulary), model.config.dim
    found = []
    if words is not None:
        found.append(Result(words, vocabulary.save, rows))
    if vectors is not None:
        found.append(Result(vectors, model.save, least_bytes(vectors, rows, dim), ".npz"))
    if whole is not None:
        found.append(Result(whole, model.save_model, 2 * least_bytes("all.npz", rows, dim)))
    return found


def check_places(params: dict[str, Any], texts: Sequence[str]) -> None:
    """Refuse outputs that could not be written, or would overwrite each other or an input.

    Parameters
    ----------
    params : dict       Of `w2v train`.
    texts : sequence of str
        Files that it reads.

    Raises
    ------
    ConfigError, OutputError
    """
    from w2v.formats import check_writable, named_outputs

    check_writable(params["output"])
    for name in ("save_vocab", "save_model", "report"):
        if params[name]:
            files.check_target(params[name])
    outputs: dict[str, PathLike | None] = {
        **named_outputs("--output", params["output"]),
        "--save-vocab": params["save_vocab"],
        "--save-corpus": params["save_corpus"],
        "--report": params["report"],
    }
    inputs = filter(None, (params[name] for name in ("vocab", "pretrained", "freeze")))
    files.check_distinct({**outputs, "--save-model": params["save_model"]}, [*texts, *inputs])
    model = params["model_file"]
    files.check_distinct(outputs, [model] if model else [])  # a model may take its own place


def check_room(results: Sequence[Result]) -> None:
    """Refuse, before any work is done, what does not fit on the disks.

    Raises
    ------
    OutputError
    """
    files.check_room({result.path: result.size for result in results})


def save(
    results: Sequence[Result], report: PathLike | None = None, about: Any = None
) -> dict[str, str]:
    """Write results, and a report of them with the sums of their files.

    Parameters
    ----------
    results : sequence of Result
    report : path, optional
        Written last, as JSON: `about`, and under ``files`` the path, bytes and SHA-256 of each file
        that was written; not of pipes and devices.
    about : dict, optional

    Returns
    -------
    dict from str to str
        Of each file that is not where it belongs, why, and where it is instead.
    """
    saving = _Saving([result.path for result in results] + ([] if report is None else [report]))
    interrupts.ask_unless_held()
    with interrupts.held(keys=False):
        with files.together() as group:
            if report is not None:

                def write(path: PathLike) -> None:
                    text = json.dumps({**about, "files": group.written()}, indent=2)
                    files.write_text(path, f"{text}\n")

                results = [*results, Result(report, write)]
            for result in results:
                saving.write(result)
            with interrupts.held():
                failed = group.place()
        by_name = {os.fsdecode(result.path): result for result in results}
        for name, error in failed.items():
            if name in by_name:
                saving.rescue(by_name[name], str(error))
            else:  # the second file of one, or one that was rescued
                saving.lost[name] = str(error)
    return saving.lost


def check_lost(lost: dict[str, str]) -> None:
    """Fail if something is not where it belongs.

    Raises
    ------
    OutputError
    """
    if lost:
        raise OutputError(" ".join(lost.values()))


def rescue(result: Result) -> str:
    """Write a result into another folder: its name there, or nothing where none takes it."""
    return _Saving([result.path]).elsewhere(result)


class _Saving:
    """Where files may go, and what there is to say of those that are not where they belong."""

    def __init__(self, paths: Sequence[PathLike]) -> None:
        beside = [path for path in paths if not files.open_elsewhere(os.fsdecode(path))]
        folders = [os.path.dirname(os.path.abspath(path)) for path in beside]
        self._folders = list(dict.fromkeys([*folders, os.getcwd(), tempfile.gettempdir()]))
        self._taken: set[str] = set()
        self.lost: dict[str, str] = {}

    def write(self, result: Result) -> None:
        """Write where it belongs, or else elsewhere."""
        try:
            result.write(result.path)
        except Exception as error:  # of any kind: what was made may have taken days
            self.rescue(result, _reason(result.path, error))

    def rescue(self, result: Result, reason: str) -> None:
        """Write elsewhere."""
        instead = "No other folder took what it was to hold, and it is lost."
        if path := self.elsewhere(result):
            other = ", and w2v convert makes other formats of it" * bool(result.rescued_as)
            instead = f"What it was to hold is in {path}{other}."
        self.lost[os.fsdecode(result.path)] = f"{reason} {instead}"

    def elsewhere(self, result: Result) -> str:
        """Write to the first folder that takes it; the name there, or nothing."""
        for path in self._names(result):
            try:
                files.check_room({path: result.size})
                result.write(path)
            except Exception:
                continue
            self._taken.add(path)
            return path
        return ""

    def _names(self, result: Result) -> Iterator[str]:
        """In each folder a name that no file has."""
        base = os.path.basename(os.fsdecode(result.path)).lstrip(".")
        stem, dot, end = base.partition(".")
        end = result.rescued_as or f"{dot}{end}"
        for folder in self._folders:
            names = (f"{stem}.rescued{f'-{i}' * (i > 1)}{end}" for i in itertools.count(1))
            paths = (os.path.join(folder, name) for name in names)
            yield next(p for p in paths if p not in self._taken and not os.path.lexists(p))


def _reason(path: PathLike, error: Exception) -> str:
    if isinstance(error, OutputError):
        return str(error)
    name = os.fspath(path)
    if isinstance(error, OSError):
        return str(files.cannot_write(name, error))
    return f"Cannot write {name}: {type(error).__name__} {error}".rstrip(" .") + "."
