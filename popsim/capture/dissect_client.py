"""What a client says, as it becomes whole: lines, literals and texts, each a message that waits for its answer."""

from __future__ import annotations

from popsim.capture.dissect_places import Follower
from popsim.capture.dissect_said import Message, Oddity
from popsim.capture.dissect_stream import Side
from popsim.capture.dissect_tls import looks_secured
from popsim.engine.framing import Literal
from popsim.engine.plan import announcement
from popsim.protocols.model import Form, Occurrence, Reader
from popsim.protocols.request import Request
from popsim.timeline.event import CLIENT


class Lines:
    """Cuts what a client said into messages: lines, unless the server reads something else.

    Args:
        side: what it said.
        follower: the table.
        last: up to which place in its stream it is known to have said something.
    """

    def __init__(self, side: Side, follower: Follower, last: int) -> None:
        self._side, self._follower = side, follower
        self._more = side.stops_before(last)
        self._part: Reader | None = None
        self._begun: Message | None = None
        self._is_early = False
        self._found: tuple[tuple[int, Reader | None], int] = ((-1, None), -1)
        self.place = 0
        """Where the next message begins."""
        self.is_exchange = False
        """Whether the line that comes next is no command, whatever it looks like."""

    def expect(self, part: Reader | None, begun: Message | None = None, place: int = -1) -> None:
        """Say how the next message is framed.

        Args:
            part: what the server reads; None: a line.
            begun: the command that a literal belongs to.
            place: where the message begins, if it was cut into lines already; -1: it was not.
        """
        self._part = None if part is Reader.LINE else part
        self._begun = begun
        self._is_early = place >= 0
        self.place = place if place >= 0 else self.place

    def begins_inside(self) -> bool:
        """Whether what was seen first looks like the midst of a text up to a lone dot, and not like a command."""
        side = self._side
        end = side.line_end(self.place)
        if end < 0 or side.text_end(self.place) < 0:
            return False
        request = self._follower.request(side.octets[self.place : end])
        return not isinstance(request.trigger, Form) and not self._follower.protocol.grammar.forms(request.keyword)

    def before(self, piece: int) -> list[Message]:
        """What was whole before a piece passed; what was said and not seen stands among it."""
        found: list[Message] = []
        while self.is_next_before(piece):
            found += self._take(self._next_end(), True)
        limit = self._side.after(piece - 1)
        if self._part is Reader.LITERAL and self._size() < 0 and self.place < limit:
            found += self._take(limit, True)
        return found

    def is_next_before(self, piece: int) -> bool:
        """Whether one more message was whole before a piece passed."""
        end = self._next_end() if self.place < self._side.end else -1
        return 0 < end and self._side.piece(end - 1) < piece

    def next_piece(self) -> int:
        """The piece with which the next message is whole, or -1."""
        end = self._next_end() if self.place < self._side.end else -1
        return self._side.piece(end - 1) if end > 0 else -1

    def _next_end(self) -> int:
        """The place behind the next message, or -1 where its end was not seen; it is looked for once."""
        key = self.place, self._part
        if self._found[0] != key:
            self._found = key, self._find_end()
        return self._found[1]

    def _find_end(self) -> int:
        side = self._side
        if self._part is Reader.DOT_ENDED:
            return side.text_end(self.place)
        if self._part is Reader.LITERAL:
            size = self._size()
            after = side.ahead(self.place, size) if size >= 0 else -1
            return side.line_end(after) if after >= 0 else -1
        return side.line_end(self.place)

    def _size(self) -> int:
        """How many octets the literal has that comes next; -1 where its announcement was not seen."""
        request = self._begun.request if self._begun else None
        return announcement(request).size if request and request.trigger is Occurrence.LITERAL else -1

    @property
    def is_gap_next(self) -> bool:
        """Whether the client's next words were not seen."""
        return self.place in self._side.gaps if self.place < self._side.end else self._more

    def rest(self) -> list[Message]:
        """What is left of a last message."""
        return self._take(self._side.end, False) if self.place < self._side.end else []

    def answered_early(self, piece: int) -> list[Message]:
        """A text or a literal whose end was not seen, or is none, and which was answered with a piece all the same."""
        side = self._side
        limit = side.after(piece)
        if self._part is None or self._part is Reader.LINE or self.place >= limit:
            return []
        loose = side.lines_end(self.place) if self._part is Reader.DOT_ENDED else -1
        if 0 < loose <= limit:
            found = self._take(loose, True)
            found[-1].odd.add(Oddity.LOOSE_END)
            return found
        cut = side.last_cut(self.place, limit)
        return self._take(cut, False) if cut >= 0 else []

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
        side, start, part, begun = self._side, self.place, self._part, self._begun
        self.place, self._part, self._begun = end, None, None
        missing = side.missing(start + 1, end)
        one = side.message(start, end, whole, missing)
        one.part = part
        one.odd |= {Oddity.EARLY} if self._is_early else set()
        self._is_early = False
        if part is Reader.LITERAL and begun:
            one.begun, one.number = begun, begun.number
            one.request = self._gone_on(begun, one) if whole else None
        elif whole and (not missing or part):
            one.request = self._follower.request(one.octets) if part is None else _TEXT
        self._announces(one)
        assert one.endpoint == CLIENT
        return [Message.unknown(one.first), one] if start in side.gaps and part is None else [one]

    def _gone_on(self, begun: Message, one: Message) -> Request | None:
        """What the command says now that its literal has come, and the line behind it."""
        if begun.request is None or begun.request.trigger is not Occurrence.LITERAL:
            return None
        ways, size = self._follower.ways, announcement(begun.request).size
        octets = one.octets
        after = self._side.ahead(one.start, size)
        if one.missing and after >= 0:
            octets = self._side.filled(one.start, after, size) + self._side.octets[after : one.end]
        literal = Literal(size, ways.literal_limit, ways.line_limit)
        literal.feed(octets)
        return ways.gone_on(begun.request, literal)

    def _announces(self, one: Message) -> None:
        """A command that announces a literal which is on its way: that comes next, whatever the server answers."""
        request = one.request
        if request is None or request.trigger is not Occurrence.LITERAL or self.is_exchange:
            return
        one.number += 1
        if not announcement(request).waits:
            self.expect(Reader.LITERAL, one)


_TEXT = Request(Occurrence.CONTINUED, "")
"""Stands for a text up to a lone dot."""
