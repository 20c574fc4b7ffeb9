"""The table made ready for the server's engine: worked out once for each edition, shared by all its sessions."""

from __future__ import annotations

from popsim.protocols.model import CLOSED, Form, Rule, State, Trigger, Unit
from popsim.protocols.protocol import Protocol

LINE_LIMIT = 64 * 1024
"""The longest line where the table sets no limit, and the longest one of an exchange after a continuation."""


class Plan:
    """A rule made ready to be sent.

    Args:
        rule: the row of the table, as it reads in its state.
        source: what a refusal says of where to read on.
    """

    __slots__ = ("rule", "mark", "source", "units", "to", "awaits", "reader", "closes", "is_line", "is_lines")

    def __init__(self, rule: Rule, source: bytes) -> None:
        self.rule = rule
        self.mark = rule.reply.mark.encode("ascii") + b" " if rule.reply else b""
        self.source = source
        self.units = rule.units
        self.to = rule.to or rule.state
        self.awaits = rule.awaits
        self.reader = rule.reader
        self.closes = self.to is CLOSED
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
