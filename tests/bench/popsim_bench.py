"""popsim's side of the benchmarks: its public engine, plugged in where the peers are.

The benchmark scripts import this module by name (``--popsim popsim_bench`` with this folder on the path).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from popsim import pop3
from popsim.engine.client import ClientEngine
from popsim.engine.server import ServerEngine
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.protocols import find
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service
from popsim.timeline import Observer, Recorder, Timeline
from popsim.timeline.event import CLIENT, MESSAGE_DELIVERED, SERVER
from popsim.wire.clock import Clock

USER = User("bob", "secret")
TIMESTAMP = "<1.1@popsim.example>"
IMAP = find("imap").edition(3501).extended()
HEADER = {"protocol": "pop3", "edition": 1939, "minimal": False, "extensions": [], "scenario": ""}

Feed = Callable[[bytes], bytes]


def pop3_maildrop(messages: list[bytes]) -> Mail:
    """The messages, each with a unique-id, stuffed at the first use and shared by all sessions."""
    return Mail("bench", [Message(octets, f"u{number:08d}") for number, octets in enumerate(messages)])


def imap_maildrop(messages: list[bytes]) -> Mail:
    """The messages in the inbox, shared by all sessions."""
    return pop3_maildrop(messages)


def _engine(store: Store, observer: Observer | None, protocol: Protocol = pop3) -> ServerEngine:
    return ServerEngine(protocol, service(protocol, store, session=0, timestamp=TIMESTAMP), observer)


def pop3_session(mail: Mail) -> Feed:
    """A session without a record."""
    return _plain(mail, pop3)


def imap_session(mail: Mail) -> Feed:
    """The same for IMAP."""
    return _plain(mail, IMAP)


def _plain(mail: Mail, protocol: Protocol) -> Feed:
    engine = _engine(Store([USER], {USER.name: mail}), None, protocol)

    def feed(data: bytes) -> bytes:
        if data:
            engine.receive(data)
        else:
            engine.opened()
        return b"".join(engine.take())

    return feed


class Recorded:
    """A session whose every octet, request, reply, move and change is recorded."""

    def __init__(self, mail: Mail, protocol: Protocol = pop3) -> None:
        self.recorder = Recorder({**HEADER, "protocol": protocol.name, "edition": protocol.number})
        self._mail = mail
        self._engine = _engine(Store([USER], {USER.name: mail}), Observer(self.recorder, 0, SERVER), protocol)
        self._came = self.recorder.stream(0, CLIENT)
        self._went = self.recorder.stream(0, SERVER)

    def feed(self, data: bytes) -> bytes:
        """Octets in, octets out."""
        if data:
            self._came.append(data)
            self._engine.receive(data)
        else:
            self._engine.opened()
        pieces = self._engine.take()
        for piece in pieces:
            self._went.append(piece)
        return b"".join(pieces)

    @property
    def timeline(self) -> Timeline:
        """What was recorded, ready for the player."""
        self.recorder.header["mail"] = Store([USER], {USER.name: self._mail}).listing()
        return Timeline(self.recorder)


def pop3_session_recorded(mail: Mail) -> Feed:
    """A session with the whole record."""
    return Recorded(mail).feed


def imap_session_recorded(mail: Mail) -> Feed:
    """The same for IMAP."""
    return Recorded(mail, IMAP).feed


def client_retr(reply: bytes) -> bytes:
    """The client's reading of one whole answer to RETR, by a client that has logged in."""
    client = ClientEngine(pop3)
    client.receive(b"+OK\r\n")
    for line in ("USER bob", "PASS secret"):
        client.request(line)
        client.receive(b"+OK\r\n")
    client.request("RETR 1")
    return client.receive(reply)[0].body or b""


def pingpong(deliveries: int) -> int:
    """Deliveries between two processes on the virtual clock, 50 ms apart; the time at the end, in nanoseconds."""
    clock = Clock()
    left = deliveries

    def deliver() -> None:
        nonlocal left
        left -= 1
        if left:
            clock.plan(clock.now + 50_000_000, deliver)

    clock.plan(50_000_000, deliver)
    clock.run()
    return clock.now


def pingpong_recorded(deliveries: int) -> Timeline:
    """The same, each delivery recorded."""
    clock, recorder = Clock(), Recorder(HEADER)

    def deliver() -> None:
        recorder.now = clock.now
        index = recorder.add(MESSAGE_DELIVERED, 0, len(recorder) & 1, cause=len(recorder) - 1)
        if index + 1 < deliveries:
            clock.plan(clock.now + 50_000_000, deliver)

    clock.plan(50_000_000, deliver)
    clock.run()
    return Timeline(recorder)


def fleet(clients: int, polls: int) -> None:
    """Clients that poll, each at its own interval."""
    clock = Clock()

    def plan(number: int, left: int) -> None:
        if left:
            clock.plan(clock.now + (300 + number % 60) * 10**9, lambda: plan(number, left - 1))

    for number in range(clients):
        clock.plan(number * 10**8, lambda number=number: plan(number, polls))  # type: ignore[misc]
    clock.run()


def record(count: int) -> Any:
    """Record events of time, end, octets and state."""
    recorder = Recorder(HEADER)
    stream = recorder.stream(0, CLIENT)
    first, second = {"0.server.state": "AUTHORIZATION"}, {"0.server.state": "TRANSACTION"}
    chunks = (b"USER bob\r\n", b"+OK\r\n", b"PASS secret\r\n", b"+OK logged in\r\n")
    for number in range(count):
        recorder.now = number * 1_000_000
        start = stream.length
        stream.append(chunks[number & 3])
        recorder.add(
            MESSAGE_DELIVERED, 0, number & 1, start=start, end=stream.length, values=second if number & 1 else first
        )
    return recorder
