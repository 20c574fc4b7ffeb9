"""An open mailbox: what one session sees of it, with numbers that change only as the session is told.

The client counts along: it knows of a message when ``EXISTS`` says so, and a number moves down when ``EXPUNGE`` does
(RFC 3501 §5.2, §7.4.1). So what this view gives numbers to is what the session has been told, whatever others do.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from popsim.mail.item import Item

if TYPE_CHECKING:
    from collections.abc import Collection

    from popsim.mail.mailbox import Mailbox


@dataclass(frozen=True, slots=True)
class Expunged:
    """The message with this number is gone; those behind it move down by one."""

    number: int
    uid: int


@dataclass(frozen=True, slots=True)
class Exists:
    """So many messages have a number now."""

    count: int


@dataclass(frozen=True, slots=True)
class Recent:
    """So many of them are recent in this session."""

    count: int


@dataclass(frozen=True, slots=True)
class Flagged:
    """Another session has changed the flags of the message with this number."""

    number: int
    item: Item


News: TypeAlias = Expunged | Exists | Recent | Flagged


class OpenMailbox:
    """What one session sees of a mailbox, from :meth:`Mailbox.open` to :meth:`close`.

    Attributes:
        mailbox: the mailbox, as all sessions share it.
        session: whose view it is.
        read_only: whether the session may change nothing (EXAMINE).
        items: the messages that have a number here, the first being number 1, ascending by UID; those that were
            removed and of which the session was not told are among them. The list is replaced or grows in
            :meth:`news` alone: it is not to be changed, or kept across that.
        recent: the UIDs of those that are recent here: this is the first session that was told of them
            (RFC 3501 §2.3.2). One that reads only takes that from nobody.
    """

    __slots__ = (
        "mailbox", "session", "read_only", "items", "recent", "is_closed", "_news", "_arrived", "_expunged", "_flagged"
    )  # fmt: skip

    def __init__(self, mailbox: Mailbox, session: int, read_only: bool) -> None:
        self.mailbox = mailbox
        self.session = session
        self.read_only = read_only
        self.items = list(mailbox.items)
        self.recent = mailbox.claimed(None, read_only)
        self.is_closed = False
        self._news = False
        self._arrived: list[Item] = []
        self._expunged: set[int] = set()
        self._flagged: dict[int, Item] = {}

    @property
    def count(self) -> int:
        """How many messages have a number here."""
        return len(self.items)

    def item(self, number: int) -> Item:
        """The message with this number.

        Raises:
            LookupError: there is none; the text is one line.
        """
        if 0 < number <= len(self.items):
            return self.items[number - 1]
        there = f"the numbers here are 1 to {len(self.items)}" if self.items else "the mailbox is empty"
        raise LookupError(f"no message {number}: {there}")

    def number_of(self, uid: int) -> int:
        """The number of the message with this UID, or 0 where it has none here."""
        items = self.items
        place = bisect_left(items, uid, key=_uid)
        return place + 1 if place < len(items) and items[place].uid == uid else 0

    @property
    def first_unseen(self) -> int:
        """The number of the first message that nobody has seen, or 0 where all were seen (RFC 3501 §7.1, UNSEEN)."""
        from popsim.mail.flags import SEEN

        return next((number for number, item in enumerate(self.items, 1) if SEEN not in item.flags), 0)

    @property
    def has_news(self) -> bool:
        """Whether there is anything that the session was not told, removals too; costs nothing."""
        return self._news

    def news(self, expunged: bool) -> tuple[News, ...]:
        """What the session has not been told yet; this tells it, and so numbers change.

        Args:
            expunged: whether it may be told that messages are gone: not while it asks for messages by their numbers
                (FETCH, STORE, SEARCH; RFC 3501 §7.4.1). They keep their numbers until then
                (RFC 2180 §4.1; the server gives of them what §4.1.2 says).

        Returns:
            First removals, each with the number that the message has when it is told, then arrivals, then flags.
        """
        if not self._news:
            return ()
        told: list[News] = []
        if expunged and self._expunged:
            told += self._without(self._expunged)
            self._expunged = set()
        if self._arrived:
            self.items.extend(self._arrived)
            self.recent |= self.mailbox.claimed(self._arrived, self.read_only)
            self._arrived = []
            told += (Exists(len(self.items)), Recent(len(self.recent)))
        flagged = [self._flagged[uid] for uid in sorted(self._flagged)]
        self._flagged = {}
        told += [Flagged(self.number_of(item.uid), item) for item in flagged]
        self._news = bool(self._expunged)
        return tuple(told)

    def told(self, uid: int) -> None:
        """The session has just been told what the flags of this message are: it need not be told again."""
        self._flagged.pop(uid, None)

    def close(self) -> None:
        """Be told nothing any more.  A second time does nothing."""
        if not self.is_closed:
            self.is_closed = True
            self.mailbox.closed(self)

    def _without(self, uids: set[int]) -> list[News]:
        places = [(self.number_of(uid), uid) for uid in sorted(uids)]
        told: list[News] = [Expunged(number - before, uid) for before, (number, uid) in enumerate(places)]
        if len(places) > 8:
            self.items = [item for item in self.items if item.uid not in uids]
        else:
            for number, _ in reversed(places):
                del self.items[number - 1]
        self.recent -= uids
        return told

    # What the mailbox tells

    def _came(self, item: Item) -> None:
        self._arrived.append(item)
        self._news = True

    def _left(self, uids: Collection[int]) -> None:
        if self._arrived:  # what came and went before the session was told of it has never been
            first = self._arrived[0].uid
            self._arrived = [item for item in self._arrived if item.uid not in uids]
            uids = [uid for uid in uids if uid < first]
        self._expunged.update(uids)
        for uid in uids:
            self._flagged.pop(uid, None)
        self._news = True

    def _changed(self, item: Item) -> None:
        if not self._arrived or item.uid < self._arrived[0].uid:
            self._flagged[item.uid] = item
            self._news = True


def _uid(item: Item) -> int:
    return item.uid
