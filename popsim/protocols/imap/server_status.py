"""STATUS on the server: how a mailbox is that need not be open (RFC 3501 §6.3.10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from popsim.engine.answer import Answer
from popsim.mail.flags import DELETED
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.server_condstore import enabled
from popsim.protocols.imap.server_session import Session
from popsim.protocols.model import ALWAYS
from popsim.protocols.request import Request

if TYPE_CHECKING:
    from popsim.mail.mailbox import Mailbox


class StatusOf:
    """What is told of a mailbox that need not be open; nothing changes by it.

    Args:
        session: who asks.
    """

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def status(self, request: Request) -> Answer:
        """The answer to STATUS."""
        session, name, wanted = self._session, request.argument(0, str), request.argument(1, tuple)
        mailbox = session.mailbox(name)
        if mailbox is None:
            return session.refused(words.NO_SUCH_MAILBOX, f"there is no mailbox {name}")
        changes = session.looked(mailbox)
        first = enabled(session) if words.STATUS_HIGHESTMODSEQ.mark in wanted else ()
        return Answer(ALWAYS, b"that is how it is", changes=changes, untagged=(*first, self.line(mailbox, wanted)))

    def line(self, mailbox: Mailbox, wanted: Iterable[str]) -> bytes:
        """The line of data; ``wanted`` are marks of status items."""
        values: dict[str, Callable[[], int]] = {
            words.STATUS_MESSAGES.mark: lambda: len(mailbox),
            words.STATUS_RECENT.mark: lambda: self._recent(mailbox),
            words.STATUS_UIDNEXT.mark: lambda: mailbox.uid_next,
            words.STATUS_UIDVALIDITY.mark: lambda: mailbox.uid_validity,
            words.STATUS_UNSEEN.mark: lambda: mailbox.unseen(),
            words.STATUS_DELETED.mark: lambda: sum(DELETED in item.flags for item in mailbox.items),
            words.STATUS_SIZE.mark: lambda: mailbox.octets,
            words.STATUS_HIGHESTMODSEQ.mark: lambda: self._highest(mailbox),
        }
        told = " ".join(f"{mark} {values[mark]()}" for mark in wanted)
        name = self._session.edition.written(mailbox.name)
        return b"%b %b (%b)" % (words.DATA_STATUS.mark.encode(), name, told.encode())

    def _recent(self, mailbox: Mailbox) -> int:
        opened = self._session.opened
        is_open_here = opened is not None and opened.mailbox is mailbox
        return len(self._session.open.recent) if is_open_here else mailbox.recent

    def _highest(self, mailbox: Mailbox) -> int:
        self._session.tells_modseq = True  # who asks for it knows of changes' numbers (RFC 7162 §3.1)
        return mailbox.highest_modseq
