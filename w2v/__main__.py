"""The command `w2v`, and ``python -m w2v``: signals end it from the first moment on.

From the first command on they are handled by `w2v.interrupts`.
"""

import _thread
import os
import signal
import sys


def main() -> None:
    """Run the command line; nothing is imported before signals have a meaning."""
    _fill_descriptors()
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"):
        number = getattr(signal, name, None)
        default = (signal.SIG_DFL, signal.default_int_handler)
        if number is not None and signal.getsignal(number) in default:  # not behind nohup or &
            signal.signal(number, _leave)
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


def _fill_descriptors() -> None:
    """What is closed of the first three is taken, by what can be neither read nor written there.

    Or the next file would get the number, and what a library prints would go into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number else os.O_WRONLY)


def _leave(number: int, _: object) -> None:
    """There is nothing to clean up yet, or any more; an import might lose an exception.

    OpenBLAS interrupts the process where it may start no threads, as NumPy is loaded.
    """
    message, code = "\nInterrupted.", 128 + number
    if number == signal.SIGINT:
        try:
            _thread.start_new_thread(int, ())
        except RuntimeError:
            from w2v.errors import NO_THREADS

            message, code = f"Error: {NO_THREADS}", 1
    if sys.stderr is not None and number == signal.SIGINT:
        os.write(2, f"{message}\n".encode())
    os._exit(code)


if __name__ == "__main__":
    main()
