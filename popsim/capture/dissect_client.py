"""The client's lines, as they become whole: each a message that waits for its answer."""

from __future__ import annotations

from popsim.capture.dissect_places import Follower
from popsim.capture.dissect_said import Message, Oddity
from popsim.capture.dissect_stream import Side
from popsim.capture.dissect_tls import looks_secured
from popsim.timeline.event import CLIENT


class Lines:
    """Cuts what a client said into lines.

    Args:
        side: what it said.
        follower: the table.
        last: up to which place in its stream it is known to have said something.
    """

    def __init__(self, side: Side, follower: Follower, last: int) -> None:
        self._side, self._follower = side, follower
        self._more = side.stops_before(last)
        self.place = 0
        """Where the next line begins."""

    def before(self, piece: int) -> list[Message]:
        """The lines that were whole before a piece passed; what was said and not seen stands among them."""
        found: list[Message] = []
        while self.is_next_before(piece):
            found += self._take(self._side.line_end(self.place), True)
        return found

    def is_next_before(self, piece: int) -> bool:
        """Whether one more line was whole before a piece passed."""
        end = self._side.line_end(self.place) if self.place < self._side.end else -1
        return 0 < end and self._side.piece(end - 1) < piece

    @property
    def is_gap_next(self) -> bool:
        """Whether the client's next words were not seen."""
        return self.place in self._side.gaps if self.place < self._side.end else self._more

    def rest(self) -> list[Message]:
        """What is left of a last line."""
        return self._take(self._side.end, False) if self.place < self._side.end else []

    def unseen(self, piece: int) -> Message | None:
        """What the client said after all that was seen, if it did."""
        if self.place < self._side.end or not self._more:
            return None
        return Message.unknown(piece)

    def clear_until(self, piece: int) -> list[Message]:
        """What it said in clear after it had asked for TLS and before a piece that says yes: nobody reads it."""
        side, found = self._side, []
        limit = side.after(piece)
        while self.place < limit and not looks_secured(side.octets[self.place : self.place + 8], b""):
            end = side.line_end(self.place)
            found += self._take(end if 0 < end <= limit else limit, 0 < end <= limit)
        for one in found:
            one.odd.add(Oddity.BEFORE_HANDSHAKE)
        return [one for one in found if one.is_said]

    def _take(self, end: int, whole: bool) -> list[Message]:
        side, start = self._side, self.place
        self.place = end
        missing = side.missing(start + 1, end)
        one = side.message(start, end, whole, missing)
        if whole and not missing:
            one.request = self._follower.request(one.octets)
        assert one.endpoint == CLIENT
        return [Message.unknown(one.first), one] if start in side.gaps else [one]
