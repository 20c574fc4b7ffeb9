"""IP packets that were sent in fragments, put back together (RFC 791 §3.2, RFC 8200 §4.5)."""

from __future__ import annotations

from popsim.capture.packet import Fragment, Segment, segment
from popsim.capture.stream import Stream

_LONGEST = 65_535


class Fragments:
    """Fragments on their way to a whole packet."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[bytes, bytes, int], tuple[Stream, list[int]]] = {}

    @property
    def open(self) -> int:
        """How many packets were never whole."""
        return len(self._waiting)

    def add(self, one: Fragment, time: int) -> Segment | None:
        """Take a fragment that came at a time in nanoseconds; the TCP segment where it makes a packet whole."""
        if one.start + len(one.octets) > _LONGEST:
            return None
        parts, ends = self._waiting.setdefault(one.packet, (Stream(), []))
        parts.add(one.start, one.octets, (time, 0))
        if one.last:
            ends.append(one.start + len(one.octets))
        if not ends or parts.missing(0, ends[0]):
            return None
        del self._waiting[one.packet]
        payload = b"".join(part.octets for part in parts.readable())[: ends[0]]
        return segment(time, one.packet[:2], payload, len(payload))
