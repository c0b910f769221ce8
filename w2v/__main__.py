"""The command `w2v`, and ``python -m w2v``: Ctrl-C ends it from the first moment on."""

import _thread
import os
import signal
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line; nothing is imported before Ctrl-C has a meaning."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not behind nohup or &
        signal.signal(signal.SIGINT, _leave)
    try:
        from w2v.cli import main as commands
    except Exception as error:
        from w2v.errors import ran_out

        if not (message := ran_out(error)):
            raise
        sys.exit(f"Error: {message}")
    try:
        commands(prog_name="w2v")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done but for leaving


def _leave(*_: object) -> None:
    """There is nothing to clean up yet, or any more; an import might lose an exception.

    OpenBLAS interrupts the process where it may start no threads, as NumPy is loaded.
    """
    message, code = "\nInterrupted.", INTERRUPTED
    try:
        _thread.start_new_thread(int, ())
    except RuntimeError:
        from w2v.errors import NO_THREADS

        message, code = f"Error: {NO_THREADS}", 1
    if sys.stderr is not None:
        os.write(2, f"{message}\n".encode())
    os._exit(code)


if __name__ == "__main__":
    main()
