"""An SMTP server on a stage: its name is the right side of the timestamp that a transcript gives."""

from __future__ import annotations

from popsim.engine.answer import Service
from popsim.mail.store import User
from popsim.protocols import find
from popsim.protocols.protocol import Protocol
from popsim.protocols.smtp.server import SmtpService
from tests.transcripts.stage import SENT as SENT
from tests.transcripts.stage import Session as Session
from tests.transcripts.stage import Stage as AnyStage

SMTP = find("smtp")
WHOLE = SMTP.extended()
OLD = SMTP.edition(821)
HERE = "popsim.example"
USERS = ("alice:secret", "bob:hunter2", "mrose:tanstaaf:APOP")


class Stage(AnyStage):
    """An SMTP server with its users: see :class:`tests.transcripts.stage.Stage`."""

    def service(self, session: int) -> Service:
        """What serves a session."""
        return SmtpService(
            self.protocol,
            self.store,
            session=session,
            timestamp=self.timestamp,
            reveal_names=self.names_told,
            client_port=self.client_port,
            policy=self.policy,
            clock=lambda: self.now,
            secured=self.secured,
            domain=self.timestamp.strip("<>").partition("@")[2],
        )

    def mail(self, user: str = "alice") -> list[bytes]:
        """What lies in a user's inbox."""
        account = self.store.account(user)
        assert account
        return [message.octets for message in account.maildrop.messages]


def stage(protocol: Protocol = SMTP, **more: object) -> Stage:
    """A server for alice, bob and mrose, who sends digests only."""
    users = [User.parse(text) for text in USERS]
    return Stage(protocol, users, [], timestamp=f"<1@{HERE}>", **more)  # type: ignore[arg-type]


def session(protocol: Protocol = SMTP, **more: object) -> Session:
    """A fresh session, greeted; the greeting has been taken out."""
    return connect(stage(protocol, **more))


def connect(server: Stage) -> Session:
    """One more session of a server, greeted; the greeting has been taken out."""
    opened = server.connect()
    opened.take()
    return opened


def say(session: Session, *lines: str) -> list[str]:
    """Send lines one by one; the answer to each, whole."""
    return [session.send(line.encode() + b"\r\n").decode() for line in lines]


def codes(answers: list[str]) -> list[str]:
    """The codes of answers, each of which must be one reply."""
    each = [marks(answer.encode()) for answer in answers]
    return [found[0] if len(found) == 1 else f"{len(found)} replies" for found in each]


def marks(octets: bytes) -> list[str]:
    """The codes of all replies that came at once."""
    return [line[:3].decode() for line in octets.splitlines() if line[3:4] != b"-"]


def opened(protocol: Protocol = SMTP, **more: object) -> Session:
    """A session in which the text may come, for alice and from nobody."""
    return opened_on(stage(protocol, **more))


def opened_on(server: Stage) -> Session:
    """The same on a server that is there."""
    ready = connect(server)
    hello = "HELO" if server.protocol.number == 821 else "EHLO"
    lines = [f"{hello} client.example", "MAIL FROM:<carol@client.example>", f"RCPT TO:<alice@{HERE}>", "DATA"]
    assert codes(say(ready, *lines)) == ["250", "250", "250", "354"]
    return ready
