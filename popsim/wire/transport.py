"""The transport: one connection between a client's and a server's engine, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from popsim.engine.client import ClientEngine
from popsim.engine.response import Response
from popsim.engine.server import ServerEngine
from popsim.protocols.model import START
from popsim.timeline.event import (
    CLIENT,
    CLOSING,
    ENDED,
    ENDPOINTS,
    LOST,
    OPEN,
    OPENING,
    SERVER,
    STREAM_CLOSED,
    STREAM_LOST,
    STREAM_OPENED,
    connection_key,
    reason_key,
)
from popsim.timeline.recorder import Observer, Recorder
from popsim.wire.clock import Clock
from popsim.wire.path import Path
from popsim.wire.patience import Patience
from popsim.wire.scenario import Scenario
from popsim.wire.secure import Tls
from popsim.wire.speech import Speech

if TYPE_CHECKING:
    from popsim.tls import TlsError

UNSHAKEN = "the client did not finish the TLS handshake in time"
"""Why a server gives up on a client before it has greeted it."""
EXHAUSTED = "a segment was sent again and again, and never acknowledged"
"""Why an end gives up on a line that loses too much."""


class Connection:
    """One TCP connection of a simulation.

    Args:
        number: which connection it is, counted from 0.
        client, server: the two engines.
        observers: what writes down the doings of each end, client first.
        recorder, clock: shared by the simulation.
        scenario: whose link, faults and chance these are.
        past: for each end, what it had put on the wire in the run that this one is a fork of.
        speech: what is spoken, and whether TLS comes before the greeting.
        spread: is called when the server has done something that other sessions may have to know.
    """

    def __init__(
        self,
        number: int,
        client: ClientEngine,
        server: ServerEngine,
        observers: tuple[Observer, Observer],
        recorder: Recorder,
        clock: Clock,
        scenario: Scenario,
        past: Mapping[int, bytes],
        speech: Speech,
        spread: Callable[[], None] = lambda: None,
    ) -> None:
        self.number = number
        self.client, self.server = client, server
        self.condition = OPENING
        self.is_over = False
        self.lines_sent = 0
        self.answer: Response | None = None
        """The first answer to what was sent last."""
        self.answers: list[Response] = []
        """The answers that have come; whoever waits for them takes them out."""
        self._observers = observers
        self._recorder, self._clock, self._link = recorder, clock, scenario.link
        self._paths = [
            Path(self, end, recorder, clock, scenario.link, scenario.faults, scenario.seed) for end in (CLIENT, SERVER)
        ]
        self._tls = Tls(self, recorder, observers, past)
        self.speech = speech
        self._spread = spread
        self._lost: set[int] = set()
        self._cause = -1
        self._patience = Patience(server, clock)

    # Opening

    def open(self) -> None:
        """Begin the handshake of three segments; the server greets when it is done."""
        self._recorder.header.setdefault("initial", {})[connection_key(self.number)] = OPENING
        for end in (CLIENT, SERVER):  # a connection is part of the record though no octet may ever cross it
            self._recorder.stream(self.number, end)
        self._paths[CLIENT].send("SYN", self._asked)

    def _asked(self) -> None:
        self._paths[SERVER].send("SYN ACK", self._established, cause=self._cause)

    def _established(self) -> None:
        opened = self._happened(STREAM_OPENED, CLIENT, OPEN)
        self.client.opened()
        self._paths[CLIENT].send("ACK", self._accepted, cause=opened)
        if self.speech.tls:
            self._tls.begin(CLIENT, opened)

    def _accepted(self) -> None:
        self._patience.heard()
        opened = self._observers[SERVER].cause = self._happened(STREAM_OPENED, SERVER, OPEN)
        if self.speech.tls:
            self._tls.begin(SERVER, opened)
            return
        self.server.opened()
        self.flush()

    # Data

    def flush(self) -> None:
        """Send whatever the engines have to send; close when the server has said its last."""
        for end, engine in ((CLIENT, self.client), (SERVER, self.server)):
            secured = end in self._tls.ends
            if secured and not self._tls.is_established(end):
                continue
            if pieces := engine.take():
                self._say(end, pieces, secured)
            if not secured and (pieces or end == CLIENT) and engine.securing:
                self._tls.begin(end, self._observers[end].cause)
        if self.server.closed and self.condition == OPEN:
            self._close()

    def _say(self, end: int, pieces: list[bytes], secured: bool) -> None:
        stream = self._recorder.stream(self.number, end)
        start = stream.length
        for piece in pieces:
            stream.append(piece)
        if secured:
            self._tls.say(end, start, stream.length)
        else:
            self.ship(end, start, stream.length)

    def ship(self, end: int, start: int, stop: int, *, farewell: bool = False) -> int:
        """Send octets of the wire, cut into segments; returns when the last of them arrives."""
        arrives = self._clock.now
        secured = end in self._tls.ends
        for place, last, cuts in self._paths[end].ranges(start, stop):
            cause = self._tls.carrier(end, place) if secured else self._observers[end].carrier(place)
            arrives = self._data(end, place, last, cause, cuts, farewell)
        return arrives

    def _data(self, end: int, start: int, last: int, cause: int, cuts: bool, farewell: bool) -> int:
        """Send one segment of data; the line may be cut behind it."""

        def arrived() -> None:
            if end == CLIENT:
                self._patience.heard()
            if 1 - end in self._tls.ends:
                self._tls.arrived(end, start, last, self._cause)
            else:
                self.hand(1 - end, self._recorder.arrived(self.number, end, start, last))
            if cuts:
                self._lose(SERVER)
                self._lose(CLIENT)
            else:
                self.flush()

        arrives = self._paths[end].send("data", arrived, start, last, cause, farewell)
        if end == CLIENT:  # what is on its way may still come too late
            self.watch(arrives)
        return arrives

    def hand(self, end: int, octets: bytes) -> None:
        """One end has read octets."""
        if end == SERVER:
            self.server.receive(octets)
            self._spread()
            return
        for response in self.client.receive(octets):
            self.answer = self.answer or response
            self.answers.append(response)

    def tell(self, changed: int) -> None:
        """Something has changed in the store, by this event: the server may have a word about it for its client."""
        self._observers[SERVER].cause = changed
        self.server.news()
        self.flush()

    def is_secured(self, end: int, cause: int) -> None:
        """The handshake is done at one end; the event of it is the cause of what follows."""
        self._observers[end].cause = cause
        if end == CLIENT:
            if self.client.securing:
                self.client.secured()
        elif self.server.state is START:
            self.server.opened()
        else:
            self.server.secured()
        self.flush()

    # Patience

    def watch(self, until: int) -> None:
        """Let the server's patience end, if it does before a time in nanoseconds and the client stays silent."""
        end = self._patience.end
        if end is not None and self.condition == OPEN and end <= until:
            self._plan(end, self._expire)

    @property
    def is_stuck(self) -> bool:
        """Whether both ends are in a TLS handshake; where all is quiet, it will never be done."""
        shaking = len(self._tls.ends) == 2 and not self._tls.is_established(SERVER)
        return shaking and self.condition == OPEN

    def _expire(self) -> None:
        if self.condition != OPEN or not self._patience.is_over:
            return
        if self.server.state is START:
            self._part(SERVER, UNSHAKEN)
        else:
            self.server.expired()
            self._spread()
            self.flush()

    # The end

    def _close(self) -> None:
        self.condition = CLOSING
        said = self._recorder.stream(self.number, SERVER).length
        cause = self._observers[SERVER].carrier(said - 1)
        if self._tls.is_established(SERVER):
            self._tls.close(SERVER)
            cause = self._tls.carrier(SERVER, self._recorder.wire(self.number, SERVER).length - 1)
        self._paths[SERVER].send("FIN", self._finished, cause=cause if cause >= 0 else self._cause)

    def _finished(self) -> None:
        if CLIENT in self._tls.ends and not self._is_whole():
            return
        closed = self._happened(STREAM_CLOSED, CLIENT, CLOSING)
        self.client.lost()
        self._paths[CLIENT].send("FIN", lambda: self._end(SERVER), cause=closed)

    def _is_whole(self) -> bool:
        """Whether the server's stream ended as TLS wants it; else the client takes the connection for lost."""
        from popsim.tls import TlsError

        try:
            self._tls.ended(CLIENT)
        except TlsError as error:
            self.failed(CLIENT, error, self._cause)
            return False
        return True

    def _end(self, end: int) -> None:
        self.condition, self.is_over = ENDED, True
        self._happened(STREAM_CLOSED, end, ENDED)

    def cut(self) -> None:
        """Lose the connection: the client notices now, the server when the news has reached it."""
        if self.condition in (OPENING, OPEN):
            self._cause = self._observers[CLIENT].cause
            self._part(CLIENT)

    def give_up(self, end: int) -> None:
        """One end has sent a segment again and again, in vain."""
        if not self.is_over:
            self._part(end, EXHAUSTED)

    def failed(self, end: int, error: TlsError, cause: int) -> None:
        """TLS can't go on at one end: it tells the other by an alert, where it has one to say."""
        self._cause = cause
        self._part(end, str(error), self._tls.bid_farewell(end, cause))

    def _part(self, end: int, reason: str = "", when: int | None = None) -> None:
        """Lose the connection at one end now, and at the other when the news has reached it."""
        self._lose(end, reason)
        self._plan(self._clock.now + self._link.delay if when is None else when, lambda: self._lose(1 - end))

    def _lose(self, end: int, reason: str = "") -> None:
        self.condition, self.is_over = LOST, True
        if end in self._lost:
            return
        self._lost.add(end)
        why = {reason_key(self.number, ENDPOINTS[end]): reason} if reason else {}
        self._observers[end].cause = self._happened(STREAM_LOST, end, LOST, **why)
        (self.client if end == CLIENT else self.server).lost()
        self._spread()

    # Events

    def came(self, event: int) -> None:
        """A segment has arrived, by this event: what follows has it as its cause."""
        self._cause = event

    def _plan(self, time: int, action: Callable[[], None]) -> None:
        def act() -> None:
            self._recorder.now = self._clock.now
            action()

        self._clock.plan(time, act)

    def _happened(self, kind: int, end: int, condition: str, **more: str) -> int:
        if kind == STREAM_OPENED and end == SERVER:
            self.condition = OPEN
        values = {connection_key(self.number): condition, **more}
        return self._recorder.add(kind, self.number, end, cause=self._cause, values=values)
