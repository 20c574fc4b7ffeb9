"""What is in a mailbox: items by UID, equal to the maildrop under it, and the views that are told of changes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from popsim.mail.box import Box
from popsim.mail.flags import SEEN, Keywords
from popsim.mail.item import Item
from popsim.mail.ledger import Ledger, MailboxError
from popsim.mail.maildrop import Maildrop
from popsim.mail.message import Message

if TYPE_CHECKING:
    from popsim.mail.open_mailbox import OpenMailbox


class Contents:
    """What is in a mailbox: see :class:`popsim.mail.mailbox.Mailbox` for the arguments."""

    def __init__(self, messages: Iterable[Message], ledger: Ledger, box: Box | None, writes: bool) -> None:
        self.box = box
        self.keywords = Keywords()
        """The keywords that any message here has or had."""
        self.maildrop = Maildrop(messages, remover=box.remove if box and writes else None)
        self.maildrop.watch = self
        self._ledger = ledger
        self._initial = len(self.maildrop)
        self._first = ledger.number(self._initial)
        self._rows: dict[str, int] | None = None
        # The items are made when somebody asks for one, or anything changes: a POP session alone needs none of them.
        self._items: list[Item] | None = None
        self._unmade: Sequence[Message] | None = None  # what was there before the first removal, until then
        self._by_name: dict[str, Item] = {}
        self._unclaimed: set[int] = set()
        self._views: list[OpenMailbox] = []
        self._uid_next = self._modseq = 1
        self._given = 0  # the row of what is delivered next, where it has one already

    @property
    def items(self) -> Sequence[Item]:
        """The messages that are there now, ascending by UID; not to be kept: it is another list when some are gone."""
        return self._made()

    @property
    def uid_next(self) -> int:
        """The UID that the next message will have (RFC 3501 §2.3.1.1)."""
        self._made()
        return self._uid_next

    @property
    def highest_modseq(self) -> int:
        """The greatest modification sequence of anything here (RFC 7162 §3.1.2)."""
        return self._modseq

    @property
    def recent(self) -> int:
        """How many messages no session was told of that may also change something (RFC 3501 §6.3.10, STATUS)."""
        self._made()
        return len(self._unclaimed)

    @property
    def is_open(self) -> bool:
        """Whether any session has it open that is told of changes."""
        return bool(self._views)

    @property
    def octets(self) -> int:
        """The size of all messages together, in octets."""
        return self.maildrop.octets

    @property
    def rows(self) -> dict[str, int]:
        """The number that each message that was ever here has in a timeline, by its unique-id."""
        if self._rows is None:
            messages = (self.maildrop.messages if self._unmade is None else self._unmade)[: self._initial]
            self._rows = {message.uid or "": self._first + place for place, message in enumerate(messages)}
        return self._rows

    def __len__(self) -> int:
        return len(self.maildrop)

    def unseen(self) -> int:
        r"""How many messages have no ``\Seen``."""
        return sum(SEEN not in item.flags for item in self._made())

    def item(self, uid: int) -> Item | None:
        """The message with this UID, or None where there is none (any more)."""
        items = self._made()
        place = bisect_left(items, uid, key=_uid)
        return items[place] if place < len(items) and items[place].uid == uid else None

    def item_named(self, unique_id: str) -> Item | None:
        """The message that POP3 calls by this unique-id, or None where there is none (any more)."""
        self._made()
        return self._by_name.get(unique_id)

    def flags(self, flags: Iterable[str]) -> frozenset[str]:
        r"""Flags as this mailbox spells them, without ``\Recent``; a keyword that is new is known from now on.

        Raises:
            MailboxError: one of them can't be kept.
        """
        try:
            return self.keywords.spelled(flags)
        except ValueError as error:
            raise MailboxError(str(error)) from None

    # For views

    def claimed(self, items: Iterable[Item] | None, read_only: bool) -> set[int]:
        r"""The UIDs of those of these messages (None: of all) that are ``\Recent`` in the session that asks."""
        self._made()
        waiting = self._unclaimed
        found = set(waiting) if items is None else {item.uid for item in items if item.uid in waiting}
        if not read_only:
            waiting -= found
        return found

    def closed(self, view: OpenMailbox) -> None:
        """A view wants no news any more."""
        self._views.remove(view)

    # What happens to the items

    def _made(self) -> list[Item]:
        if self._items is None:
            self._items = []
            rows, messages = self.rows, self.maildrop.messages
            there = messages if self._unmade is None else {message.uid for message in messages}
            for message in messages if self._unmade is None else self._unmade:
                if there is messages or message.uid in there:
                    self._add(message, rows.get(message.uid or "", 0))
                else:
                    self._uid_next += 1
            self._unmade = None
        return self._items

    def _add(self, message: Message, number: int = 0) -> Item:
        items, name = self._items, message.uid or ""
        assert items is not None
        self.rows[name] = number = number or self._ledger.number()
        known = self.box.known(name) if self.box else None
        item = Item(self._uid_next, message, number, self._modseq)
        if known:
            item.flags, item._date = self.flags(known.flags), known.date
        if not known or known.is_new:
            self._unclaimed.add(item.uid)
        self._uid_next += 1
        items.append(item)
        self._by_name[name] = item
        for view in self._views:
            view._came(item)
        return item

    def _drop(self, items: Collection[Item]) -> None:
        """These are gone."""
        uids = {item.uid for item in items}
        for item in items:
            item.is_gone = True
            if self._by_name.get(item.message.uid or "") is item:
                del self._by_name[item.message.uid or ""]
        self._items = [item for item in self._made() if not item.is_gone]
        self._unclaimed -= uids
        for view in self._views:
            view._left(uids)
        self._modseq += 1
        self._ledger.changes.count += 1

    def _flag(self, item: Item, flags: frozenset[str], by: OpenMailbox | None) -> None:
        self._modseq += 1
        item.flags, item.modseq = flags, self._modseq
        for view in self._views:
            if view is not by:
                view._changed(item)
        self._ledger.changes.count += 1

    # The maildrop's watch: see popsim.mail.maildrop.Watch

    def arrived(self, message: Message) -> None:
        """A message was delivered into the maildrop."""
        is_among = self._items is None and self._unmade is None  # the last of those of which items are made now
        self._made()
        if not is_among:
            self._modseq += 1
            self._add(message, self._given)
        self._given = 0
        self._ledger.changes.count += 1

    def leaving(self, messages: Collection[Message], of: Sequence[Message]) -> None:
        """Messages are about to be removed from the maildrop, of those that are there now."""
        if self._items is None:
            self._unmade = of if self._unmade is None else self._unmade
            self._modseq += 1
            self._ledger.changes.count += 1
            return
        found = [self._by_name.get(message.uid or "") for message in messages]
        self._drop(sorted((item for item in found if item), key=_uid))

    def renewing(self) -> None:
        """The maildrop is about to take what lies on the disk now."""
        self._made()

    def renewed(self) -> None:
        """The maildrop has taken what lies on the disk now."""
        there = {message.uid or "": message for message in self.maildrop.messages}
        gone = [item for item in self._made() if not _is_same(item.message, there.get(item.message.uid or ""))]
        if gone:
            self._drop(gone)
        for name, message in there.items():
            if name not in self._by_name:
                self._modseq += 1
                self._add(message, self.rows.get(name, 0))
                self._ledger.changes.count += 1
        for name, flags in (self.box.reflagged() if self.box else {}).items():
            item = self._by_name.get(name)
            if item and item.flags != (spelled := self.flags(flags)):
                self._flag(item, spelled, None)


def _is_same(message: Message, other: Message | None) -> bool:
    return other is not None and (message.octets is other.octets or message.octets == other.octets)


def _uid(item: Item) -> int:
    return item.uid
