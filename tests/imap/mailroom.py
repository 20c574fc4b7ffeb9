"""One store with IMAP and POP3 sessions on it, driven by octets alone: who hears what, and when."""

from __future__ import annotations

from collections.abc import Iterable

from popsim import pop3
from popsim.engine.server import ServerEngine
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Account, Store, User
from popsim.protocols.imap.table import IMAP
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service
from popsim.timeline import Timeline
from popsim.timeline.event import SERVER
from popsim.timeline.recorder import Observer, Recorder
from tests.imap.view import View

MODERN = IMAP.extended()


def letter(name: str, body: str = "text") -> bytes:
    """A message whose subject is its name."""
    return f"From: smith@example.org\r\nSubject: {name}\r\n\r\n{body}\r\n".encode()


class Mailroom:
    """A server of one user, alice, and all sessions with her mail.

    Args:
        messages: what is in her INBOX.
        protocol: what the IMAP sessions speak.
    """

    def __init__(
        self, messages: Iterable[bytes] | int = 3, protocol: Protocol = MODERN, policy: Policy = USUAL
    ) -> None:
        if isinstance(messages, int):
            messages = [letter(f"m{number}") for number in range(1, messages + 1)]
        mail = Mail("room", [Message.of(octets) for octets in messages])
        self.store = Store([User("alice", "secret")], {"alice": mail})
        self.protocol = protocol
        self.policy = policy
        self.engines: dict[str, ServerEngine] = {}
        self.recorders: dict[str, Recorder] = {}
        self.now = 0
        """The time in nanoseconds."""

    @property
    def account(self) -> Account:
        """Alice's account."""
        account = self.store.account("alice")
        assert account is not None
        return account

    def line(self, name: str, protocol: Protocol) -> ServerEngine:
        """A new connection, greeted; what it sends has not been read."""
        number = len(self.recorders) + 1
        made = service(
            protocol,
            self.store,
            session=number,
            timestamp=f"<{number}@example.org>",
            clock=lambda: self.now,
            policy=self.policy,
        )
        self.recorders[name] = Recorder({})
        engine = self.engines[name] = ServerEngine(protocol, made, Observer(self.recorders[name], 0, SERVER))
        engine.opened()
        return engine

    def feed(self, name: str, octets: bytes) -> bytes:
        """Give octets to a session and return what it sends."""
        engine = self.engines[name]
        if octets:
            engine.receive(octets)
        return b"".join(engine.take())

    def stranger(self, name: str = "a", protocol: Protocol | None = None) -> View:
        """An IMAP client that has not logged in."""
        self.line(name, protocol or self.protocol)
        return View(lambda octets: self.feed(name, octets), name)

    def client(self, name: str = "a", box: str = "INBOX", protocol: Protocol | None = None) -> View:
        """An IMAP client that has logged in and selected a mailbox ("": none)."""
        view = self.stranger(name, protocol)
        assert view.say("LOGIN alice secret")[-1].word == "OK"
        if box:
            assert view.say(f"SELECT {box}")[-1].word == "OK"
        return view

    def pop3(self, name: str = "p") -> list[bytes]:
        """A POP3 client that logs in; the answers to its two commands."""
        self.line(name, pop3)
        self.feed(name, b"")
        return [self.feed(name, b"USER alice\r\n"), self.feed(name, b"PASS secret\r\n")]

    def tell(self) -> dict[str, bytes]:
        """Let the engines tell news, as a server does after every change; what each session was sent."""
        for engine in self.engines.values():
            engine.news()
        return {name: b"".join(engine.take()) for name, engine in self.engines.items()}

    def deliver(self, octets: bytes) -> None:
        """Let a message arrive."""
        self.account.deliver(Message.of(octets), self.now)

    def truth(self, box: str = "INBOX") -> list[tuple[int, frozenset[str]]]:
        """UID and flags of each message that is in a mailbox."""
        return [(item.uid, item.flags) for item in self.account.mailboxes[box].items]

    def timeline(self, name: str) -> Timeline:
        """What the observer of a session has written down."""
        return Timeline(self.recorders[name])
