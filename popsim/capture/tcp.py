"""Conversations out of segments: which belong together, who is the client, what each end said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from popsim.capture.conversation import Conversation, Piece, Seen
from popsim.capture.packet import ACK, FIN, RST, SYN, Address, Segment, written
from popsim.capture.ports import MAIL_PORTS
from popsim.capture.stream import Stream, unwrapped
from popsim.timeline.event import CLIENT, SERVER


@dataclass(slots=True)
class _Connection:
    """The segments of one connection, before anybody knows where its streams begin."""

    segments: list[Segment] = field(default_factory=list)
    asked: Segment | None = None  # the SYN
    agreed: Segment | None = None  # the SYN ACK

    def add(self, one: Segment) -> None:
        self.segments.append(one)
        if one.flags & SYN and one.flags & ACK:
            self.agreed = self.agreed or one
        elif one.flags & SYN:
            self.asked = self.asked or one

    def is_other(self, one: Segment) -> bool:
        """Whether this segment opens another connection between the same ports."""
        if not one.flags & SYN:
            return False
        if one.flags & ACK:
            known = self.agreed
            other = self.asked is not None and one.acknowledged != (self.asked.sequence + 1) % 2**32
            return (known is not None and known.sequence != one.sequence) or other
        if self.asked is not None:
            return self.asked.sequence != one.sequence or self.asked.source != one.source
        # Only the opening of this connection can come after a part of it, out of order.
        return self.agreed is None or self.agreed.acknowledged != (one.sequence + 1) % 2**32


def conversations(segments: Iterable[Segment]) -> list[Conversation]:
    """The conversations that segments make up, in the order in which they began.

    Args:
        segments: in the order of time.
    """
    latest: dict[tuple[Address, Address], _Connection] = {}
    found: list[_Connection] = []
    for one in segments:
        key = (min(one.source, one.target), max(one.source, one.target))
        connection = latest.get(key)
        if connection is None or connection.is_other(one):
            connection = latest[key] = _Connection()
            found.append(connection)
        connection.add(one)
    return [_Assembly(connection).conversation() for connection in found]


def _client(connection: _Connection) -> Address:
    """Who opened a connection; without its opening, whoever does not speak from the port of a service."""
    if connection.asked:
        return connection.asked.source
    if connection.agreed:
        return connection.agreed.target
    first = connection.segments[0]
    ends = (first.source, first.target)
    mail = [end for end in ends if end[1] in MAIL_PORTS]
    if len(mail) == 1:
        return ends[1] if mail[0] == ends[0] else ends[0]
    return max(ends, key=lambda end: end[1])


class _Assembly:
    """Both streams of one connection."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._client = _client(connection)
        self._streams = Stream(), Stream()
        spoke = {self._end(one) for one in connection.segments}
        self._spoke = CLIENT in spoke, SERVER in spoke
        self._bases = self._base(CLIENT), self._base(SERVER)
        self._nearest = [base or 0 for base in self._bases]
        self._reached = [0, 0]  # how far the other end has acknowledged, or a FIN stands
        self._closed: list[int | None] = [None, None]
        self._opened = [False, False]
        self._reset = False
        self._seen: list[Seen] = []

    def conversation(self) -> Conversation:
        """What was said and what passed."""
        for index, one in enumerate(self._connection.segments):
            self._take(index, one)
        first = self._connection.segments[0]
        other = first.target if first.source == self._client else first.source
        return Conversation(
            written(self._client),
            written(other),
            other[1],
            self._pieces(),
            self._seen,
            self._gaps(),
            begun=bool(self._connection.asked or self._connection.agreed),
            ending=self._ending(),
        )

    def _end(self, one: Segment) -> int:
        return CLIENT if one.source == self._client else SERVER

    def _base(self, end: int) -> int | None:
        """The sequence number of an end's first octet; None where nothing tells."""
        asked, agreed = self._connection.asked, self._connection.agreed
        if end == CLIENT and asked:
            return asked.sequence + 1
        if end == SERVER and agreed:
            return agreed.sequence + 1
        if end == CLIENT and agreed:
            return agreed.acknowledged
        return self._first(end)

    def _first(self, end: int) -> int | None:
        """Where a stream begins whose opening was not seen: with its first octet that was sent or acknowledged."""
        segments = self._connection.segments
        own = [one for one in segments if self._end(one) == end]
        told = [one.acknowledged for one in segments if self._end(one) != end and one.flags & ACK]
        # A reset may have any number; where there is nothing else, the other end's acknowledgements tell.
        own = [one for one in own if not one.flags & RST] or ([] if told else own)
        if not own:
            return told[0] if told else None
        near = first = own[0].sequence
        # A keep-alive has the number before the next octet, and none of its own (RFC 9293 §3.8.4).
        starts = {unwrapped(one.sequence, near): one.length for one in reversed(own)}
        if first in starts and not own[0].length and first + 1 in starts:
            del starts[first]
        return min(starts)

    def _take(self, index: int, one: Segment) -> None:
        end = self._end(one)
        if one.flags & ACK:
            self._acknowledge(1 - end, one.acknowledged)
        start = self._place(end, one)
        what, new = self._kind(end, one, start)
        if one.data:
            cut = max(0, -start)
            new = self._streams[end].add(start + cut, one.data[cut:], (one.time, index)) > 0 or new
        stop = start + one.length
        if what != "RST":
            self._reached[end] = max(self._reached[end], stop)
        self._seen.append(Seen(one.time, end, what, max(start, 0), max(stop, 0), again=not new))

    def _kind(self, end: int, one: Segment, start: int) -> tuple[str, bool]:
        """What a segment is, and whether that alone makes it new."""
        if one.flags & RST:
            self._reset = True
            return "RST", True
        if one.flags & SYN:
            new, self._opened[end] = not self._opened[end], True
            return ("SYN ACK" if one.flags & ACK else "SYN"), new
        if one.flags & FIN:
            place = start + one.length
            new, self._closed[end] = self._closed[end] is None, place
            return "FIN", new
        return ("data", False) if one.length else ("ACK", True)

    def _place(self, end: int, one: Segment) -> int:
        """Where a segment's octets begin in its end's stream."""
        base = self._bases[end]
        assert base is not None, "a stream with a segment has a beginning"
        number = one.sequence + bool(one.flags & SYN)
        place = unwrapped(number, self._nearest[end])
        if one.length or one.flags & (SYN | FIN):
            self._nearest[end] = max(self._nearest[end], place)
        return place - base

    def _acknowledge(self, end: int, number: int) -> None:
        """The other end has received all octets of this one before a sequence number."""
        base = self._bases[end]
        if base is None:
            return
        place = unwrapped(number, self._nearest[end])
        if not self._spoke[end]:  # else its own numbers are the better witness
            self._nearest[end] = max(self._nearest[end], place)
        self._reached[end] = max(self._reached[end], place - base)

    def _pieces(self) -> list[Piece]:
        parts = [(part, end) for end in (CLIENT, SERVER) for part in self._streams[end].readable()]
        parts.sort(key=lambda pair: pair[0].moment)
        return [Piece(part.moment[0], end, part.start, part.octets) for part, end in parts]

    def _gaps(self) -> list[tuple[int, int, int]]:
        found = []
        for end, closed in enumerate(self._closed):
            # A FIN takes a sequence number and is no octet (RFC 9293 §3.4).
            reached = self._reached[end] if closed is None else min(self._reached[end], closed)
            found += [(end, start, stop) for start, stop in self._streams[end].missing(0, reached)]
        return found

    def _ending(self) -> str:
        if all(closed is not None for closed, spoke in zip(self._closed, self._spoke, strict=True) if spoke):
            return "closed"
        return "reset" if self._reset else ""
