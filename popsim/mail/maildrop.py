"""The maildrop: one user's messages on the server, and the session that has it open.

A `Maildrop` persists; an `OpenMaildrop` is what one session sees of it.  Numbers are fixed when
it is opened (RFC 1939 §4), marks belong to the session, and a message is removed by `commit`
alone (RFC 1939 §6).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from popsim.mail.message import Message
from popsim.mail.open_maildrop import MaildropReleased as MaildropReleased
from popsim.mail.open_maildrop import NoSuchMessage as NoSuchMessage
from popsim.mail.open_maildrop import OpenMaildrop as OpenMaildrop
from popsim.mail.open_maildrop import RemovalResult as RemovalResult
from popsim.mail.unique_ids import UniqueIds


class Watch(Protocol):
    """Who is told what happens to a maildrop: the mailbox that it is to IMAP."""

    def arrived(self, message: Message) -> None:
        """A message was delivered."""

    def leaving(self, messages: Collection[Message], of: Sequence[Message]) -> None:
        """Messages are about to be removed, of those that are there now."""

    def renewing(self) -> None:
        """The messages are about to be replaced by what is kept for good now."""

    def renewed(self) -> None:
        """They were replaced."""


class MaildropLocked(Exception):
    """The maildrop is open in another session, that of `owner` (RFC 1939 §4)."""

    def __init__(self, owner: int | str) -> None:
        super().__init__(f"the maildrop is open in another session ({owner}): one at a time (RFC 1939 §4)")
        self.owner = owner


class Maildrop:
    """The messages that wait for one user.

    Args:
        messages: in the order of their numbers; one without a unique-id gets one (`UniqueIds.choose`).
        refuse_removal: unique-ids of messages whose removal fails, a fault for lessons.  The set of
            that name may be changed at any time.
        remover: removes messages where they are kept for good, by their unique-ids, and returns those
            that are still there; without it what is removed is gone from this maildrop alone.

    Raises:
        ValueError: two messages come with the same unique-id.
    """

    def __init__(
        self,
        messages: Iterable[Message] = (),
        refuse_removal: Iterable[str] = (),
        remover: Callable[[Collection[str]], Collection[str]] | None = None,
    ) -> None:
        given = list(messages)
        self._remover = remover
        self._gone: set[str | None] = set()
        self._only_here: dict[str | None, Message] = {}  # what came while nothing was written where mail is kept
        self.refuse_removal: set[str] = set(refuse_removal)
        self.delivered: dict[str, int] = {}
        """When a message came, by its unique-id, in nanoseconds on the server's clock; those not named: at 0."""
        self._unique_ids = UniqueIds()
        for message in given:  # first, so that none is chosen that comes with a later message
            if message.uid is not None:
                self._unique_ids.reserve(message.uid)
        # While the maildrop is open this list only grows: what a session has numbered stays.
        self._messages = [m if m.uid is not None else self._named(m) for m in given]
        self._octets = sum(message.size for message in given)
        self._retrieved: set[str | None] = set()
        self._last_retrieved = 0
        self._open: OpenMaildrop | None = None
        self.watch: Watch | None = None
        """Who is told of every change, or None."""

    def _named(self, message: Message) -> Message:
        return message.with_uid(self._unique_ids.choose(message.digest))

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages there are now, whatever a session has marked."""
        return tuple(self._messages)

    @property
    def owner(self) -> int | str | None:
        """Who has the maildrop open, or None."""
        return None if self._open is None else self._open.owner

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def octets(self) -> int:
        """The size of all messages together, in octets."""
        return self._octets

    def deliver(self, message: Message) -> Message:
        """Add a message at the end, and return it with its unique-id.

        A session that has the maildrop open does not see it.

        Raises:
            ValueError: its unique-id was given before; nothing is added.
        """
        if message.uid is None:
            message = self._named(message)
        else:
            self._unique_ids.reserve(message.uid)
        self._messages.append(message)
        self._octets += message.size
        if not self._remover:
            self._only_here[message.uid] = message
        if self.watch:
            self.watch.arrived(message)
        return message

    def renew(self, messages: Iterable[Message]) -> None:
        """Take what is kept for good now in place of what was there at the last look.

        What was removed here, and here alone, does not come back; what came here, and here alone, stays.

        Args:
            messages: all of them, each with its unique-id.

        Raises:
            MaildropLocked: a session has the maildrop open: what it has numbered stays.
        """
        if self._open is not None:
            raise MaildropLocked(self._open.owner)
        if self.watch:
            self.watch.renewing()
        kept = {message.uid: message for message in messages if message.uid not in self._gone}
        self._messages = list({**kept, **self._only_here}.values())
        for message in self._messages:
            self._unique_ids.remember(message.uid or "")
        self._octets = sum(message.size for message in self._messages)
        self._retrieved.intersection_update([message.uid for message in self._messages])
        self._find_last_retrieved()
        if self.watch:
            self.watch.renewed()

    def take_out(self, uids: Collection[str]) -> frozenset[str]:
        """Remove messages by their unique-ids, without a session, and return those that are still there.

        Raises:
            MaildropLocked: a session has the maildrop open: what it has numbered stays.
        """
        if self._open is not None:
            raise MaildropLocked(self._open.owner)
        failed = self._take_away(set(uids))
        gone = {n for n, m in enumerate(self._messages, 1) if m.uid in uids and m.uid not in failed}
        if gone:
            self._remove(gone)
        return frozenset(failed)

    def expire(self, before: int) -> tuple[Message, ...]:
        """Remove the messages that came before a time, and return them (RFC 2449 §6.7: what a site may do).

        Args:
            before: in nanoseconds on the server's clock.

        Raises:
            MaildropLocked: a session has the maildrop open: what it has numbered stays.
        """
        if self._open is not None:
            raise MaildropLocked(self._open.owner)
        came = self.delivered
        old = {n for n, m in enumerate(self._messages, 1) if came.get(m.uid or "", 0) < before}
        if old and self._remover:
            failed = self._remover({self._messages[number - 1].uid or "" for number in old})
            old = {number for number in old if self._messages[number - 1].uid not in failed}
        gone = tuple(self._messages[number - 1] for number in sorted(old))
        if old:
            self._remove(old)
        return gone

    def open(self, owner: int | str) -> OpenMaildrop:
        """Lock the maildrop and number its messages; takes the same time for any number of them.

        Args:
            owner: whoever opens it: the number of a connection, or a name.

        Raises:
            MaildropLocked: it is open already, even if to the same owner.
        """
        if self._open is not None:
            raise MaildropLocked(self._open.owner)
        self._open = OpenMaildrop(self, owner)
        return self._open

    def _record_retrieved(self, number: int) -> None:
        self._retrieved.add(self._messages[number - 1].uid)
        self._last_retrieved = max(self._last_retrieved, number)

    def _remove(self, numbers: set[int]) -> None:
        """A new list without these messages (the session keeps the old one to read from)."""
        gone = [self._messages[number - 1] for number in numbers]
        if self.watch:
            self.watch.leaving(gone, self._messages)
        self._octets -= sum(message.size for message in gone)
        self._retrieved.difference_update(message.uid for message in gone)
        if not self._remover:
            self._gone.update(message.uid for message in gone)
            for message in gone:
                self._only_here.pop(message.uid, None)
        self._messages = [m for number, m in enumerate(self._messages, 1) if number not in numbers]
        self._find_last_retrieved()

    def _find_last_retrieved(self) -> None:
        kept = self._messages
        retrieved = (n for n in range(len(kept), 0, -1) if kept[n - 1].uid in self._retrieved)
        self._last_retrieved = next(retrieved, 0) if self._retrieved else 0

    def _take_away(self, uids: set[str]) -> set[str]:
        """Remove messages where they are kept for good; returns those that are still there."""
        refused = uids & self.refuse_removal
        tried = uids - refused
        return refused | set(self._remover(tried)) if self._remover and tried else refused
