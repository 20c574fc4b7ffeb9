"""A mail file replaced by another version of it: locked, written aside, on the disk for certain, then renamed.

Whatever goes wrong, and whenever, the file is either the old one or the new one, whole. A program that opens the file
first and waits for the lock then has to see, once it has it, that the name stands for another file by now; those that
make the ".lock" first, as the usual ones do, have nothing to see to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from popsim.mail.box import Pause
from popsim.mail.lock import Locked, locked


class CannotRewrite(Exception):
    """The file stays as it is; the text says why, in one line."""


def rewrite(
    path: str,
    kept: Callable[[bytes], Sequence[bytes]],
    pause: Pause,
    so: str = "nothing was removed from it",
    tries: int = 0,
) -> None:
    """Replace a file by some pieces of it, or by more than it was, under the lock that other programs respect.

    Args:
        path: the file, or a link to it.
        kept: is given what the file holds now, and returns the pieces that it is to hold, in order; no pieces at all
            where the file is not what was expected.
        pause: what lets some seconds pass while another program has the lock.
        so: what it means when nothing could be changed.
        tries: how often the lock is tried; 0: as often as is usual.

    Raises:
        CannotRewrite: nothing was changed.
    """
    place = os.path.realpath(path)
    try:
        with locked(place, pause, tries) as file:
            _rewrite(place, file, kept, so)
    except Locked as error:
        raise CannotRewrite(f"{path!r} is in use: {error.strerror}; {so}") from None
    except OSError as error:
        raise CannotRewrite(f"cannot write {path!r}: {error.strerror or error}; {so}") from None


def _rewrite(place: str, file: int, kept: Callable[[bytes], Sequence[bytes]], so: str) -> None:
    found = os.fstat(file)
    if found.st_nlink > 1:
        raise CannotRewrite(f"{place!r} has another name (a hard link), which would keep the old mail: remove one")
    pieces = kept(_everything(file))
    if not pieces:
        raise CannotRewrite(f"another program has changed {place!r} since it was read: {so}")
    aside = os.path.join(os.path.dirname(place), f".{os.path.basename(place)}.popsim")
    with suppress(FileNotFoundError):
        os.unlink(aside)  # that of a server that was killed
    try:
        _write(aside, pieces, found)
        now = os.fstat(file)
        if (now.st_size, now.st_mtime_ns) != (found.st_size, found.st_mtime_ns):
            raise CannotRewrite(f"another program wrote to {place!r} though it was locked: {so}")
        os.replace(aside, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(aside)
        raise
    sync_folder(os.path.dirname(place))


def _everything(file: int) -> bytes:
    with open(file, "rb", closefd=False) as reader:  # closing it would lose the lock
        return reader.read()


def _write(aside: str, pieces: Sequence[bytes], like: os.stat_result) -> None:
    """A new file on the disk, with the owner and the permissions of another one."""
    file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(file, rest) :]
        if hasattr(os, "fchown"):
            made = os.fstat(file)
            if (made.st_uid, made.st_gid) != (like.st_uid, like.st_gid):
                os.fchown(file, like.st_uid, like.st_gid)
            os.fchmod(file, like.st_mode & 0o7777)
        os.fsync(file)
    finally:
        os.close(file)


def sync_folder(folder: str) -> None:
    """Have a folder's names on the disk for certain, where the system can do that for folders."""
    with suppress(OSError):
        file = os.open(folder or ".", os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
