"""What came, what went and what changed from one edition of a protocol to another, read from its table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from popsim.protocols.model import ANY, CLOSED, START, Form, Reference, Row, Rule, State, Trigger
from popsim.protocols.protocol import Protocol

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Side:
    """A row as one of the two has it.

    Args:
        says: what the row says, apart from its name, in a form that can be compared.
        reference: where it was read.
        row: the row itself; a rule as it reads in the state that was asked about.
    """

    says: tuple[object, ...]
    reference: Reference | None
    row: Row

    @property
    def note(self) -> str:
        """What was read into the text, or nothing where the text says it."""
        return self.reference.note if self.reference else ""


@dataclass(frozen=True, slots=True)
class Change:
    """One row that only one of the two has, or that they have in two ways.

    Args:
        name: what it is called: a state's name, a command's form, ``STATE|trigger|condition``.
        before: how it was, or None where it came.
        after: how it is, or None where it went.
    """

    name: str
    before: Side | None
    after: Side | None

    @property
    def what(self) -> str:
        """Whether it came, went, changed, or is the same and only read in another way."""
        if self.before is None or self.after is None:
            return "came" if self.before is None else "went"
        return "changed" if self.before.says != self.after.says else "read"

    @property
    def row(self) -> Row:
        """The row as it is, or as it was where it went."""
        side = self.after or self.before
        assert side is not None
        return side.row


@dataclass(frozen=True)
class Difference:
    """All differences of two protocols, each with where it was read; :func:`difference` finds them.

    Args:
        before, after: the two.
        states, commands, replies, rules, limits, capabilities, codes, data, words: the rows that came, went or changed.
        readings: the rows that say the same in both, where one text says it and the other was read so, or where the
            two were read in different words.
    """

    before: Protocol
    after: Protocol
    states: tuple[Change, ...]
    commands: tuple[Change, ...]
    replies: tuple[Change, ...]
    rules: tuple[Change, ...]
    limits: tuple[Change, ...]
    capabilities: tuple[Change, ...]
    codes: tuple[Change, ...]
    data: tuple[Change, ...]
    words: tuple[Change, ...]
    readings: tuple[Change, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that came, went or changed, in one row."""
        rows = self.states, self.commands, self.replies, self.rules, self.limits, self.capabilities, self.codes
        return tuple(change for part in (*rows, self.data, self.words) for change in part)

    def __bool__(self) -> bool:
        """Whether the two differ in anything but how their texts were read."""
        return bool(self.changes)


def difference(before: Protocol, after: Protocol) -> Difference:
    """What came, went and changed from one to the other: two editions, or one with extensions and one without.

    Raises:
        ValueError: they are not of one table, so that there is nothing to compare row by row.
    """
    if before.table is not after.table:
        raise ValueError(
            f"expected two editions of one protocol, got {before} and {after}: compare {before.title} with an edition "
            f"of {before.title}, such as {before.edition(before.editions[0])}"
        )
    pair = before, after
    readings: list[Change] = []
    order = [rule.id for rule in before.table.rules]

    def compared(sides: Callable[[Protocol], Mapping[str, Side]]) -> tuple[Change, ...]:
        one, other = (sides(protocol) for protocol in pair)
        names = [name for name in order if name in one or name in other]
        found = [Change(name, one.get(name), other.get(name)) for name in dict.fromkeys([*names, *one, *other])]
        readings.extend(change for change in found if change.what == "read" and _notes(change))
        return tuple(change for change in found if change.what != "read")

    return Difference(
        before,
        after,
        states=compared(lambda p: _sides(p, _states(p), lambda s: s.name, _state)),
        commands=compared(lambda p: _sides(p, p.forms, lambda f: f.name, lambda f: _form(p, f))),
        replies=compared(lambda p: _sides(p, p.replies, lambda r: r.mark, lambda r: (r.meaning, r.positive))),
        rules=compared(lambda p: _rules(p, pair)),
        limits=compared(lambda p: _sides(p, p.limits, lambda x: x.name, lambda x: (x.value, x.meaning))),
        capabilities=compared(lambda p: _sides(p, p.capabilities, lambda c: c.tag, lambda c: (c.meaning, c.only_in))),
        codes=compared(lambda p: _sides(p, p.codes, lambda c: c.mark, lambda c: (c.condition, c.meaning))),
        data=compared(lambda p: _sides(p, p.data, lambda d: d.mark, lambda d: (d.meaning, d.numbered))),
        words=compared(lambda p: _sides(p, p.words, lambda w: f"{w.group} {w.mark}", lambda w: (w.meaning, w.takes))),
        readings=tuple(readings),
    )


def _notes(change: Change) -> bool:
    """Whether one text says what the other was read to say, or the two were read in different words."""
    assert change.before and change.after
    return change.before.note != change.after.note


def _sides(
    protocol: Protocol, rows: Iterable[R], name: Callable[[R], str], says: Callable[[R], tuple[object, ...]]
) -> dict[str, Side]:
    return {name(row): Side(says(row), protocol.reference(row), row) for row in rows}


def _states(protocol: Protocol) -> list[State]:
    return [state for state in protocol.states if state not in (START, CLOSED)]


def _state(state: State) -> tuple[object, ...]:
    return state.meaning, state.within.name if state.within else "", state.reads_commands


def _form(protocol: Protocol, form: Form) -> tuple[object, ...]:
    kinds = tuple((a.name, a.kind_in(protocol.rfcs).words, a.meaning, a.secret, a.optional) for a in form.arguments)
    return form.meaning, form.optional, kinds


def _rules(protocol: Protocol, pair: tuple[Protocol, Protocol]) -> dict[str, Side]:
    """What a protocol does wherever one of the two has a row of its own.

    A row of an inner state, say, stands in one edition and not in the other, which has the row of the state around it
    for the same case: then the case did not come, it may have changed.
    """
    found: dict[str, Side] = {}
    for rule in _written(pair):
        here = _here(protocol, rule)
        if here is not None:
            says = here.reply.mark if here.reply else "", here.units, _to(here), here.awaits
            found[rule.id] = Side(says, protocol.reference(here), here)
    return found


def _written(pair: tuple[Protocol, Protocol]) -> Iterator[Rule]:
    """The rows of both, each case once, in the order of the table."""
    there = {rule for protocol in pair for rule in protocol.rules}
    cases = {rule.id: rule for rule in pair[0].table.rules if rule in there}
    yield from cases.values()


def _here(protocol: Protocol, rule: Rule) -> Rule | None:
    """What a protocol has for a rule's state, trigger and condition, if it has the case."""
    if rule.state in (START, ANY):
        return next((r for r in protocol.rules if r.id == rule.id), None)
    state = next((s for s in protocol.states if s.name == rule.state.name), None)
    trigger = rule.trigger
    if state is None or not isinstance(trigger, Trigger):
        return None
    if isinstance(trigger, Form) and trigger not in protocol.forms:
        return None
    return next((r for r in protocol.outcomes(state, trigger) if r.condition == rule.condition), None)


def _to(rule: Rule) -> str:
    """The state that follows, or nothing where the state stays."""
    return rule.to.name if rule.to and rule.to is not rule.state else ""
