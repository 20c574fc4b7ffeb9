"""One direction of a TCP connection put back together: each octet once, in order, whatever came twice or never."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from heapq import heappop, heappush

_WHOLE = 1 << 32
"""Sequence numbers count octets and begin again at 0 after so many (RFC 9293 §3.4)."""


def unwrapped(number: int, near: int) -> int:
    """The place in a stream that a sequence number means: of all that it can mean, the one closest to another place."""
    return near + (number - near + _WHOLE // 2) % _WHOLE - _WHOLE // 2


@dataclass(frozen=True, slots=True)
class Part:
    """Octets that were seen first at some moment.

    Args:
        start: the place of the first one.
        octets: what they are.
        moment: when; whatever can be ordered.
    """

    start: int
    octets: bytes
    moment: tuple[int, int]

    @property
    def end(self) -> int:
        """The place after the last one."""
        return self.start + len(self.octets)


class Stream:
    """The octets of one direction, gathered in any order: of two versions of an octet, the first that came counts."""

    def __init__(self) -> None:
        self._parts: list[Part] = []  # disjoint, in order
        self._starts: list[int] = []

    def add(self, start: int, octets: bytes, moment: tuple[int, int]) -> int:
        """Take octets that were seen, and return how many of them are new."""
        fresh = [Part(a, octets[a - start : b - start], moment) for a, b in self.missing(start, start + len(octets))]
        for part in fresh:
            place = bisect_left(self._starts, part.start)
            self._parts.insert(place, part)
            self._starts.insert(place, part.start)
        return sum(len(part.octets) for part in fresh)

    def missing(self, start: int, end: int) -> list[tuple[int, int]]:
        """What was not seen of the octets from ``start`` to ``end``, as ranges."""
        found = []
        place = start
        last = bisect_left(self._starts, end)
        for part in self._parts[max(bisect_right(self._starts, start) - 1, 0) : last]:
            if part.start > place:
                found.append((place, part.start))
            place = max(place, part.end)
        if place < end:
            found.append((place, end))
        return found

    @property
    def end(self) -> int:
        """The place after the last octet that was seen; 0 where none was."""
        return self._parts[-1].end if self._parts else 0

    def readable(self) -> list[Part]:
        """The parts in the stream's order, each with the moment from which on it could be read in order.

        A part behind a gap waits for what filled the gap; where nothing ever did, it does not wait for that.
        """
        found = []
        latest = (-_WHOLE, 0)
        for part in self._parts:
            latest = max(latest, part.moment)
            found.append(Part(part.start, part.octets, latest))
        return found


class Progress:
    """How far a stream has come without a gap, whatever of it comes out of order."""

    def __init__(self) -> None:
        self.reached = 0
        """How many octets there are before the first one that is missing."""
        self._waiting: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """The octets from ``start`` to ``end`` are there."""
        heappush(self._waiting, (start, end))
        while self._waiting and self._waiting[0][0] <= self.reached:
            self.reached = max(self.reached, heappop(self._waiting)[1])
