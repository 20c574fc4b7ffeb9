"""The table made ready for the engines: worked out once for each edition, shared by all its sessions."""

from __future__ import annotations

from popsim.engine.framing import CRLF, Literal
from popsim.protocols.model import Form, Occurrence, Rule, State, Trigger, Unit
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import NO_TAG, Announced, Request, announced

LINE_LIMIT = 64 * 1024
"""The longest line where the table sets no limit of that kind."""
UPLOAD_LIMIT = 32 * 1024 * 1024
"""The most octets that a client may send in one part after a continuation, where the table sets no limit."""

BARE = "the line ended in LF alone; every line ends in CR and LF"
TOO_LONG = "the line is too long: at most {} octets with CRLF"
TOO_MUCH = "too much at once: at most {} octets"
TOO_MANY = "too many literals in one command: at most {}"
NOT_HERE = "no literal may come here"

WORK = 1 << 20
"""The most octets that may be joined again and again for the literals of one command, where the limit is smaller."""
MOST_LITERALS = 256
"""The most literals of one command, if they are small: each makes the server look at the whole command again."""


MALFORMED, LITERAL = Occurrence.MALFORMED, Occurrence.LITERAL
"""The same by a name of their own: to look into an Enum takes longer than to compare."""


def announcement(request: Request) -> Announced:
    """The literal that is still to come, of a request whose trigger is LITERAL."""
    found = request.arguments[0]
    assert isinstance(found, Announced)
    return found


def text_of(request: Request) -> bytes:
    """The command's text so far, without its tag, of a request whose trigger is LITERAL."""
    found = request.arguments[1]
    assert isinstance(found, bytes)
    return found


class Plan:
    """A rule made ready to be sent.

    Args:
        rule: the row of the table, as it reads in its state.
        source: what a refusal says of where to read on.
    """

    __slots__ = (
        "rule", "mark", "dashed", "source", "units", "to", "awaits", "commits", "reader", "is_line", "is_lines",
    )  # fmt: skip

    def __init__(self, rule: Rule, source: bytes) -> None:
        self.rule = rule
        self.mark = rule.reply.mark.encode("ascii") + b" " * rule.reply.spaced if rule.reply else b""
        self.dashed = self.mark.rstrip(b" ") + b"-"
        self.source = source
        self.units = rule.units
        self.to = rule.to or rule.state
        self.awaits = rule.awaits
        self.commits = rule.awaits is Occurrence.COMMITTED
        self.reader = rule.reader
        self.is_line = rule.units == (Unit.LINE,)
        self.is_lines = rule.units == (Unit.LINE, Unit.MULTILINE)


class Way:
    """What a trigger can do in a state: the plan of each condition, and whether all of them refuse."""

    __slots__ = ("plans", "first", "refused")

    def __init__(self, plans: dict[str, Plan], refused: bool) -> None:
        self.plans = plans
        self.first = next(iter(plans.values()))
        self.refused = refused


class Ways:
    """The ways of one protocol edition, found as they are first gone."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self.line_limit = protocol.limit("command line") or LINE_LIMIT
        self.reply_limit = protocol.limit("reply line") or LINE_LIMIT
        self.deadline = protocol.limit("autologout") * 10**9 or None
        self.exchange_limit = protocol.limit("exchange line") or LINE_LIMIT
        self.upload_limit = protocol.limit("upload") or UPLOAD_LIMIT
        self.literal_limit = protocol.limit("literal") or self.upload_limit
        tag = NO_TAG if protocol.table.tagged else b""
        self._bare = Request(Occurrence.MALFORMED, "", tag=tag, problem=BARE)
        self._long = Request(Occurrence.OVERLONG, "", tag=tag, problem=TOO_LONG.format(self.line_limit))
        self.known: dict[State, dict[Trigger, Way]] = {}

    @classmethod
    def of(cls, protocol: Protocol) -> Ways:
        """The ways of this edition, the same object for all its sessions."""
        memo = protocol.server.memo
        if cls not in memo:
            memo[cls] = cls(protocol)
        found = memo[cls]
        assert isinstance(found, Ways)
        return found

    def read(self, line: bytes) -> Request:
        """A command line with its end, read; the empty line stands for one that was too long."""
        if line.endswith(CRLF):
            return self._protocol.grammar.parse(line[:-2])
        return self._bare if line else self._long

    def trigger(self, state: State, request: Request) -> Trigger:
        """What a request is in a state: bad arguments of a command that is not allowed there are not what is wrong.

        A literal of such a command is refused at once, too.
        """
        trigger = request.trigger
        if (trigger is MALFORMED or trigger is LITERAL) and request.keyword:
            machine = self._protocol.server
            if all(machine.refuses(state, form) for form in self._protocol.grammar.forms(request.keyword)):
                return Occurrence.NOT_ALLOWED
        return trigger

    def announced(self, state: State, request: Request, number: int) -> Request:
        """What a line is that announces a literal: LITERAL, or what is wrong with it before the literal has come.

        Args:
            state: where the session is.
            request: what the line says.
            number: which literal of its command it is, counted from 1.
        """
        if not request.keyword:
            return self._protocol.grammar.whole(text_of(request), request.tag)
        trigger = self.trigger(state, request)
        size, problem = announcement(request).size, ""
        if trigger is Occurrence.LITERAL:
            if not self._protocol.server.outcomes(state, trigger):
                trigger, problem = Occurrence.MALFORMED, NOT_HERE
            elif size + len(text_of(request)) > self.literal_limit:
                trigger, problem = Occurrence.OVERLONG, TOO_MUCH.format(self.literal_limit)
            elif number > MOST_LITERALS or number * len(text_of(request)) > max(2 * self.literal_limit, WORK):
                trigger, problem = Occurrence.OVERLONG, TOO_MANY.format(min(number - 1, MOST_LITERALS))
        return Request(trigger, request.keyword, request.arguments, request.tag, problem)

    def gone_on(self, request: Request, part: Literal) -> Request:
        """What a command says when a literal of it has come, and the line behind that.

        Args:
            request: the command up to the literal's announcement.
            part: what has read the literal and the line.

        Returns:
            The whole command; or, where the line announces one more literal, the command up to there; or what is
            wrong with the line.
        """
        if not part.line.endswith(CRLF):
            trigger = Occurrence.MALFORMED if part.line else Occurrence.OVERLONG
            problem = BARE if part.line else TOO_LONG.format(self.line_limit)
            return Request(trigger, request.keyword, tag=request.tag, problem=problem)
        line = part.line[:-2]
        further = announced(line)  # of the line alone: a literal may end in what looks like one
        text = text_of(request) + CRLF + part.text() + line
        if further is None:
            return self._protocol.grammar.whole(text, request.tag)
        return Request(Occurrence.LITERAL, request.keyword, (further, text), request.tag)

    def way(self, state: State, trigger: Trigger) -> Way:
        """The way of a trigger in a state.

        Raises:
            LookupError: the table says nothing of them; the audit finds such a pair beforehand.
        """
        rules = self._protocol.server.outcomes(state, trigger)
        if not rules:
            raise LookupError(f"the table of {self._protocol} says nothing of {trigger} in {state}")
        plans = {rule.condition: Plan(rule, self._source(rule)) for rule in rules}
        refused = isinstance(trigger, Form) and self._protocol.server.refuses(state, trigger)
        way = Way(plans, refused)
        self.known.setdefault(state, {})[trigger] = way
        return way

    def _source(self, rule: Rule) -> bytes:
        if rule.reply is None or rule.reply.positive is not False:
            return b""
        where = str(self._protocol.reference(rule)).replace("§", "section ")  # replies are ASCII
        return f" ({where})".encode("ascii", "replace")
