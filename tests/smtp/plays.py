"""How each row of a matrix is brought about: what the client says in that state, and what is made so beforehand."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple

from popsim.mail.ledger import MailboxError
from popsim.protocols.protocol import Protocol
from tests.smtp.matrix import Row
from tests.smtp.stage import HERE, SMTP, Session, Stage, stage

GREETED = ("{hello} client.example",)
SENDER = (*GREETED, "MAIL FROM:<carol@client.example>")
RECIPIENTS = (*SENDER, f"RCPT TO:<alice@{HERE}>")
WAYS = {
    "START": (),
    "CONNECTED": (),
    "READY": GREETED,
    "SENDER": SENDER,
    "RECIPIENTS": RECIPIENTS,
    "TEXT": (*RECIPIENTS, "DATA"),
    "TLS handshake": (*GREETED, "STARTTLS"),
    "AUTH exchange": (*GREETED, "AUTH PLAIN"),
}
"""The lines that lead to each state."""

RIGHT, WRONG = b64encode(b"\0alice\0secret").decode(), b64encode(b"\0alice\0guess").decode()
FAR = "<alice@elsewhere.example>"
LONG = f"<{'x' * 65}@{HERE}>"
WORDS = {
    "EHLO domain": "EHLO client.example",
    "HELO domain": "HELO client.example",
    "DATA": "DATA",
    "RSET": "RSET",
    "HELP": "HELP",
    "NOOP": "NOOP",
    "NOOP string": "NOOP what you will",
    "EXPN string": "EXPN friends",
    "TURN": "TURN",
    "QUIT": "QUIT",
    "STARTTLS": "STARTTLS",
}
CONDITIONS = {
    ("MAIL", "path too long"): f"FROM:{LONG}",
    ("MAIL", "unknown parameter"): "FROM:<> COLOUR=BLUE",
    ("MAIL", "size too large"): "FROM:<> SIZE=99999999999",
    ("MAIL", "wrong value"): "FROM:<> SIZE=large",
    ("RCPT", "no such user"): f"TO:<nobody@{HERE}>",
    ("RCPT", "another host"): f"TO:{FAR}",
    ("RCPT", "path too long"): f"TO:{LONG}",
    ("RCPT", "unknown parameter"): f"TO:<alice@{HERE}> NOTIFY=NEVER",
    ("VRFY", "nobody"): "nobody",
    ("HELP", "known"): "mail",
    ("HELP", "unknown"): "RETR",
    ("AUTH", "challenged"): "CRAM-MD5",
    ("AUTH", "not offered"): "GSSAPI",
    ("AUTH", "twice"): "PLAIN",
}
PLAIN = {"MAIL": "FROM:<>", "RCPT": f"TO:<bob@{HERE}>", "VRFY": "alice", "HELP": "mail", "AUTH": "PLAIN"}
INITIALS = {
    "challenged": f"LOGIN {b64encode(b'alice').decode()}",
    "right": f"PLAIN {RIGHT}",
    "wrong": f"PLAIN {WRONG}",
    "no answer": f"PLAIN {b64encode(b'alice').decode()}",
    "not offered": f"GSSAPI {RIGHT}",
    "twice": f"PLAIN {RIGHT}",
    "no base64": "PLAIN a=b",
    "server first": f"CRAM-MD5 {RIGHT}",
}
ANSWERS = {"right": RIGHT, "wrong": WRONG, "no answer": "YWxpY2U=", "cancelled": "*", "no base64": "QUIT!"}
TEXTS = {
    "delivered": b"Subject: x\r\n\r\nhello\r\n",
    "bare CR or LF": b"Subject: x\r\n\r\nhel\nlo\r\n",
    "a long line": b"x" * 999 + b"\r\n",
    "eight bits": "Subject: é\r\n".encode(),
    "large": (b"x" * 98 + b"\r\n") * 104_858,
    "goes round": b"Received: from a by b; then\r\n" * 100 + b"\r\n",
    "not stored": b"Subject: x\r\n",
}


class Play(NamedTuple):
    """A row brought about: the session in its state, and what makes the row happen."""

    session: Session
    act: Callable[[], bytes]


def play(row: Row, number: int, extended: bool) -> Play:
    """Bring a session to a row's state.

    Args:
        row: which row.
        number: the edition.
        extended: with all extensions.

    Raises:
        KeyError: nobody knows how this row is brought about.
    """
    server = stage(_protocol(number, extended, row), names_told=row.condition in ("told", "nobody"), secured=_tls(row))
    session = server.connect(opened=row.state != "START")
    lines = [line.format(hello="HELO" if number == 821 else "EHLO") for line in WAYS[row.state]]
    if row.condition in ("twice", "no terminal"):
        lines = [*lines[:1], *([f"AUTH PLAIN {RIGHT}"] if row.condition == "twice" else ["SEND FROM:<>"])]
    if row.state == "AUTH exchange" and row.condition == "challenged":
        lines[-1] = "AUTH LOGIN"
    if row.condition == "too many":
        lines += [f"RCPT TO:<alice@{HERE}>"] * 99
    for line in lines:
        session.send(line.encode() + b"\r\n")
    session.take()
    return Play(session, lambda: _act(row, session, server))


def _tls(row: Row) -> bool:
    return row.condition == "encrypted"


def _protocol(number: int, extended: bool, row: Row) -> Protocol:
    protocol = SMTP.edition(number)
    if not extended:
        return protocol
    # Where the text has octets above 127, nobody has agreed to them.
    return protocol.extended(*[n for n in protocol.table.extensions if n != 6152 or row.condition != "eight bits"])


def _act(row: Row, session: Session, server: Stage) -> bytes:
    engine = session.engine
    events = {"opened": engine.opened, "secured": engine.secured, "timed out": engine.expired, "lost": engine.lost}
    if row.trigger in events:
        events[row.trigger]()
        return session.take()
    if row.condition == "not stored":
        for account in server.store.accounts.values():
            account.deliver = _full  # type: ignore[method-assign, assignment]
    return session.send(octets_of(row))


def _full(*_: object) -> int:
    raise MailboxError("no space left on device")


def octets_of(row: Row) -> bytes:
    """What the client says."""
    if row.state == "TEXT":
        if row.trigger == "line too long":
            return (b"x" * 98 + b"\r\n") * 150_000 + b".\r\n"
        return TEXTS[row.condition] + b".\r\n"
    if row.state == "AUTH exchange":
        if row.trigger == "line too long":
            return b"x" * 12_287 + b"\r\n"
        if row.trigger == "bad arguments":
            return b"AAAA\n"
        return (
            b64encode(b"alice").decode() if row.condition == "challenged" else ANSWERS[row.condition]
        ).encode() + b"\r\n"
    if row.trigger == "line too long":
        return b"NOOP " + b"x" * 1100 + b"\r\n"
    return (_line(row) + "\r\n").encode()


def _line(row: Row) -> str:
    if row.trigger in ("unrecognized command", "bad arguments"):
        return "XYZZY" if row.trigger == "unrecognized command" else "QUIT now"
    if row.trigger in WORDS:
        return WORDS[row.trigger]
    keyword = row.trigger.split()[0]
    if row.trigger == "AUTH mechanism initial-response":
        return f"AUTH {INITIALS.get(row.condition, INITIALS['right'])}"
    like = "MAIL" if keyword in ("SEND", "SOML", "SAML") else keyword
    arguments = CONDITIONS.get((like, row.condition)) or PLAIN[like]
    if row.trigger.endswith("parameters") and " " not in arguments:
        arguments += " SIZE=10" if keyword == "MAIL" else " NOTIFY=NEVER"
    return f"{keyword} {arguments}"
