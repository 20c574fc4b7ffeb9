"""The rows of a table of differences: what is shown of each change, whether as a picture or as a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from popsim.protocols.difference import Change, Difference, Side
from popsim.protocols.model import ALWAYS, ANY, Argument, Form, Limit, Reference, Rule, State, Unit, Word, trigger_name
from popsim.protocols.protocol import Protocol
from popsim.views.facts import STAYS, Source
from popsim.views.matrix import Way, matrix

_OFTEN = 3
"""A kind of argument that changed alike in so many commands is told once for them."""
SAID = "the text says so"
"""Stands where the other one of two texts had to be read so."""


@dataclass(frozen=True)
class Ways:
    """What comes of something in some states (none: in those that the line names): answers, and what follows."""

    states: tuple[str, ...]
    answers: tuple[Way, ...]

    def __str__(self) -> str:
        return f"in {', '.join(self.states)}: " * bool(self.states) + ", ".join(map(str, self.answers))


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
        self._kinds = _changed_kinds(facts)
        self.parts = [(heading, lines) for heading, lines in self._parts() if lines]

    @property
    def notes(self) -> list[tuple[int, str, str]]:
        """Number, RFC with section, and text of every note."""
        return [(number, str(reference), reference.note) for reference, number in self._notes.items()]

    def _parts(self) -> Iterator[tuple[str, list[Line]]]:
        facts = self._facts
        yield "States", [self._line(change, change.name) for change in facts.states]
        yield "Commands", [self._line(change, change.name) for change in facts.commands if not self._told_once(change)]
        yield "Arguments", [self._of_kind(kind, changes) for kind, changes in self._kinds.items()]
        yield "Replies", [self._line(change, change.name) for change in facts.replies]
        yield "What is done", self._rules()
        yield "Limits", [self._line(change, change.name) for change in facts.limits]
        yield "Capabilities", [self._line(change, change.name) for change in facts.capabilities]
        yield "Codes", [self._line(change, str(change.row)) for change in facts.codes]
        yield "Data without a tag", [self._line(change, change.name) for change in facts.data]
        yield "Words inside arguments", [self._line(change, _word(change.row)) for change in facts.words]
        yield "The same in both, where a text is silent or says it in other words", self._readings()

    def _line(self, change: Change, name: str, when: str = "") -> Line:
        before, after = (self._cell(change, side, p) for side, p in self._sides(change))
        if isinstance(change.row, Form) and before and after and before.ways == after.ways:
            before, after = replace(before, ways=()), replace(after, ways=())
        return Line(change.what, name, when, before, after)

    # Arguments

    def _of_kind(self, kind: _Kinds, changes: list[Change]) -> Line:
        """A kind of argument that changed alike in several commands."""
        name, *words = kind
        sides = self._sides(changes[0])
        before, after = (
            Cell(text, (), _source(side.reference if side else None, protocol, 0))
            for text, (side, protocol) in zip(words, sides, strict=True)
        )
        return Line("changed", name, f"in {', '.join(_keyword(change) for change in changes)}", before, after)

    def _told_once(self, change: Change) -> bool:
        """Whether a command changed in nothing but such arguments."""
        found = _kinds(change, self._facts)
        return bool(found) and found <= self._kinds.keys() and _only_kinds(change)

    def _sides(self, change: Change) -> tuple[tuple[Side | None, Protocol], ...]:
        return (change.before, self._facts.before), (change.after, self._facts.after)

    def _cell(self, change: Change, side: Side | None, protocol: Protocol) -> Cell | None:
        if side is None:
            return None
        reference = side.reference
        note = self._notes.setdefault(reference, len(self._notes) + 1) if reference and reference.note else 0
        words = _words(side.row, protocol, {name for name, *_ in _kinds(change, self._facts)})
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


_Kinds = tuple[str, str, str]
"""An argument, and in words its kind before and after."""


def _kinds(change: Change, facts: Difference) -> set[_Kinds]:
    """The arguments of a command that may be something else than before."""
    before, after = (side and side.row for side in (change.before, change.after))
    if not isinstance(before, Form) or not isinstance(after, Form):
        return set()
    pairs = zip(before.arguments, after.arguments, strict=False)
    kinds = [(a.name, a.kind_in(facts.before.rfcs).words, b.kind_in(facts.after.rfcs).words) for a, b in pairs]
    return {kind for kind in kinds if kind[1] != kind[2]}


def _changed_kinds(facts: Difference) -> dict[_Kinds, list[Change]]:
    """The kinds of argument that changed alike in several commands, with these."""
    found: dict[_Kinds, list[Change]] = {}
    for change in facts.commands:
        for kind in sorted(_kinds(change, facts)):
            found.setdefault(kind, []).append(change)
    return {kind: changes for kind, changes in found.items() if len(changes) >= _OFTEN}


def _only_kinds(change: Change) -> bool:
    """Whether a command differs in the kinds of its arguments only."""
    if change.before is None or change.after is None:
        return False
    (*meaning, kinds), (*other_meaning, others) = change.before.says, change.after.says
    assert isinstance(kinds, tuple) and isinstance(others, tuple)
    return meaning == other_meaning and [k[:1] + k[2:] for k in kinds] == [k[:1] + k[2:] for k in others]


def _keyword(change: Change) -> str:
    return change.row.keyword if isinstance(change.row, Form) else change.name


def _words(row: object, protocol: Protocol, changed: set[str]) -> str:
    """What a row says, with what those arguments of a command may be that changed."""
    if isinstance(row, State):
        return (f"a step of {row.within}: " if row.within else "") + row.meaning
    if isinstance(row, Form):
        kinds = [_argument(argument, protocol) for argument in row.arguments if argument.name in changed]
        return "; ".join([row.meaning + " (optional)" * row.optional, *kinds])
    if isinstance(row, Limit):
        return f"{row.value} {row.meaning}"
    return "" if isinstance(row, Rule) else str(getattr(row, "meaning", ""))


def _argument(argument: Argument, protocol: Protocol) -> str:
    kind = argument.kind_in(protocol.rfcs)
    by = f" (RFC {argument.widened_by})" if argument.widened_by in protocol.rfcs else ""
    return f"{argument.name} is {kind.words}{by}"


def _word(row: object) -> str:
    """A word inside arguments, with what it is one of."""
    return f"{row.mark}, {row.group}" if isinstance(row, Word) else str(row)


def _ways(row: object, protocol: Protocol) -> tuple[Ways, ...]:
    """What comes of a rule, or of a command in each state that allows it."""
    if isinstance(row, Rule):
        next = STAYS if row.to is None or row.to is row.state else row.to.name
        return (Ways((), (Way(_answer(row), next),)),)
    if not isinstance(row, Form):
        return ()
    shown = matrix(protocol)
    allowed = [state for state in shown.states if not protocol.server.refuses(state, row)]
    alike: dict[tuple[Way, ...], list[str]] = {}
    for state in allowed:
        alike.setdefault(tuple(shown.ways(state, row)), []).append(state.name)
    return tuple(Ways(tuple(names), ways) for ways, names in alike.items())


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
    merged = [replace(group[0], name=_joined([line.name for line in group])) for group in groups.values()]
    places: dict[object, list[Line]] = {}
    for line in merged:
        what, found, _ = line.name.rpartition(_IN)
        alike = (what if found else line.name), line.what, line.when, _said(line.before), _said(line.after)
        places.setdefault(alike, []).append(line)
    return [replace(group[0], name=_with_states([line.name for line in group])) for group in places.values()]


_IN = ", in "


def _with_states(names: list[str]) -> str:
    """Names that differ in nothing but the state in one."""
    trigger, _, first = names[0].rpartition(_IN)
    states = ", ".join([first, *(name.rpartition(_IN)[2] for name in names[1:])])
    return f"{trigger}{_IN}{states}" if trigger else first


def _said(cell: Cell | None) -> object:
    return cell and (cell.words, cell.ways, cell.source.full)


def _joined(names: list[str]) -> str:
    """Names in one line; the state of triggers that have the same is said once."""
    *_, last = names
    triggers = [name.rpartition(", ")[0] for name in names]
    return ", ".join([*triggers[:-1], last] if all(triggers) else names)
