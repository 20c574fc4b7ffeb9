"""What the command reference says, gathered from a table: so that its picture and its text have the same facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from popsim.protocols.machine import NOT_CONNECTED, Machine
from popsim.protocols.model import (
    CLOSED,
    START,
    Argument,
    Continuation,
    Form,
    Occurrence,
    Reference,
    Reply,
    Row,
    Rule,
    State,
    Trigger,
    Unit,
    trigger_name,
)
from popsim.protocols.protocol import Protocol

_SHORT = {Unit.UNTAGGED: "data", Unit.STATUS_LINES: "lines with it"}
"""The words of a narrow column for what is sent, where the unit's own are long."""
_LONG, _OFTEN = 90, 2
"""An argument's note of more characters, under more commands, is said once for all of them."""
ARGUMENTS = "Arguments of many commands"
STAYS = "stays"
"""What follows where the state does not change."""


@dataclass(frozen=True)
class Source:
    """Where a fact was read: in full, for a reader who has the RFC's number already, and the number of its note."""

    full: str
    short: str
    note: int = 0


@dataclass(frozen=True)
class Outcome:
    """What may come of a trigger: on which condition, with which reply, sent in which units, with what to follow."""

    condition: str
    mark: str
    sent: str
    next: str
    source: Source


@dataclass(frozen=True)
class Case:
    """The outcomes of a trigger in some states.

    Args:
        states: the states' names.
        outcomes: what may come of it there.
        after: what must have happened first, where these outcomes are the second answer to a command.
        refused: whether the command is not allowed there.
    """

    states: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    after: str = ""
    refused: bool = False

    @property
    def around(self) -> tuple[str, str]:
        """The words before and after the states' names."""
        if self.after:
            return "then, in", f", {self.after}:"
        return ("refused in" if self.refused else "in"), ":"

    @property
    def heading(self) -> str:
        """Where this holds, in words."""
        before, after = self.around
        return f"{before} {', '.join(self.states)}{after}"


@dataclass(frozen=True)
class Entry:
    """One trigger, with all that may come of it.

    Args:
        name, meaning: what it is.
        arguments: those whose notes stand with it.
        cases: what may come of it.
        source: where it was read.
    """

    name: str
    meaning: str
    arguments: tuple[tuple[str, str], ...]
    cases: tuple[Case, ...]
    source: Source | None


class Facts:
    """The facts of one edition of a protocol, with the notes numbered in the order in which they are met."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self._notes: dict[Reference, int] = {}
        client = protocol.client
        self.states = [(s, self._source(s)) for s in protocol.states if s not in (START, CLOSED)]
        self.client_states = [(s, self._source(s)) for s in client.states[1:-1]] if client else []
        self.replies = [(r, self._source(r)) for r in protocol.replies]
        self._kinds = protocol.rfcs
        notes = [(a.name, self.argument(a)) for form in protocol.forms for a in form.arguments]
        often = dict.fromkeys(note for note in notes if len(note[1]) > _LONG and notes.count(note) > _OFTEN)
        self.arguments = [(name, note, Source("", "")) for name, note in often]
        self.commands = [self._command(form, set(often)) for form in protocol.forms]
        self.occurrences = [self._occurrence(trigger) for trigger in self._others()]
        self.heard = [self._heard(client, trigger) for trigger in _triggers(client)] if client else []
        self.data = [(row, self._source(row)) for row in protocol.data]
        self.capabilities = [(row, self._source(row)) for row in protocol.capabilities]
        self.codes = [(row, self._source(row)) for row in protocol.codes]
        self.limits = [(limit, self._source(limit)) for limit in protocol.limits]

    @property
    def title(self) -> str:
        """Which edition of which protocol this is, and where it listens."""
        return f"{self.protocol}, TCP port {self.protocol.port}"

    @property
    def chapters(self) -> list[tuple[str, list[Entry]]]:
        """The headings of what may come, each with its entries."""
        found = [("Commands", self.commands), ("Whatever else may come", self.occurrences)]
        return [*found, ("The client's end: what it hears, and what it sends", self.heard)] if self.heard else found

    @property
    def places(self) -> list[tuple[str, list[tuple[State, Source]]]]:
        """The headings of the states of each end that has a machine of its own, with these."""
        found = [("States", self.states)]
        return [*found, ("States of the client", self.client_states)] if self.client_states else found

    @property
    def announced(self) -> list[tuple[str, list[tuple[str, str, Source]]]]:
        """What a server says of itself, under headings: name, meaning and source of each."""
        codes = [(str(c), f"{c.condition}: {c.meaning}" if c.condition else c.meaning, s) for c, s in self.codes]
        tags = [(row.tag, row.meaning, source) for row, source in self.capabilities]
        data = [("n " * row.numbered + row.mark, row.meaning, source) for row, source in self.data]
        return [("Data without a tag", data), ("Capabilities", tags), ("Codes", codes), *self._words_by_group()]

    def _words_by_group(self) -> list[tuple[str, list[tuple[str, str, Source]]]]:
        """The words inside arguments, under a heading for each group."""
        groups: dict[str, list[tuple[str, str, Source]]] = {}
        for word in self.protocol.words:
            name = " ".join(filter(None, (word.mark, word.takes)))
            groups.setdefault(word.group, []).append((name, word.meaning, self._source(word)))
        return [(f"Words inside arguments: {group}", rows) for group, rows in groups.items()]

    def argument(self, argument: Argument) -> str:
        """What an argument is for, and what it may be in this edition."""
        return f"{argument.meaning} ({argument.kind_in(self._kinds).words})"

    @staticmethod
    def described(state: State) -> str:
        """What a state means, and which state it is a step of."""
        return f"a step of {state.within}: {state.meaning}" if state.within else state.meaning

    @property
    def notes(self) -> list[tuple[int, str, str]]:
        """Number, RFC with section, and text of every note: the readings that a row needed."""
        return [(number, str(reference), reference.note) for reference, number in self._notes.items()]

    def _source(self, row: Row) -> Source:
        reference = self.protocol.reference(row)
        if reference is None:  # a table under work: its audit says so
            return Source("", "")
        note = self._notes.setdefault(reference, len(self._notes) + 1) if reference.note else 0
        short = reference.section if reference.rfc == self.protocol.number else str(reference)
        return Source(str(reference), short, note)

    def _command(self, form: Form, often: set[tuple[str, str]]) -> Entry:
        cases: list[Case] = []
        for states, rules in self._alike(form):
            refused = self.protocol.server.refuses(states[0], form)
            cases += self._cases(states, rules, refused)
        cases.sort(key=lambda case: case.refused)
        meaning = form.meaning + " (optional)" * form.optional
        notes = [(argument.name, self.argument(argument)) for argument in form.arguments]
        alone = tuple(note for note in notes if note not in often)
        return Entry(form.name, meaning, alone, tuple(cases), self._source(form))

    def _occurrence(self, trigger: Trigger) -> Entry:
        found = [case for states, rules in self._alike(trigger) for case in self._cases(states, rules, False)]
        return Entry(trigger_name(trigger), "", (), tuple(found), None)

    def _heard(self, client: Machine, trigger: Trigger | Reply) -> Entry:
        """What a client does when it hears something."""
        cases = [
            Case(tuple(s.name for s in states), tuple(map(self._sent, rules)))
            for states, rules in _alike(client, trigger, lambda r: (r.condition, r.sends, _next(r), r.cites))
        ]
        meaning = trigger.meaning if isinstance(trigger, Reply) else ""
        return Entry(trigger_name(trigger), meaning, (), tuple(cases), None)

    def _sent(self, rule: Rule) -> Outcome:
        sent = rule.sends.name if rule.sends else "nothing"
        return Outcome(rule.condition, "", sent, _next(rule), self._source(rule))

    def _others(self) -> list[Occurrence]:
        """What may happen besides a command; what a command waits for stands with that command."""
        awaited = {rule.awaits for rule in self.protocol.rules}
        triggers = dict.fromkeys(rule.trigger for rule in self.protocol.rules)
        return [t for t in triggers if isinstance(t, Occurrence) and t not in awaited]

    def _alike(self, trigger: Trigger) -> list[tuple[list[State], tuple[Rule, ...]]]:
        return _alike(
            self.protocol.server, trigger, lambda r: (r.condition, r.reply, r.units, _next(r), r.awaits, r.cites)
        )

    def _cases(self, states: list[State], rules: Iterable[Rule], refused: bool) -> list[Case]:
        """The outcomes, and after them those of what the command waits for."""
        rules = tuple(rules)
        cases = [Case(tuple(s.name for s in states), tuple(map(self._outcome, rules)), refused=refused)]
        for to, awaited in dict.fromkeys((rule.to, rule.awaits) for rule in rules):
            if to and awaited:
                answers = self.protocol.outcomes(to, awaited)
                cases.append(Case((to.name,), tuple(map(self._outcome, answers)), awaited.value))
        return cases

    def _outcome(self, rule: Rule) -> Outcome:
        sent = ", ".join(map(_words, rule.units)) or ("nothing yet" if rule.awaits else "nothing")
        mark = rule.reply.mark if rule.reply else ""
        return Outcome(rule.condition, mark, sent, _next(rule), self._source(rule))


def _next(rule: Rule) -> str:
    return STAYS if rule.to is rule.state or rule.to is None else rule.to.name


def _triggers(client: Machine) -> list[Trigger | Reply]:
    """What a client may hear, in the table's order."""
    return list(dict.fromkeys(rule.trigger for rule in client.rules))


def _alike(
    machine: Machine, trigger: Trigger | Reply, words: Callable[[Rule], object]
) -> list[tuple[list[State], tuple[Rule, ...]]]:
    """The states whose outcomes for a trigger are written in the same words, with those outcomes."""
    groups: dict[object, tuple[list[State], tuple[Rule, ...]]] = {}
    for state in machine.states:
        found = machine.outcomes(state, trigger)
        rules = [r for r in found if r.trigger is trigger and r.condition != NOT_CONNECTED]
        if rules:
            groups.setdefault(tuple(map(words, rules)), ([], tuple(rules)))[0].append(state)
    return list(groups.values())


def _words(unit: Unit | Continuation) -> str:
    return _SHORT.get(unit, unit.value) if isinstance(unit, Unit) else f"then reads {unit.reader.value}"
