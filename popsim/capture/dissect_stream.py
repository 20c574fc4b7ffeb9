"""One end's octets as the dissector reads them: in order, each with the piece that brought it, and with its gaps."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from popsim.capture.conversation import Conversation
from popsim.capture.dissect_said import Message
from popsim.engine.framing import CRLF, END

_ANY_END = re.compile(rb"(?<![^\n])\.\r?\n")  # a lone dot after any kind of line end


class Side:
    """What one end of a conversation said.

    Octets that were never seen take no place here, so that nothing has to be invented; where they are missing
    stands in ``gaps``.

    Args:
        conversation: where to read.
        endpoint: whose octets.
    """

    def __init__(self, conversation: Conversation, endpoint: int) -> None:
        self.endpoint = endpoint
        self.gaps: dict[int, int] = {}
        """How many octets are missing before an octet, by its place."""
        self._begins: list[int] = []  # of each piece, where it begins here
        self._starts: list[int] = []  # and in the stream itself
        self._numbers: list[int] = []  # and which piece of the conversation it is
        found: list[bytes] = []
        place = expected = 0
        for number, piece in enumerate(conversation.pieces):
            if piece.endpoint != endpoint or not piece.octets:
                continue
            if piece.start > expected:
                self.gaps[place] = piece.start - expected
            self._begins.append(place)
            self._starts.append(piece.start)
            self._numbers.append(number)
            found.append(piece.octets)
            place += len(piece.octets)
            expected = piece.start + len(piece.octets)
        self.octets = b"".join(found)
        self._breaks = sorted(self.gaps)
        self._dot = (0, -2, -2)

    @property
    def end(self) -> int:
        """The place after the last octet."""
        return len(self.octets)

    def stops_before(self, end: int) -> bool:
        """Whether octets were sent, up to a place in the stream, that come after all that were seen."""
        last = self._starts[-1] + self.end - self._begins[-1] if self._starts else 0
        return last < end

    def piece(self, place: int) -> int:
        """The number of the conversation's piece that brought the octet at a place."""
        return self._numbers[bisect_right(self._begins, place) - 1]

    def place(self, start: int) -> int:
        """Where an octet of the stream stands here, or the next one that was seen."""
        at = bisect_right(self._starts, start) - 1
        if at < 0:
            return 0
        end = self._begins[at + 1] if at + 1 < len(self._begins) else self.end
        return min(self._begins[at] + start - self._starts[at], end)

    def ahead(self, place: int, count: int) -> int:
        """The place so many octets of the stream behind a place, those that were never seen counted too; or -1.

        Args:
            place: where to count from, right behind an octet that was seen.
            count: how many octets of the stream.
        """
        at = bisect_right(self._begins, place - 1) - 1
        begin = self._starts[at] + place - self._begins[at] if at >= 0 else 0
        last = self._starts[-1] + self.end - self._begins[-1] if self._starts else 0
        return self.place(begin + count) if begin + count <= last else -1

    def filled(self, start: int, end: int, count: int) -> bytes:
        """The octets from ``start`` up to ``end``, question marks in place of those that are missing.

        Args:
            start, end: places.
            count: how many octets of the stream they stand for; the gaps are as long as that makes them.
        """
        missing = count - (end - start)
        cut = self.cut(start - 1, end + 1)
        at = cut if cut >= 0 else end
        return self.octets[start:at] + b"?" * max(missing, 0) + self.octets[at:end]

    def after(self, number: int) -> int:
        """The place of the first octet that came after a piece of the conversation."""
        at = bisect_right(self._numbers, number)
        return self._begins[at] if at < len(self._begins) else self.end

    def next_start(self, place: int) -> int:
        """The first place from ``place`` on where a piece begins, or the end."""
        at = bisect_left(self._begins, place)
        return self._begins[at] if at < len(self._begins) else self.end

    def cut(self, start: int, end: int) -> int:
        """The first place behind ``start`` and before ``end`` before which octets are missing, or -1."""
        at = bisect_right(self._breaks, start)
        return self._breaks[at] if at < len(self._breaks) and self._breaks[at] < end else -1

    def last_cut(self, start: int, end: int) -> int:
        """The last place behind ``start`` and before ``end`` before which octets are missing, or -1."""
        at = bisect_left(self._breaks, end) - 1
        return self._breaks[at] if at >= 0 and self._breaks[at] > start else -1

    def missing(self, start: int, end: int) -> int:
        """How many octets are missing before the octets from ``start`` up to, not including, ``end``."""
        first, last = bisect_left(self._breaks, start), bisect_left(self._breaks, end)
        return sum(self.gaps[place] for place in self._breaks[first:last])

    def message(self, start: int, end: int, whole: bool = True, missing: int = 0) -> Message:
        """The message of the octets from ``start`` up to, not including, ``end``."""
        octets = self.octets[start:end]
        return Message(self.endpoint, start, end, octets, self.piece(start), self.piece(end - 1), whole, missing)

    def line_end(self, start: int) -> int:
        """The place after the line that begins at ``start``, or -1 where its end was not seen."""
        return self.octets.find(b"\n", start) + 1 or -1

    def lines_end(self, start: int) -> int:
        """The place after the lone dot that ends the lines from ``start`` on, or -1.

        A dot between CR LF ends them (RFC 1939 §3); only where there is none, one between other line ends does.
        """
        if self.octets.startswith(END, start):
            return start + len(END)
        searched, found, end = self._dot
        if not (searched <= start and (found >= start or found == -1)):  # else the same dot, or none, as before
            found, end = self._find_dot(start)
            self._dot = (start, found, end)
        return end

    def text_end(self, start: int) -> int:
        """The place after the lone dot between CR LF that ends a text from ``start`` on (RFC 5321 §4.1.1.4), or -1."""
        if self.octets.startswith(END, start):
            return start + len(END)
        at = self.octets.find(CRLF + END, start)
        return at + len(CRLF + END) if at >= 0 else -1

    def _find_dot(self, start: int) -> tuple[int, int]:
        """Where the next lone dot stands and where its line ends; -1 twice where there is none."""
        at = self.octets.find(CRLF + END, start)
        if at >= 0:
            return at + len(CRLF), at + len(CRLF + END)
        match = _ANY_END.search(self.octets, start)
        return (match.start(), match.end()) if match else (-1, -1)
