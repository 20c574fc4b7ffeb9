"""Reads what an extension adds to a matrix (``matrix_2449.txt``) and compares base and additions with the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from popsim.protocols import find
from popsim.protocols.model import Continuation, Occurrence, Reader, Rule, Trigger, Unit
from popsim.protocols.protocol import Protocol
from tests.pop3 import matrix
from tests.pop3.matrix import FOLDER, Outcome, Row, Unreadable

ADDED = {
    2449: ("CAPA",),
    3206: (),
    5034: ("AUTH mechanism", "AUTH mechanism initial-response"),
    2595: ("STLS",),
    6856: ("UTF8", "LANG", "LANG range"),
    1734: ("AUTH mechanism",),
}
"""The commands that each extension adds, from its own text."""
STATES = {5034: ("AUTH exchange",), 1734: ("AUTH exchange",), 2595: ("TLS handshake",)}
SETS = ((2449,), (2449, 3206), (2449, 5034), (2449, 2595), (2449, 6856), (2449, 3206, 5034, 2595, 6856))
"""The extensions alone, with the list of capabilities that they need, and all of them."""
BASED = [(1939, numbers) for numbers in SETS] + [(1725, (1734,))]

EVENTS = {**matrix.EVENTS, "continued": Occurrence.CONTINUED, "secured": Occurrence.SECURED}
ONLY_IN = {**matrix.ONLY_IN, "continued": "AUTH exchange", "secured": "TLS handshake"}
FRAMINGS = (*matrix.FRAMINGS.values(), "line+answer")
ANY, ANY_ADDED = "any command", "any added command"
_ASK = (Unit.LINE, Continuation(Reader.LINE, secret=True))


@dataclass(frozen=True)
class Whole:
    """An edition with extensions: what its states and commands are, and all rows about them."""

    edition: int
    numbers: tuple[int, ...]

    @cached_property
    def protocol(self) -> Protocol:
        """The protocol that is judged."""
        return find("pop3").edition(self.edition).extended(*self.numbers)

    @cached_property
    def commands(self) -> tuple[str, ...]:
        return (*matrix.COMMANDS[self.edition], *(name for number in self.numbers for name in ADDED[number]))

    @cached_property
    def states(self) -> tuple[str, ...]:
        added = (name for number in self.numbers for name in STATES.get(number, ()))
        return (*matrix.STATES[self.edition], *added)

    @cached_property
    def added(self) -> list[Row]:
        """The rows of the extensions, each spelled out: without those about commands that are not there."""
        found = [row for number in self.numbers for row in self._of(number)]
        return [row for row in found if row.trigger in (*self.commands, *EVENTS)]

    def _of(self, number: int) -> Iterable[Row]:
        for row in rows(number):
            names = {ANY: self.commands, ANY_ADDED: ADDED[number]}.get(row.trigger, (row.trigger,))
            yield from (row._replace(trigger=name) for name in names)

    @cached_property
    def rows(self) -> list[Row]:
        """All rows, those of the edition with their RFC at each section."""
        base = matrix.rows(self.edition)
        named = [row._replace(sections=tuple(f"{s}@{self.edition}" for s in row.sections)) for row in base]
        return [*named, *self.added]

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """Every state and trigger that can come together."""
        return [(s, t) for s in self.states for t in (*self.commands, *EVENTS) if ONLY_IN.get(t, s) == s]


def rows(number: int) -> tuple[Row, ...]:
    """What one extension adds, as its file has it."""
    path = FOLDER / f"matrix_{number}.txt"
    return parse(path.read_text("utf-8"), path.name) if ADDED[number] else ()


def parse(text: str, name: str = "matrix") -> tuple[Row, ...]:
    """The rows of a text. Raises Unreadable."""
    lines = enumerate(text.splitlines(), 1)
    return tuple(_row(n, line, f"{name}:{n}") for n, line in lines if line.strip() and line[0] != "#")


def _row(number: int, line: str, place: str) -> Row:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != 7 or not all(cells):
        raise Unreadable(f"{place}: expected 7 columns with something in each, got {line!r}")
    state, trigger, condition, status, framing, to, sections = cells
    words = sections.split()
    cited = tuple(word for word in words if word != "reading")
    if status not in ("+OK", "-ERR", "-", "+") or framing not in FRAMINGS:
        raise Unreadable(f"{place}: no such status or framing: {line!r}")
    if (status == "-") != (framing == "none") or not cited or not all(w[0] == "§" and "@" in w for w in cited):
        raise Unreadable(f"{place}: status and framing, or the sections, are wrong in {line!r}")
    return Row(number, state, trigger, condition, Outcome(status, framing, to), cited, words[-1] != "reading")


def holes(whole: Whole, all_rows: Iterable[Row]) -> list[str]:
    """The pairs that no row is about, and the rows about pairs that can't be."""
    found = {(row.state, row.trigger) for row in all_rows}
    problems = [f"{s} | {t}: not in the matrix" for s, t in whole.pairs if (s, t) not in found]
    return problems + [f"{s} | {t}: cannot happen" for s, t in sorted(found - set(whole.pairs))]


def differences(whole: Whole, all_rows: Iterable[Row], protocol: Protocol) -> list[str]:
    """Where rows and table disagree, pair by pair and in both directions."""
    by_pair: dict[tuple[str, str], list[Row]] = {}
    for row in all_rows:
        by_pair.setdefault((row.state, row.trigger), []).append(row)
    problems = [f"state {n}" for n in {s.name for s in protocol.states} ^ set(whole.states)]
    problems += [f"command {n}" for n in {f.name for f in protocol.forms} ^ set(whole.commands)]
    if problems:
        return sorted(problems)
    for state, name in whole.pairs:
        trigger: Trigger = EVENTS[name] if name in EVENTS else protocol.form(name)
        rules = protocol.outcomes(protocol.state(state), trigger)
        problems += _pair(by_pair.get((state, name), []), rules, protocol, f"{state} | {name}")
    return problems


def _pair(mine: list[Row], rules: Iterable[Rule], protocol: Protocol, pair: str) -> list[str]:
    theirs = [(outcome_of(rule), rule) for rule in rules]
    outcomes = [outcome for outcome, _ in theirs]
    problems = [f"{row}: {row.outcome} is not in the table" for row in mine if row.outcome not in outcomes]
    for outcome, rule in theirs:
        same = [row for row in mine if row.outcome == outcome]
        if not same:
            problems.append(f"{pair}: the table's {outcome} ({rule.condition}) is not in the matrix")
        elif all(row.exact for row in same):
            cited = {f"{r.section}@{r.rfc}" for r in rule.references}
            allowed = {section for row in same for section in row.sections}
            if not cited & allowed:
                problems.append(f"{pair}: {rule.condition!r} cites {sorted(cited)}, the matrix {sorted(allowed)}")
    return problems


def outcome_of(rule: Rule) -> Outcome:
    """A rule of the table as the matrix would write it."""
    if rule.units == _ASK and rule.reply and rule.to:
        return Outcome(rule.reply.mark, "line+answer", rule.to.name)
    return matrix.outcome_of(rule)
