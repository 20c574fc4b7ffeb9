"""How a client hears: octets become lines, bodies and data, and these the answers to what was asked."""

from __future__ import annotations

import re
from collections import deque

from popsim.engine.client_following import Following
from popsim.engine.framing import CRLF, Buffer, Counted, DotEnded, Part, literal
from popsim.engine.response import Response
from popsim.protocols.model import Form, Occurrence, Reader, Reply, Rule, Unit
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import NO_TAG, Request
from popsim.timeline.recorder import Observer

REPLY_LIMIT = 64 * 1024
"""The longest line of a server that is kept; longer ones are cut away."""
BODY_LIMIT = 1024 * 1024 * 1024
"""The most octets of one multi-line answer that are kept."""
LINE_COST = 64
"""Octets of memory that each line takes besides its own: without them, lines of nothing would cost nothing."""

_DIGITS = 3
_GOES_ON = re.compile(rb"[0-9]{%d}-" % _DIGITS)  # RFC 5321 §4.2.1: one more line with the same status follows
_UNTAGGED = NO_TAG + b" "
_RUN = re.compile(rb"(?:\* [^\r\n]{0,65000}+(?<!\})\r\n)++")
"""Lines of data that are nothing but lines, and shorter than ``REPLY_LIMIT``: they are taken all at once."""
_Head = tuple[Request | None, Reply | None, bytes, tuple[Rule, ...]]


class Hearing(Following):
    """A client's ear: octets in, responses out, each to the request that it answers.

    Args:
        protocol: the edition to speak.
        observer: is told of each answer and move; None records nothing.
    """

    def __init__(self, protocol: Protocol, observer: Observer | None = None) -> None:
        super().__init__(protocol, observer)
        self._marks = [(r.mark.encode(), r) for r in sorted(protocol.replies, key=lambda r: -len(r.mark))]
        self._is_tagged = protocol.table.tagged
        self._has_status_lines = any(Unit.STATUS_LINES in rule.units for rule in protocol.rules)
        self._has_words = self._is_tagged or self._has_status_lines
        self._pending: deque[Request] = deque([Request(Occurrence.OPENED, "")])
        self._buffer = Buffer()
        self._exchange = Request(Occurrence.CONTINUED, "")
        self._reader: Reader | None = None
        self._head: _Head | None = None
        self._body: Part | None = None
        self._untagged: list[bytes] = []
        self._status_lines: list[bytes] = []
        self._unfinished: list[bytes] = []
        self._kept = 0
        self._announced = 0
        self._read = 0
        self._start = 0
        self._responses: list[Response] = []

    def receive(self, data: bytes) -> list[Response]:
        """Octets have come, in whatever pieces. Returns the answers that they complete; never raises."""
        if self._machine:
            self.opened()
        self._buffer.feed(data)
        while not self._buffer.empty and not self.securing and self._next():
            pass
        responses, self._responses = self._responses, []
        return responses

    def secured(self) -> None:
        """The handshake is done. What came in clear behind the answer before it is thrown away (RFC 2595 §4)."""
        self._read += self._buffer.clear()
        self._start = self._read
        self.securing = False
        for rule in self.protocol.outcomes(self._place(), Occurrence.SECURED)[:1]:
            self._follow(rule)

    # Units

    def _next(self) -> bool:
        if self._body is None and self._announced:
            self._expect_octets()
        if self._body is not None:
            return self._read_body(self._body)
        line = self._buffer.line(REPLY_LIMIT)
        if line is None:
            return False
        self._read += self._buffer.size
        self._take_line(line.removesuffix(b"\n").removesuffix(b"\r"))
        return True

    def _take_line(self, line: bytes) -> None:
        if self._is_tagged and (self._unfinished or line.startswith(_UNTAGGED)):
            self._take_untagged(line)
            return
        if self._has_status_lines and _GOES_ON.match(line):
            self._keep(self._status_lines, line)
            return
        request, line = self._addressee(line)
        reply, text = self._joined(line) if self._status_lines else self._status(line)
        rules = self._rules(request, reply) or self._likely(request, line, reply)
        if reply is not None and reply.announces:
            digits = text.split(b" ")[0]
            self._announced = int(digits) if digits.isdigit() and len(digits) < 19 else 0
        if rules and Unit.MULTILINE in rules[-1].units:
            self._head, self._body = (request, reply, text, rules), DotEnded(BODY_LIMIT)
            return
        self._finish(request, reply, text, None, rules)

    def _status(self, line: bytes) -> tuple[Reply | None, bytes]:
        """The status that opens a line, and the text behind it.

        Where statuses are words of letters or digits they end where the word does; ``+OK`` may stand before a text
        without a space (RFC 1957).
        """
        for mark, reply in self._marks:
            if line.startswith(mark):
                text = line[len(mark) :]
                if not self._has_words or text[:1] in (b"", b" "):
                    return reply, text.removeprefix(b" ")
        return None, line.removeprefix(b" ")

    def _likely(self, request: Request | None, line: bytes, reply: Reply | None) -> tuple[Rule, ...]:
        """The rows that a status of digits follows which the table does not know: its first digit tells.

        RFC 5321 §4.3.2 makes a client go by that; the answer itself is left without a status.
        """
        if reply is not None or not self._has_status_lines or not line[:_DIGITS].isdigit():
            return ()
        alike = (one for mark, one in self._marks if mark[:1] == line[:1])
        return next(filter(None, (self._rules(request, one) for one in alike)), ())

    def _joined(self, line: bytes) -> tuple[Reply | None, bytes]:
        """The status and the last text of a reply of several lines; it has none where they don't agree on it."""
        lines, self._status_lines = self._status_lines, []
        if any(one[:_DIGITS] != line[:_DIGITS] for one in lines):
            self._untagged += lines
            return None, line
        self._untagged += [one[_DIGITS + 1 :] for one in lines]
        return self._status(line)

    def _read_body(self, body: Part) -> bool:
        before = body.size
        whole = self._buffer.part(body)
        self._read += body.size - before
        if not whole:
            return False
        self._body, head = None, self._head
        if self._unfinished:
            self._keep(self._unfinished, body.text())
        elif head is not None:
            request, reply, text, rules = head
            self._finish(request, reply, text, None if body.too_long else body.text(), rules)
        return True

    def _expect_octets(self) -> None:
        """Begin to read counted octets, if the oldest request is answered by these alone, with no line."""
        if not self._pending or not isinstance(self._pending[0].trigger, Form):
            return
        rules = self.protocol.outcomes(self._place(), self._pending[0].trigger)
        counted = tuple(r for r in rules if r.units[:1] == (Unit.COUNTED,))
        if counted:
            self._head, self._body = (self._pending.popleft(), None, b"", counted), Counted(self._announced, BODY_LIMIT)
            self._announced = 0

    # Who is answered

    def _addressee(self, line: bytes) -> tuple[Request | None, bytes]:
        """Which request a line answers, if any, and the line without its tag.

        A tag names it; a line that asks for more is for the oldest that can be asked; without tags, they come in order.
        """
        pending = self._pending
        if not self._is_tagged or (pending and pending[0].trigger is Occurrence.OPENED):
            return pending.popleft() if pending else None, line
        tag, _, rest = line.partition(b" ")
        for place, request in enumerate(pending):
            if request.tag == tag:
                self._answer(place)
                return request, rest
        reply, _ = self._status(line)
        asks = reply is not None and reply.positive is None
        if asks:
            for place, request in enumerate(pending):
                if self._rules(request, reply):
                    del pending[place]
                    return request, line
        request = self._continued()
        if self._reader and (tag == request.tag or asks and self._rules(request, reply)):
            if pending:  # sent as a command, too early: the server has read it as the next part of the exchange
                pending.popleft()
            return request, line if asks else rest
        return None, line

    def _continued(self, octets: bytes = b"") -> Request:
        exchange = self._exchange
        return Request(Occurrence.CONTINUED, exchange.keyword, (octets,), exchange.tag)

    def _answer(self, place: int) -> None:
        """One of the requests is done. With a literal that was refused goes what was sent of it without being asked."""
        pending, done = self._pending, self._pending[place]
        del pending[place]
        if done.trigger is Occurrence.LITERAL:
            while place < len(pending) and (pending[place].tag, pending[place].keyword) == (done.tag, done.keyword):
                del pending[place]

    def _take_untagged(self, line: bytes) -> None:
        """A line of data: it goes on after a literal that it announces, and may be all that comes."""
        size = literal(line)
        if size >= 0 and (self._unfinished or self._status(line[len(_UNTAGGED) :])[0] is None):
            self._unfinished = self._unfinished or [b""]
            self._keep(self._unfinished, line, CRLF)
            self._body = Counted(size, BODY_LIMIT)
            return
        if self._unfinished:
            line = b"".join([*self._unfinished, line])
            self._unfinished.clear()
        data, pending = line[len(_UNTAGGED) :], self._pending
        if not pending:
            self._untagged.append(data)
            self._finish(None, None, b"", None, ())
        elif pending[0].trigger is Occurrence.OPENED or pending[0].tag == NO_TAG:
            self._take_nobodys(data, pending[0])
        else:
            self._keep(self._untagged, data)
            if more := self._buffer.run(_RUN):
                self._read += len(more)
                self._keep(self._untagged, *more[len(_UNTAGGED) : -len(CRLF)].split(CRLF + _UNTAGGED))

    def _keep(self, lines: list[bytes], *more: bytes) -> None:
        """Keep lines until their answer is whole, as long as they take no more memory than a body may."""
        self._kept += sum(map(len, more)) + LINE_COST * len(more)
        if self._kept <= BODY_LIMIT:
            lines += more

    def _take_nobodys(self, data: bytes, request: Request) -> None:
        """Data that may be an answer: to who has just connected, or to a line that had no tag."""
        reply, text = self._status(data)
        rules = self._rules(request, reply)
        if rules and reply and (request.trigger is Occurrence.OPENED or reply.positive is False):
            self._finish(self._pending.popleft(), reply, text, None, rules)
            return
        self._keep(self._untagged, data)
        if request.trigger is Occurrence.OPENED:
            self._finish(self._pending.popleft(), None, b"", None, ())

    # What an answer means

    def _finish(
        self,
        request: Request | None,
        reply: Reply | None,
        text: bytes,
        body: bytes | None,
        rules: tuple[Rule, ...],
    ) -> None:
        untagged, self._untagged, self._kept = tuple(self._untagged), [], 0
        reader = rules[-1].reader if rules else None
        if request and (reader or request.tag == self._exchange.tag):  # data that nobody asked for ends no exchange
            self._exchange, self._reader = request, reader
        self._responses.append(Response(request, reply, text, body, untagged, reader))
        if self._observer:
            self._observer.answered(self._start, self._read, reply.mark if reply else "")
        self._start = self._read
        if self._machine:
            heard = reply or (Occurrence.UNRECOGNIZED if body is None else Occurrence.CONTINUED)
            self._hear(heard, not self._pending)
        if not rules and request is not None:
            rules = self._silent(request.trigger)
        for rule in rules:
            self._follow(rule)
        if self.securing:
            self._pending.clear()  # what was asked in clear behind it is never answered
