"""The lock on a mail file that other programs respect: `fcntl` and a file beside it whose name ends in ".lock".

These are the two that the standard library's `mailbox` takes, in its order.  Its own lock can't be used here: it is
lost when anything in this program reads and closes the file (POSIX, `fcntl`), and a ".lock" that a killed program
left behind would stand for ever; the one that is made here says whose it is.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from popsim.mail.box import Pause

TRIES = 30
"""How often a lock that another program has is tried."""
FEW_TRIES = 4
"""The same where somebody waits for every message: a server answers nobody else in that time."""
BETWEEN = 0.1
"""Seconds between two tries."""


class Locked(OSError):
    """Another program has the lock."""


@contextmanager
def locked(path: str, pause: Pause, tries: int = 0) -> Iterator[int]:
    """The file, open for reading and locked, as its descriptor.

    Args:
        path: the file itself, no link to it.
        pause: what lets some seconds pass between two tries.
        tries: how often it is tried; 0: as often as is usual.

    Raises:
        Locked: another program had it all the time.
        OSError: it can't be opened, or the folder may not be written.
    """
    for left in reversed(range(tries or TRIES)):
        try:
            file = _taken(path)
            break
        except Locked:
            if not left:
                raise
            pause(BETWEEN)
    try:
        yield file
    finally:
        with suppress(OSError):
            os.unlink(_beside(path))
        with suppress(OSError):
            os.close(file)  # and with it the other lock


def _taken(path: str) -> int:
    """Both locks, or neither."""
    file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        _lock(file)
        if not os.path.samestat(os.fstat(file), os.stat(path)):
            raise Locked(errno.EAGAIN, "another program has just replaced it")
        _make(_beside(path))
    except BaseException:
        os.close(file)
        raise
    return file


def _lock(file: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: the file beside it is the only lock
        return
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise Locked(errno.EAGAIN, "another program has locked it") from None
        raise


def _make(path: str) -> None:
    # Written aside first: a lock whose maker is killed always says whose it was. Nobody else is here at the same time,
    # for whoever is has the other lock; so what lies aside was left behind, and so is a lock that says so.
    folder, name = os.path.split(path)
    aside = os.path.join(folder, f".{name}.popsim")
    with suppress(FileNotFoundError):
        os.unlink(aside)
    file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, _signature(os.getpid()))
    finally:
        os.close(file)
    if _left_behind(path):
        os.unlink(path)
    try:
        os.link(aside, path)
    except FileExistsError:
        raise Locked(errno.EAGAIN, f"another program has locked it by {path!r}") from None
    finally:
        os.unlink(aside)


def _left_behind(path: str) -> bool:
    """Whether a lock is that of a popsim on this machine that is no more."""
    try:
        with open(path, "rb") as file:
            said = file.read(1000)
        process = int(said.split()[1])
    except (OSError, ValueError, IndexError):
        return False
    return said == _signature(process) and not is_alive(process)


def is_alive(process: int) -> bool:
    """Whether there is a process of that number, as far as this one may know."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _signature(process: int) -> bytes:
    machine = os.uname().nodename if hasattr(os, "uname") else ""
    return f"popsim {process} {machine}\n".encode()


def _beside(path: str) -> str:
    return f"{path}.lock"
