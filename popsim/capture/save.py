"""A timeline as a capture: what passed one of its ends, segment by segment.

A capture is taken at one place. Of a simulation it is the client's: what the client sent, when it left, dropped or not,
and what reached it. What a server or a proxy recorded is seen where it stood.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from popsim.capture.ports import served
from popsim.capture.stream import Progress
from popsim.capture.write_file import Pcap
from popsim.capture.write_packet import FLAGS, address
from popsim.capture.writer import SERVER_HOST, PcapngWriter, SegmentWriter
from popsim.protocols import SPEAKS
from popsim.timeline.event import CLIENT, ENDPOINTS, SERVER, Event, segment_key
from popsim.timeline.timeline import Timeline

_HANDSHAKE = b"\x16"
"""The first octet of a TLS connection, RFC 8446 §5.1."""


def save(timeline: Timeline, path: Path) -> Path:
    """Write what crossed the wire in a timeline; see :meth:`Timeline.save`.

    Args:
        timeline: what is to be written. Its header may have ``epoch``, the time 0 in nanoseconds since 1970 (0 where
            the time was virtual), ``addresses``, a pair for each connection, and ``secrets``, which become a
            decryption secrets block; pcap has no place for it.
        path: ``.pcap`` makes a pcap file, any other ending a pcapng file.
    """
    file = BytesIO()
    at = _place(timeline)
    epoch = timeline.header.get("epoch", 0)
    if path.suffix.lower() == ".pcap":
        writer = SegmentWriter(Pcap(file), at=at, epoch=epoch)
    else:
        comments = [str(timeline.header.get(name) or "") for name in ("title", "scenario")]
        writer = PcapngWriter(file, comments, at=at, epoch=epoch)
    writer.secrets(timeline.header.get("secrets", ()))
    for connection in timeline.connections:
        writer.connect(connection, *_addresses(timeline, connection))
    for one in _Passing(timeline, at).passages:
        _write(writer, one)
    writer.finish()
    path.write_bytes(file.getvalue())
    return path


def _place(timeline: Timeline) -> int:
    """The end where the segments are seen: the client's, unless only the server's was recorded."""
    ends = {event.endpoint for event in timeline.events("segment")}
    return SERVER if ends == {ENDPOINTS[SERVER]} else CLIENT


def _addresses(timeline: Timeline, connection: int) -> tuple[tuple[str, int] | None, tuple[str, int]]:
    """The addresses of a connection's client and server; those of the client may be anything where nobody knows."""
    known = timeline.header.get("addresses", [])
    try:
        client, server = map(_address, known[connection])
        return client, server
    except (LookupError, TypeError, ValueError, AttributeError):
        pass  # nobody knows them
    first = timeline.wire(connection, ENDPOINTS[CLIENT])[:1]
    secured = timeline.is_secured(connection) and first == _HANDSHAKE
    named = timeline.header.get(SPEAKS, {}).get(str(connection), timeline.header)
    return None, (SERVER_HOST, served(str(named.get("protocol", "")), secured))


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    place = host.strip("[]"), int(port)
    address(*place)
    return place


def _write(writer: SegmentWriter, one: _Passage) -> None:
    if one.octets and not one.what:
        writer.said(one.time, one.connection, one.sender, one.octets)
    elif one.what in FLAGS:
        writer.segment(one.time, one.connection, one.sender, one.what, one.start, one.octets, one.acknowledged)
    elif one.what in _STREAM:
        _STREAM[one.what](writer, one.time, one.connection)


_STREAM = {"Opened": SegmentWriter.opened, "Closed": SegmentWriter.closed, "Lost": SegmentWriter.lost}
"""What becomes of a connection where its segments were not recorded: those of a handshake, or a reset."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """A segment that passes; see :meth:`SegmentWriter.segment`.

    Args:
        time: when, in nanoseconds.
        what: its kind; empty where somebody recorded octets and not segments.
        acknowledged: how much its sender had received when it left; None where nobody recorded that.
    """

    time: int
    connection: int
    sender: int
    what: str
    start: int = 0
    octets: bytes = b""
    acknowledged: int | None = None


class _Passing:
    """What of a timeline passes one end, in the order of time."""

    def __init__(self, timeline: Timeline, at: int) -> None:
        self._timeline, self._at = timeline, at
        self._sent: dict[int, _Passage] = {}
        self._received: defaultdict[tuple[int, int], Progress] = defaultdict(Progress)
        self._put: defaultdict[tuple[int, int], int] = defaultdict(int)  # octets that an end has put on the wire
        self._finished: dict[tuple[int, int], int] = {}  # where the FIN stands that an end has received
        self._whole = {event.connection for event in timeline if self._what(event)}
        """The connections of which segments were recorded, not octets."""
        self.passages: list[_Passage] = []
        for event in timeline:
            end = ENDPOINTS.index(event.endpoint)
            if event.layer == "segment":
                self._segment(event, end)
            elif event.layer == "stream" and end == at and event.connection not in self._whole:
                self.passages.append(_Passage(event.time, event.connection, end, event.kind))
        self.passages.sort(key=lambda one: one.time)

    def _what(self, event: Event) -> str:
        """The kind of a segment that leaves; empty where it was not recorded."""
        return str((event.values or {}).get(segment_key(event.connection, event.endpoint), ""))

    def _segment(self, event: Event, end: int) -> None:
        if event.kind == "Sent":
            one = self._sent[event.index] = self._left(event, end)
            if end == self._at:
                self.passages.append(one)
        elif event.kind == "Delivered":
            left = self._sent.get(event.cause) or self._left(event, 1 - end)
            self._arrived(left, event, end)
            if end == self._at:
                # What a fault has changed on the way is seen as it arrives.
                self.passages.append(replace(left, time=event.time, octets=self._timeline.octets(event)))

    def _left(self, event: Event, sender: int) -> _Passage:
        place = event.connection, sender
        received = self._in_order(*place) if event.connection in self._whole else None
        what = self._what(event) if event.kind == "Sent" else ""
        octets = self._timeline.octets(event)
        self._put[place] = max(self._put[place], event.end)
        start = event.start if octets else self._put[place]
        return _Passage(event.time, event.connection, sender, what, start, octets, received)

    def _arrived(self, one: _Passage, event: Event, end: int) -> None:
        place = one.connection, end
        self._received[place].add(one.start, one.start + len(one.octets))
        if one.what != "FIN":
            return
        self._finished[place] = one.start + len(one.octets)
        if end != self._at and event.connection in self._whole and self._has_finished(one.connection, self._at):
            # The last acknowledgement, which no timeline has, takes as long as the FIN that it answers.
            back = 2 * event.time - one.time
            put, received = self._put[place], self._in_order(*place)
            self.passages.append(_Passage(back, one.connection, end, "ACK", put, acknowledged=received))

    def _in_order(self, connection: int, end: int) -> int:
        """How much one end has received in order, a FIN counting as one."""
        return self._received[connection, end].reached + self._has_finished(connection, end)

    def _has_finished(self, connection: int, end: int) -> bool:
        """Whether one end has received a FIN and all before it."""
        return self._finished.get((connection, end)) == self._received[connection, end].reached
