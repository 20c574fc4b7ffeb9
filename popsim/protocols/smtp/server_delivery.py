"""What an SMTP server does with the text of a message: it looks at it, leaves its mark on it and delivers it."""

from __future__ import annotations

import re

from popsim.engine.answer import Answer, Change
from popsim.mail.dates import header_date, old_header_date
from popsim.mail.ledger import MailboxError
from popsim.mail.message import Message
from popsim.mail.store import Account
from popsim.protocols.smtp import table
from popsim.protocols.smtp.server_session import Session, Transaction
from popsim.protocols.smtp.syntax import OLD, POSTMASTER, Path
from popsim.timeline.event import ARRIVED, KEPT, mark_key

_TRACE = re.compile(rb"(?im)^%s[ \t]*:" % table.RECEIVED.encode())
_OLD_PATH = re.compile(rb"(?i)(?:^|(?<=\n))%s[ \t]*:.*\r\n(?:[ \t].*\r\n)*" % table.RETURN_PATH.encode())


def objection(session: Session, text: bytes) -> Answer | None:
    """Why a text is not taken, or None.

    Args:
        session: whose protocol's limits hold.
        text: the text as it is meant, the dots removed that were added on the way.
    """
    protocol, ends = session.protocol, text.count(b"\r\n")
    if text.count(b"\r") != ends or text.count(b"\n") != ends:
        return Answer(table.BARE_END, b"every CR and LF of a text ends a line together with the other")
    if not text.isascii() and table.CAP_EIGHT not in protocol.capabilities:
        return Answer(table.EIGHT_BITS, b"the text has octets above 127, and nobody has agreed to them")
    longest, limit = max(map(len, text.split(b"\r\n"))) + 2, protocol.limit("text line")
    if longest > limit:
        return Answer(table.LINE_TOO_LONG, f"a line has {longest} octets with CRLF; {limit} are taken".encode())
    if len(text) > protocol.limit("message"):
        most = protocol.limit("message")
        return Answer(table.LARGE, f"the message has {len(text)} octets; {most} are taken".encode())
    hops = len(_TRACE.findall(_header(text)))
    if protocol.limit("hops") and hops >= protocol.limit("hops"):
        return Answer(table.GOES_ROUND, f"{hops} servers have had the message before: it goes round".encode())
    return None


def deliver(session: Session, transaction: Transaction, text: bytes) -> Answer:
    """Put the text into the mailbox of each recipient; who is named twice gets it once.

    Where some get it and others can't, the answer is that it was taken (RFC 5321 §4.4): the sender is told by mail.
    """
    session.messages += 1
    values: dict[str, object] = {}
    failed: list[Path] = []
    copies: dict[str, tuple[Path, Account]] = {}
    for path, account in transaction.recipients:
        copies.setdefault(account.user.name, (path, account))
    for path, account in copies.values():
        octets = trace(session, transaction.sender, path) + without_return_path(text)
        if not _put(session, account, octets, values):
            failed.append(path)
    if not values:
        return Answer(table.NOT_STORED, b"the message could not be stored; try again later")
    if failed:
        _tell(session, transaction.sender, failed, values)
    return Answer(table.TEXT_TAKEN, b"OK", changes=(Change(ARRIVED, dict(sorted(values.items()))),))


def _put(session: Session, account: Account, octets: bytes, values: dict[str, object]) -> bool:
    now = session.clock()
    try:
        number = account.deliver(Message(octets), now, session.store.date(now))
    except (MailboxError, OSError):
        return False
    values[mark_key(account.user.name, number)] = KEPT
    return True


def _tell(session: Session, sender: Path, failed: list[Path], values: dict[str, object]) -> None:
    """Tell a sender who has a mailbox here that some have not got the message; to others nothing is sent from here."""
    account = session.user(sender.mailbox.local) if sender.mailbox and session.is_here(sender.mailbox) else None
    if account is None or sender.mailbox is None:
        return
    lines = [
        f"From: {POSTMASTER}@{session.domain}",
        f"To: {sender.mailbox}",
        f"Date: {header_date(session.now)}",
        "Subject: Undelivered mail",
        "",
        "Your message could not be put into the mailboxes of:",
        *map(str, failed),
    ]
    octets = trace(session, Path(None), sender) + "".join(f"{line}\r\n" for line in lines).encode()
    _put(session, account, octets, values)


def trace(session: Session, sender: Path, recipient: Path) -> bytes:
    """The lines that a server which delivers a message writes above it (RFC 5321 §4.4; RFC 821 §4.1.1, DATA).

    The text wants the client's address too; a session knows none.
    """
    of_old, now = session.protocol.number == OLD, session.now
    spoken = table.PLAIN
    if session.extended:
        marks = table.SECURED_MARK * session.secured + table.LOGGED_IN_MARK * (session.account is not None)
        spoken = table.EXTENDED + marks
    name = f"{session.number}-{session.messages}"
    when = f" ; {old_header_date(now)}" if of_old else f"; {header_date(now)}"
    return (
        f"{table.RETURN_PATH}: {sender.routed if of_old else sender}\r\n"
        f"{table.RECEIVED}: from {session.client} by {session.domain} with {spoken} id {name}\r\n"
        f" for {recipient}{when}\r\n"
    ).encode()


def _header(text: bytes) -> bytes:
    """The header of a text, and no more."""
    if text.startswith(b"\r\n"):
        return b""
    end = text.find(b"\r\n\r\n")
    return text if end < 0 else text[: end + 2]


def without_return_path(text: bytes) -> bytes:
    """The text without the return path that somebody on the way has written: there is to be one only (§4.4)."""
    header = _header(text)
    mended = _OLD_PATH.sub(b"", header)
    return text if mended == header else mended + text[len(header) :]
