"""How an archive writes: files and lines that are there whole or not at all, in a folder that is its own meanwhile."""

from __future__ import annotations

import errno
import os
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@._-+")
_LONGEST = 150


class ArchiveError(OSError):
    """The folder can't be used; the message says why and what to do, in one line."""


class Log:
    """A text file to which lines are added, each of them whole or not at all.

    Args:
        path: where.
        first: what its first line says.

    Raises:
        ArchiveError: its first line says something else.
        OSError: it can't be read or written.
    """

    def __init__(self, path: Path, first: str) -> None:
        self.path = path
        text = path.read_bytes() if path.exists() else b""
        whole = text[: text.rfind(b"\n") + 1]
        if whole and whole.split(b"\n")[0] != first.encode():
            raise ArchiveError(errno.EINVAL, f"expected {first!r} as its first line: move the file away", str(path))
        self.lines = whole.decode("ascii", "backslashreplace").split("\n")[1:-1]
        """The lines that were there, without the first."""
        self._size = len(whole)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o600)
        try:
            if len(whole) < len(text):
                os.ftruncate(self._file, self._size)  # the last run was stopped in the middle of a line
            if not whole:
                self.append(first)
                sync(path.parent)
        except BaseException:
            os.close(self._file)
            raise

    def append(self, line: str, at_once: bool = True) -> None:
        """Add a line; ``at_once``: it is on the disk when this returns, else when the log is closed.

        Raises:
            OSError: it could not be written; the lines before it are unharmed.
        """
        octets = line.encode("ascii") + b"\n"
        try:
            _put(self._file, octets)
            if at_once:
                os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(octets)

    def close(self) -> None:
        """See all lines onto the disk."""
        try:
            os.fsync(self._file)
        finally:
            os.close(self._file)


def escaped(account: str) -> str:
    """An account as the name of a file: what may have a meaning there is written as %XX, and what is long is cut."""
    try:
        octets = account.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # what no name is spelled as
        octets = account.encode("utf-8", "backslashreplace")
    text = "".join(chr(octet) if octet in _SAFE else f"%{octet:02X}" for octet in octets)
    text = f"%2E{text[1:]}" if text.startswith(".") else text
    if len(text) <= _LONGEST:
        return text
    import hashlib

    return f"{text[:100]}-{hashlib.sha256(octets).hexdigest()[:32]}"


def make(folder: Path) -> None:
    """Make a folder, for the user's eyes only, where there is none."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True)
        sync(folder.parent)


def locked(folder: Path) -> int | None:
    """A lock on a folder: a file to be closed in the end, or None on a system that has no such locks.

    Raises:
        ArchiveError: another program has it.
    """
    try:
        import fcntl
    except ImportError:  # on Windows
        return None
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        problem = "another popsim fetch writes there: wait for its end, or choose another folder"
        raise ArchiveError(errno.EAGAIN, problem, str(folder)) from None
    except OSError:
        pass  # a file system without locks
    return lock


def write(path: Path, octets: bytes) -> None:
    """Write a file that was not there, for the user's eyes only, and see it onto the disk."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    try:
        _put(file, octets)
        os.fsync(file)
    finally:
        os.close(file)


def sync(folder: Path) -> None:
    """See the names in a folder onto the disk."""
    if os.name == "nt":
        return  # folders can't be opened there
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _put(file: int, octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        rest = rest[os.write(file, rest) :]
