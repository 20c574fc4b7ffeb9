"""Where the server's messages end: framing by the table where it tells, by what can be seen where it does not."""

from __future__ import annotations

from collections.abc import Callable

from popsim.capture.dissect_places import Follower
from popsim.capture.dissect_stream import Side
from popsim.protocols.model import Reply

_DOTS = (b".\r\n", b".\n")
_SHORT = 16
"""How many octets are looked at for a status."""


class Frame:
    """Finds the ends of messages in what a server said.

    Args:
        side: what it said.
        follower: the table.
        wary: see :class:`popsim.capture.dissect_session.Pass`.
        asked: whether the client has asked for something else, too, by the time a piece passes.
    """

    def __init__(self, side: Side, follower: Follower, wary: bool, asked: Callable[[int], bool]) -> None:
        self._side, self._follower, self._wary, self._asked = side, follower, wary, asked

    def status(self, place: int) -> tuple[Reply | None, bool]:
        """The status that stands at a place, and whether it is written as it must be."""
        return self._follower.status(self._side.octets[place : place + _SHORT])

    def is_status(self, place: int) -> bool:
        """Whether a status stands at a place."""
        return self.status(place)[0] is not None

    def goes_on(self, place: int) -> bool:
        """Whether what follows a line belongs to it: the client has said nothing in between, and no status opens it."""
        side = self._side
        if place >= side.end or place in side.gaps or self.is_status(place):
            return False
        return side.piece(place) == side.piece(place - 1) or not self._asked(side.piece(place))

    def lines_end(self, start: int) -> tuple[int, bool, bool]:
        """Where the lines from a place on end, whether their end was seen, and whether the server forgot it."""
        side = self._side
        end = side.lines_end(start)
        whole = end > 0
        end = end if whole else side.end
        cut = side.cut(start - 1, end)
        if self._wary or cut >= 0 or not whole:
            place = side.next_start(start if cut < 0 else cut)
            while place < end:
                if self._is_fresh(place):
                    return place, False, cut < 0
                place = side.next_start(place + 1)
        return end, whole, False

    def fits(self, start: int, count: int) -> bool:
        """Whether so many octets from a place on end where an answer begins, or nothing more was seen."""
        end = self._side.ahead(start + 1, count - 1) if count > 0 else -1
        return end > 0 and (end >= self._side.end or self.is_status(end))

    def octets_end(self, start: int, count: int, asked: int) -> tuple[int, bool, bool]:
        """Where counted octets end, whether their end was seen, and whether they are fewer than was announced.

        Args:
            start: where they begin.
            count: how many were announced; -1: nobody has seen that.
            asked: the piece that brought the client's next words, or -1.
        """
        side = self._side
        early = side.after(asked) if asked >= side.piece(start) else side.end
        if count <= 0:
            return early, True, False
        end = side.ahead(start + 1, count - 1)
        if start < early < (end if end > 0 else side.end + 1) and self.is_status(early):
            return early, True, True  # the client has read on, and what comes next is an answer to that
        return (end, True, False) if end > 0 else (side.end, False, False)

    def stray_end(self, start: int) -> tuple[int, bool]:
        """Where lines end that belong to nothing: with a lone dot, or before the next status."""
        place, whole = start, True
        while place < self._side.end:
            line, place, whole = self._line(place)
            at_end = place >= self._side.end or place in self._side.gaps
            if line in _DOTS or at_end or self.is_status(place) or self._asked(self._side.piece(place)):
                break
        return place, whole

    def rest_end(self, start: int) -> int:
        """Where the rest of a message ends whose beginning was not seen."""
        place = start
        while place < self._side.end:
            line, place, _ = self._line(place)
            if line in _DOTS or place in self._side.gaps or (place < self._side.end and self._is_fresh(place)):
                break
        return place

    def _line(self, place: int) -> tuple[bytes, int, bool]:
        """The line at a place, where it ends, and whether its end was seen."""
        end = self._side.line_end(place)
        after = end if end > 0 else self._side.end
        return self._side.octets[place : min(after, place + _SHORT)], after, end > 0

    def _is_fresh(self, place: int) -> bool:
        """Whether another answer begins at a place: a status after a whole line, and the client asked in between."""
        if self._side.octets[place - 1 : place] != b"\n" and place not in self._side.gaps:
            return False
        return self.is_status(place) and self._asked(self._side.piece(place))
