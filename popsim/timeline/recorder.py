"""The recorder: it appends events to columns, and makes no object of any event until somebody asks."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from popsim.protocols.model import Rule, State
from popsim.timeline.event import (
    ENDPOINTS,
    MESSAGE_DELIVERED,
    MESSAGE_SENT,
    MOVED,
    reply_key,
    rule_key,
    state_key,
)

WIDTH = 5
"""Integers of one event in the column: time, code, cause, start, end."""
FRESH = 4096
"""How many events are kept as they came before they are put into the columns: writing a tuple is quicker."""

Row = tuple[int, int, int, int, int, "dict[str, Any] | None"]
KIND_BITS = 5
"""A code holds the connection, one bit for the end, and in its low bits the kind."""


class Stream:
    """The octets that one end has sent, kept by reference to the pieces in which they were sent."""

    __slots__ = ("_pieces", "_ends", "length")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._ends = array("q")  # follows the pieces only when somebody looks
        self.length = 0

    def append(self, piece: bytes) -> None:
        """Add octets at the end; the piece itself is kept, not a copy."""
        self._pieces.append(piece)
        self.length += len(piece)

    def octets(self, start: int = 0, end: int | None = None) -> bytes:
        """The octets from ``start`` to ``end`` (default: all there are)."""
        end = self.length if end is None else min(end, self.length)
        self._find_ends()
        first = bisect_right(self._ends, start)
        found = []
        place = self._ends[first - 1] if first else 0
        while place < end:
            piece = self._pieces[first]
            found.append(piece[max(0, start - place) : end - place])
            place += len(piece)
            first += 1
        return b"".join(found)

    def copy(self) -> Stream:
        """A stream that begins with the same pieces."""
        twin = Stream()
        twin._pieces, twin.length = list(self._pieces), self.length
        return twin

    def _find_ends(self) -> None:
        place = self._ends[-1] if self._ends else 0
        for piece in self._pieces[len(self._ends) :]:
            place += len(piece)
            self._ends.append(place)


def flipped(octets: bytes, start: int, places: Sequence[int]) -> bytes:
    """Octets of a stream with the lowest bit flipped in some places.

    Args:
        octets: the octets.
        start: the place of the first of them.
        places: the places, as places in the stream.
    """
    found = [place - start for place in places if start <= place < start + len(octets)]
    if not found:
        return octets
    changed = bytearray(octets)
    for place in found:
        changed[place] ^= 1
    return bytes(changed)


class Recorder:
    """Appends what happens. ``now`` is the time in nanoseconds that the next events get."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        self.header = dict(header)
        self.now = 0
        self.rows = array("q")
        self.values: list[dict[str, Any] | None] = []
        self.streams: dict[tuple[int, int], Stream] = {}
        self.wires: dict[tuple[int, int], Stream] = {}
        self.changed: dict[tuple[int, int], list[int]] = {}
        """The places in what an end put on the wire whose octets arrived with their lowest bit flipped."""
        self.misread: dict[tuple[int, int], list[int]] = {}
        """The same of what an end said: under TLS there are none, for TLS sees the change."""
        self._clear: dict[tuple[int, int], int] = {}
        self._fresh: list[Row] = []
        self._settled = 0

    def __len__(self) -> int:
        return self._settled + len(self._fresh)

    def stream(self, connection: int, endpoint: int) -> Stream:
        """The stream of one end of one connection, made when it is first asked for."""
        key = (connection, endpoint)
        if key not in self.streams:
            self.streams[key] = Stream()
        return self.streams[key]

    def wire(self, connection: int, endpoint: int) -> Stream:
        """What one end has put on the wire: its stream itself, until :meth:`secure` takes the two apart."""
        return self.wires.get((connection, endpoint)) or self.stream(connection, endpoint)

    def secure(self, connection: int, endpoint: int) -> Stream:
        """From here on what this end says is not what crosses; returns the stream of what crosses.

        It begins with all that has crossed in clear.
        """
        wire = self.wires[connection, endpoint] = self.stream(connection, endpoint).copy()
        self._clear[connection, endpoint] = wire.length
        return wire

    def change(self, connection: int, endpoint: int, place: int) -> None:
        """One octet of what an end put on the wire arrives with its lowest bit flipped."""
        key = (connection, endpoint)
        self.changed.setdefault(key, []).append(place)
        if place < self._clear.get(key, place + 1):
            self.misread.setdefault(key, []).append(place)

    def arrived(self, connection: int, endpoint: int, start: int, end: int) -> bytes:
        """Octets of what an end put on the wire, as they arrive at the other end."""
        octets = self.wire(connection, endpoint).octets(start, end)
        changed = self.changed.get((connection, endpoint))
        return flipped(octets, start, changed) if changed else octets

    def add(
        self,
        kind: int,
        connection: int,
        endpoint: int,
        *,
        cause: int = -1,
        start: int = 0,
        end: int = 0,
        values: dict[str, Any] | None = None,
    ) -> int:
        """Append one event of now and return its index."""
        code = ((connection << 1 | endpoint) << KIND_BITS) | kind
        return self.write((self.now, code, cause, start, end, values))

    def write(self, row: Row) -> int:
        """Append one event as it stands in the columns, and return its index."""
        fresh = self._fresh
        fresh.append(row)
        if len(fresh) == FRESH:
            self.settle()
            return self._settled - 1
        return self._settled + len(fresh) - 1

    def settle(self) -> None:
        """Put the fresh events into the columns: whoever reads the columns asks for this first."""
        fresh, self._fresh = self._fresh, []
        for time, code, cause, start, end, values in fresh:
            self.rows.extend((time, code, cause, start, end))
            self.values.append(values)
        self._settled += len(fresh)


class Observer:
    """Writes down what one engine does: it is handed to the engine, which calls it and knows no more of it.

    Args:
        recorder: where to write.
        connection: the engine's connection.
        endpoint: the engine's end, CLIENT or SERVER.
    """

    def __init__(self, recorder: Recorder, connection: int, endpoint: int) -> None:
        self.recorder = recorder
        self.connection, self.endpoint = connection, endpoint
        end = ENDPOINTS[endpoint]
        self._rule_key, self._reply_key = rule_key(connection, end), reply_key(connection, end)
        self._state_key = state_key(connection, end)
        self._code = (connection << 1 | endpoint) << KIND_BITS
        self._delivered, self._sent = self._code | MESSAGE_DELIVERED, self._code | MESSAGE_SENT
        self._said: dict[Rule, dict[str, Any]] = {}
        self.cause = -1
        self.peer: Observer | None = None
        """The observer of the other end, where both ends are recorded: it learns what is on its way."""
        self._coming: deque[tuple[int, int]] = deque()

    def delivered(self, start: int, end: int, values: dict[str, Any] | None = None) -> None:
        """A whole message of the other end has been read; what follows has it as its cause.

        Its own cause is the message that brought its last octet: one that was read before the next one was there, or
        only its beginning, where an end says in one breath what the other takes for several things.
        """
        last, cause, coming = 0, -1, self._coming
        while coming and coming[0][0] <= end:
            last, cause = coming.popleft()
        if last < end and coming:
            cause = coming[0][1]
        recorder = self.recorder
        self.cause = recorder.write((recorder.now, self._delivered, cause, start, end, values))

    def sent(self, start: int, end: int, rule: Rule | None = None) -> None:
        """A whole message of this end is leaving; a server names the rule that it follows."""
        values = self._said.get(rule) or self._say(rule) if rule else None
        recorder = self.recorder
        index = recorder.write((recorder.now, self._sent, self.cause, start, end, values))
        if self.peer:
            self.peer._coming.append((end, index))

    def carrier(self, octet: int) -> int:
        """The message of this end that an octet belongs to: its index while the other end has not read it, or -1."""
        coming = self.peer._coming if self.peer else ()
        return next((index for end, index in coming if octet < end), -1)

    def unread(self, start: int, end: int) -> list[tuple[int, int]]:
        """The messages of this end that the other has not read, in a range: for each, its end and its event."""
        coming = self.peer._coming if self.peer else ()
        return [(last, index) for last, index in coming if start < last <= end]

    def answered(self, start: int, end: int, reply: str) -> None:
        """A client has read a whole reply, whose status is ``reply``."""
        self.delivered(start, end, {self._reply_key: reply})

    def moved(self, to: State, rule: Rule | None) -> None:
        """The state of this end has changed, by the rule where one is known."""
        values: dict[str, Any] = {self._state_key: to.name}
        if rule:
            values[self._rule_key] = rule.id
        recorder = self.recorder
        recorder.write((recorder.now, self._code | MOVED, self.cause, 0, 0, values))

    def changed(self, kind: int, values: dict[str, Any]) -> None:
        """The mail store has changed; the kind is one of the store's."""
        recorder = self.recorder
        recorder.write((recorder.now, self._code | kind, self.cause, 0, 0, values))

    def _say(self, rule: Rule) -> dict[str, Any]:
        values = {self._rule_key: rule.id, self._reply_key: rule.reply.mark if rule.reply else ""}
        self._said[rule] = values
        return values
