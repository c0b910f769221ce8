"""Runs of `w2v train --checkpoint` that end as by SIGKILL, at a moment, and what they make."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from commands import QUICK, run

from w2v import Progress, Word2Vec
from w2v.training.onlookers import Onlookers
from w2v.training.run_folder import RunFolder

EPOCHS = ["--epochs", 6]

KEPT = ["--checkpoint", "run", "--checkpoint-every", "1epoch"]

OUTPUTS = ["-o", "v.bin", "--save-model", "m.npz", "--save-vocab", "words.txt"]

WHERE = {"unread": -1.0, "untrained": 0.0, "half": 0.5}
"""Moments at which runs are cut off: before their text is kept, before the first checkpoint, and
with some checkpoints."""


@contextlib.contextmanager
def ends_at(done: float) -> Iterator[None]:
    """A run ends there as by SIGKILL: nobody is told, and nothing more is written."""
    plain = Onlookers.tell

    def tell(self: Onlookers, progress: Progress) -> bool:
        if progress.done >= done:
            raise SystemExit(137)
        return plain(self, progress)

    def keep(*_: object) -> None:
        raise SystemExit(137)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Onlookers, "tell", tell)
        if done < 0:
            patch.setattr(RunFolder, "keep", keep)
        yield


def cut(done: float, *command: object, stdin: str | bytes | None = None) -> Result:
    with ends_at(done):
        result = run("train", *command, stdin=stdin)
    assert result.exit_code == 137, result.output
    assert not Path("v.bin").exists()
    return result


def went_on(*options: object) -> Result:
    result = run("resume", "run", *options)
    assert result.exit_code == 0, result.output
    return result


def made(folder: Path | str = ".") -> dict[str, Any]:
    """What a run has written, but for times."""
    found: dict[str, Any] = {
        name: Path(folder, name).read_bytes() for name in ("v.bin", "words.txt")
    }
    model = Word2Vec.load_model(Path(folder, "m.npz"))
    found["output"] = model.output.tobytes()
    for name in ("loss", "tokens", "held_out_loss", "pretrained", "frozen", "continued"):
        found[name] = model.report[name]
    found["tokenizer"], found["table"] = model.report["tokenizer"], model.report["table"]
    return found


def undisturbed(*command: object, stdin: str | None = None) -> dict[str, Any]:
    assert run("train", *command, *OUTPUTS, *QUICK, *EPOCHS, stdin=stdin).exit_code == 0
    found = made()
    for name in OUTPUTS[1::2]:
        os.remove(name)
    return found


def command(*more: object) -> list[object]:
    return [*more, *OUTPUTS, *QUICK, *EPOCHS, *KEPT]
