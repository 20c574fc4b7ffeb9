"""A POP3 server with all extensions and three users, driven by octets alone."""

from __future__ import annotations

import base64

from popsim import pop3
from popsim.mail.message import Message
from popsim.mail.policy import Policy
from popsim.mail.store import User
from popsim.protocols.protocol import Protocol
from tests.pop3.stage import Session, Stage
from tests.transcripts.matching import stand_in

ALL = pop3.extended()
LOGIN = ("USER alice", "PASS secret")
PLAIN = base64.b64encode(b"\0alice\0secret").decode()
TIMESTAMP = "<1896.697170952@dbc.mtview.ca.us>"
USERS = (User("alice", "secret"), User("bob", "secret"), User("mrose", "tanstaaf", "APOP"))


def stage(
    protocol: Protocol = ALL, policy: str = "", *, users: tuple[User, ...] = USERS, secured: bool = False
) -> Stage:
    mail = [Message(stand_in(n, 100 + n), f"uid-{n}") for n in (1, 2, 3)]
    return Stage(protocol, users, mail, timestamp=TIMESTAMP, policy=Policy.parse(policy), secured=secured)


def greeted(server: Stage) -> Session:
    session = server.connect()
    session.take()
    return session


def say(session: Session, *lines: str | bytes) -> list[str]:
    """Send lines one by one; the answer to each, whole."""
    octets = [line.encode() if isinstance(line, str) else line for line in lines]
    return [session.send(line + b"\r\n").decode() for line in octets]


def said(policy: str, *lines: str, protocol: Protocol = ALL, secured: bool = False) -> str:
    """The answer to the last of these lines."""
    return say(greeted(stage(protocol, policy, secured=secured)), *lines)[-1]


def capabilities(session: Session) -> dict[str, str]:
    """What is announced, with the arguments of each."""
    lines = say(session, "CAPA")[0].split("\r\n")
    assert lines[0].startswith("+OK") and lines[-2:] == [".", ""]
    pairs = [line.partition(" ") for line in lines[1:-2]]
    return {tag: arguments for tag, _, arguments in pairs}


def announced(policy: str = "", protocol: Protocol = ALL, login: bool = False) -> dict[str, str]:
    session = greeted(stage(protocol, policy))
    if login:
        say(session, *LOGIN)
    return capabilities(session)
