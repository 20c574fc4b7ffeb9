"""The client's end of a session: it sends requests and reads the answers by the same table."""

from __future__ import annotations

import re
from collections import deque

from popsim.engine.framing import CRLF, Buffer, Counted, DotEnded, Part, literal
from popsim.engine.plan import Ways
from popsim.engine.response import Response
from popsim.protocols.machine import Machine
from popsim.protocols.model import CLOSED, REFUSALS, START, Form, Occurrence, Reply, Rule, State, Trigger, Unit
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from popsim.timeline.recorder import Observer

REPLY_LIMIT = 64 * 1024
"""The longest line of a server that is kept; longer ones are cut away."""
BODY_LIMIT = 1024 * 1024 * 1024
"""The most octets of one multi-line answer that are kept."""

_LINES = re.compile(rb"[^\n]*\n")
_Head = tuple[Request | None, Reply | None, bytes, tuple[Rule, ...]]


class ClientEngine:
    """A client's end: requests in, octets out; octets in, responses out.

    Args:
        protocol: the edition to speak.
        observer: is told of each request, answer and move; None records nothing.
    """

    def __init__(self, protocol: Protocol, observer: Observer | None = None) -> None:
        self.protocol = protocol
        self.state: State = START
        self._machine = protocol.client
        self._ways = Ways.of(protocol)
        self._heard: Reply | Occurrence = Occurrence.OPENED
        self._observer = observer
        self._marks = [(r.mark.encode(), r) for r in sorted(protocol.replies, key=lambda r: -len(r.mark))]
        self._pending: deque[Request] = deque([Request(Occurrence.OPENED, "")])
        self._buffer = Buffer()
        self._exchange = Request(Occurrence.CONTINUED, "")
        self._exchange_open = False
        self.securing = False
        """Whether the last answer leads to the TLS handshake: what comes next is no answer."""
        self._head: _Head | None = None
        self._body: Part | None = None
        self._untagged: list[bytes] = []
        self._unfinished = b""
        self._announced = 0
        self._read = 0
        self._start = 0
        self._sent = 0
        self._out: list[bytes] = []
        self._responses: list[Response] = []

    # Out

    def request(self, line: str | bytes) -> Request:
        """Send one command line (without its CRLF) and return how the table reads it.

        Any octets may be sent, good or bad: a learner wants to see what happens. With line ends among them they are
        several lines to the server, so they are several messages here, each with an answer of its own.
        """
        octets = line.encode("utf-8") if isinstance(line, str) else line
        requests = [self._send_line(part) for part in _LINES.findall(octets + CRLF)]
        return requests[0]

    def _send_line(self, line: bytes) -> Request:
        request = self._ways.read(line if len(line) <= self._ways.line_limit else b"")
        self.send(line, request)
        if self._machine:
            self._step(self._machine, request)
        return request

    def send(self, octets: bytes, request: Request) -> None:
        """Send octets as they are, as one message, and expect the answer to ``request``."""
        self._pending.append(request)
        self._out.append(octets)
        start = self._sent
        self._sent += len(octets)
        if self._observer:
            self._observer.sent(start, self._sent)

    def carry_on(self, octets: bytes) -> None:
        """Send the next part of an exchange that the server asked for."""
        exchange = self._exchange
        self.send(octets, Request(Occurrence.CONTINUED, exchange.keyword, (octets,), exchange.tag))

    @property
    def exchange_open(self) -> bool:
        """Whether the last answer asked for more: then the next line goes through :meth:`carry_on`."""
        return self._exchange_open and not self._pending

    def take(self) -> list[bytes]:
        """The pieces of octets to send, in order."""
        out, self._out = self._out, []
        return out

    @property
    def waiting(self) -> int:
        """How many answers have not come yet."""
        return len(self._pending)

    # In

    def opened(self) -> None:
        """The connection is open: a client with a machine of its own begins to wait for the greeting."""
        if self._machine and self.state is START:
            for rule in self._machine.outcomes(START, Occurrence.OPENED)[:1]:
                self._move(rule.to or START, rule)

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

    def lost(self) -> None:
        """The connection is gone."""
        if self.state is not CLOSED:
            self._move(CLOSED, None)

    @property
    def closed(self) -> bool:
        """Whether the session is over."""
        return self.state is CLOSED

    # Reading

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
        if self.protocol.table.tagged and (self._unfinished or line.startswith(b"* ")):
            self._take_untagged(self._unfinished + line)
            return
        request = self._pop()
        tag = request.tag if request else b""
        rest = line[len(tag) + 1 :] if tag and line.startswith(tag + b" ") else line
        mark, reply = next(((m, r) for m, r in self._marks if rest.startswith(m)), (b"", None))
        text = rest[len(mark) :].removeprefix(b" ")
        rules = self._rules(request, reply)
        if reply is not None and reply.announces:
            digits = text.split(b" ")[0]
            self._announced = int(digits) if digits.isdigit() and len(digits) < 19 else 0
        if rules and Unit.MULTILINE in rules[-1].units:
            self._head, self._body = (request, reply, text, rules), DotEnded(BODY_LIMIT)
            return
        self._finish(request, reply, text, None, rules)

    def _take_untagged(self, line: bytes) -> None:
        """A line of data: it goes on after a literal that it announces, and may be all that comes."""
        size = literal(line)
        if size >= 0:
            self._unfinished, self._body = line + CRLF, Counted(size, BODY_LIMIT)
            return
        self._unfinished = b""
        self._untagged.append(line[2:])
        if not self._pending or self._pending[0].trigger is Occurrence.OPENED:
            self._finish(self._pop(), None, b"", None, ())

    def _read_body(self, body: Part) -> bool:
        before = body.size
        whole = self._buffer.part(body)
        self._read += body.size - before
        if not whole:
            return False
        self._body, head = None, self._head
        if self._unfinished:
            self._unfinished += body.text()
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
            self._head, self._body = (self._pop(), None, b"", counted), Counted(self._announced, BODY_LIMIT)
            self._announced = 0

    # What an answer means

    def _pop(self) -> Request | None:
        return self._pending.popleft() if self._pending else None

    def _rules(self, request: Request | None, reply: Reply | None) -> tuple[Rule, ...]:
        """The rows that this answer follows: the first that has its status, and those that lead to it.

        A server may refuse for a reason of its own what the table would not: then it is a row of refusal.
        """
        if request is None or reply is None:
            return ()
        place = self._place()
        for trigger in (self._ways.trigger(place, request), *REFUSALS):
            if rules := self._rows(place, trigger, reply):
                return rules
        return ()

    def _rows(self, place: State, trigger: Trigger, reply: Reply) -> tuple[Rule, ...]:
        for rule in self.protocol.outcomes(place, trigger):
            if rule.reply is reply:
                return (rule,)
            if rule.awaits and rule.to and rule.reply is None:
                for after in self.protocol.outcomes(rule.to, rule.awaits):
                    if after.reply is reply:
                        return (rule, after)
        return ()

    def _place(self) -> State:
        """Where the server must be, as far as its answers tell."""
        return self._server if self._machine else self.state

    _server: State = START

    def _finish(
        self,
        request: Request | None,
        reply: Reply | None,
        text: bytes,
        body: bytes | None,
        rules: tuple[Rule, ...],
    ) -> None:
        untagged, self._untagged = tuple(self._untagged), []
        reader = rules[-1].reader if rules else None
        self._exchange_open = reader is not None and request is not None
        if reader and request:
            self._exchange = request
        self._responses.append(Response(request, reply, text, body, untagged, reader))
        if self._observer:
            self._observer.answered(self._start, self._read, reply.mark if reply else "")
        self._start = self._read
        if reply is not None:
            self._heard = reply
        elif body is not None:
            self._heard = Occurrence.CONTINUED
        if not rules and request is not None:
            rules = self._silent(request.trigger)
        for rule in rules:
            self._follow(rule)

    def _follow(self, rule: Rule) -> None:
        """Follow a row that the server has followed."""
        if rule.awaits is Occurrence.SECURED:
            self.securing = True
            self._pending.clear()  # what was asked in clear behind it is never answered
        if self._machine:
            self._server = rule.to or self._server
        elif rule.to is not None and rule.to is not self.state:
            self._move(rule.to, rule)

    def _silent(self, trigger: Trigger) -> tuple[Rule, ...]:
        """The rows of an answer without status: untagged data only, as a greeting may be."""
        rules = self.protocol.outcomes(self._place(), trigger)
        return tuple(r for r in rules[:1] if r.reply is None and r.units)

    def _step(self, machine: Machine, request: Request) -> None:
        """Move in the client's own machine: what it sends tells which row it followed."""
        for rule in machine.outcomes(self.state, self._heard):
            if rule.sends is request.trigger:
                self._move(rule.to or self.state, rule)
                return

    def _move(self, to: State, rule: Rule | None) -> None:
        self.state = to
        if self._observer:
            self._observer.moved(to, rule)
