"""Reads a matrix of state × trigger × outcome (``matrix_1939.txt``) and compares it with the table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from popsim.protocols.model import Occurrence, Rule, State, Trigger, Unit
from popsim.protocols.protocol import Protocol

FOLDER = Path(__file__).parent
EDITIONS = (1939, 1725, 1460, 1225, 1081)

_STATES = ("START", "AUTHORIZATION", "USER accepted", "TRANSACTION", "UPDATE", "CLOSED")
STATES = {
    1939: _STATES,
    1725: _STATES,
    1460: ("START", "AUTHORIZATION", "USER accepted", "login refused", "TRANSACTION", "UPDATE", "CLOSED"),
    1225: _STATES,
    1081: _STATES,
}
_COMMON = (
    "USER name", "PASS string", "QUIT",
    "STAT", "LIST", "LIST msg", "RETR msg", "DELE msg", "NOOP", "RSET", "TOP msg n",
)  # fmt: skip
COMMANDS = {
    1939: (*_COMMON, "APOP name digest", "UIDL", "UIDL msg"),
    1725: (*_COMMON, "APOP name digest", "UIDL", "UIDL msg"),
    1460: (*_COMMON, "APOP name digest", "LAST"),
    1225: (*_COMMON, "RPOP user", "LAST"),
    1081: (*_COMMON, "RPOP user", "LAST"),
}
EVENTS = {
    "opened": Occurrence.OPENED,
    "committed": Occurrence.COMMITTED,
    "lost": Occurrence.LOST,
    "timed out": Occurrence.EXPIRED,
    "unrecognized command": Occurrence.UNRECOGNIZED,
    "bad arguments": Occurrence.MALFORMED,
    "line too long": Occurrence.OVERLONG,
}
ONLY_IN = {"opened": "START", "committed": "UPDATE"}
"""The events that can happen in one state only."""

FRAMINGS: dict[tuple[Unit, ...], str] = {
    (): "none",
    (Unit.LINE,): "line",
    (Unit.LINE, Unit.MULTILINE): "line+multi-line",
}


class Outcome(NamedTuple):
    """What is sent and what follows: the part of a row that can be compared word for word."""

    status: str
    framing: str
    to: str


class Row(NamedTuple):
    """One line of the matrix; ``exact`` says that the RFC itself has it, in one of ``sections`` (or pages)."""

    line: int
    state: str
    trigger: str
    condition: str
    outcome: Outcome
    sections: tuple[str, ...]
    exact: bool

    def __str__(self) -> str:
        return f"{self.state} | {self.trigger} | {self.condition}"


class Unreadable(ValueError):
    """A line of a matrix that is no row; the message names file and line."""


def rows(edition: int) -> tuple[Row, ...]:
    """The matrix of one edition, by its RFC number."""
    path = FOLDER / f"matrix_{edition}.txt"
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, name: str = "matrix") -> tuple[Row, ...]:
    """The rows of a matrix's text. Raises Unreadable."""
    lines = enumerate(text.splitlines(), 1)
    return tuple(_row(n, line, f"{name}:{n}") for n, line in lines if line.strip() and line[0] != "#")


def _row(number: int, line: str, place: str) -> Row:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != 7 or not all(cells):
        raise Unreadable(f"{place}: expected 7 columns with something in each, got {line!r}")
    state, trigger, condition, status, framing, to, sections = cells
    words = sections.split()
    exact = words[-1] != "reading"
    cited = tuple(words if exact else words[:-1])
    if status not in ("+OK", "-ERR", "-") or framing not in FRAMINGS.values():
        raise Unreadable(f"{place}: no such status or framing: {line!r}")
    if (status == "-") != (framing == "none") or not cited or not all(w.startswith(("§", "p.")) for w in cited):
        raise Unreadable(f"{place}: status and framing, or the sections, are wrong in {line!r}")
    return Row(number, state, trigger, condition, Outcome(status, framing, to), cited, exact)


def pairs(edition: int) -> list[tuple[str, str]]:
    """Every state and trigger that a matrix of this edition must have."""
    triggers = [*COMMANDS[edition], *EVENTS]
    return [(s, t) for s in STATES[edition] for t in triggers if ONLY_IN.get(t, s) == s]


def holes(matrix: Iterable[Row], edition: int) -> list[str]:
    """What a matrix lacks, has twice, or has although it cannot happen."""
    wanted = pairs(edition)
    found = [(row.state, row.trigger) for row in matrix]
    named = [(row.state, row.trigger, row.condition) for row in matrix]
    problems = [f"{s} | {t}: not in the matrix" for s, t in wanted if (s, t) not in found]
    problems += [f"{s} | {t}: cannot happen" for s, t in dict.fromkeys(found) if (s, t) not in wanted]
    problems += [f"{' | '.join(key)}: twice" for key in dict.fromkeys(named) if named.count(key) > 1]
    return problems + [f"{r}: to no state" for r in matrix if r.outcome.to not in STATES[edition]]


def differences(matrix: Iterable[Row], protocol: Protocol, edition: int) -> list[str]:
    """Where the matrix and the protocol's table disagree, pair by pair and in both directions."""
    by_pair: dict[tuple[str, str], list[Row]] = {}
    for row in matrix:
        by_pair.setdefault((row.state, row.trigger), []).append(row)
    problems = _names("state", STATES[edition], (s.name for s in protocol.states))
    problems += _names("command", COMMANDS[edition], (f.name for f in protocol.forms))
    if problems:
        return problems
    for state_name, trigger_name in pairs(edition):
        mine = by_pair.get((state_name, trigger_name), [])
        state, trigger = protocol.state(state_name), trigger_of(protocol, trigger_name)
        problems += _pair(mine, protocol, state, trigger, edition, f"{state_name} | {trigger_name}")
    return problems


def trigger_of(protocol: Protocol, name: str) -> Trigger:
    """What the table calls a trigger of the matrix."""
    return EVENTS[name] if name in EVENTS else protocol.form(name)


def _names(kind: str, mine: Iterable[str], theirs: Iterable[str]) -> list[str]:
    ours, table = set(mine), set(theirs)
    lacking = [f"{kind} {n}: not in the table" for n in sorted(ours - table)]
    return lacking + [f"{kind} {n}: in the table, not in the matrix" for n in sorted(table - ours)]


def _pair(mine: list[Row], protocol: Protocol, state: State, trigger: Trigger, edition: int, pair: str) -> list[str]:
    rules = [(outcome_of(rule), rule) for rule in protocol.outcomes(state, trigger)]
    problems = [
        f"{row}: {row.outcome} is not in the table, which has {[str(o) for o, _ in rules]}"
        for row in mine
        if row.outcome not in [o for o, _ in rules]
    ]
    for outcome, rule in rules:
        same = [row for row in mine if row.outcome == outcome]
        if not same:
            problems.append(f"{pair}: the table's {outcome} ({rule.condition}) is not in the matrix")
        elif all(row.exact for row in same):
            problems += _citation(same, rule, edition, pair)
    return problems


def _citation(same: list[Row], rule: Rule, edition: int, pair: str) -> list[str]:
    allowed = sorted({section for row in same for section in row.sections})
    cited = [r.section for r in rule.references if r.rfc == edition]
    if set(cited) & set(allowed):
        return []
    return [f"{pair}: the table's {rule.condition!r} cites {cited}, the matrix {allowed}"]


def outcome_of(rule: Rule) -> Outcome:
    """A rule of the table as the matrix would write it."""
    assert rule.to is not None, f"{rule.id} is not resolved"
    units = tuple(u for u in rule.units if isinstance(u, Unit))
    framing = FRAMINGS.get(units, str(units)) if len(units) == len(rule.units) else str(rule.units)
    return Outcome(rule.reply.mark if rule.reply else "-", framing, rule.to.name)
