"""Reads the matrices that were transcribed by hand from SMTP's RFCs, and compares them with the table pair by pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from popsim.protocols.model import Continuation, Occurrence, Reader, Rule, Trigger, Unit
from popsim.protocols.protocol import Protocol

FOLDER = Path(__file__).parent
EDITIONS = (5321, 821)
READING = ("CONNECTED", "READY", "SENDER", "RECIPIENTS")
"""The states in which commands are read."""
ADDED_STATES = ("TLS handshake", "AUTH exchange")
EVENTS = {
    "opened": Occurrence.OPENED,
    "continued": Occurrence.CONTINUED,
    "secured": Occurrence.SECURED,
    "unrecognized command": Occurrence.UNRECOGNIZED,
    "bad arguments": Occurrence.MALFORMED,
    "line too long": Occurrence.OVERLONG,
    "timed out": Occurrence.EXPIRED,
    "lost": Occurrence.LOST,
}
ONLY_IN = {"opened": ("START",), "continued": ("TEXT", "AUTH exchange"), "secured": ("TLS handshake",)}
"""The events that can happen in some states only."""
FRAMINGS: dict[tuple[Unit | Continuation, ...], str] = {
    (): "none",
    (Unit.LINE,): "line",
    (Unit.STATUS_LINES,): "lines",
    (Unit.LINE, Continuation(Reader.DOT_ENDED)): "line+text",
    (Unit.LINE, Continuation(Reader.LINE, secret=True)): "line+answer",
}


class Outcome(NamedTuple):
    """What is sent and what follows: the part of a row that can be compared word for word."""

    code: str
    framing: str
    to: str


class Row(NamedTuple):
    """One line of a matrix; ``exact`` says that the RFC itself has it, in one of ``sections`` (``§4@4954``)."""

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


def rows(edition: int, extended: bool = False) -> tuple[Row, ...]:
    """The matrix of one edition, with all extensions or without any."""
    path = FOLDER / f"matrix_{edition}.txt"
    found = parse(path.read_text("utf-8"), edition, path.name)
    if extended:
        more = FOLDER / "matrix_extensions.txt"
        found += parse(more.read_text("utf-8"), edition, more.name)
    return found


def parse(text: str, edition: int, name: str = "matrix") -> tuple[Row, ...]:
    """The rows of a matrix's text, each spelled out for one state. Raises Unreadable."""
    lines = enumerate(text.splitlines(), 1)
    found = [_row(line, edition, f"{name}:{n}") for n, line in lines if line.strip() and line[0] != "#"]
    return tuple(row for some in found for row in some)


def _row(line: str, edition: int, place: str) -> Iterable[Row]:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != 7 or not all(cells):
        raise Unreadable(f"{place}: expected 7 columns with something in each, got {line!r}")
    state, trigger, condition, code, framing, to, sections = cells
    words = [word if "@" in word or word == "reading" else f"{word}@{edition}" for word in sections.split()]
    cited = tuple(word for word in words if word != "reading")
    is_code = len(code) == 3 and code.isdigit()
    if not (is_code or code == "-") or framing not in FRAMINGS.values() or is_code is (framing == "none"):
        raise Unreadable(f"{place}: code and framing are wrong in {line!r}")
    if not cited or not all(word.startswith("§") for word in cited):
        raise Unreadable(f"{place}: the sections are wrong in {line!r}")
    for one in READING if state == "any" else (state,):
        outcome = Outcome(code, framing, one if to == "same" else to)
        yield Row(one, trigger, condition, outcome, cited, words[-1] != "reading")


def pairs(protocol: Protocol) -> list[tuple[str, str]]:
    """Every state and trigger that a matrix must have."""
    commands = [form.name for form in protocol.forms]
    found = [(state, command) for state in READING for command in commands]
    others = [state.name for state in protocol.states if state.kind == "state"]
    return found + [(s, e) for e in EVENTS for s in ONLY_IN.get(e, others) if s in ("START", *others)]


def holes(matrix: Iterable[Row], protocol: Protocol) -> list[str]:
    """What a matrix lacks, has twice, or has although it cannot happen."""
    wanted, found = pairs(protocol), [(row.state, row.trigger) for row in matrix]
    named = [str(row) for row in matrix]
    problems = [f"{s} | {t}: not in the matrix" for s, t in wanted if (s, t) not in found]
    problems += [f"{s} | {t}: cannot happen" for s, t in dict.fromkeys(found) if (s, t) not in wanted]
    return problems + [f"{name}: twice" for name in dict.fromkeys(named) if named.count(name) > 1]


def differences(matrix: Iterable[Row], protocol: Protocol) -> list[str]:
    """Where the matrix and the protocol's table disagree, pair by pair and in both directions."""
    by_pair: dict[tuple[str, str], list[Row]] = {}
    for row in matrix:
        by_pair.setdefault((row.state, row.trigger), []).append(row)
    problems = []
    for state, name in pairs(protocol):
        trigger: Trigger = EVENTS[name] if name in EVENTS else protocol.form(name)
        rules = protocol.outcomes(protocol.state(state), trigger)
        problems += _pair(by_pair.get((state, name), []), rules, f"{state} | {name}")
    return problems


def _pair(mine: Sequence[Row], rules: Iterable[Rule], pair: str) -> list[str]:
    theirs = [(outcome_of(rule), rule) for rule in rules]
    outcomes = [outcome for outcome, _ in theirs]
    problems = [f"{row}: {row.outcome} is not in the table" for row in mine if row.outcome not in outcomes]
    for outcome, rule in theirs:
        same = [row for row in mine if row.outcome == outcome]
        if not same:
            problems.append(f"{pair}: the table's {outcome} ({rule.condition}) is not in the matrix")
        elif all(row.exact for row in same):
            cited = {f"{reference.section}@{reference.rfc}" for reference in rule.references}
            allowed = {section for row in same for section in row.sections}
            if not cited & allowed:
                problems.append(f"{pair}: {rule.condition!r} cites {sorted(cited)}, the matrix {sorted(allowed)}")
    return problems


def outcome_of(rule: Rule) -> Outcome:
    """A rule of the table as the matrix would write it."""
    assert rule.to is not None, f"{rule.id} is not resolved"
    return Outcome(rule.reply.mark if rule.reply else "-", FRAMINGS.get(rule.units, str(rule.units)), rule.to.name)
