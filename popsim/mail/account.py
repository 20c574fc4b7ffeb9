"""An account: a user's mailboxes, of which the inbox is also the maildrop of POP2 and POP3."""

from __future__ import annotations

from popsim.mail.box import Box
from popsim.mail.collection import Mail
from popsim.mail.ledger import Changes, Ledger
from popsim.mail.maildrop import Maildrop, OpenMaildrop
from popsim.mail.message import Message
from popsim.mail.names import INBOX
from popsim.mail.tree import Tree
from popsim.mail.user import User


class Account(Tree):
    """A user and the mailboxes: see :class:`popsim.mail.tree.Tree` for those.

    Args:
        user: who it is.
        mail: the messages in the inbox, or the box on the disk in which they are.
        writes: whether what is removed, added and flagged is so in the box too.
        uid_validity: the UIDVALIDITY of the mailboxes that are there from the beginning.
        changes: what counts the changes of the whole store.
    """

    def __init__(
        self,
        user: User,
        mail: Mail | Box,
        writes: bool = False,
        uid_validity: int = 1,
        changes: Changes | None = None,
    ) -> None:
        super().__init__(mail, writes, uid_validity, Ledger(uid_validity, changes or Changes()))
        self.user = user
        self.logged_in_at: int | None = None
        """When the user logged in last, in nanoseconds on the server's clock, or None: a policy may ask."""
        self._listed: list[list[object]] = []

    @property
    def maildrop(self) -> Maildrop:
        """The inbox as POP2 and POP3 see it."""
        return self.mailboxes[INBOX].maildrop

    @property
    def rows(self) -> dict[str, int]:
        """The number that each message in the inbox has in a timeline, by its unique-id; those that are gone too."""
        return self.mailboxes[INBOX].rows

    @property
    def numbered(self) -> int:
        """How many messages have a number in a timeline: they are 1 to this."""
        return self._ledger.numbered

    def drop(self, name: str) -> Maildrop | None:
        """A mailbox as a POP session may open it, or None where there is none of that name."""
        found = self.mailbox(name)
        return found.maildrop if found else None

    def open(self, session: int, name: str = INBOX) -> tuple[OpenMaildrop, dict[int, bool]]:
        """Open a maildrop for a session; mail that came to the disk since the last time is in it.

        Args:
            session: whose it is from now on.
            name: the mailbox that it is to IMAP.

        Returns:
            The maildrop, and the rows that changed on the disk: whether each is there now.

        Raises:
            MaildropLocked: another session has it.
            NoSuchMailbox: there is no mailbox of that name.
        """
        mailbox = self._there(name)
        changed = mailbox.refresh() if mailbox.box else {}
        return mailbox.maildrop.open(session), changed

    def deliver(self, message: Message, at: int = 0, date: int | None = None) -> int:
        """Let a message arrive in the inbox, and return its number in a timeline; an open POP session does not see it.

        Args:
            message: what arrives.
            at: when, in nanoseconds on the server's clock: a policy may remove what is old.
            date: when, in seconds since 1970; None: when it was written.

        Raises:
            ValueError: its unique-id was given before.
            MailboxError: it can't be kept.
        """
        item = self.inbox.take(message, date=date)
        self.maildrop.delivered[item.message.uid or ""] = at
        return item.number

    def listing(self) -> list[list[object]]:
        """A row for each message that was ever here: number, size in octets, unique-id, sender and subject.

        Where it was not the inbox in which it was first, the name of the mailbox follows.
        """
        if len(self._listed) < self.numbered:
            there: dict[int, tuple[Message, str]] = {}
            for name, mailbox in self.mailboxes.items():
                rows = mailbox.rows
                there.update({rows[m.uid or ""]: (m, name) for m in mailbox.maildrop.messages})
            self._listed += [_row(n, there.get(n)) for n in range(len(self._listed) + 1, self.numbered + 1)]
        return list(self._listed)


def _row(number: int, found: tuple[Message, str] | None) -> list[object]:
    if found is None:
        return [number]
    message, name = found
    row: list[object] = [number, message.size, message.uid or "", message.header("From"), message.header("Subject")]
    return row if name == INBOX else [*row, name]
