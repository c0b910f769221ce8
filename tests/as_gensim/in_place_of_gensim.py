"""A plugin of pytest: gensim's own tests meet the names of `w2v.gensim`, and else gensim itself."""

from __future__ import annotations

import sys

import gensim.models

from w2v.gensim.installing import made

for name, module in made().items():
    if name in ("gensim", "gensim.models", "gensim.utils"):
        continue
    sys.modules[name] = module
    setattr(gensim.models, name.rpartition(".")[2], module)
for kind in ("Word2Vec", "KeyedVectors", "Phrases"):
    setattr(gensim.models, kind, getattr(made()["gensim.models"], kind))
