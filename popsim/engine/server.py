"""The server's end of a session: it reads by the table and knows no socket and no clock."""

from __future__ import annotations

from popsim.engine.answer import Service
from popsim.engine.framing import CRLF, Buffer, Counted, DotEnded, Literal, Part
from popsim.engine.plan import BARE, LITERAL, TOO_LONG, TOO_MUCH, announcement
from popsim.engine.server_answering import Answering
from popsim.protocols.model import CLOSED, Form, Occurrence, Reader
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from popsim.timeline.recorder import Observer


class ServerEngine(Answering):
    """A server's end: octets in, octets out, and an observer that is told what happens.

    Args:
        protocol: the edition to speak; its table decides every reply's framing and every state.
        service: what to do for each trigger.
        observer: is told of each request, reply, move and change; None records nothing.
    """

    def __init__(self, protocol: Protocol, service: Service, observer: Observer | None = None) -> None:
        super().__init__(protocol, service, observer)
        self.pipelining = service.pipelining
        """Whether a command may come before the one before it is answered; else what came behind it is lost."""
        self._buffer = Buffer()
        self._part: Part | None = None
        self._literals = 0
        self._is_unwanted = False
        self._read = 0
        self._line_limit = self._ways.line_limit

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
            if not self.pipelining and not self._is_on_its_way:
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
        self._occur(Occurrence.COMMITTED, self._exchange)

    def news(self) -> None:
        """The mailbox has changed: the table says whether the client hears of it now; without a row it does not."""
        if self.state.kind == "state" and self.protocol.outcomes(self.state, Occurrence.NEWS):
            self._occur(Occurrence.NEWS)

    # How it stands

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
            return True
        request = self._ways.read(line)
        trigger = request.trigger
        if trigger is LITERAL:
            self._literals = 0
            self._ask(request)
        else:
            self._occur(trigger if isinstance(trigger, Form) else self._ways.trigger(self.state, request), request)
        return True

    def _next_part(self, reader: Reader) -> bool:
        """What is no line: counted octets, text up to a lone dot, or a literal and the line behind it."""
        part = self._part = self._part or self._reading(reader)
        if not self._buffer.part(part):
            return False
        self._part = self._reader = None
        start = self._read
        self._read += part.size
        if self._observer:
            self._observer.delivered(start, self._read)
        if isinstance(part, Literal):
            self._go_on(part)
        elif part.too_long:
            self._continue(Occurrence.OVERLONG, problem=TOO_MUCH.format(self._ways.upload_limit))
        else:
            self._continue(Occurrence.CONTINUED, part.text())
        return True

    def _reading(self, reader: Reader) -> Part:
        """What reads the next octets."""
        limit = self._ways.upload_limit
        if reader is Reader.LITERAL:
            kept = 0 if self._is_unwanted else self._ways.literal_limit
            return Literal(announcement(self._exchange).size, kept, self._line_limit)
        return Counted(self._expects, limit) if reader is Reader.COUNTED else DotEnded(limit)

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

    # Literals

    def _ask(self, request: Request) -> None:
        """A line announces a literal: it is asked for, it is on its way already, or it is refused."""
        self._literals += 1
        judged = self._ways.announced(self.state, request, self._literals)
        self._occur(judged.trigger, judged)
        if self._reader is None:
            self._throw_away(request)

    def _throw_away(self, request: Request) -> None:
        """What is on its way although it was refused must not be read as commands (RFC 7888 §4)."""
        self._is_unwanted = request.trigger is LITERAL and not announcement(request).waits
        if self._is_unwanted:
            self._reader = Reader.LITERAL
            self._exchange = request._replace(arguments=(announcement(request), b""))  # what came is not kept

    def _go_on(self, part: Literal) -> None:
        """A literal has come, and the line behind it: the command is whole now, or announces one more."""
        request = self._ways.gone_on(self._exchange, part)
        if self._is_unwanted:
            self._throw_away(request)
        elif request.trigger is LITERAL:
            self._ask(request)
        else:
            self._occur(self._ways.trigger(self.state, request), request)

    @property
    def _is_on_its_way(self) -> bool:
        """Whether what comes next is part of a command that has begun, whatever has been answered."""
        return self._reader is Reader.LITERAL and not announcement(self._exchange).waits
