"""Boxes with one file for each message: Maildirs, and folders of `.eml` files.

A file's octets are the message: lines that end in CR LF stay as they are, LF becomes CR LF, and a last line without
an end gets one (`Message.of`).  Reading changes nothing, neither a name nor a flag.
"""

from __future__ import annotations

import os
import re
import stat
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from typing import NamedTuple

from popsim.mail.box import MailError, Names, unreadable
from popsim.mail.message import Message
from popsim.mail.rewrite import sync_folder
from popsim.mail.unique_ids import fits

_TRIES = 5
"""How often a folder is listed while others rename and remove its files."""
_TIME = re.compile(r"\d{1,18}")


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


class FileBox(ABC):
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
                return self._messages(self.entries())
            except FileNotFoundError as error:  # renamed or removed since it was listed
                if not left or not os.path.isdir(self.path):
                    raise MailError(unreadable(self.path, f"a {self.kind}", error)) from None
            except (OSError, ValueError) as error:
                raise MailError(unreadable(self.path, f"a {self.kind}", error)) from None
        raise AssertionError("the last try returns or raises")

    def news(self) -> list[Message] | None:
        """See :meth:`popsim.mail.box.Box.news`."""
        try:
            before = [(entry.key, entry.state) for entry, _ in self._read.values()]
            return self.read() if [(entry.key, entry.state) for entry in self.entries()] != before else None
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


class Maildir(FileBox):
    """A Maildir: a folder with the folders ``cur`` and ``new``; what is in ``tmp`` is not delivered yet.

    A message's unique-id is the unique part of its file's name, before the ":" that flags follow, so that it is the
    same in every run (RFC 1939 §7); where that is no unique-id, one is made from the octets.
    """

    kind = "Maildir"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._names = Names()

    def entries(self) -> list[Entry]:
        """The files in ``cur`` and ``new``, by the time in their names."""
        found: dict[str, Entry] = {}
        for part in ("cur", "new"):
            for name, path, state in _files(os.path.join(self.path, part)):
                key = name.partition(":")[0]
                # Two files should not have one unique part. Where they do, each is a message.
                key = key if key not in found else f"{key}:{part}/{name}"
                found[key] = Entry(key, path, state)
        return sorted(found.values(), key=_delivery)

    def named(self, entries: list[Entry], messages: list[Message]) -> list[Message]:
        """See :meth:`FileBox.named`."""
        nameless = [message for entry, message in zip(entries, messages, strict=True) if not fits(entry.key)]
        made = iter(self._names.of(nameless))
        return [
            message.with_uid(entry.key) if fits(entry.key) else next(made)
            for entry, message in zip(entries, messages, strict=True)
        ]


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
        files = _files(self.path)
        return [Entry(name, path, state) for name, path, state in files if name.lower().endswith(".eml")]

    def named(self, entries: list[Entry], messages: list[Message]) -> list[Message]:
        """See :meth:`FileBox.named`."""
        return self._names.of(messages)


def _files(folder: str) -> Iterable[tuple[str, str, tuple[int, ...]]]:
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
                found.append((entry.name, entry.path, (state.st_ino, state.st_size, state.st_mtime_ns)))
    return sorted(found)


def _delivery(entry: Entry) -> tuple[int, str]:
    """The time of delivery, which a Maildir's names begin with, and the name itself."""
    seconds = _TIME.match(entry.key)
    return int(seconds[0]) if seconds else 10**18, entry.key


def _message(entry: Entry) -> Message:
    with open(entry.path, "rb") as file:
        return Message.of(file.read())
