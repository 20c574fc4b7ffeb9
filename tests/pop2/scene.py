"""A POP2 server on a stage, and how octets alone bring a session into each state."""

from __future__ import annotations

from collections.abc import Sequence

from popsim.mail.message import Message
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import User
from popsim.protocols import find
from tests.transcripts.matching import stand_in
from tests.transcripts.stage import Session, Stage

POP2 = find("pop2")
MAIL = (stand_in(1, 101), stand_in(2, 102), stand_in(3, 103))
FOLDER = (stand_in(4, 104),)
HELO = "HELO alice secret"
WAY = {"AUTH": (), "MBOX": (HELO,), "ITEM": (HELO, "READ"), "NEXT": (HELO, "READ", "RETR")}


def stage(messages: Sequence[bytes] = MAIL, policy: Policy = USUAL, unremovable: Sequence[str] = ()) -> Stage:
    """A server with alice's mail, and a mailbox Archive beside it."""
    mail = [Message(octets, f"uid-{n}") for n, octets in enumerate(messages, 1)]
    server = Stage(POP2, [User("alice", "secret")], mail, policy=policy, unremovable=unremovable)
    archive = server.store.accounts["alice"].create("Archive")
    for octets in FOLDER:
        archive.append(Message(octets))
    return server


def say(session: Session, *lines: str) -> list[bytes]:
    """Send lines one by one; what came back for each."""
    return [session.send(line.encode() + b"\r\n") for line in lines]


def session_in(state: str, server: Stage | None = None) -> Session:
    """A session that octets have brought into a state."""
    session = (server or stage()).connect()
    say(session, *WAY[state])
    session.take(), session.noted()
    assert session.state == state
    return session


def held(server: Stage, name: str = "INBOX") -> int:
    """How many messages one of alice's mailboxes has."""
    return len(server.store.accounts["alice"].mailboxes[name])
