"""The table made ready for the engines: worked out once for each edition, shared by all its sessions."""

from __future__ import annotations

from popsim.engine.framing import CRLF
from popsim.protocols.model import Form, Occurrence, Rule, State, Trigger, Unit
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import NO_TAG, Request

LINE_LIMIT = 64 * 1024
"""The longest line where the table sets no limit of that kind."""
UPLOAD_LIMIT = 32 * 1024 * 1024
"""The most octets that a client may send in one part after a continuation, where the table sets no limit."""

BARE = "the line ended in LF alone; every line ends in CR and LF"
TOO_LONG = "the line is too long: at most {} octets with CRLF"
TOO_MUCH = "too much at once: at most {} octets"


class Plan:
    """A rule made ready to be sent.

    Args:
        rule: the row of the table, as it reads in its state.
        source: what a refusal says of where to read on.
    """

    __slots__ = ("rule", "mark", "source", "units", "to", "awaits", "commits", "reader", "is_line", "is_lines")

    def __init__(self, rule: Rule, source: bytes) -> None:
        self.rule = rule
        self.mark = rule.reply.mark.encode("ascii") + b" " * rule.reply.spaced if rule.reply else b""
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
        """What a request is in a state: bad arguments of a command that is not allowed there are not what is wrong."""
        if request.trigger is Occurrence.MALFORMED and request.keyword:
            machine = self._protocol.server
            if all(machine.refuses(state, form) for form in self._protocol.grammar.forms(request.keyword)):
                return Occurrence.NOT_ALLOWED
        return request.trigger

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
