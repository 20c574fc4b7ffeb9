"""The mailbox that a POP2 session has open: its messages, their marks, and how it is left."""

from __future__ import annotations

from popsim.engine.answer import Change
from popsim.engine.store_changes import marks, seen
from popsim.mail.mailbox import Mailbox
from popsim.mail.maildrop import NoSuchMessage, OpenMaildrop
from popsim.mail.message import Message
from popsim.mail.names import INBOX
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Account
from popsim.timeline.event import (
    DELETED,
    GONE,
    KEPT,
    LOCKED,
    MARKED,
    REMOVED,
    UNLOCKED,
    UNMARKED,
    lock_key,
    mark_key,
)


class Folder:
    """An open mailbox, or none: where a session is that nobody has logged in to, or that asked for a missing one.

    Args:
        user: whose it is.
        mailbox: what it is to IMAP; None: there is no mailbox.
        drop: its messages as this session numbers them.
        policy: what the site has decided: whether the user may change it, and what becomes of a message that was read.
    """

    def __init__(
        self,
        user: str = "",
        mailbox: Mailbox | None = None,
        drop: OpenMaildrop | None = None,
        policy: Policy = USUAL,
    ) -> None:
        self._user = user
        self._mailbox = mailbox
        self._drop = drop
        self._writes = mailbox is not None and mailbox.name not in policy.read_only
        self._marks_seen = policy.retr_sets_seen and self._writes

    @property
    def is_open(self) -> bool:
        """Whether there is a mailbox."""
        return self._drop is not None

    @property
    def count(self) -> int:
        """How many messages were numbered when it was opened, and are not marked."""
        return self._drop.count if self._drop else 0

    def message(self, number: int) -> Message | None:
        """The message of that number, or None where there is none or it is marked."""
        try:
            return self._drop.message(number) if self._drop else None
        except NoSuchMessage:
            return None

    def retrieved(self, number: int) -> tuple[Change, ...]:
        """Note that the client has a message. Where the site wants that, it is seen in IMAP from then on."""
        if self._drop is None or self._mailbox is None:
            return ()
        self._drop.retrieved(number)
        return seen(self._user, self._mailbox, self._drop.uid(number)) if self._marks_seen else ()

    def mark(self, number: int) -> tuple[Change, ...]:
        """Mark a message for deletion; nothing happens where the user may not change the mailbox."""
        if not self._drop or not self._writes:
            return ()
        self._drop.delete(number)
        return (Change(MARKED, {self._key(number): DELETED}),)

    def prepare(self) -> None:
        """Remove what is marked where it is kept for good, ahead of :meth:`leave`."""
        if self._drop:
            self._drop.prepare()

    def leave(self) -> tuple[tuple[Change, ...], tuple[int, ...]]:
        """Remove what is marked, and close the mailbox.

        Returns:
            What changed, and the numbers of the messages that could not be removed.
        """
        drop = self._drop
        if drop is None:
            return (), ()
        numbers = drop.marked()
        _, failed = drop.commit()
        values: dict[str, object] = {self._key(n): KEPT if n in failed else GONE for n in numbers}
        changes = (Change(REMOVED, values),) if values else ()
        return changes + self._released(drop), failed

    def abandon(self) -> tuple[Change, ...]:
        """Close the mailbox and remove nothing."""
        drop = self._drop
        if drop is None:
            return ()
        values: dict[str, object] = {self._key(number): KEPT for number in drop.marked()}
        changes = (Change(UNMARKED, values),) if values else ()
        return changes + self._released(drop)

    def _released(self, drop: OpenMaildrop) -> tuple[Change, ...]:
        drop.release()
        self._drop = None
        is_inbox = self._mailbox is not None and self._mailbox.name == INBOX
        return (Change(UNLOCKED, {lock_key(self._user): None}),) if is_inbox else ()

    def _key(self, number: int) -> str:
        assert self._drop is not None and self._mailbox is not None
        return mark_key(self._user, self._mailbox.rows[self._drop.uid(number)])


def opened(account: Account, session: int, policy: Policy, name: str = INBOX) -> tuple[Folder, tuple[Change, ...]]:
    """Open a mailbox.

    Args:
        account: whose it is.
        session: who opens it: from now on it is this session's alone.
        policy: what the site has decided.
        name: which; the one that a login opens.

    Returns:
        The mailbox, and what has changed in the store. Where there is none of that name, it is closed.

    Raises:
        MaildropLocked: another session has it.
    """
    mailbox = account.mailbox(name)
    if mailbox is None:
        return Folder(), ()
    drop, changed = account.open(session, mailbox.name)
    user = account.user.name
    values: dict[str, object] = {lock_key(user): session} if mailbox.name == INBOX else {}
    values.update(marks(user, changed))
    return Folder(user, mailbox, drop, policy), (Change(LOCKED, values),) if values else ()
