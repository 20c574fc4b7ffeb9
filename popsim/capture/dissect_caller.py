"""Where a client's own machine stands, in a protocol that has two: what it sends tells which row it followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from popsim.capture.dissect_said import Message
from popsim.protocols.machine import Machine
from popsim.protocols.model import CLOSED, START, Form, Occurrence, Reply, Rule, State

Heard = Reply | Occurrence


class Caller:
    """A client's end, by the table of its machine, in sets of states.

    Args:
        machine: its states and rules.
        begun: whether it was heard from its beginning.
    """

    def __init__(self, machine: Machine, begun: bool) -> None:
        self._machine = machine
        everywhere = [state for state in machine.states if state.kind == "state"]
        self.states: tuple[State, ...] = (START,) if begun else tuple(everywhere)
        """Where it may stand, in the table's order."""
        self._heard: tuple[Heard, ...] = () if not begun else (Occurrence.OPENED,)
        self._waits = int(begun)

    def opened(self) -> list[Rule]:
        """The connection is open: it begins to wait for the greeting."""
        return self._follow(self._machine.outcomes(START, Occurrence.OPENED)) if START in self.states else []

    def says(self, one: Message) -> list[Rule]:
        """It sends something: which rows it may follow."""
        self._waits += 1
        form = one.request.trigger if one.request else None
        if not isinstance(form, Form):
            return []
        return self._follow(rule for rule in self._outcomes() if rule.sends is form)

    def hears(self, one: Message) -> list[Rule]:
        """An answer has come: it moves at once where it has nothing more to send."""
        self._waits = max(self._waits - 1, 0)
        self._heard = (one.reply or (Occurrence.CONTINUED if one.answers else Occurrence.UNRECOGNIZED),)
        if self._waits:
            return []
        return self._follow(rule for rule in self._outcomes() if rule.sends is None)

    def lost(self) -> list[Rule]:
        """The connection is gone."""
        if self.states == (CLOSED,):
            return []
        rules = [rule for state in self.states for rule in self._machine.outcomes(state, Occurrence.LOST)]
        self.states = (CLOSED,)
        return rules

    def _outcomes(self) -> Iterator[Rule]:
        heard = self._heard or [row.trigger for row in self._machine.rules if not isinstance(row.trigger, Form)]
        for state in self.states:
            for what in dict.fromkeys(heard):
                yield from self._machine.outcomes(state, what)

    def _follow(self, rules: Iterable[Rule]) -> list[Rule]:
        """Go where these rows lead; nowhere where there are none, or where that is no move."""
        found = list({rule.id: rule for rule in rules}.values())
        to = {rule.to or rule.state for rule in found}
        before = self.states
        if found:
            self.states = tuple(state for state in self._machine.states if state in to)
        return found if self.states != before else []
