"""A timeline: the immutable record of a run, from its first event to some moment of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, overload

from popsim.timeline.event import ENDPOINTS, KEPT, KINDS, Event, lock_key, mark_key
from popsim.timeline.recorder import KIND_BITS, WIDTH, Recorder, flipped
from popsim.timeline.snapshot import Snapshot

SECRETS = "secrets"
"""The name under which a header has the keys of a timeline's TLS sessions, in the key log format."""
_CHECKPOINT = 256
_STEP_LAYERS = ("message", "stream")


class TimelineError(ValueError):
    """A file holds no timeline that can be read; the message says what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Step:
    """A place to stop at.

    Args:
        event: the index of the event that gives the step its name.
        index: the index of the last event that belongs to it: the moment to show.
    """

    event: int
    index: int


class Timeline(Sequence[Event]):
    """The record of what happened: events, the octets they speak of, and what was so at each moment.

    Args:
        recorder: the recording; what it appends later is not part of this timeline.
    """

    def __init__(self, recorder: Recorder) -> None:
        recorder.settle()
        self._rows = recorder.rows
        self._values = recorder.values
        self._streams = recorder.streams
        self._wires = dict(recorder.wires)
        self._crossed = {key: stream.length for key, stream in recorder.wires.items()}
        self._changed = {key: tuple(places) for key, places in recorder.changed.items()}
        self._misread = {key: tuple(places) for key, places in recorder.misread.items()}
        self._length = len(recorder)
        self._lengths = {key: stream.length for key, stream in recorder.streams.items()}
        self.header: Mapping[str, Any] = {**recorder.header, "initial": dict(recorder.header.get("initial", {}))}
        self._checkpoints: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        if isinstance(index, slice):
            return [self._event(i) for i in range(*index.indices(self._length))]
        if not -self._length <= index < self._length:
            raise IndexError(f"the timeline has the events 0 to {self._length - 1}, not {index}")
        return self._event(index % self._length)

    def __iter__(self) -> Iterator[Event]:
        return map(self._event, range(self._length))

    def _event(self, index: int) -> Event:
        time, code, cause, start, end = self._rows[index * WIDTH : index * WIDTH + WIDTH]
        layer, kind = KINDS[code & (1 << KIND_BITS) - 1]
        place = code >> KIND_BITS
        values = self._values[index]
        seen = MappingProxyType(values) if values else None  # whoever reads a record can't rewrite it
        return Event(index, time, place >> 1, ENDPOINTS[place & 1], layer, kind, cause, start, end, seen)

    def events(self, layer: str | None = None, kind: str | None = None) -> list[Event]:
        """The events of one layer, of one kind, or both; all where nothing is asked for."""
        return [e for e in self if layer in (None, e.layer) and kind in (None, e.kind)]

    @property
    def duration(self) -> int:
        """The time of the last event, in nanoseconds."""
        return self._rows[(self._length - 1) * WIDTH] if self._length else 0

    @property
    def connections(self) -> list[int]:
        """The numbers of the connections that were opened or tried."""
        return sorted({connection for connection, _ in self._lengths}) or [0]

    def stream(self, connection: int = 0, endpoint: str = "server") -> bytes:
        """All octets that one end of a connection has sent."""
        key = (connection, ENDPOINTS.index(endpoint))
        return self._streams[key].octets(0, self._lengths[key]) if key in self._lengths else b""

    def wire(self, connection: int = 0, endpoint: str = "server") -> bytes:
        """All octets that one end of a connection has put on the wire: under TLS, not those that it said."""
        key = (connection, ENDPOINTS.index(endpoint))
        if key not in self._wires:
            return self.stream(connection, endpoint)
        return self._wires[key].octets(0, self._crossed[key])

    def is_secured(self, connection: int = 0) -> bool:
        """Whether what crossed on a connection is not, or not all along, what its ends said."""
        return any((connection, end) in self._wires for end in range(len(ENDPOINTS)))

    def octets(self, event: Event) -> bytes:
        """The octets that an event speaks of: what was sent or, for what was delivered, what arrived."""
        key = (event.connection, ENDPOINTS.index(event.sender))
        stream = (event.is_wire and self._wires.get(key)) or self._streams.get(key)
        octets = stream.octets(event.start, event.end) if stream else b""
        if event.kind == "Delivered" and key in self._changed:
            return flipped(octets, event.start, (self._changed if event.is_wire else self._misread).get(key, ()))
        return octets

    def changed(self, connection: int = 0, endpoint: str = "server") -> tuple[int, ...]:
        """The places in what one end put on the wire that arrived with their lowest bit flipped."""
        return self._changed.get((connection, ENDPOINTS.index(endpoint)), ())

    def misread(self, connection: int = 0, endpoint: str = "server") -> tuple[int, ...]:
        """The places in what one end said that the other read with their lowest bit flipped: under TLS none."""
        return self._misread.get((connection, ENDPOINTS.index(endpoint)), ())

    @property
    def initial(self) -> dict[str, Any]:
        """What is so before anything has happened: every message kept, no maildrop locked."""
        values: dict[str, Any] = {}
        for user, rows in self.header.get("mail", {}).items():
            values[lock_key(user)] = None
            values.update({mark_key(user, row[0]): KEPT for row in rows})
        values.update(self.header.get("initial", {}))
        return values

    def at(self, index: int) -> Snapshot:
        """The snapshot right after an event.

        Args:
            index: the event's index; -1 is the beginning, before any event.

        Raises:
            IndexError: there is no such event.
        """
        if not -1 <= index < self._length:
            raise IndexError(f"the timeline has the moments -1 to {self._length - 1}, not {index}")
        values = dict(self._checkpoint((index + 1) // _CHECKPOINT))
        for new in self._values[(index + 1) // _CHECKPOINT * _CHECKPOINT : index + 1]:
            if new:
                values.update(new)
        return Snapshot(index, self._rows[index * WIDTH] if index >= 0 else 0, values)

    def _checkpoint(self, number: int) -> dict[str, Any]:
        """What is so after ``number`` times the checkpoint distance of events; kept, for stepping back is common."""
        points = self._checkpoints
        if not points:
            points.append(self.initial)
        while len(points) <= number:
            values = dict(points[-1])
            for new in self._values[(len(points) - 1) * _CHECKPOINT : len(points) * _CHECKPOINT]:
                if new:
                    values.update(new)
            points.append(values)
        return points[number]

    def steps(self, detail: str = "message") -> list[Step]:
        """The places to stop at.

        Args:
            detail: ``"message"`` stops at each message that leaves or arrives, at each flight of a TLS handshake, and
                at each connection that opens or ends, together with what it brought about at the same end and moment,
                segments that leave included; ``"event"`` stops everywhere.
        """
        if detail == "event":
            return [Step(i, i) for i in range(self._length)]
        if detail != "message":
            raise ValueError(f"expected the detail 'message' or 'event', got {detail!r}")
        steps: list[Step] = []
        head: Event | None = None
        for event in self:
            if event.layer in _STEP_LAYERS or (event.layer == "ciphertext" and self._begins_flight(event, head)):
                head = event
                steps.append(Step(event.index, event.index))
            elif head and _belongs(event, head):
                steps[-1] = Step(head.index, event.index)
        return steps

    def _begins_flight(self, record: Event, head: Event | None) -> bool:
        """Whether a record is the first of a flight of TLS's own: one that carries no message, and no more of one."""
        sent = record if record.kind == "Sent" else self._event(record.cause) if record.cause >= 0 else None
        cause = self._event(sent.cause) if sent and sent.cause >= 0 else None
        if cause and (cause.layer, cause.kind) == ("message", "Sent"):
            return False
        return not (head and _together(record, head) and record.kind == head.kind)

    def digest(self) -> str:
        """A SHA-256 of everything in the timeline, in hexadecimal: equal timelines, equal digests.

        Of ciphertext it is the length that counts, for no two runs of TLS have the same octets; its keys do not.
        """
        from popsim.timeline.file import lines

        total = hashlib.sha256()
        for line in lines(self, compared=True):
            total.update(line.encode() + b"\n")
        return total.hexdigest()

    def save(self, path: str | Path) -> Path:
        """Write the timeline to a file, in the format that its name's ending tells, and return its path.

        Args:
            path: ``.jsonl`` keeps everything; ``.pcap`` and ``.pcapng`` keep what crossed the wire.

        Raises:
            TimelineError: the name has another ending.
            OSError: the file can't be written.
        """
        from popsim.timeline.formats import of

        return of(Path(path)).save(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Timeline:
        """Read a timeline from a file, in the format that its name's ending tells.

        Args:
            path: a ``.jsonl`` file that was saved, or a capture of real sessions (``.pcap``, ``.pcapng``).

        Raises:
            TimelineError: the name has another ending, or the file holds no timeline.
            OSError: the file can't be read.
        """
        from popsim.timeline.formats import of

        return of(Path(path)).load(Path(path))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timeline) and self.digest() == other.digest()

    def __hash__(self) -> int:
        return hash(self.digest())

    def __repr__(self) -> str:
        return f"<Timeline of {self._length} events, {self.duration / 1e9:.3f} s>"


def _belongs(event: Event, head: Event) -> bool:
    """Whether an event is part of the step of another: it happened together with it, or changed what is so."""
    if event.layer in ("session", "store"):
        return True
    more = event.layer == "ciphertext" and event.kind == head.kind
    return _together(event, head) and (event.kind == "Sent" or more)


def _together(event: Event, other: Event) -> bool:
    """Whether two events happened at the same end and moment."""
    return (event.time, event.connection, event.endpoint) == (other.time, other.connection, other.endpoint)
