"""The transport: segments of one connection between a client's and a server's engine, in virtual time."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.client import ClientEngine, Response
from popsim.engine.server import ServerEngine
from popsim.timeline.event import (
    CLIENT,
    CLOSING,
    ENDED,
    ENDPOINTS,
    LOST,
    OPEN,
    OPENING,
    SEGMENT_DELIVERED,
    SEGMENT_DROPPED,
    SEGMENT_SENT,
    SERVER,
    STREAM_CLOSED,
    STREAM_LOST,
    STREAM_OPENED,
    connection_key,
    delivered_key,
    segment_key,
    sent_key,
)
from popsim.timeline.recorder import Observer, Recorder
from popsim.wire.clock import Clock
from popsim.wire.faults import Fault
from popsim.wire.link import Link


class Connection:
    """One TCP connection of a simulation.

    Args:
        number: which connection it is, counted from 0.
        client, server: the two engines.
        observers: what writes down the doings of each end, client first.
        recorder, clock, link: shared by the simulation.
        faults: those that cut a connection at an octet.
    """

    def __init__(
        self,
        number: int,
        client: ClientEngine,
        server: ServerEngine,
        observers: tuple[Observer, Observer],
        recorder: Recorder,
        clock: Clock,
        link: Link,
        faults: tuple[Fault, ...],
    ) -> None:
        self.number = number
        self.client, self.server = client, server
        self.condition = OPENING
        self.lines_sent = 0
        self._observers = observers
        self._recorder, self._clock, self._link = recorder, clock, link
        self._free = [0, 0]
        self._cause = -1
        self._heard_at = 0
        self.answer: Response | None = None
        """The first answer to what was sent last."""
        # Sorted downwards: of two cuts of one stream the earlier one happens.
        cuts = sorted((f for f in faults if f.kind == "cut after" and f.connection == number), key=lambda f: -f.number)
        self._cuts = {ENDPOINTS.index(f.who): f.number for f in cuts}

    # Opening

    def open(self) -> None:
        """Begin the handshake of three segments; the server greets when it is done."""
        self._note(connection_key(self.number), OPENING)
        for end in (CLIENT, SERVER):  # a connection is part of the record though no octet may ever cross it
            self._recorder.stream(self.number, end)
        self._segment(CLIENT, "SYN", self._asked)

    def _asked(self) -> None:
        self._segment(SERVER, "SYN ACK", self._established, cause=self._cause)

    def _established(self) -> None:
        opened = self._happened(STREAM_OPENED, CLIENT, OPEN)
        self.client.opened()
        self._segment(CLIENT, "ACK", self._accepted, cause=opened)

    def _accepted(self) -> None:
        self._heard_at = self._clock.now
        self._observers[SERVER].cause = self._happened(STREAM_OPENED, SERVER, OPEN)
        self.server.opened()
        self.flush()

    # Data

    def flush(self) -> None:
        """Send whatever the engines have to send; close when the server has said its last."""
        for end, engine in ((CLIENT, self.client), (SERVER, self.server)):
            if pieces := engine.take():
                self._transmit(end, pieces)
        if self.server.closed and self.condition == OPEN:
            self.condition = CLOSING
            last = self._observers[SERVER].carrier(self._recorder.stream(self.number, SERVER).length - 1)
            self._segment(SERVER, "FIN", self._finished, cause=last if last >= 0 else self._cause)

    def _transmit(self, end: int, pieces: list[bytes]) -> None:
        stream = self._recorder.stream(self.number, end)
        start = stream.length
        for piece in pieces:
            stream.append(piece)
        mss, cut = self._link.mss, self._cuts.get(end)
        for place in range(start, stream.length, mss):
            last = min(place + mss, stream.length)
            if cut is not None and cut <= last:
                if cut > place or not place:  # else the cut is behind: whatever is said now stays at this end
                    self._data(end, place, cut, cuts=True)
                return
            self._data(end, place, last)

    def _data(self, end: int, start: int, last: int, cuts: bool = False) -> None:
        """Send one segment of data; the line may be cut behind it."""

        def arrived() -> None:
            octets = self._recorder.stream(self.number, end).octets(start, last)
            if end == CLIENT:
                self._heard_at = self._clock.now
                self.server.receive(octets)
            else:
                self._heard(octets)
            if cuts:
                self._lose(SERVER)
                self._lose(CLIENT)
            else:
                self.flush()

        self._segment(end, "data", arrived, start, last, self._observers[end].carrier(start))
        if end == CLIENT:  # what is on its way may still come too late
            self.watch(self._free[CLIENT] + self._link.delay)

    def watch(self, until: int) -> None:
        """Let the server's patience end, if it does before a time in nanoseconds and the client stays silent."""
        deadline = self.server.deadline
        if deadline is not None and self.condition == OPEN and self._heard_at + deadline <= until:
            self._plan(self._heard_at + deadline, self._expire)

    def _expire(self) -> None:
        deadline = self.server.deadline
        if deadline is not None and self._heard_at + deadline <= self._clock.now:
            self.server.expired()
            self.flush()

    def _heard(self, octets: bytes) -> None:
        for response in self.client.receive(octets):
            self.answer = self.answer or response

    # The end

    def _finished(self) -> None:
        closed = self._happened(STREAM_CLOSED, CLIENT, CLOSING)
        self.client.lost()
        self._segment(CLIENT, "FIN", lambda: self._end(SERVER), cause=closed)

    def _end(self, end: int) -> None:
        self.condition = ENDED
        self._happened(STREAM_CLOSED, end, ENDED)

    def cut(self) -> None:
        """Lose the connection: the client notices now, the server when the news has reached it."""
        if self.condition in (OPENING, OPEN):
            self._cause = self._observers[CLIENT].cause
            self._lose(CLIENT)
            self._plan(self._clock.now + self._link.delay, lambda: self._lose(SERVER))

    def _lose(self, end: int) -> None:
        self.condition = LOST
        self._observers[end].cause = self._happened(STREAM_LOST, end, LOST)
        if end == CLIENT:
            self.client.lost()
        else:
            self.server.lost()

    # Segments

    def _segment(
        self, end: int, what: str, arrived: Callable[[], None], start: int = 0, last: int = 0, cause: int = -1
    ) -> None:
        """Let a segment leave when the line is free, and arrive when it has crossed."""
        leaves = max(self._clock.now, self._free[end])
        self._free[end] = leaves + self._link.serialisation(last - start)
        arrives = self._free[end] + self._link.delay
        name = self.number, ENDPOINTS[end]

        def leave() -> None:
            if self.condition in (LOST, ENDED):
                return
            values: dict[str, object] = {segment_key(*name): what}
            if last:
                values[sent_key(*name)] = last
            sent = self._add(SEGMENT_SENT, end, cause, start, last, values)
            self._plan(arrives, lambda: arrive(sent))

        def arrive(sent: int) -> None:
            if self.condition in (LOST, ENDED):
                self._add(SEGMENT_DROPPED, end, sent, start, last, None)
                return
            values: dict[str, object] | None = {delivered_key(*name): last} if last else None
            self._cause = self._add(SEGMENT_DELIVERED, 1 - end, sent, start, last, values)
            arrived()

        if leaves == self._clock.now:
            leave()
        else:
            self._plan(leaves, leave)

    def _plan(self, time: int, action: Callable[[], None]) -> None:
        def act() -> None:
            self._recorder.now = self._clock.now
            action()

        self._clock.plan(time, act)

    def _add(
        self, kind: int, end: int, cause: int, start: int = 0, last: int = 0, values: dict[str, object] | None = None
    ) -> int:
        recorder = self._recorder
        return recorder.add(kind, self.number, end, cause=cause, start=start, end=last, values=values)

    def _happened(self, kind: int, end: int, condition: str) -> int:
        if kind == STREAM_OPENED and end == SERVER:
            self.condition = OPEN
        return self._add(kind, end, self._cause, values={connection_key(self.number): condition})

    def _note(self, name: str, value: str) -> None:
        self._recorder.header.setdefault("initial", {})[name] = value
