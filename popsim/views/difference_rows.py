"""The rows of a table of differences: what is shown of each change, whether as a picture or as a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from popsim.protocols.difference import Change, Difference, Side
from popsim.protocols.model import ALWAYS, ANY, Argument, Form, Limit, Reference, Rule, State, Unit, trigger_name
from popsim.protocols.protocol import Protocol
from popsim.views.facts import STAYS, Source
from popsim.views.matrix import Way, matrix

SAID = "the text says so"
"""Stands where the other one of two texts had to be read so."""


@dataclass(frozen=True)
class Ways:
    """What comes of something in a state ("": in the one that the line names): answers, and the states that follow."""

    state: str
    answers: tuple[Way, ...]

    def __str__(self) -> str:
        return f"in {self.state}: " * bool(self.state) + ", ".join(map(str, self.answers))


@dataclass(frozen=True)
class Cell:
    """One of two sides: what it says, what comes of it, where that was read, and the number of its note."""

    words: str
    ways: tuple[Ways, ...]
    source: Source


@dataclass(frozen=True)
class Line:
    """One line of the table: what became of it, what it is, when that holds, and both sides (None: not there)."""

    what: str
    name: str
    when: str
    before: Cell | None
    after: Cell | None


class Rows:
    """All lines of a table of differences, under their headings, and its notes."""

    def __init__(self, facts: Difference) -> None:
        self._facts = facts
        self._notes: dict[Reference, int] = {}
        self.parts = [(heading, lines) for heading, lines in self._parts() if lines]

    @property
    def notes(self) -> list[tuple[int, str, str]]:
        """Number, RFC with section, and text of every note."""
        return [(number, str(reference), reference.note) for reference, number in self._notes.items()]

    def _parts(self) -> Iterator[tuple[str, list[Line]]]:
        facts = self._facts
        yield "States", [self._line(change, change.name) for change in facts.states]
        yield "Commands", [self._line(change, change.name) for change in facts.commands]
        yield "Replies", [self._line(change, change.name) for change in facts.replies]
        yield "What is done", self._rules()
        yield "Limits", [self._line(change, change.name) for change in facts.limits]
        yield "Capabilities", [self._line(change, change.name) for change in facts.capabilities]
        yield "Codes", [self._line(change, str(change.row)) for change in facts.codes]
        yield "The same in both, where a text is silent or says it in other words", self._readings()

    def _line(self, change: Change, name: str, when: str = "") -> Line:
        before, after = (self._cell(change, side, p) for side, p in self._sides(change))
        if isinstance(change.row, Form) and before and after and before.ways == after.ways:
            before, after = replace(before, ways=()), replace(after, ways=())
        return Line(change.what, name, when, before, after)

    def _sides(self, change: Change) -> tuple[tuple[Side | None, Protocol], ...]:
        return (change.before, self._facts.before), (change.after, self._facts.after)

    def _cell(self, change: Change, side: Side | None, protocol: Protocol) -> Cell | None:
        if side is None:
            return None
        reference = side.reference
        note = self._notes.setdefault(reference, len(self._notes) + 1) if reference and reference.note else 0
        words = _words(side.row, protocol, change.what == "changed")
        return Cell(words, _ways(side.row, protocol), _source(reference, protocol, note))

    # Rules: those of a command that came or went are told where the command is

    def _rules(self) -> list[Line]:
        one_sided = {change.row for change in self._facts.commands if change.what in ("came", "went")}
        groups: dict[object, list[Change]] = {}
        for change in self._facts.rules:
            rule = change.row
            if isinstance(rule, Rule) and rule.trigger not in one_sided:
                groups.setdefault((rule.state.name, trigger_name(rule.trigger)), []).append(change)
        lines = [line for changes in groups.values() for line in self._of_one_trigger(changes)]
        return _merged(lines)

    def _of_one_trigger(self, changes: list[Change]) -> Iterator[Line]:
        """A line for each outcome; where one gave way to another one, both on a line."""
        if sorted(change.what for change in changes) == ["came", "went"]:
            (gone,) = (change for change in changes if change.before)
            (new,) = (change for change in changes if change.after)
            line = self._line(Change(new.name, gone.before, new.after), _place(new))
            yield replace(
                line, what="changed", before=_with_condition(line.before, gone), after=_with_condition(line.after, new)
            )
            return
        for change in changes:
            condition = change.row.condition if isinstance(change.row, Rule) else ""
            yield self._line(change, _place(change), "" if condition == ALWAYS else condition)

    # Readings

    def _readings(self) -> list[Line]:
        lines = []
        for change in self._facts.readings:
            name = _place(change) if isinstance(change.row, Rule) else change.name
            cells = [Cell(s.note or SAID, (), _source(s.reference, p, 0)) for s, p in self._sides(change) if s]
            lines.append(Line("", name, "", *cells))
        return _merged(lines)


def _source(reference: Reference | None, protocol: Protocol, note: int) -> Source:
    if reference is None:  # a table under work: its audit says so
        return Source("", "")
    short = reference.section if reference.rfc == protocol.number else str(reference)
    return Source(str(reference), short, note)


def _words(row: object, protocol: Protocol, in_full: bool) -> str:
    """What a row says; in full, with what the arguments of a command may be."""
    if isinstance(row, State):
        return (f"a step of {row.within}: " if row.within else "") + row.meaning
    if isinstance(row, Form):
        kinds = [_argument(argument, protocol) for argument in row.arguments if in_full]
        return "; ".join([row.meaning + " (optional)" * row.optional, *kinds])
    if isinstance(row, Limit):
        return f"{row.value} {row.meaning}"
    return "" if isinstance(row, Rule) else str(getattr(row, "meaning", ""))


def _argument(argument: Argument, protocol: Protocol) -> str:
    kind = argument.kind_in(protocol.rfcs)
    by = f" (RFC {argument.widened_by})" if kind is not argument.kind else ""
    return f"{argument.name} is {kind.words}{by}"


def _ways(row: object, protocol: Protocol) -> tuple[Ways, ...]:
    """What comes of a rule, or of a command in each state that allows it."""
    if isinstance(row, Rule):
        next = STAYS if row.to is None or row.to is row.state else row.to.name
        return (Ways("", (Way(_answer(row), next),)),)
    if not isinstance(row, Form):
        return ()
    shown = matrix(protocol)
    allowed = [state for state in shown.states if not protocol.server.refuses(state, row)]
    return tuple(Ways(state.name, tuple(shown.ways(state, row))) for state in allowed)


def _answer(rule: Rule) -> str:
    """What is sent, in words."""
    more = [unit.value for unit in rule.units if isinstance(unit, Unit) and unit is not Unit.LINE]
    return ", ".join([rule.reply.mark if rule.reply else "no answer yet" if rule.awaits else "no answer", *more])


def _place(change: Change) -> str:
    """The trigger and the state of a rule."""
    rule = change.row
    assert isinstance(rule, Rule)
    return f"{trigger_name(rule.trigger)}, in {'every other state' if rule.state is ANY else rule.state}"


def _with_condition(cell: Cell | None, change: Change) -> Cell | None:
    """The cell with the condition of its rule, where the two sides have different ones."""
    rule = change.row
    if cell is None or not isinstance(rule, Rule) or rule.condition == ALWAYS:
        return cell
    return replace(cell, words=rule.condition)


def _merged(lines: Iterable[Line]) -> list[Line]:
    """The lines with those that differ in nothing but their names made one."""
    groups: dict[object, list[Line]] = {}
    for line in lines:
        trigger, _, state = line.name.rpartition(", ")
        key = line.what, line.when, _said(line.before), _said(line.after), state if trigger else ""
        groups.setdefault(key, []).append(line)
    return [replace(group[0], name=_joined([line.name for line in group])) for group in groups.values()]


def _said(cell: Cell | None) -> object:
    return cell and (cell.words, cell.ways, cell.source.full)


def _joined(names: list[str]) -> str:
    """Names in one line; the state of triggers that have the same is said once."""
    *_, last = names
    triggers = [name.rpartition(", ")[0] for name in names]
    return ", ".join([*triggers[:-1], last] if all(triggers) else names)
