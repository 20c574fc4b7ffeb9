"""Carries real octets between the two engines of a protocol, in pieces of any size, and writes everything down."""

from __future__ import annotations

from popsim.engine.answer import Service
from popsim.engine.client import ClientEngine
from popsim.engine.response import Response
from popsim.engine.server import ServerEngine
from popsim.protocols.protocol import Protocol
from popsim.timeline import Event, Observer, Recorder, Timeline
from popsim.timeline.event import CLIENT, ENDPOINTS, SERVER, state_key

WHOLE = 1 << 30
"""A piece that is larger than anything: all octets that are there are carried at once."""


class Shuttle:
    """A client and a server, and what passes between them.

    Args:
        protocol: what both speak.
        service: what the server does.
        piece: the most octets that are carried at once.
    """

    def __init__(self, protocol: Protocol, service: Service, piece: int = WHOLE) -> None:
        self.recorder = Recorder({"initial": {state_key(0, end): "START" for end in ENDPOINTS}})
        ends = Observer(self.recorder, 0, CLIENT), Observer(self.recorder, 0, SERVER)
        ends[CLIENT].peer, ends[SERVER].peer = ends[SERVER], ends[CLIENT]
        self.client = ClientEngine(protocol, ends[CLIENT])
        self.server = ServerEngine(protocol, service, ends[SERVER])
        self.responses: list[Response] = []
        self._piece = piece
        self.server.opened()
        self.carry()

    def say(self, line: str | bytes) -> Response:
        """Send one command line; the answer that it gets."""
        self.client.request(line)
        return self._answer()

    def go_on(self, octets: bytes) -> Response:
        """Send the next part of an exchange; the answer that it gets."""
        self.client.carry_on(octets)
        return self._answer()

    def carry(self) -> list[Response]:
        """Carry octets until none are left, and return the answers that they completed."""
        before = len(self.responses)
        while pieces := [(end, p) for end in (CLIENT, SERVER) for p in self._engine(end).take()]:
            for end, octets in pieces:
                self._carry(end, octets)
        if self.server.closed:
            self.client.lost()
        return self.responses[before:]

    def sent(self, end: int) -> bytes:
        """All octets that one end has sent."""
        return self.recorder.stream(0, end).octets()

    def check_causes(self) -> None:
        """Assert that whatever was read was brought by the message that its last octet was sent in."""
        sent: dict[str, list[Event]] = {end: [] for end in ENDPOINTS}
        for event in self.timeline.events("message"):
            if event.kind == "Sent":
                sent[event.endpoint].append(event)
            else:
                (bringer,) = [one for one in sent[event.sender] if one.start < event.end <= one.end]
                assert event.cause == bringer.index

    @property
    def timeline(self) -> Timeline:
        """The record up to now."""
        return Timeline(self.recorder)

    @property
    def states(self) -> tuple[str, str]:
        """The states of client and server."""
        return self.client.state.name, self.server.state.name

    def _answer(self) -> Response:
        answers = self.carry()
        return answers[-1] if answers else Response(None, None, b"")

    def _engine(self, end: int) -> ClientEngine | ServerEngine:
        return self.client if end == CLIENT else self.server

    def _carry(self, end: int, octets: bytes) -> None:
        self.recorder.stream(0, end).append(octets)
        for start in range(0, len(octets), self._piece):
            piece = octets[start : start + self._piece]
            if end == CLIENT:
                self.server.receive(piece)
            else:
                self.responses += self.client.receive(piece)
