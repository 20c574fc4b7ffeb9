"""The server's end of a session: it dispatches by the table and knows no socket and no clock."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.answer import Answer, Service
from popsim.engine.framing import CRLF, Buffer, Counted, DotEnded, Part
from popsim.engine.plan import BARE, TOO_LONG, TOO_MUCH, Plan, Ways
from popsim.engine.refusal import refusal
from popsim.protocols.model import CLOSED, START, Continuation, Occurrence, Reader, Rule, State, Trigger, Unit
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from popsim.timeline.recorder import Observer


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
        self.pipelining = getattr(service, "pipelining", True)
        """Whether a command may come before the one before it is answered; else what came behind it is lost."""
        self.commits_later = False
        """Whether the removal waits for :meth:`committed`, for the time that a disk takes; else it comes at once."""
        self._handlers = service.handlers
        self._service = service
        self._observer = observer
        self._buffer = Buffer()
        self._reader: Reader | None = None
        self._expects = 0
        self._part: Part | None = None
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
        # A part of no octets is there before anything comes: a client may announce 0 of them.
        while (not buffer.empty or self._reader) and self._next() and self.state is not CLOSED and not self._awaits:
            if not self.pipelining:
                self._read += buffer.clear()

    def lost(self) -> None:
        """The connection is gone without a farewell."""
        if self.state.kind == "state":
            self._occur(Occurrence.LOST)

    def expired(self) -> None:
        """The client has been silent for too long."""
        if self.state.kind == "state":
            self._occur(Occurrence.EXPIRED)

    def secured(self) -> None:
        """What the last reply waited for, the handshake, is done. Octets that came before it are thrown away.

        A session that has ended in the meantime stays ended.
        """
        if self.state.kind != "state":
            return
        self._awaits = None
        self._read += self._buffer.clear()
        self._occur(Occurrence.SECURED)

    def committed(self) -> None:
        """What the removal waited for is done: it can be answered."""
        self._awaits = None
        self._occur(Occurrence.COMMITTED)

    def news(self) -> None:
        """The mailbox has changed: the table says whether the client hears of it now; without a row it does not."""
        if self.state.kind == "state" and self.protocol.outcomes(self.state, Occurrence.NEWS):
            self._occur(Occurrence.NEWS)

    # Out

    @property
    def closed(self) -> bool:
        """Whether the session is over: what has been taken out is all that will come."""
        return self.state is CLOSED

    @property
    def securing(self) -> bool:
        """Whether the handshake comes now, when what is to be sent is sent: :meth:`secured` is due after it."""
        return self._awaits is Occurrence.SECURED

    @property
    def committing(self) -> bool:
        """Whether the removal waits for :meth:`committed`."""
        return self._awaits is Occurrence.COMMITTED

    @property
    def deadline(self) -> int | None:
        """How many nanoseconds of silence the session stands before :meth:`expired` is due; None: any number."""
        return self._ways.deadline if self.state.kind == "state" else None

    def take(self) -> list[bytes]:
        """The pieces of octets to send, in order; each piece is handed out once."""
        out, self._out = self._out, []
        return out

    # Reading

    def _next(self) -> bool:
        """Read and answer one unit; False while none is whole."""
        reader = self._reader
        if reader is not None and reader is not Reader.LINE:
            return self._next_part(reader)
        buffer = self._buffer
        line = buffer.line(self._ways.exchange_limit if reader else self._line_limit)
        if line is None:
            return False
        start = self._read
        self._read = end = start + buffer.size
        if self._observer:
            self._observer.delivered(start, end)
        if reader:
            self._answer_line(line)
        else:
            request = self._ways.read(line)
            self._occur(self._ways.trigger(self.state, request), request)
        return True

    def _next_part(self, reader: Reader) -> bool:
        """The rest of an exchange that is no line: counted octets, or text up to a lone dot."""
        limit = self._ways.upload_limit
        part = self._part
        if part is None:
            part = self._part = Counted(self._expects, limit) if reader is Reader.COUNTED else DotEnded(limit)
        if not self._buffer.part(part):
            return False
        self._part = None
        start = self._read
        self._read += part.size
        if self._observer:
            self._observer.delivered(start, self._read)
        if part.too_long:
            self._continue(Occurrence.OVERLONG, problem=TOO_MUCH.format(limit))
        else:
            self._continue(Occurrence.CONTINUED, part.text())
        return True

    def _answer_line(self, line: bytes) -> None:
        """Answer a line of an exchange. What is no line must not pass for an empty one, which is an answer too."""
        if line.endswith(CRLF):
            self._continue(Occurrence.CONTINUED, line[:-2])
        elif line:
            self._continue(Occurrence.MALFORMED, problem=BARE)
        else:
            self._continue(Occurrence.OVERLONG, problem=TOO_LONG.format(self._ways.exchange_limit))

    def _continue(self, trigger: Occurrence, octets: bytes = b"", problem: str = "") -> None:
        """The next part of an exchange has come, or something that can't be one."""
        self._reader = None
        exchange = self._exchange
        self._occur(trigger, Request(trigger, exchange.keyword, (octets,), exchange.tag, problem))

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
                if observer and self._sent > start:
                    observer.sent(start, self._sent, plan.rule)
            if plan.to is not self.state:
                self.state = plan.to
                if observer:
                    observer.moved(plan.to, plan.rule)
            if plan.reader:
                self._reader, self._expects, self._exchange = plan.reader, answer.expects, request
            if not plan.commits:
                if plan.awaits:
                    self._awaits = plan.awaits
                return
            if self.commits_later:
                self._awaits = Occurrence.COMMITTED
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
        return way.first, Answer(rule.condition, self._refusal(rule, request) if rule.reply else b"")

    def _refusal(self, rule: Rule, request: Request) -> bytes:
        words: Callable[..., bytes] = getattr(self._service, "refusal", refusal)
        return words(self.protocol, self.state, rule, request)

    def _send(self, plan: Plan, answer: Answer, request: Request) -> None:
        line = self._line(plan, answer.text, request.tag)
        if plan.is_line:
            self._out.append(line)
            self._sent += len(line)
            return
        if plan.is_lines and answer.body is not None:
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
            return mark.rstrip(b" ") + CRLF
        line = mark + text + plan.source + CRLF
        if len(line) > self._reply_limit and not plan.reader:  # a challenge may be longer: RFC 5034 §4
            line = mark + text[: self._reply_limit - len(line)] + plan.source + CRLF
        return line
