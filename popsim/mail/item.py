"""A message in a mailbox: what it is called there, and what is so of it there."""

from __future__ import annotations

from popsim.mail.dates import LAST_SECOND
from popsim.mail.flags import NONE
from popsim.mail.message import Message


class Item:
    """A message in a mailbox. Only its mailbox changes it; whoever else holds it reads it.

    Attributes:
        uid: its number in the mailbox for ever, 1 to 4294967295 (RFC 3501 §2.3.1.1).
        message: its octets.
        flags: its flags and keywords, without ``\\Recent``.
        modseq: grows with every change of the flags (RFC 7162 §3.1).
        number: its row in a timeline, one of its own within the account; a message that is moved keeps it.
        is_gone: whether it was removed; a session that was not told yet still has a number for it.
    """

    __slots__ = ("uid", "message", "flags", "modseq", "number", "is_gone", "_date")

    def __init__(
        self,
        uid: int,
        message: Message,
        number: int,
        modseq: int = 1,
        flags: frozenset[str] = NONE,
        date: int | None = None,
    ) -> None:
        self.uid = uid
        self.message = message
        self.number = number
        self.modseq = modseq
        self.flags = flags
        self.is_gone = False
        self._date = date

    @property
    def date(self) -> int:
        """When it came, in seconds since 1970 (RFC 3501 §2.3.3): where nobody said it, when it was written."""
        if self._date is None:
            self._date = written(self.message)
        return self._date

    def __repr__(self) -> str:
        return f"<Item {self.uid}: {self.message!r} {' '.join(sorted(self.flags))}>"


def written(message: Message) -> int:
    """When a message was written by its own Date field, in seconds since 1970; 0 where that can't be read."""
    text = message.header("Date")
    if not text:
        return 0
    from email.utils import mktime_tz, parsedate_tz

    try:
        found = parsedate_tz(text)
        second = int(mktime_tz(found)) if found else 0
    except (ValueError, OverflowError, IndexError, TypeError):
        return 0
    return min(max(second, 0), LAST_SECOND)
