"""run.json in the folder of a run: what the run was asked to do, and where its text is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from w2v.errors import CheckpointError
from w2v.files import write_text

ASKED = "run.json"
_VERSION = 1


def write_asked(
    folder: str, asked: Mapping[str, Any], corpus: str | None, began: Mapping[str, Any] | None
) -> None:
    """Write it down; `corpus` is where the text is encoded, if not in the folder.

    `began` is what tells the run from others, once it has begun; see `beginning`.

    Raises
    ------
    OutputError
    """
    about = {"version": _VERSION, "corpus": corpus, "asked": asked, "began": began}
    write_text(os.path.join(folder, ASKED), json.dumps(about, indent=2) + "\n")


def read_asked(name: str) -> dict[str, Any]:
    """What stands in run.json; raises `CheckpointError`."""
    file = os.path.join(name, ASKED)
    try:
        with open(file, encoding="utf-8") as handle:
            about = json.load(handle)
        if about["version"] != _VERSION:
            raise CheckpointError(
                f"{file} is of version {about['version']}, and this w2v reads version {_VERSION}."
            )
        kinds = {"asked": dict, "corpus": str | None, "began": dict | None}
        if not all(isinstance(about[part], kind) for part, kind in kinds.items()):
            raise ValueError
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CheckpointError(
            f"There is no run in {name}: {file} is missing. Give the folder that --checkpoint had."
        ) from error
    except OSError as error:
        raise CheckpointError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise CheckpointError(f"{file} is not what a run writes, or damaged.") from error
    return dict(about)
