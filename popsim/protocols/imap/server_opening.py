"""SELECT and EXAMINE on the server: what a client is told of a mailbox that it opens (RFC 3501 §6.3.1, §6.3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.engine.answer import Answer, Handler
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.server_list import Listing
from popsim.protocols.imap.server_session import NOTHING, Session
from popsim.protocols.model import Code, Trigger
from popsim.protocols.request import Request

if TYPE_CHECKING:
    from popsim.mail.mailbox import OpenMailbox

SYSTEM = tuple(word.mark for word in words.FLAGS if word is not words.RECENT)
"""The flags that every mailbox has, in the table's order."""


class Opening:
    """What a session does to look into a mailbox.

    Args:
        session: what the parts of the session share.
        listing: knows how a mailbox's name is written.
    """

    __slots__ = ("_session", "_listing")

    def __init__(self, session: Session, listing: Listing) -> None:
        self._session = session
        self._listing = listing

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each command."""
        return {
            words.SELECT: self._select,
            words.EXAMINE: self._examine,
            words.SELECT_CONDSTORE: self._select_with_changes,
            words.EXAMINE_CONDSTORE: self._examine_with_changes,
        }

    def _select(self, request: Request) -> Answer:
        return self._opened(request, read_only=False)

    def _examine(self, request: Request) -> Answer:
        return self._opened(request, read_only=True)

    def _select_with_changes(self, request: Request) -> Answer:
        self._session.tells_modseq = True
        return self._opened(request, read_only=False)

    def _examine_with_changes(self, request: Request) -> Answer:
        self._session.tells_modseq = True
        return self._opened(request, read_only=True)

    def _opened(self, request: Request, read_only: bool) -> Answer:
        """Open a mailbox. The one that was open is closed before, whatever comes of it, and nothing is removed."""
        session, name = self._session, request.argument(0, str)
        before = self._closed() if session.opened is not None else NOTHING
        mailbox = session.mailbox(name)
        if mailbox is None:
            return session.refused(words.NO_SUCH_MAILBOX, f"there is no mailbox {name}")._replace(untagged=before)
        changes = session.looked(mailbox)
        read_only = read_only or not session.may_change(mailbox)
        session.opened = opened = mailbox.open(session.number, read_only)
        condition = words.READ_ONLY if read_only else words.READ_WRITE
        text = session.edition.opening(condition) + b"the mailbox is open"
        return Answer(condition, text, changes=changes, untagged=(*before, *self._told(opened)))

    def _closed(self) -> tuple[bytes, ...]:
        session = self._session
        session.leave()
        return (self._ok(words.CODE_CLOSED, "", "what was open is closed"),) if session.has(words.CODE_CLOSED) else ()

    def _told(self, opened: OpenMailbox) -> list[bytes]:
        """What a client is told of a mailbox that it has opened."""
        session, mailbox = self._session, opened.mailbox
        edition = session.edition
        keywords = list(mailbox.keywords)
        lines = [
            b"%b (%b)" % (edition.flags, " ".join([*SYSTEM, *keywords]).encode()),
            b"%d %b" % (opened.count, edition.exists),
        ]
        if edition.tells_recent:
            lines.append(b"%d %b" % (len(opened.recent), edition.recent))
            if unseen := opened.first_unseen:
                lines.append(self._ok(words.CODE_UNSEEN, f" {unseen}", f"message {unseen} is the first not seen"))
        kept = () if opened.read_only else [*SYSTEM, *keywords, words.ANY_FLAG]
        lines += [
            self._ok(words.CODE_PERMANENTFLAGS, f" ({' '.join(kept)})", "what is kept"),
            self._ok(words.CODE_UIDNEXT, f" {mailbox.uid_next}", "what comes next gets it, or more"),
            self._ok(words.CODE_UIDVALIDITY, f" {mailbox.uid_validity}", "these go with it"),
        ]
        if session.has(words.CODE_HIGHESTMODSEQ):
            lines.append(self._ok(words.CODE_HIGHESTMODSEQ, f" {mailbox.highest_modseq}", "the last change"))
        if edition.is_utf8:  # RFC 9051 §6.3.2 wants it; RFC 3501 does not know it
            lines.append(self._listing.line(mailbox.name))
        return lines

    def _ok(self, code: Code, value: str, text: str) -> bytes:
        return f"{words.DATA_OK} [{code.mark}{value}] {text}".encode()
