"""The name `gensim`, for packages that import it by that name."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from w2v.errors import W2VError
from w2v.gensim import callbacks, counting, keyed_vectors, phrases, sentences, word2vec

_VERSION = "4.4.0"
"""Whose names these are."""


class _Distribution(importlib.metadata.Distribution):
    """What `importlib.metadata.version("gensim")` reads."""

    def read_text(self, filename: str) -> str | None:
        if filename not in ("METADATA", "PKG-INFO"):
            return None
        return f"Metadata-Version: 2.1\nName: gensim\nVersion: {_VERSION}\n"

    def locate_file(self, path: str | os.PathLike[str]) -> Any:
        return os.path.join(os.path.dirname(__file__), path)


class _Finder(importlib.metadata.DistributionFinder):
    def find_spec(self, *_: object) -> None:
        """Finds no modules: they are there."""

    def find_distributions(
        self, context: importlib.metadata.DistributionFinder.Context | None = None
    ) -> Iterable[importlib.metadata.Distribution]:
        if context is None or context.name in (None, "gensim"):
            yield _Distribution()


def install() -> None:
    """Have `import gensim`, and what stands in it here, give the names of `w2v.gensim`.

    Call it before anything imports gensim. `importlib.metadata` finds a gensim 4.4.0 too, which is
    what packages ask for that depend on it.

    Raises
    ------
    W2VError
        gensim itself is imported already.
    """
    known = sys.modules.get("gensim")
    if known is not None:
        if getattr(known, "_of_w2v", False):
            return
        raise W2VError(
            "gensim itself is imported already. Call `w2v.gensim.install()` before anything "
            "imports it."
        )
    sys.modules |= made()
    sys.meta_path.append(_Finder())


def made() -> dict[str, ModuleType]:
    """The modules that `install` has Python know, by their names."""
    modules = {
        "models.word2vec": [word2vec, sentences, counting],
        "models.keyedvectors": [keyed_vectors],
        "models.phrases": [phrases],
        "models.callbacks": [callbacks],
        "utils": [sentences, counting],
    }
    top, models = ModuleType("gensim"), ModuleType("gensim.models")
    top.__version__, top._of_w2v = _VERSION, True  # type: ignore[attr-defined]
    for package in (top, models):
        package.__path__ = []
    top.models = models  # type: ignore[attr-defined]
    found = {"gensim": top, "gensim.models": models}
    for name, ours in modules.items():
        module = ModuleType(f"gensim.{name}")
        for one in ours:
            vars(module).update({n: it for n, it in vars(one).items() if not n.startswith("__")})
        found[module.__name__] = module
        setattr(models if "." in name else top, name.rpartition(".")[2], module)
    for name in ("Word2Vec", "KeyedVectors", "Phrases"):
        home = {"Word2Vec": word2vec, "KeyedVectors": keyed_vectors, "Phrases": phrases}[name]
        setattr(models, name, getattr(home, name))
    return found
