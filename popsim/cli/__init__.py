"""The command line. Whatever goes wrong is said in one line on stderr, and shows in the exit code.

0: done; 1: it can't be done here (a file, a port); 2: the command line is not understood; 130: interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

FAILED, INTERRUPTED = 1, 130
TRACEBACK = "POPSIM_TRACEBACK"
"""Set in the environment, it lets an error that nobody foresaw print where it came from."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit with its code.

    Args:
        arguments: the words after ``popsim``; by default those of this process.
    """
    sys.exit(_run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> int:
    try:
        _make_safe()
        from popsim.cli.program import run  # click comes with it

        code = run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # Whoever was reading has seen enough. What is still in the buffer must not come up again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        where = f"{error.filename!r}: " if error.filename is not None else ""
        return _complain(f"{where}{error.strerror or error}", FAILED)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        told = f"{type(error).__name__}: {error}"
        return _complain(f"an error that popsim did not foresee, {told} ({TRACEBACK}=1 shows where)", FAILED)


def _make_safe() -> None:
    """Let a terminal that lacks a character show an escape in its place."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _complain(text: str, code: int) -> int:
    if sys.stderr is not None:
        line = "".join(c if c.isprintable() else " " for c in text)
        print(f"popsim: {line}", file=sys.stderr)
    return code
