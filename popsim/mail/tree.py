"""The mailboxes of an account: their names, and how they are made, removed and renamed (RFC 3501 §6.3.3 to §6.3.5)."""

from __future__ import annotations

from bisect import bisect_left

from popsim.mail.box import Box, MailError
from popsim.mail.collection import Mail
from popsim.mail.item import Item
from popsim.mail.ledger import Ledger, MailboxError, MailboxExists, MailboxLocked, NoSuchMailbox
from popsim.mail.mailbox import Mailbox
from popsim.mail.message import Message
from popsim.mail.names import DELIMITER, INBOX, USES, canonical, checked, is_inferior, superiors

NO_MAIL = Mail("empty", ())
MOST = 10_000
"""How many mailboxes an account may have."""


class Tree:
    """The mailboxes of an account.

    Args:
        mail: the messages in the inbox, or the box on the disk in which they are; the folders of a Maildir are
            mailboxes too.
        writes: whether what is removed, added and flagged is so in the box too.
        uid_validity: the UIDVALIDITY of the mailboxes that are there from the beginning.
        ledger: numbers the messages.

    Attributes:
        box: the box on the disk in which the inbox lies, or None.
        mailboxes: all that can hold messages, by name; ``INBOX`` is always there.
        hollow: names that have no mailbox of their own, but others below them (``\\Noselect``, RFC 3501 §6.3.4).
        subscribed: the names that the user wants to see; a name stays when its mailbox is gone (§6.3.6, §6.3.9).
    """

    def __init__(self, mail: Mail | Box, writes: bool, uid_validity: int, ledger: Ledger) -> None:
        self.box = None if isinstance(mail, Mail) else mail
        self._writes = writes
        self._ledger = ledger
        self.mailboxes: dict[str, Mailbox] = {}
        self._validities: dict[str, int] = {}  # the last UIDVALIDITY that went with each name
        self._ordered: list[str] = []  # the names of the mailboxes, until one comes or goes
        messages = mail if isinstance(mail, Mail) else mail.read()
        self._put(self._mailbox(INBOX, uid_validity, messages, self.box))
        for name, box in sorted(self.box.folders().items()) if self.box else ():
            self._put(self._mailbox(name, uid_validity, box.read(), box))
        self.hollow = {up for name in self.mailboxes for up in superiors(name) if up not in self.mailboxes}
        self.subscribed = set(self.mailboxes)

    @property
    def inbox(self) -> Mailbox:
        """The mailbox into which mail comes."""
        return self.mailboxes[INBOX]

    @property
    def boxes(self) -> list[Box]:
        """The boxes on the disk in which the mail lies."""
        return [mailbox.box for mailbox in self.mailboxes.values() if mailbox.box]

    def mailbox(self, name: str) -> Mailbox | None:
        """The mailbox of that name, ``inbox`` in any case, or None."""
        return self.mailboxes.get(canonical(name))

    def hierarchy(self) -> dict[str, Mailbox | None]:
        """Every name in order, the hollow ones too, which have None."""
        return {name: self.mailboxes.get(name) for name in sorted({*self.mailboxes, *self.hollow})}

    def has_inferiors(self, name: str) -> bool:
        """Whether there are mailboxes below a name."""
        if not self._ordered:
            self._ordered = sorted(self.mailboxes)
        place = bisect_left(self._ordered, name + DELIMITER)
        return place < len(self._ordered) and is_inferior(self._ordered[place], name)

    def create(self, name: str, special_use: str = "", messages: Mail = NO_MAIL) -> Mailbox:
        """Make a mailbox, and those above it that are not there (RFC 3501 §6.3.3).

        Args:
            name: its name; a "/" at the end is left out.
            special_use: what it is for, such as ``\\Sent`` (RFC 6154 §3); "": what its name says.
            messages: what is in it from the beginning.

        Raises:
            MailboxExists: there is one.
            MailboxError: it can't be called so, or can't be made on the disk.
        """
        name = self._free(name)
        self._create_above(name)
        return self._make(name, special_use, messages)

    def _create_above(self, name: str) -> None:
        for above in superiors(name):
            if above not in self.mailboxes and above not in self.hollow:
                self._make(above)

    def _make(self, name: str, special_use: str = "", messages: Mail = NO_MAIL) -> Mailbox:
        if len(self.mailboxes) >= MOST:
            raise MailboxError(f"there are {MOST} mailboxes already, which is the most")
        box = None
        if self.box and self._writes:
            try:
                box = self.box.make_folder(name)
            except MailError as error:
                raise MailboxError(str(error)) from None
        made = self._mailbox(name, self._ledger.next_validity(), messages, box)
        if special_use:
            made.special_use = special_use
        self._put(made)
        self.hollow.discard(name)
        self._ledger.changes.count += 1
        return made

    def delete(self, name: str) -> tuple[Item, ...]:
        """Remove a mailbox and all that is in it; where others are below it, its name stays (RFC 3501 §6.3.4).

        Returns:
            The messages that went with it.

        Raises:
            NoSuchMailbox: there is none.
            MailboxLocked: a POP session has it open.
            MailboxError: it is the inbox, a hollow name with mailboxes below it, or it can't be removed from the disk.
        """
        name = canonical(name)
        if name in self.hollow:
            if self.has_inferiors(name):
                raise MailboxError(f"{name} has mailboxes below it, and is none itself: delete those first")
            self.hollow.discard(name)
            self._ledger.changes.count += 1
            return ()
        mailbox = self._there(name)
        if name == INBOX:
            raise MailboxError(f"{INBOX} is always there: it can't be deleted (RFC 3501 §6.3.4)")
        if mailbox.is_locked:
            raise MailboxLocked(name)
        if mailbox.box and self.box and self._writes:
            try:
                self.box.remove_folder(name, mailbox.box)
            except MailError as error:
                raise MailboxError(str(error)) from None
        del self.mailboxes[name]
        self._ordered.clear()
        if self.has_inferiors(name):
            self.hollow.add(name)
        self._ledger.changes.count += 1
        return tuple(mailbox.items)

    def rename(self, old: str, new: str) -> tuple[Item, ...]:
        """Give a mailbox another name, with all below it; of the inbox, only its messages move (RFC 3501 §6.3.5).

        Returns:
            The messages that are under another name now, in the order of the names.

        Raises:
            NoSuchMailbox: there is none of the old name.
            MailboxExists: there is one of the new name.
            MailboxLocked: it is the inbox, and a POP session has it open.
            MailboxError: it can't be called so, or can't be renamed on the disk.
        """
        old = canonical(old)
        if old not in self.hollow:
            self._there(old)
        new = self._free(new)
        if old == INBOX:
            return self._emptied(new)
        if is_inferior(new, old):
            raise MailboxError(f"{old} can't be put below itself")
        names = {name: new + name[len(old) :] for name in self.hierarchy() if name == old or is_inferior(name, old)}
        for name in names.values():
            if name in self.mailboxes or name in self.hollow and name != new:
                raise MailboxExists(f"there is a mailbox {name} already")
        self._create_above(new)
        self._rename(names)
        return tuple(item for name in names.values() if name in self.mailboxes for item in self.mailboxes[name].items)

    def _rename(self, names: dict[str, str]) -> None:
        if self.box and self._writes:
            boxes = {name: self.mailboxes[name].box for name in names if name in self.mailboxes}
            try:
                self.box.rename_folders({names[name]: box for name, box in boxes.items() if box})
            except MailError as error:
                raise MailboxError(str(error)) from None
        for name, after in names.items():
            if name in self.hollow:
                self.hollow.discard(name)
                self.hollow.add(after)
                continue
            mailbox = self.mailboxes.pop(name)
            self._ordered.clear()
            if mailbox.special_use == USES.get(name, ""):
                mailbox.special_use = USES.get(after, "")
            mailbox.name = after
            if mailbox.uid_validity <= self._validities.get(after, 0):  # of a mailbox of that name that was deleted
                mailbox.uid_validity = self._ledger.next_validity()
            self._put(mailbox)
            self.hollow.discard(after)
        self._ledger.changes.count += 1

    def _emptied(self, new: str) -> tuple[Item, ...]:
        if self.inbox.is_locked:
            raise MailboxLocked(INBOX)
        made = self.create(new)
        return tuple(copy for _, copy in self.inbox.move([item.uid for item in self.inbox.items], made))

    def _put(self, mailbox: Mailbox) -> None:
        self.mailboxes[mailbox.name] = mailbox
        self._ordered.clear()
        self._validities[mailbox.name] = mailbox.uid_validity

    def _mailbox(self, name: str, validity: int, messages: Mail | list[Message], box: Box | None) -> Mailbox:
        return Mailbox(name, validity, messages, self._ledger, box, self._writes, USES.get(name, ""))

    def _there(self, name: str) -> Mailbox:
        found = self.mailbox(name)
        if found is None:
            if canonical(name) in self.hollow:
                raise NoSuchMailbox(f"{name} is only a name above others: it holds no messages")
            raise NoSuchMailbox(f"there is no mailbox {name}")
        return found

    def _free(self, name: str) -> str:
        try:
            name = checked(name)
        except ValueError as error:
            raise MailboxError(str(error)) from None
        if name in self.mailboxes:
            raise MailboxExists(f"there is a mailbox {name} already")
        return name
