"""Performs a mail reader's script in memory: two engines, no clock, and a connection that is cut at any octet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol as Duck
from typing import TypeVar

from popsim.engine.client import ClientEngine
from popsim.engine.response import Response
from popsim.engine.script import CarryOn, Connect, Disconnected, Hang, Listen, Script, Send, Step, Wait
from popsim.engine.server import ServerEngine
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Store, User
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service

T = TypeVar("T")


class Peer(Duck):
    """A server's end, as the wire needs it."""

    def opened(self) -> None: ...

    def receive(self, data: bytes) -> None: ...

    def take(self) -> list[bytes]: ...

    def lost(self) -> None: ...

    def secured(self) -> None: ...

    def news(self) -> None: ...

    @property
    def closed(self) -> bool: ...


@dataclass
class Puppet:
    """A server that says what a test wants: an answer for each line that comes, in order or by the line's opening."""

    greeting: bytes = b"+OK ready"
    answers: dict[bytes, bytes] = field(default_factory=dict)
    otherwise: bytes = b"-ERR"
    heard: list[bytes] = field(default_factory=list)
    closed: bool = False
    _out: list[bytes] = field(default_factory=list)

    def opened(self) -> None:
        self._out.append(self.greeting + b"\r\n")

    def receive(self, data: bytes) -> None:
        for line in data.removesuffix(b"\r\n").split(b"\r\n"):
            self.heard.append(line)
            known = [opening for opening in self.answers if line.startswith(opening)]
            answer = self.answers[max(known, key=len)] if known else self.otherwise
            self._out.append(answer + b"\r\n")

    def take(self) -> list[bytes]:
        out, self._out = self._out, []
        return out

    def lost(self) -> None:
        self.closed = True

    def secured(self) -> None:
        self.heard.append(b"(TLS)")

    def news(self) -> None:
        return None


@dataclass(frozen=True)
class Cut:
    """Where a connection is lost: after so many octets of the client's ("C") or the server's ("S") stream."""

    end: str
    octets: int


class Wire:
    """Connections to a peer, one after the other.

    Args:
        protocol: what the client speaks.
        peers: makes the server's end of the connection of that number.
        cuts: where connections are lost, by their numbers.
    """

    def __init__(self, protocol: Protocol, peers: Callable[[int], Peer], cuts: dict[int, Cut] | None = None) -> None:
        self.protocol = protocol
        self.cuts = cuts or {}
        self.said: list[list[bytes]] = []
        self.heard: list[bytes] = []
        self.now = 0
        self.open = False
        self._peers = peers
        self._client = ClientEngine(protocol)
        self._peer: Peer = Puppet()
        self._crossed = {"C": 0, "S": 0}
        self.meanwhile: Callable[[], object] = lambda: None
        """Something that happens once whenever a script listens."""

    def perform(self, script: Script[T]) -> T:
        """Perform a script to its end."""
        try:
            step = next(script)
            while True:
                try:
                    came = self._do(step)
                except Disconnected as lost:
                    step = script.throw(lost)
                else:
                    step = script.send(came)
        except StopIteration as end:
            result: T = end.value
            return result

    def lines(self, connection: int = -1) -> list[str]:
        """What the client said on a connection."""
        return b"".join(self.said[connection]).decode().splitlines()

    def _do(self, step: Step) -> list[Response]:
        match step:
            case Connect():
                return self._connect()
            case Send():
                for line in step.lines:
                    self._client.request(line)
                return self._exchange(len(step.lines))
            case CarryOn():
                assert self._client.exchange_open
                self._client.carry_on(step.line + b"\r\n")
                return self._exchange(1)
            case Wait():
                assert not self.open, "the connection must not stay open between two visits"
                self.now += step.nanoseconds
            case Listen():
                return self._listen(step.nanoseconds)
            case Hang():
                self._lose()
        return []

    def _listen(self, nanoseconds: int) -> list[Response]:
        """What the server says unasked; the time is over where that is nothing."""
        self.meanwhile()
        self._peer.news()
        back = self._crossing("S", b"".join(self._peer.take()))
        self.heard[-1] += back
        news = self._client.receive(back)
        assert all(one.is_news for one in news)
        self.now += 0 if news else nanoseconds
        return news

    def _connect(self) -> list[Response]:
        assert not self.open, "one connection at a time"
        number = len(self.said)
        self.said.append([])
        self.heard.append(b"")
        self._client, self._peer = ClientEngine(self.protocol), self._peers(number)
        self._crossed, self.open = {"C": 0, "S": 0}, True
        self._client.opened()
        self._peer.opened()
        return self._exchange(1)

    def _exchange(self, wanted: int) -> list[Response]:
        if not self.open:
            raise Disconnected("there is no connection")
        came: list[Response] = []
        while True:
            out = self._crossing("C", b"".join(self._client.take()))
            if out:
                self.said[-1].append(out)
                self._peer.receive(out)
            back = self._crossing("S", b"".join(self._peer.take()))
            self.heard[-1] += back
            came += self._client.receive(back)
            if self._client.securing:
                self._client.secured()
                self._peer.secured()
            if self._is_cut:
                self._lose()
            if len(came) >= wanted:
                return came[:wanted]
            if not self.open or not (out or back):
                self._lose()
                raise Disconnected("the connection was cut", tuple(came))

    def _crossing(self, end: str, octets: bytes) -> bytes:
        cut = self.cuts.get(len(self.said) - 1)
        if cut and cut.end == end:
            octets = octets[: max(0, cut.octets - self._crossed[end])]
        elif self._is_cut:
            octets = b""
        self._crossed[end] += len(octets)
        return octets

    @property
    def _is_cut(self) -> bool:
        cut = self.cuts.get(len(self.said) - 1)
        return cut is not None and self._crossed[cut.end] >= cut.octets

    def _lose(self) -> None:
        if self.open:
            self.open = False
            self._client.lost()
            if not self._peer.closed:
                self._peer.lost()


class Post:
    """A popsim server with one user's mail, and wires to it."""

    def __init__(
        self, protocol: Protocol, messages: list[Message], user: User | None = None, policy: Policy = USUAL
    ) -> None:
        self.protocol, self.policy = protocol, policy
        self.user = user or User("alice", "secret")
        self.store = Store([self.user], {self.user.name: Mail("post", messages)})
        self.wire = Wire(protocol, self._peer)
        account = self.store.account(self.user.name)
        assert account
        self.maildrop = account.maildrop

    def _peer(self, number: int) -> Peer:
        serves = service(
            self.protocol,
            self.store,
            session=number,
            timestamp=f"<{number}.1@popsim.example>",
            policy=self.policy,
            clock=lambda: self.wire.now,
        )
        return ServerEngine(self.protocol, serves)

    def deliver(self, message: Message) -> None:
        """Let mail come in."""
        named = self.maildrop.deliver(message)
        account = self.store.account(self.user.name)
        assert account
        account.rows.setdefault(named.uid or "", len(account.rows) + 1)

    @property
    def left(self) -> list[bytes]:
        """The messages in the maildrop."""
        return [message.octets for message in self.maildrop.messages]


class Box:
    """A keeper that notes everything."""

    def __init__(self, now: Callable[[], int] = lambda: 0, fails_at: int = -1) -> None:
        self.kept: list[tuple[str | None, bytes]] = []
        self.gone: list[str] = []
        self._now, self._fails_at = now, fails_at
        self._copies: dict[str, int] = {}
        self._times: dict[str, int] = {}

    @property
    def octets(self) -> list[bytes]:
        return [octets for _, octets in self.kept]

    def holds(self, uid: str, copies: int = 1) -> bool:
        return self._copies.get(uid, 0) >= copies

    def keep(self, uid: str | None, octets: bytes) -> None:
        if len(self.kept) == self._fails_at:
            raise OSError("no space left on device")
        self.kept.append((uid, octets))
        if uid is not None:
            self._copies[uid] = self._copies.get(uid, 0) + 1
            self._times[uid] = self._now()

    def kept_at(self, uid: str) -> int | None:
        return self._times.get(uid)

    def removed(self, uid: str) -> None:
        self.gone.append(uid)
        self._copies[uid] -= 1
