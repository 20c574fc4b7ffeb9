"""What all mailboxes of an account count together, and all accounts of a store."""

from __future__ import annotations


class MailboxError(Exception):
    """What was asked of a mailbox can't be done, and nothing was changed; the text says why, in one line."""


class MailboxLocked(MailboxError):
    """A POP session has the mailbox open: until its end nobody else removes anything from it (RFC 1939 §4)."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is open in a POP session: nothing is removed from it until that ends")


class NoSuchMailbox(MailboxError):
    """There is no mailbox of that name, or none that can hold messages."""


class MailboxExists(MailboxError):
    """There is a mailbox of that name."""


class Changes:
    """How much has changed in a store since it was made."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Ledger:
    """The numbers that an account has given to its messages in a timeline, and to its mailboxes as UIDVALIDITY.

    Args:
        uid_validity: the first of those, 1 to 4294967295; greater in every run of a server whose mail others change.
        changes: what counts the changes of the whole store.
    """

    __slots__ = ("changes", "numbered", "_validity")

    def __init__(self, uid_validity: int, changes: Changes) -> None:
        if not 0 < uid_validity <= LAST_UID:
            raise ValueError(f"expected a UIDVALIDITY from 1 to {LAST_UID} (RFC 3501 §2.3.1.1), got {uid_validity}")
        self.changes = changes
        self.numbered = 0
        """How many messages have a number: they are 1 to this."""
        self._validity = uid_validity

    def number(self, count: int = 1) -> int:
        """Give numbers to messages, and return the first of them."""
        first = self.numbered + 1
        self.numbered += count
        return first

    def next_validity(self) -> int:
        """A UIDVALIDITY that is greater than any other that was given."""
        self._validity += 1
        return self._validity


LAST_UID = 2**32 - 1
"""UIDs and UIDVALIDITY have 32 bits (RFC 3501 §2.3.1.1)."""
