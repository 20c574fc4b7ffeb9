"""A file that is written while something goes on, so that it can be read whenever that ends, and however."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class LiveFile:
    """A file to which octets are added. After each turn of the event loop the system has them all.

    When nothing more can be written, the file ends behind the last octets that were handed over together and whole,
    somebody is told once, and what is written after that is thrown away.

    Args:
        path: where; only this user may read it.
        replaces: whether a file that is there is replaced.
        report: is told in one line why nothing more can be written.

    Raises:
        FileExistsError: there is a file, and it is not to be replaced.
        OSError: none can be made.
    """

    def __init__(self, path: Path, *, replaces: bool, report: Callable[[str], object]) -> None:
        self.path = path
        self.failed = False
        """Whether nothing more can be written."""
        self._report = report
        self._size = 0
        self._pieces: list[bytes] = []
        self._planned = False
        self._file = _made(path, replaces)

    def write(self, octets: bytes) -> int:
        """Add octets, which may be the rest of something: it is whole at the end of this turn."""
        if not self.failed:
            self._pieces.append(octets)
            if not self._planned:
                self._plan()
        return len(octets)

    def flush(self) -> None:
        """Nothing: see :meth:`push`. What writes to any file may ask for it more often than is good."""

    def push(self) -> None:
        """Hand over what was added."""
        self._planned = False
        rest = memoryview(b"".join(self._pieces))
        self._pieces.clear()
        whole = self._size + len(rest)
        try:
            while rest and not self.failed:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            self._fail(error)
        else:
            self._size = whole

    def close(self) -> None:
        """Hand over what was added, and close the file."""
        if self._file < 0:
            return
        self.push()
        with suppress(OSError):
            os.close(self._file)
        self._file, self.failed = -1, True

    def _plan(self) -> None:
        try:
            asyncio.get_running_loop().call_soon(self.push)
        except RuntimeError:  # before the loop begins, or after it: at once
            self.push()
        else:
            self._planned = True

    def _fail(self, error: OSError) -> None:
        self.failed = True
        with suppress(OSError):
            os.ftruncate(self._file, self._size)
        self._report(f"{os.fspath(self.path)!r}: {error.strerror or error}: the recording ends here, all else goes on")


def _made(path: Path, replaces: bool) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    if not replaces:
        return os.open(path, flags, 0o600)
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    aside = os.path.join(folder, f".{name}.{os.getpid()}")
    file = os.open(aside, flags, 0o600)
    try:
        os.replace(aside, target)
    except OSError:
        os.close(file)
        os.unlink(aside)
        raise
    return file
