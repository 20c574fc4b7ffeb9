"""How a server answers: something occurs, the handler chooses the condition, and the table all the rest."""

from __future__ import annotations

from popsim.engine.answer import Answer, Service
from popsim.engine.framing import CRLF
from popsim.engine.plan import Plan, Way, Ways, announcement
from popsim.protocols.model import REFUSALS, START, Continuation, Occurrence, Reader, Rule, State, Trigger, Unit
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import NO_TAG, Request
from popsim.timeline.recorder import Observer


class Answering:
    """A session's state, and what goes out when something occurs in it.

    Args:
        protocol: the edition to speak; its table decides every reply's framing and every state.
        service: what to do for each trigger.
        observer: is told of each reply, move and change; None records nothing.
    """

    def __init__(self, protocol: Protocol, service: Service, observer: Observer | None = None) -> None:
        self.protocol = protocol
        self.state: State = START
        self.commits_later = False
        """Whether the removal waits for :meth:`committed`, for the time that a disk takes; else it comes at once."""
        self._handlers = service.handlers
        self._service = service
        self._observer = observer
        self._reader: Reader | None = None
        self._expects = 0
        self._exchange = Request(Occurrence.CONTINUED, "")
        self._awaits: Occurrence | None = None
        self._out: list[bytes] = []
        self._sent = 0
        self._ways = Ways.of(protocol)
        self._known = self._ways.known
        self._reply_limit = self._ways.reply_limit
        self._no_tag = NO_TAG if protocol.table.tagged else b""

    def take(self) -> list[bytes]:
        """The pieces of octets to send, in order; each piece is handed out once."""
        out, self._out = self._out, []
        return out

    def _occur(self, trigger: Trigger, request: Request | None = None) -> None:
        """Let a trigger happen: the handler chooses the condition, the table all the rest."""
        request = request or Request(trigger, "", tag=self._no_tag)
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
                self._awaits, self._exchange = Occurrence.COMMITTED, request
                return
            trigger = Occurrence.COMMITTED

    def _decide(self, trigger: Trigger, request: Request) -> tuple[Plan, Answer]:
        try:
            way = self._known[self.state][trigger]
        except KeyError:
            way = self._ways.way(self.state, trigger)
        handler = self._handlers.get(Occurrence.NOT_ALLOWED if way.refused else trigger)
        if handler and not (way.refused and way.first.rule.trigger is not Occurrence.NOT_ALLOWED):
            answer = handler(request)
            plan = way.plans[answer.condition]
            if not answer.text and plan.rule.trigger in REFUSALS and plan.rule.reply:
                answer = answer._replace(text=self._refusal(plan.rule, request))
            return plan, answer
        plan = _literal_plan(way, request) if trigger is Occurrence.LITERAL else way.first
        rule = plan.rule
        return plan, Answer(rule.condition, self._refusal(rule, request) if rule.reply else b"")

    def _refusal(self, rule: Rule, request: Request) -> bytes:
        return self._service.refusal(self.protocol, self.state, rule, request)

    def _send(self, plan: Plan, answer: Answer, request: Request) -> None:
        line = self._line(plan, answer.text, request.tag)
        if plan.is_line:
            self._out.append(line)
            self._sent += len(line)
            return
        if plan.is_lines and answer.body is not None:
            pieces = [line, answer.body.dot_stuffed]
        else:
            pieces = [piece for unit in plan.units for piece in self._unit(unit, plan, line, answer)]
        self._out += pieces
        for piece in pieces:
            self._sent += len(piece)

    def _unit(self, unit: Unit | Continuation, plan: Plan, line: bytes, answer: Answer) -> list[bytes]:
        """The pieces of one unit."""
        if unit is Unit.LINE:
            return [line]
        if unit is Unit.UNTAGGED:
            lines = [b"* " + b"\r\n* ".join(answer.untagged) + CRLF] if answer.untagged else []
            return [*answer.pieces, *lines] if answer.pieces else lines
        if unit is Unit.STATUS_LINES:
            return [b"".join([self._status_line(plan, text) for text in answer.untagged]) + line]
        if isinstance(unit, Continuation) or answer.body is None:
            return []
        return [answer.body.dot_stuffed if unit is Unit.MULTILINE else answer.body.octets]

    def _line(self, plan: Plan, text: bytes, tag: bytes) -> bytes:
        mark = tag + b" " + plan.mark if tag and not plan.reader else plan.mark
        if not text and not plan.reader:  # an empty challenge keeps its space: RFC 5034 §4
            return mark.rstrip(b" ") + CRLF
        line = mark + text + plan.source + CRLF
        beyond = len(line) - self._reply_limit
        if beyond > 0 and not plan.reader:  # a challenge may be longer: RFC 5034 §4
            return mark + text[:-beyond] + plan.source + CRLF
        return line

    def _status_line(self, plan: Plan, text: bytes) -> bytes:
        """A line of a reply that is not its last."""
        return (plan.dashed + text)[: self._reply_limit - len(CRLF)] + CRLF


def _literal_plan(way: Way, request: Request) -> Plan:
    """What becomes of a literal where the service does not say: it is taken as it comes, if the table has a row."""
    waits = announcement(request).waits
    for plan in way.plans.values():
        if plan.reader is Reader.LITERAL and (plan.rule.reply is not None) is waits:
            return plan
    refusals = [plan for plan in way.plans.values() if plan.reader is None]
    return refusals[0] if refusals else way.first
