"""The server's end of a session: it dispatches by the table and knows no socket and no clock."""

from __future__ import annotations

from popsim.engine.answer import Answer, Service
from popsim.engine.framing import CRLF, Buffer, DotEnded
from popsim.engine.plan import LINE_LIMIT, Plan, Ways
from popsim.engine.refusal import refusal
from popsim.protocols.model import CLOSED, START, Continuation, Occurrence, Reader, State, Trigger, Unit
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from popsim.timeline.recorder import Observer

UPLOAD_LIMIT = 32 * 1024 * 1024
"""The most octets that a client may send in one piece after a continuation."""

_BARE = Request(Occurrence.MALFORMED, "", problem="the line ended in LF alone; every line ends in CR and LF")
_LONG = Request(Occurrence.OVERLONG, "")


class ServerEngine:
    """A server's end: octets in, octets out, and an observer that is told what happens.

    Args:
        protocol: the edition to speak; its table decides every reply's framing and every state.
        service: what to do for each trigger.
        observer: is told of each request, reply, move and change; None records nothing.
    """

    def __init__(self, protocol: Protocol, service: Service, observer: Observer | None = None) -> None:
        self.protocol = protocol
        self.state: State = START
        self._handlers = service.handlers
        self._observer = observer
        self._buffer = Buffer()
        self._reader: Reader | None = None
        self._expects = 0
        self._upload: DotEnded | None = None
        self._exchange = Request(Occurrence.CONTINUED, "")
        self._awaits: Occurrence | None = None
        self._out: list[bytes] = []
        self._read = 0
        self._sent = 0
        self._ways = Ways.of(protocol)
        self._known = self._ways.known
        self._line_limit, self._reply_limit = self._ways.line_limit, self._ways.reply_limit

    # In

    def opened(self) -> None:
        """The connection is open: the greeting goes out."""
        self._occur(Occurrence.OPENED)

    def receive(self, data: bytes) -> None:
        """Octets have come, in whatever pieces. Never raises, whatever they are."""
        if self.state is CLOSED:
            return
        if self._awaits:
            self._read += len(data)
            return
        buffer = self._buffer
        buffer.feed(data)
        while not buffer.empty and self._next() and self.state is not CLOSED and self._awaits is None:
            pass

    def lost(self) -> None:
        """The connection is gone without a farewell."""
        if self.state.kind == "state":
            self._occur(Occurrence.LOST)

    def expired(self) -> None:
        """The client has been silent for too long."""
        if self.state.kind == "state":
            self._occur(Occurrence.EXPIRED)

    def secured(self) -> None:
        """What the last reply waited for, the handshake, is done. Octets that came before it are thrown away."""
        self._awaits = None
        self._buffer.clear()
        self._occur(Occurrence.SECURED)

    def news(self) -> None:
        """The mailbox has changed: the table says whether the client hears of it now."""
        if not self.closed:
            self._occur(Occurrence.NEWS)

    # Out

    @property
    def closed(self) -> bool:
        """Whether the session is over: what has been taken out is all that will come."""
        return self.state is CLOSED

    def take(self) -> list[bytes]:
        """The pieces of octets to send, in order; each piece is handed out once."""
        out, self._out = self._out, []
        return out

    # Reading

    def _next(self) -> bool:
        """Read and answer one unit; False while none is whole."""
        reader = self._reader
        if reader is not None and reader is not Reader.LINE:
            return self._next_part()
        buffer = self._buffer
        line = buffer.line(LINE_LIMIT if reader else self._line_limit)
        if line is None:
            return False
        start = self._read
        self._read = end = start + buffer.size
        if self._observer:
            self._observer.delivered(start, end)
        if reader:
            self._continue(line.rstrip(b"\r\n"))
        else:
            self._command(line)
        return True

    def _next_part(self) -> bool:
        """The rest of an exchange that is no line: counted octets, or text up to a lone dot."""
        if self._reader is Reader.COUNTED:
            octets = self._buffer.counted(self._expects)
            size = self._expects
        else:
            octets, size = self._dot_ended()
        if octets is None:
            return False
        start = self._read
        self._read += size
        if self._observer:
            self._observer.delivered(start, self._read)
        self._continue(octets)
        return True

    def _dot_ended(self) -> tuple[bytes | None, int]:
        if self._upload is None:
            self._upload = DotEnded(UPLOAD_LIMIT)
        upload, waiting = self._upload, self._buffer.rest()
        used = upload.feed(waiting)
        if used < 0:
            self._buffer.clear()
            return None, 0
        self._buffer.counted(used)
        self._upload = None
        return upload.text(), upload.size

    def _continue(self, octets: bytes) -> None:
        self._reader = None
        exchange = self._exchange
        self._occur(Occurrence.CONTINUED, Request(Occurrence.CONTINUED, exchange.keyword, (octets,), exchange.tag))

    def _command(self, line: bytes) -> None:
        """Answer a command line, whose end is still on it; the empty line stands for one that was too long."""
        if line.endswith(CRLF):
            request = self.protocol.grammar.parse(line[:-2])
        else:
            request = _BARE if line else _LONG
        trigger = request.trigger
        if trigger is Occurrence.MALFORMED and request.keyword and not self._has_form(request.keyword):
            trigger = Occurrence.NOT_ALLOWED
        self._occur(trigger, request)

    def _has_form(self, keyword: str) -> bool:
        machine = self.protocol.server
        return any(not machine.refuses(self.state, form) for form in self.protocol.grammar.forms(keyword))

    # Answering

    def _occur(self, trigger: Trigger, request: Request | None = None) -> None:
        """Let a trigger happen: the handler chooses the condition, the table all the rest."""
        request = request or Request(trigger, "")
        while True:
            plan, answer = self._decide(trigger, request)
            observer = self._observer
            if observer and answer.changes:
                for kind, values in answer.changes:
                    observer.changed(kind, values)
            if plan.units:
                start = self._sent
                self._send(plan, answer, request)
                if observer:
                    observer.sent(start, self._sent, plan.rule)
            if plan.to is not self.state:
                self.state = plan.to
                if observer:
                    observer.moved(plan.to, plan.rule)
            if plan.reader:
                self._reader, self._expects, self._exchange = plan.reader, answer.expects, request
            if plan.awaits is not Occurrence.COMMITTED:
                self._awaits = plan.awaits
                return
            trigger = Occurrence.COMMITTED

    def _decide(self, trigger: Trigger, request: Request) -> tuple[Plan, Answer]:
        try:
            way = self._known[self.state][trigger]
        except KeyError:
            way = self._ways.way(self.state, trigger)
        handler = None if way.refused else self._handlers.get(trigger)
        if handler:
            answer = handler(request)
            return way.plans[answer.condition], answer
        rule = way.first.rule
        text = refusal(self.protocol, self.state, rule, request) if rule.reply else b""
        return way.first, Answer(rule.condition, text)

    def _send(self, plan: Plan, answer: Answer, request: Request) -> None:
        line = self._line(plan, answer.text, request.tag)
        if plan.is_line:
            pieces = [line]
        elif plan.is_lines and answer.body is not None:
            pieces = [line, answer.body.dot_stuffed]
        else:
            pieces = [piece for unit in plan.units for piece in self._unit(unit, line, answer)]
        self._out += pieces
        for piece in pieces:
            self._sent += len(piece)

    def _unit(self, unit: Unit | Continuation, line: bytes, answer: Answer) -> list[bytes]:
        """The pieces of one unit."""
        if unit is Unit.LINE:
            return [line]
        if unit is Unit.UNTAGGED:
            return [b"* " + data + CRLF for data in answer.untagged]
        if isinstance(unit, Continuation) or answer.body is None:
            return []
        return [answer.body.dot_stuffed if unit is Unit.MULTILINE else answer.body.octets]

    def _line(self, plan: Plan, text: bytes, tag: bytes) -> bytes:
        mark = tag + b" " + plan.mark if tag and not plan.reader else plan.mark
        if not text and not plan.reader:  # an empty challenge keeps its space: RFC 5034 §4
            return mark[:-1] + CRLF
        if len(mark) + len(text) + len(plan.source) + 2 > self._reply_limit:
            text = text[: self._reply_limit - 2 - len(mark) - len(plan.source)]
        return mark + text + plan.source + CRLF
