"""A machine: the states and rules of one end, with every state and trigger resolved to its outcomes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from popsim.protocols.model import ANY, CLOSED, START, Form, Occurrence, Reply, Rule, State, Trigger

NOT_CONNECTED = "there is no connection"
"""The condition of whatever comes in START or CLOSED, where nothing is read and nothing sent."""


class Machine:
    """The states and rules of one end of a protocol.

    Args:
        states: its states; START and CLOSED are added, since every session begins and ends.
        rules: its rows. A row of ANY serves every state that has no row for the same trigger.
    """

    def __init__(self, states: Iterable[State], rules: Sequence[Rule]) -> None:
        self.states: tuple[State, ...] = (START, *states, CLOSED)
        self.rules = tuple(rules)
        self._rows: dict[tuple[State, Trigger | Reply], list[Rule]] = {}
        for rule in self.rules:
            self._rows.setdefault((rule.state, rule.trigger), []).append(rule)
        self._resolved: dict[tuple[State, Trigger | Reply], tuple[Rule, ...]] = {}
        self._placed: dict[tuple[Rule, State], Rule] = {}
        self._by_id: dict[str, Rule] | None = None
        self.memo: dict[object, object] = {}
        """What engines have worked out from this machine and need not work out again."""

    def pruned(self) -> Machine:
        """The same machine without the states that nothing leads to, and without their rows."""
        reached = self.reachable()
        states = [state for state in self.states[1:-1] if state in reached]
        return Machine(states, [rule for rule in self.rules if rule.state in reached or rule.state is ANY])

    def outcomes(self, state: State, trigger: Trigger | Reply) -> tuple[Rule, ...]:
        """The rules that decide what this trigger does in this state, in the table's order.

        Rows of the state itself come first, then those of the state around it, then the refusal of a command that
        is not allowed, then the rows of ANY. Each rule that is returned names the state that was asked about and
        the state that follows. The result is empty only where the table says nothing: the audit finds such pairs.
        """
        key = (state, trigger)
        found = self._resolved.get(key)
        if found is None:
            found = self._resolved[key] = tuple(self._place(rule, state) for rule in self._written(state, trigger))
        return found

    def _place(self, rule: Rule, state: State) -> Rule:
        """The row as it reads in one state, the same object each time: one refusal serves many commands."""
        key = (rule, state)
        if key not in self._placed:
            self._placed[key] = _placed(rule, state)
        return self._placed[key]

    def outcome(self, state: State, trigger: Trigger | Reply, condition: str) -> Rule:
        """The rule for a condition.

        Raises:
            LookupError: the table has no such condition for this state and trigger.
        """
        rules = self.outcomes(state, trigger)
        for rule in rules:
            if rule.condition == condition:
                return rule
        known = ", ".join(repr(r.condition) for r in rules) or "none"
        raise LookupError(f"{state} and {trigger} have no condition {condition!r}; the table has: {known}")

    def refuses(self, state: State, form: Form) -> bool:
        """Whether every row of this command form in this state, if it has any, is a refusal."""
        if state.kind != "state":
            return True
        rows = self._own_rows(state, form) or self._rows_of_any(state, form)
        return all(r.reply is not None and r.reply.positive is False for r in rows)

    def _own_rows(self, state: State, trigger: Trigger | Reply) -> list[Rule]:
        place: State | None = state
        while place is not None:
            if rows := self._rows.get((place, trigger)):
                return rows
            if not place.reads_commands and _is_command(trigger):
                break
            place = place.within
        return []

    def _written(self, state: State, trigger: Trigger | Reply) -> list[Rule]:
        if state.kind != "state":
            return self._rows.get((state, trigger)) or [Rule(state, trigger, NOT_CONNECTED)]
        rows = self._own_rows(state, trigger) or self._rows_of_any(state, trigger)
        if rows or not isinstance(trigger, Form):
            return rows
        refused = Occurrence.NOT_ALLOWED
        return self._own_rows(state, refused) or self._rows_of_any(state, refused)

    def _rows_of_any(self, state: State, trigger: Trigger | Reply) -> list[Rule]:
        """The rows of ANY; those of a command hold only where commands are read."""
        if _is_command(trigger) and not state.reads_commands:
            return []
        return self._rows.get((ANY, trigger), [])

    def resolved(self) -> tuple[Rule, ...]:
        """Every state's outcomes for whatever any row speaks of: the whole machine without shorthand."""
        triggers = dict.fromkeys(rule.trigger for rule in self.rules)
        states = [state for state in self.states if state.kind == "state"]
        found = [rule for state in states for trigger in triggers for rule in self.outcomes(state, trigger)]
        edges = [rule for rule in self.rules if rule.state is START]
        return tuple({rule.id: rule for rule in [*edges, *found]}.values())

    def rule(self, id: str) -> Rule:
        """The rule with that id, as it reads in its state.

        Raises:
            LookupError: there is none.
        """
        if self._by_id is None:
            self._by_id = {rule.id: rule for rule in self.resolved()}
        return self._by_id[id]

    def reachable(self) -> set[State]:
        """The states that some sequence of triggers leads to, from START."""
        triggers = list(dict.fromkeys(r.trigger for r in self.rules))
        seen, front = {START}, [START]
        while front:
            state = front.pop()
            for trigger in triggers:
                for rule in self.outcomes(state, trigger):
                    if rule.to is not None and rule.to not in seen:
                        seen.add(rule.to)
                        front.append(rule.to)
        return seen | {s.within for s in seen if s.within}


def _is_command(trigger: Trigger | Reply) -> bool:
    """Whether this is a command, or the part of one that comes before a literal."""
    return isinstance(trigger, Form) or trigger is Occurrence.LITERAL


def _placed(rule: Rule, state: State) -> Rule:
    """The row as it reads in one state: a row of ANY or of the outer state, and a 'stays', spelled out."""
    to = rule.to or state
    if rule.state is state and rule.to is to:
        return rule
    return dataclasses.replace(rule, state=state, to=to)
