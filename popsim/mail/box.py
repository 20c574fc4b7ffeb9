"""A box: somebody's mail on this machine's disk, read again and again and, where that is allowed, removed from."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple, Protocol

from popsim.mail.message import Message
from popsim.mail.unique_ids import UniqueIds

Pause = Callable[[float], object]
"""What lets some seconds pass, as ``time.sleep`` does: mail itself knows no clock."""


class MailError(ValueError):
    """There is no mail that can be read; the text says what was expected and what is there, in one line."""


class Known(NamedTuple):
    """What the disk says of a message.

    Args:
        flags: its flags.
        date: when it came, in seconds since 1970, or None where only the message itself says when it was written.
        is_new: whether no mail reader has seen it yet.
    """

    flags: frozenset[str] = frozenset()
    date: int | None = None
    is_new: bool = True


UNKNOWN = Known()


class Box(Protocol):
    """Mail on disk.  Reading never changes a file, its times or its folder."""

    kind: str
    """Such as ``mbox``, as it stands in the name of its mail."""
    path: str
    trouble: str
    """Why the last removal or reading failed, in one line; empty where none has."""

    def read(self) -> list[Message]:
        """All messages in order, each with a unique-id that is the same at the next reading.

        Raises:
            MailError: it can't be read.
        """

    def news(self) -> list[Message] | None:
        """All messages, read again; None where nothing has changed since the last reading or it can't be read."""

    def remove(self, uids: Collection[str]) -> frozenset[str]:
        """Remove the messages with these unique-ids from the disk, and return those that are still there."""

    def known(self, uid: str) -> Known:
        """What the disk says of a message, by its unique-id."""

    def reflagged(self) -> dict[str, frozenset[str]]:
        """The flags that other programs have changed between readings, since this was asked last, by unique-id."""

    def append(self, message: Message, flags: frozenset[str], date: int) -> Message:
        """Add a message at the end, and return it as it will be read, with its unique-id.

        Args:
            message: its octets.
            flags: what it has, as far as this kind of box can keep that.
            date: when it came, in seconds since 1970.

        Raises:
            MailError: it could not be written; nothing was changed.
        """

    def set_flags(self, uid: str, flags: frozenset[str]) -> None:
        """Write down the flags of a message, where this kind of box can keep them.

        Raises:
            MailError: they could not be written; nothing was changed.
        """

    # Folders, in the kinds that have them

    def folders(self) -> dict[str, Box]:
        """The mailboxes below this one, by name."""

    def make_folder(self, name: str) -> Box | None:
        """Make a mailbox, or return None in a kind that has none: it lasts until the server stops.

        Raises:
            MailError: it could not be made.
        """

    def remove_folder(self, name: str, folder: Box) -> None:
        """Remove a mailbox and all that was read from it.

        Raises:
            MailError: it could not be removed, or holds what was not read.
        """

    def rename_folders(self, folders: Mapping[str, Box]) -> None:
        """Give mailboxes other names: all of them or none.

        Args:
            folders: which, by their new names.

        Raises:
            MailError: they could not be renamed.
        """


class Flat:
    """What a kind of box does that keeps no flags and has no folders."""

    def known(self, uid: str) -> Known:
        """See :meth:`Box.known`."""
        return UNKNOWN

    def reflagged(self) -> dict[str, frozenset[str]]:
        """See :meth:`Box.reflagged`."""
        return {}

    def set_flags(self, uid: str, flags: frozenset[str]) -> None:
        """See :meth:`Box.set_flags`: they last until the server stops."""

    def folders(self) -> dict[str, Box]:
        """See :meth:`Box.folders`."""
        return {}

    def make_folder(self, name: str) -> Box | None:
        """See :meth:`Box.make_folder`."""
        return None

    def remove_folder(self, name: str, folder: Box) -> None:
        """See :meth:`Box.remove_folder`: there is none on the disk."""

    def rename_folders(self, folders: Mapping[str, Box]) -> None:
        """See :meth:`Box.rename_folders`: there is none on the disk."""


class Turn:
    """One after the other: while a thread removes, nobody else in this program writes to the same file.

    Args:
        pause: what lets some seconds pass while somebody else has the turn.
    """

    def __init__(self, pause: Pause) -> None:
        self._pause = pause
        self._free = [True]

    def __enter__(self) -> None:
        while True:
            try:
                self._free.pop()  # in one step, whichever thread it is
                return
            except IndexError:
                self._pause(0.05)

    def __exit__(self, *_: object) -> None:
        self._free.append(True)


class Names:
    """The unique-ids that one box has given, from one reading to the next.

    Equal octets keep theirs, in order; none is given to other octets, not even when its message is gone.
    """

    def __init__(self) -> None:
        self._unique_ids = UniqueIds()
        self._held: list[tuple[str, str]] = []

    def of(self, messages: Iterable[Message]) -> list[Message]:
        """The messages with their unique-ids, in the order of the box."""
        waiting: dict[str, deque[str]] = {}
        for digest, uid in self._held:
            waiting.setdefault(digest, deque()).append(uid)
        named = []
        for message in messages:
            known = waiting.get(message.digest)
            named.append(message.with_uid(known.popleft() if known else self._unique_ids.choose(message.digest)))
        self._held = [(message.digest, message.uid or "") for message in named]
        return named

    def forget(self, uids: Collection[str]) -> None:
        """The messages with these unique-ids are gone."""
        self._held = [(digest, uid) for digest, uid in self._held if uid not in uids]


def base_name(path: str) -> str:
    """The last part of a path as a text that can be shown; of ``~/mail/`` it is ``mail``."""
    name = os.path.basename(os.path.abspath(path)) or path
    return os.fsencode(name).decode(errors="replace")


def unreadable(path: str, kind: str, error: Exception) -> str:
    """One line about what can't be read."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot read {path!r} as {kind}: {reason}"
