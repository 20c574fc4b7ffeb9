"""A mailbox: messages with UIDs and flags, as IMAP sees them; to POP it is the maildrop under it.

Both are one: what a maildrop removes is gone from its mailbox, and what a mailbox takes lies in its maildrop. While a
POP session has the maildrop open, a mailbox may be read and added to, its flags may change, and nothing is removed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from popsim.mail.box import Box, MailError
from popsim.mail.contents import Contents
from popsim.mail.item import Item, written
from popsim.mail.ledger import LAST_UID, Ledger
from popsim.mail.ledger import MailboxError as MailboxError
from popsim.mail.ledger import MailboxExists as MailboxExists
from popsim.mail.ledger import MailboxLocked as MailboxLocked
from popsim.mail.ledger import NoSuchMailbox as NoSuchMailbox
from popsim.mail.message import Message
from popsim.mail.open_mailbox import Exists as Exists
from popsim.mail.open_mailbox import Expunged as Expunged
from popsim.mail.open_mailbox import Flagged as Flagged
from popsim.mail.open_mailbox import News as News
from popsim.mail.open_mailbox import OpenMailbox as OpenMailbox
from popsim.mail.open_mailbox import Recent as Recent


class Mailbox(Contents):
    """A mailbox. An :class:`popsim.mail.account.Account` makes it.

    Args:
        name: as people read it; its levels have a "/" between them.
        uid_validity: what its UIDs go with (RFC 3501 §2.3.1.1).
        messages: what is in it.
        ledger: numbers the messages of the account.
        box: where it lies on the disk, or None.
        writes: whether the disk may be written.
        special_use: what it is for, such as ``\\Sent``, or "" (RFC 6154).
    """

    def __init__(
        self,
        name: str,
        uid_validity: int,
        messages: Iterable[Message],
        ledger: Ledger,
        box: Box | None = None,
        writes: bool = False,
        special_use: str = "",
    ) -> None:
        super().__init__(messages, ledger, box, writes)
        self.name = name
        self.uid_validity = uid_validity
        self.special_use = special_use
        self._disk = box if writes else None

    @property
    def is_locked(self) -> bool:
        """Whether a POP session has it open, so that nothing can be removed."""
        return self.maildrop.owner is not None

    def open(self, session: int, read_only: bool = False) -> OpenMailbox:
        """A view of its own for a session (SELECT, EXAMINE); close it at the end."""
        view = OpenMailbox(self, session, read_only)
        self._views.append(view)
        return view

    def refresh(self) -> dict[int, bool]:
        """Look at the disk, where mail comes and goes by other programs; not while a POP session has it open.

        Returns:
            The rows that changed, in order: whether each is there now.
        """
        found = None if self.is_locked or self.box is None else self.box.news()
        if found is None:
            return {}
        before = {message.uid or "" for message in self.maildrop.messages}
        self.maildrop.renew(found)
        now = {message.uid or "" for message in self.maildrop.messages}
        return dict(sorted((self.rows[name], name in now) for name in before ^ now))

    def append(self, message: Message, flags: Iterable[str] = (), date: int | None = None, number: int = 0) -> Item:
        """Add a message at the end, under a unique-id of its own.

        Args:
            message: what is added. An mbox holds lines that begin with "From " with a ">" before them: what the item
                has is what lies there then.
            flags: what it has from the beginning.
            date: when it came, in seconds since 1970; None: when it was written.
            number: its row in a timeline where it has one already, or 0.

        Raises:
            MailboxError: it can't be kept.
        """
        return self.take(message.without_uid(), flags, date, number)

    def take(self, message: Message, flags: Iterable[str] = (), date: int | None = None, number: int = 0) -> Item:
        """Add a message at the end under the unique-id that it has; on the disk it gets another one.

        Raises:
            ValueError: the unique-id was given before.
            MailboxError: it can't be kept.
        """
        spelled = self.flags(flags)
        if self.uid_next > LAST_UID:
            raise MailboxError(f"{self.name} has given all UIDs up to {LAST_UID}: make another mailbox")
        if self._disk:
            try:
                message = self._disk.append(message, spelled, written(message) if date is None else date)
            except MailError as error:
                raise MailboxError(str(error)) from None
        self._given = number
        self.maildrop.deliver(message)
        item = self._made()[-1]
        item.flags = spelled
        if date is not None:
            item._date = date
        return item

    def set_flags(self, uid: int, flags: Iterable[str], by: OpenMailbox | None = None) -> Item:
        """Give a message other flags; every session that has it open is told, but not the one that does it.

        Args:
            uid: which message.
            flags: all that it has from now on; equal ones change nothing.
            by: the view of the session that does it, which its answer tells.

        Raises:
            MailboxError: there is no such message (any more), or the flags can't be kept.
        """
        item = self.item(uid)
        if item is None:
            raise MailboxError(f"the message with UID {uid} is gone from {self.name}")
        spelled = self.flags(flags)
        if spelled != item.flags:
            if self._disk:
                try:
                    self._disk.set_flags(item.message.uid or "", spelled)
                except MailError as error:
                    raise MailboxError(str(error)) from None
            self._flag(item, spelled, by)
        return item

    def expunge(self, uids: Collection[int]) -> tuple[Item, ...]:
        """Remove messages, whatever flags they have; every session is told of it in time, the one that does it too.

        Args:
            uids: which; those that are not there count for nothing.

        Returns:
            Those that were removed, ascending by UID: less than asked for where the disk does not let them go.

        Raises:
            MailboxLocked: a POP session has the mailbox open.
        """
        if self.is_locked:
            raise MailboxLocked(self.name)
        items = self._present(uids)
        if items:
            self.maildrop.take_out({item.message.uid or "" for item in items})
        return tuple(item for item in items if item.is_gone)

    def copy(self, uids: Collection[int], target: Mailbox) -> tuple[tuple[Item, Item], ...]:
        """Copy messages with their flags and dates into a mailbox: all or none (RFC 3501 §6.4.7).

        Returns:
            Each message and its copy, ascending by UID.

        Raises:
            MailboxError: one of them is gone, or can't be kept: nothing was copied.
        """
        items = self._present(uids)
        if len(items) < len(set(uids)):
            raise MailboxError(f"some of the messages are gone from {self.name}: nothing was copied")
        return self._copied(items, target, moves=False)

    def move(self, uids: Collection[int], target: Mailbox) -> tuple[tuple[Item, Item], ...]:
        """Move messages with their flags and dates into a mailbox; each keeps its row in a timeline (RFC 6851).

        Returns:
            Each message that was, and what it is now, ascending by UID. One that the disk does not let go stays.

        Raises:
            MailboxLocked: a POP session has this mailbox open: nothing was moved.
            MailboxError: a message can't be kept there: nothing was moved.
        """
        if self.is_locked:
            raise MailboxLocked(self.name)
        pairs = self._copied(self._present(uids), target, moves=True)
        self.expunge([item.uid for item, _ in pairs])
        stayed = [copy.uid for item, copy in pairs if not item.is_gone]
        if stayed and not target.is_locked:
            target.expunge(stayed)
        return tuple(pair for pair in pairs if pair[0].is_gone)

    def _present(self, uids: Collection[int]) -> list[Item]:
        return [item for item in map(self.item, sorted(set(uids))) if item]

    @staticmethod
    def _copied(items: list[Item], target: Mailbox, moves: bool) -> tuple[tuple[Item, Item], ...]:
        pairs: list[tuple[Item, Item]] = []
        try:
            for item in items:
                copy = target.append(item.message, item.flags, item.date, item.number if moves else 0)
                pairs.append((item, copy))
        except MailboxError:
            if not target.is_locked:
                target.expunge([copy.uid for _, copy in pairs])
            raise
        return tuple(pairs)

    def __repr__(self) -> str:
        return f"<Mailbox {self.name!r}: {len(self)} messages>"
