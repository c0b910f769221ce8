"""The command `w2v`, and ``python -m w2v``: signals end it from the first moment on.

From the first command on they are handled by `w2v.interrupts`.
"""

import os
import signal
import sys


def main() -> None:
    """Run the command line; nothing is imported before signals have a meaning."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"):
        number = getattr(signal, name, None)
        default = (signal.SIG_DFL, signal.default_int_handler)
        if number is not None and signal.getsignal(number) in default:  # not behind nohup or &
            signal.signal(number, _leave)
    from w2v.cli import main as commands

    try:
        commands(prog_name="w2v")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done but for leaving


def _leave(number: int, _: object) -> None:
    """There is nothing to clean up yet, or any more; an import might lose an exception."""
    if sys.stderr is not None and number == signal.SIGINT:
        os.write(2, b"\nInterrupted.\n")
    os._exit(128 + number)


if __name__ == "__main__":
    main()
