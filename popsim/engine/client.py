"""The client's end of a session: it sends requests and reads the answers by the same table."""

from __future__ import annotations

from popsim.engine.client_hearing import BODY_LIMIT as BODY_LIMIT
from popsim.engine.client_hearing import REPLY_LIMIT as REPLY_LIMIT
from popsim.engine.client_hearing import Hearing
from popsim.engine.framing import CRLF, DotEnded, Literal, Part
from popsim.engine.plan import announcement
from popsim.protocols.model import Occurrence, Reader
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from popsim.timeline.recorder import Observer


class ClientEngine(Hearing):
    """A client's end: requests in, octets out; octets in, responses out.

    Args:
        protocol: the edition to speak.
        observer: is told of each request, answer and move; None records nothing.
    """

    def __init__(self, protocol: Protocol, observer: Observer | None = None) -> None:
        super().__init__(protocol, observer)
        self._sent = 0
        self._out: list[bytes] = []
        self._part: Part | None = None
        self._begun = self._exchange

    def request(self, line: str | bytes) -> Request:
        """Send one command (without its last CRLF) and return how the table reads it.

        Any octets may be sent, good or bad: a learner wants to see what happens. With line ends among them they are
        several lines to the server, so they are several messages here, each with an answer of its own; but octets
        behind the announcement of a literal are the literal's, and the command is one, however many it has.

        A command that ends in an announcement is not whole: :meth:`carry_on` sends the literal and the line behind
        it, when the server has asked for it or at once, whichever the announcement says.
        """
        octets = line.encode("utf-8") if isinstance(line, str) else line
        return self._send_all(octets + CRLF)

    def carry_on(self, octets: bytes) -> None:
        """Send the next part of an exchange that the server asked for, or a piece of it.

        Text up to a lone dot may come line by line, and a literal with the line behind it in pieces of any size: an
        answer is expected when it is whole. Anything else is whole as it is.
        """
        if self._part is None and self._reader is Reader.DOT_ENDED:
            self._begin(self._exchange, DotEnded(0))
        elif self._part is None and self._reader is Reader.LITERAL:
            self._begin(self._exchange)
        if self._part is None:
            self.send(octets, self._continued(octets))
        else:
            self._send_all(octets)

    @property
    def exchange_open(self) -> bool:
        """Whether the next octets are part of what has begun: then they go through :meth:`carry_on`."""
        return self._part is not None or (self._reader is not None and not self._pending)

    def send(self, octets: bytes, request: Request) -> None:
        """Send octets as they are, as one message, and expect the answer to ``request``."""
        self._pending.append(request)
        self._put(octets)

    def take(self) -> list[bytes]:
        """The pieces of octets to send, in order."""
        out, self._out = self._out, []
        return out

    @property
    def waiting(self) -> int:
        """How many answers have not come yet."""
        return len(self._pending)

    # Sending

    def _put(self, octets: bytes) -> None:
        self._out.append(octets)
        start = self._sent
        self._sent += len(octets)
        if self._observer:
            self._observer.sent(start, self._sent)

    def _send_all(self, octets: bytes) -> Request:
        """Send octets in the messages that the server will find in them; the first command that ends among them."""
        first: Request | None = None
        place, size = 0, len(octets)
        while place < size:
            if self._part is None:
                end = octets.find(b"\n", place) + 1 or size
                request = self._send_line(octets[place:end])
                if request.trigger is Occurrence.LITERAL and (end < size or not announcement(request).waits):
                    self._begin(request)
            else:
                begun, part = self._begun, self._part
                used = part.feed(octets[place:])
                end = size if used < 0 else place + used
                self._put(octets[place:end])
                request = begun if used < 0 else self._whole(begun, part, octets[place:end], end < size)
                first = None if first is begun else first
            first, place = first or request, end
        return first or self._begun

    def _send_line(self, line: bytes) -> Request:
        request = self._ways.read(line if len(line) <= self._ways.line_limit else b"")
        self.send(line, request)
        if self._machine:
            self._step(request)
        return request

    def _begin(self, request: Request, part: Part | None = None) -> None:
        """Begin to send what is no line."""
        self._begun = request
        self._part = part or Literal(announcement(request).size, BODY_LIMIT, self._ways.line_limit)

    def _whole(self, begun: Request, part: Part, octets: bytes, has_more: bool) -> Request:
        """What is no line has gone: now it can be answered, whatever it was."""
        self._part = None
        if not isinstance(part, Literal):
            request = self._continued(octets)
            self._pending.append(request)
            return request
        request = self._ways.gone_on(begun, part)
        if announcement(begun).waits:
            self._pending.append(request)
        else:  # it is answered once, and perhaps it has been: by a refusal
            for place, one in enumerate(self._pending):
                if one is begun:
                    self._pending[place] = request
        if request.trigger is Occurrence.LITERAL and (has_more or not announcement(request).waits):
            self._begin(request)
        return request

    def _answer(self, place: int) -> None:
        """A literal that was refused before it was asked for is none: what is sent next is a command again."""
        if isinstance(self._part, Literal) and self._pending[place] is self._begun and announcement(self._begun).waits:
            self._part = None
        super()._answer(place)
