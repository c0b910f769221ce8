"""The command `w2v`, and ``python -m w2v``: Ctrl-C ends it from the first moment on."""

import os
import signal
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line; nothing is imported before Ctrl-C has a meaning."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not behind nohup or &
        signal.signal(signal.SIGINT, _leave)
    from w2v.cli import main as commands

    try:
        commands(prog_name="w2v")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done but for leaving


def _leave(*_: object) -> None:
    """There is nothing to clean up yet, or any more; an import might lose an exception."""
    if sys.stderr is not None:
        os.write(2, b"\nInterrupted.\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
