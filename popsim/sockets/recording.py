"""What a server on sockets writes down: the timeline of all its sessions, in real time, as the server saw them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from popsim.protocols.model import CLOSED, START, State
from popsim.timeline import Observer, Recorder
from popsim.timeline.event import (
    CLIENT,
    ENDED,
    LOST,
    OPEN,
    SEGMENT_DELIVERED,
    SEGMENT_SENT,
    SERVER,
    STREAM_CLOSED,
    STREAM_LOST,
    STREAM_OPENED,
    connection_key,
    delivered_key,
    sent_key,
    state_key,
)
from popsim.timeline.recorder import Row


@dataclass(frozen=True, slots=True)
class Bound:
    """How much is recorded; when either is reached the record is full, and the server goes on without one.

    Args:
        events: how many events (at most some 300 octets of memory each).
        octets: how many octets, of both directions together. Messages are kept by reference to the maildrop, so this
            bounds the file that the record is saved to rather than the memory.
    """

    events: int = 200_000
    octets: int = 64 * 1024 * 1024


class Recording(Recorder):
    """The record of one server: connections by number, times in nanoseconds since it began.

    Only the server's end is recorded: what it read, what it wrote and where its sessions stood. When a client sent
    something, and when an answer reached it, a server does not see.

    Args:
        header: the timeline's header.
        bound: how much is recorded at most.
    """

    def __init__(self, header: Mapping[str, Any], bound: Bound) -> None:
        super().__init__(header)
        self.full = False
        self._bound = bound
        self._octets = 0
        self._begun = time.monotonic_ns()

    def tick(self) -> None:
        """Something is about to happen: look at the clock, and whether there is still room for all of it."""
        self.now = time.monotonic_ns() - self._begun
        if self._octets >= self._bound.octets or len(self) >= self._bound.events:
            self.full = True

    def write(self, row: Row) -> int:
        """Append one event and return its index, or -1 if the record is full."""
        return -1 if self.full else super().write(row)

    def keep(self, connection: int, end: int, octets: bytes) -> None:
        """Keep octets of one end's stream."""
        if not self.full:
            self.stream(connection, end).append(octets)
            self._octets += len(octets)


class Tape(Observer):
    """What one connection writes into the recording: the socket's doings, and between them the engine's notes.

    Args:
        recording: where to write.
        connection: the connection's number.
    """

    def __init__(self, recording: Recording, connection: int) -> None:
        super().__init__(recording, connection, SERVER)
        self._recording = recording
        self._came = self._went = 0

    def tick(self) -> None:
        """The engine is about to be asked something."""
        self._recording.tick()

    def opened(self) -> None:
        """The connection is open; nothing has been said."""
        self.tick()
        for end in (CLIENT, SERVER):
            self._recording.keep(self.connection, end, b"")
        self.cause = self._stream(STREAM_OPENED, OPEN, {state_key(self.connection, "server"): START.name})

    def came(self, data: bytes) -> None:
        """Octets were read from the socket."""
        self.tick()
        start, self._came = self._came, self._came + len(data)
        self._recording.keep(self.connection, CLIENT, data)
        # They had been sent by then: that much a server knows of the other end.
        client = self.connection, "client"
        values = {sent_key(*client): self._came, delivered_key(*client): self._came}
        self._segment(SEGMENT_DELIVERED, -1, start, self._came, values)

    def said(self, pieces: list[bytes]) -> None:
        """The engine has these octets for the client."""
        for piece in pieces:
            self._recording.keep(self.connection, SERVER, piece)

    def went(self, octets: int) -> None:
        """So many of them were handed to the socket."""
        self.tick()
        start, self._went = self._went, self._went + octets
        self._segment(SEGMENT_SENT, self.cause, start, self._went, {sent_key(self.connection, "server"): self._went})

    def ended(self, state: State) -> None:
        """The connection is no more; the session was in this state."""
        self.tick()
        over = state is CLOSED
        self.cause = self._stream(STREAM_CLOSED if over else STREAM_LOST, ENDED if over else LOST)

    def _segment(self, kind: int, cause: int, start: int, end: int, values: dict[str, Any]) -> None:
        self.recorder.add(kind, self.connection, SERVER, cause=cause, start=start, end=end, values=values)

    def _stream(self, kind: int, condition: str, values: Mapping[str, Any] | None = None) -> int:
        assigned = {connection_key(self.connection): condition, **(values or {})}
        return self.recorder.add(kind, self.connection, SERVER, cause=self.cause, values=assigned)
