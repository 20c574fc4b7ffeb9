"""A box: somebody's mail on this machine's disk, read again and again and, where that is allowed, removed from."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import Protocol

from popsim.mail.message import Message
from popsim.mail.unique_ids import UniqueIds

Pause = Callable[[float], object]
"""What lets some seconds pass, as ``time.sleep`` does: mail itself knows no clock."""


class MailError(ValueError):
    """There is no mail that can be read; the text says what was expected and what is there, in one line."""


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
