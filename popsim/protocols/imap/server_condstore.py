"""Numbers of changes (RFC 7162 §3.1): when a client begins to hear of them."""

from __future__ import annotations

from popsim.protocols.imap import word_table as table
from popsim.protocols.imap.server_session import Session


def enabled(session: Session) -> tuple[bytes, ...]:
    """The client has given a command that shows that it knows of them; what it is told at the first (RFC 7162 §3.1)."""
    if session.tells_modseq:
        return ()
    session.tells_modseq = True
    return (
        (table.DATA_OK.mark.encode() + b" " + highest(session) + b"changes have numbers from now on",)
        if session.opened
        else ()
    )


def highest(session: Session) -> bytes:
    """The number of the mailbox's last change, as a code and a space; nothing for who does not know of it."""
    if not session.tells_modseq or session.opened is None:
        return b""
    return b"[%b %d] " % (table.CODE_HIGHESTMODSEQ.mark.encode(), session.opened.mailbox.highest_modseq)
