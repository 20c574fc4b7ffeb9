"""A POP3 server with two users and three messages, driven by octets alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from popsim import pop3
from popsim.mail.message import Message
from popsim.mail.store import User
from popsim.protocols.protocol import Protocol
from popsim.timeline import Timeline
from tests.pop3.stage import Session, Stage

OLD = pop3.edition(1460)
TIMESTAMP = "<1896.697170952@dbc.mtview.ca.us>"
DIGEST = b"c4c9334bac560ecc979e58001b3e22fb"
"""Of that timestamp and mrose's secret: the example of RFC 1939 §7 and RFC 1460 §7."""

MESSAGES = (
    b"Subject: one\r\n\r\nfirst\r\n",
    b".Subject: dots\r\n\r\n.\r\n..\r\n.three\r\nfour .\r\n.",
    b"",
)
LOGIN = b"USER alice\r\nPASS secret\r\n"


def stage(protocol: Protocol = pop3, unremovable: Iterable[str] = (), messages: Iterable[bytes] = MESSAGES) -> Stage:
    """A server for alice, who gives her password, and mrose, who sends digests."""
    return Stage(
        protocol,
        [User("alice", "secret"), User("mrose", "tanstaaf", "APOP")],
        [Message.of(octets, f"uid-{number}") for number, octets in enumerate(messages, 1)],
        unremovable=unremovable,
        timestamp=TIMESTAMP,
    )


def session(protocol: Protocol = pop3, **more: Any) -> Session:
    """A fresh session, greeted; the greeting has been taken out."""
    return connect(stage(protocol, **more))


def connect(server: Stage) -> Session:
    """One more session of a server, greeted; the greeting has been taken out."""
    opened = server.connect()
    opened.take()
    return opened


def marks(sent: bytes) -> list[bytes]:
    """The statuses of replies that are one line each."""
    return [line.split(b" ")[0] for line in sent.splitlines()]


def say(session: Session, *lines: str) -> list[bytes]:
    """Send lines one by one; the answer to each, whole."""
    return [session.send(line.encode() + b"\r\n") for line in lines]


def recorded(session: Session) -> Timeline:
    """What the session's observer has written down."""
    return Timeline(session.watcher.recorder)
