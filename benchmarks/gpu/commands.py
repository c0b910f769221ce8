"""Whole commands and what they cost: beside gensim and the CPU, from start to end beside reading,
the peak of memory beside its plan, a text sent in pieces, and sums in a fixed order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import peers, trainers
from benchmarks.gpu.setting import (
    Row,
    Setting,
    Stage,
    beginning,
    compiled,
    one_epoch,
    outcome,
    train,
)
from w2v import Config, get_backend
from w2v.backends import usable_cores
from w2v.training import Trainer, throughput

_LARGE = 8_000_000, 300  # words and dimensions


def stages(setting: Setting) -> list[Stage]:
    cases = setting.cases
    first = next(iter(cases))
    return [
        Stage("both compile", 170, partial(compiled, setting)),
        Stage("from start to end", 150, partial(end_to_end, setting, first)),
        Stage(f"{first}, beside gensim", 90, partial(trained_by, setting, first)),
        Stage("8 M words", 150, partial(large, setting, cases[first])),
        Stage("text in pieces", 40, partial(in_pieces, setting, first)),
        *(
            Stage(f"{name}, in order", 40, partial(in_order, setting, name, config))
            for name, config in cases.items()
        ),
        *(
            Stage(f"{name}, beside gensim", 60, partial(trained_by, setting, name))
            for name in list(cases)[4 if setting.tiny else 1 :]
        ),
    ]


def end_to_end(setting: Setting, name: str) -> Iterator[Row]:
    """`w2v train` on the long text, once over, beside reading that text."""
    text = setting.text.with_name("long.txt")
    with text.open("wb") as file:  # as bytes: of it 100 M words are to be had in a second
        one = setting.text.read_bytes()
        for _ in range(max(1, round(len(setting.long.ids) / len(setting.corpus.ids)))):
            file.write(one)
    try:
        yield {"what": "end to end", **_commanded(setting, name, setting.backend, text, epochs=1)}
    finally:
        text.unlink()


def trained_by(setting: Setting, name: str) -> Iterator[Row]:
    """Whole commands of w2v on both backends and of gensim, with all cores."""
    for trainer in (setting.backend, setting.cpu, "gensim"):
        row = _commanded(setting, name, trainer, setting.text, epochs=1 if setting.tiny else 3)
        yield {"what": "command", **row}


def _commanded(setting: Setting, name: str, trainer: str, text: Path, *, epochs: int) -> Row:
    found: Row = {"case": name, "trainer": trainer}
    run = trainers.peers(None)["gensim"] if trainer == "gensim" else trainers.w2v(trainer)
    if isinstance(run, str):
        return {**found, "left_out": run}
    task = trainers.Task(
        text=str(text),
        vectors=str(text.with_suffix(".bin")),
        **peers.CASES[name],  # type: ignore[arg-type]
        epochs=epochs,
        workers=usable_cores(),
        min_count=setting.min_count,
        dim=setting.cases[name].dim,
    )
    done = run(task)
    tokens = setting.corpus.stats.tokens * round(text.stat().st_size / setting.text.stat().st_size)
    found["raw_words_per_second"] = tokens * epochs / done.train_seconds
    found["total_seconds"] = done.total_seconds
    report = Path(f"{task.vectors}.json")
    if trainer != "gensim":
        said = json.loads(report.read_text(encoding="utf-8"))
        found |= {
            "seconds": said["seconds"],
            "step": said["step"],
            "trained_on": said["backend"]["device"],
        }
        found["to_reading"] = done.total_seconds / (
            said["seconds"]["count"] + said["seconds"]["encode"]
        )
        found["peak_bytes"] = said["peak_memory_bytes"]
        found["planned"] = said.get("planned_memory_bytes")
    return found


def large(setting: Setting, config: Config) -> Iterator[Row]:
    """Tables that are large beside all else, whose peak the plan should say."""
    words, dim = (200, 8) if setting.tiny else _LARGE
    corpus = throughput.zipf_corpus(2000 if setting.tiny else 20_000_000, words)
    yield {
        "what": "large",
        "words": words,
        **train(one_epoch(config, dim=dim), setting.backend_value, corpus),
    }


def in_pieces(setting: Setting, name: str) -> Iterator[Row]:
    """The long text on the device, and sent in pieces, as where little memory is free."""
    backend, long, config = setting.backend_value, setting.long, one_epoch(setting.cases[name])
    train(config, backend, beginning(setting.corpus, 2000))
    whole, _ = outcome(config, backend, long)
    runtime = backend.xp.cuda.runtime
    real = runtime.memGetInfo
    trainer = Trainer(config, long, backend)
    _ = trainer.memory  # planned with what is free
    runtime.memGetInfo = lambda: (len(long.ids), real()[1])  # a quarter of the bytes of its ids
    try:
        pieces = trainer.run()
    finally:
        runtime.memGetInfo = real
    speeds = whole["raw_words_per_second"], pieces.raw_words_per_second
    yield {
        "what": "text",
        "on_device": speeds[0],
        "in_pieces": speeds[1],
        "share": speeds[1] / speeds[0],
    }


def in_order(setting: Setting, name: str, config: Config) -> Iterator[Row]:
    """`--deterministic`, on the beginning of the text."""
    corpus = beginning(setting.corpus, 1000 if setting.tiny else 500_000)
    ordered = get_backend(setting.backend, in_order=True)
    fixed = one_epoch(config, deterministic=True)
    train(fixed, ordered, beginning(corpus, 1000))
    yield {"what": "in order", "case": name, **train(fixed, ordered, corpus)}
