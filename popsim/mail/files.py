"""Boxes with one file for each message: what Maildirs and folders of `.eml` files have in common, and the latter.

A file's octets are the message: lines that end in CR LF stay as they are, LF becomes CR LF, and a last line without
an end gets one (`Message.of`).  Reading changes nothing, neither a name nor a flag.
"""

from __future__ import annotations

import os
import re
import stat
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import NamedTuple

from popsim.mail.box import Flat, MailError, Names, unreadable
from popsim.mail.lock import is_alive
from popsim.mail.message import Message
from popsim.mail.rewrite import sync_folder

_TRIES = 5
"""How often a folder is listed while others rename and remove its files."""
_NUMBER = re.compile(r"[0-9]+$")
_ASIDE = re.compile(r"\..+\.eml\.([0-9]{1,9})\.popsim")


class Entry(NamedTuple):
    """A file with a message.

    Args:
        key: what stays the same while the message is there.
        path: where it is now.
        state: what changes when the file's content does.
    """

    key: str
    path: str
    state: tuple[int, ...]


class FileBox(Flat, ABC):
    """What both kinds have in common.

    Args:
        path: the folder.
    """

    kind = ""

    def __init__(self, path: str) -> None:
        self.path = path
        self.trouble = ""
        self._read: dict[str, tuple[Entry, Message]] = {}
        self._entries: dict[str, Entry] = {}
        self._is_stale = False

    @abstractmethod
    def entries(self) -> list[Entry]:
        """The files with messages, in the order of the messages."""

    @abstractmethod
    def named(self, entries: list[Entry], messages: list[Message]) -> list[Message]:
        """The messages with their unique-ids."""

    def read(self) -> list[Message]:
        """See :meth:`popsim.mail.box.Box.read`."""
        for left in reversed(range(_TRIES)):
            try:
                messages = self._messages(self.entries())
                self._is_stale = False
                return messages
            except FileNotFoundError as error:  # renamed or removed since it was listed
                if not left or not os.path.isdir(self.path):
                    raise MailError(unreadable(self.path, f"a {self.kind}", error)) from None
            except (OSError, ValueError) as error:
                raise MailError(unreadable(self.path, f"a {self.kind}", error)) from None
        raise AssertionError("the last try returns or raises")

    def news(self) -> list[Message] | None:
        """See :meth:`popsim.mail.box.Box.news`."""
        try:
            is_same = not self._is_stale and self.entries() == [entry for entry, _ in self._read.values()]
            return None if is_same else self.read()
        except (MailError, OSError) as error:
            self.trouble = str(error)
            return None

    def remove(self, uids: Collection[str]) -> frozenset[str]:
        """Remove the files of these messages, one by one; a file that is not the one that was read stays."""
        try:
            there = {entry.key: entry for entry in self.entries()}
        except OSError as error:
            self.trouble = f"cannot read {self.path!r}: {error.strerror or error}; nothing was removed"
            return frozenset(uids)
        failed = {uid for uid in uids if not self._removed(self._entries[uid], there)}
        for folder in sorted({os.path.dirname(self._entries[uid].path) for uid in uids}):
            sync_folder(folder)
        return frozenset(failed)

    def _removed(self, entry: Entry, there: dict[str, Entry]) -> bool:
        now = there.get(entry.key)
        if now is None:
            return True  # somebody else was quicker
        if now.state != entry.state:
            self.trouble = f"{now.path!r} was changed since it was read: it is not removed"
            return False
        try:
            os.unlink(now.path)
        except FileNotFoundError:
            return not any(entry.key == other.key for other in self.entries())
        except OSError as error:
            self.trouble = f"cannot remove {now.path!r}: {error.strerror or error}"
            return False
        return True

    def _listed(self) -> list[Entry]:
        """The files with messages now, or a MailError."""
        try:
            return self.entries()
        except OSError as error:
            raise MailError(unreadable(self.path, f"a {self.kind}", error)) from None

    def _is_at(self, uid: str, entry: Entry) -> None:
        """A message's file has another name now."""
        _, message = self._read[entry.key]
        self._read[entry.key] = entry, message
        self._entries[uid] = entry

    def _is_in(self, path: str) -> None:
        """The folder has another name now."""
        self.path = path
        self._is_stale = True
        for uid, entry in self._entries.items():
            part, name = entry.path.split(os.sep)[-2:]
            self._is_at(uid, entry._replace(path=os.path.join(path, part, name)))

    def _messages(self, entries: list[Entry]) -> list[Message]:
        known, self._read = self._read, {}
        found: dict[str, tuple[Entry, Message]] = {}
        for entry in entries:
            before = known.get(entry.key)
            found[entry.key] = (entry, before[1] if before and before[0].state == entry.state else _message(entry))
        self._read = found
        messages = self.named(entries, [message for _, message in found.values()])
        self._entries = {message.uid or "": entry for message, entry in zip(messages, entries, strict=True)}
        return messages


class EmlFolder(FileBox):
    """A folder of ``.eml`` files, one message each, in the order of their names.

    Unique-ids are made from the octets, so that a file may be renamed; of equal messages the first in order keeps its
    own.
    """

    kind = "eml"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._names = Names()

    def entries(self) -> list[Entry]:
        """The files whose names end in ``.eml``, in upper or lower case."""
        return [Entry(name, path, state) for name, path, state in files(self.path) if name.lower().endswith(".eml")]

    def named(self, entries: list[Entry], messages: list[Message]) -> list[Message]:
        """See :meth:`FileBox.named`."""
        return self._names.of(messages)

    def append(self, message: Message, flags: frozenset[str], date: int) -> Message:
        """Write a file whose name comes after all others; flags last until the server stops."""
        for _ in range(_TRIES):
            keys = [entry.key for entry in self._listed()]
            name = _following(keys[-1]) if keys else "000001.eml"
            try:
                self._tidy()
                aside = os.path.join(self.path, f".{name}.{os.getpid()}.popsim")
                write_new(aside, message.octets, os.path.join(self.path, name))
                break
            except FileExistsError:  # another program was quicker
                continue
            except OSError as error:
                place = os.path.join(self.path, name)
                raise MailError(f"cannot write {place!r}: {error.strerror or error}; nothing was added") from None
        else:
            raise MailError(f"cannot write into {self.path!r}: other programs do so all the time")
        there = {entry.key: uid for uid, entry in self._entries.items()}
        found = {self._entries[m.uid or ""].key: m for m in self.read()}
        if name not in found:
            raise MailError(f"{name!r} was removed from {self.path!r} as soon as it was there")
        self._is_stale = set(found) != {*there, name}  # what else has come is read again, by who wants the news
        return found[name]

    def _tidy(self) -> None:
        """Remove what a server wrote that was killed before it was whole."""
        for name in os.listdir(self.path):
            found = _ASIDE.fullmatch(name)
            if found and (int(found[1]) == os.getpid() or not is_alive(int(found[1]))):
                os.unlink(os.path.join(self.path, name))


def _following(name: str) -> str:
    """A file name that comes after this one: the number at its end counted up, or one put there."""
    stem = name[: -len(".eml")]
    number = _NUMBER.search(stem)
    if number and len(str(int(number[0]) + 1)) <= len(number[0]):
        return f"{stem[: number.start()]}{int(number[0]) + 1:0{len(number[0])}}.eml"
    return f"{stem}_000001.eml"


def files(folder: str) -> Iterable[tuple[str, str, tuple[int, ...]]]:
    """Name, path and state of the ordinary files of a folder, hidden ones left out, in the order of their names."""
    found = []
    with os.scandir(folder) as listing:
        for entry in listing:
            if entry.name.startswith("."):
                continue
            try:
                state = entry.stat()
            except FileNotFoundError:
                continue
            if stat.S_ISREG(state.st_mode):
                found.append((entry.name, entry.path, state_of(state)))
    return sorted(found)


def state_of(found: os.stat_result) -> tuple[int, ...]:
    """What changes when a file's content does."""
    return found.st_ino, found.st_size, found.st_mtime_ns


def write_new(aside: str, octets: bytes, place: str, date: int = 0) -> tuple[int, ...]:
    """A new file: under its own name it is there whole, and on the disk for certain, or not at all.

    Args:
        aside: under which name it is written.
        octets: what it holds.
        place: its own name, under which nothing is yet.
        date: when it was changed last, in seconds since 1970; 0: now.

    Returns:
        Its state: see :class:`Entry`.

    Raises:
        OSError: it can't be written, or there is another file of that name.
    """
    file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        try:
            rest = memoryview(octets)
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        finally:
            os.close(file)
        if date:
            os.utime(aside, (date, date))
        state = state_of(os.stat(aside))
        os.link(aside, place)  # not renamed: another file of that name stays
    finally:
        with suppress(OSError):
            os.unlink(aside)
    sync_folder(os.path.dirname(place))
    return state


def _message(entry: Entry) -> Message:
    with open(entry.path, "rb") as file:
        return Message.of(file.read())
