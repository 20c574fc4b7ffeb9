"""Reads the matrices of state, command and outcome that stand beside this file, and compares them with the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from popsim.protocols import find
from popsim.protocols.model import Continuation, Occurrence, Reader, Rule, Trigger, Unit

FOLDER = Path(__file__).parent
IMAP = find("imap")

# The states and the extensions, from the RFCs' own texts.
IN_WORK = ("Not Authenticated", "Authenticated", "Selected")
SHORT = {"in work": IN_WORK, "known": ("Authenticated", "Selected")}
INNER: dict[int, tuple[str, ...]] = {
    3501: ("AUTHENTICATE exchange", "TLS handshake"),
    2177: ("IDLE in Authenticated", "IDLE in Selected"),
}
INNER[9051] = INNER[3501] + INNER[2177]
EXTENSIONS = (4959, 7888, 5161, 2971, 2177, 2342, 4315, 3691, 6851, 6154, 4731, 7162)
FOLDED = (4959, 5161, 2177, 2342, 4315, 3691, 6851, 4731)
"""The extensions whose commands RFC 9051 has taken over (Appendix E, 2)."""

EVENTS = {
    "opened": Occurrence.OPENED,
    "committed": Occurrence.COMMITTED,
    "secured": Occurrence.SECURED,
    "continued": Occurrence.CONTINUED,
    "literal announced": Occurrence.LITERAL,
    "mailbox changed": Occurrence.NEWS,
    "lost": Occurrence.LOST,
    "timed out": Occurrence.EXPIRED,
    "unrecognized command": Occurrence.UNRECOGNIZED,
    "bad arguments": Occurrence.MALFORMED,
    "line too long": Occurrence.OVERLONG,
}
ONLY_IN = {
    "opened": ("START",),
    "committed": ("Logout",),
    "secured": ("TLS handshake",),
    "continued": ("AUTHENTICATE exchange", *INNER[2177]),
    "literal announced": IN_WORK,
}
OTHER = "any other command"
SENT: dict[tuple[Unit | Continuation, ...], str] = {
    (): "none",
    (Unit.LINE,): "line",
    (Unit.UNTAGGED,): "data",
    (Unit.UNTAGGED, Unit.LINE): "data+line",
    (Unit.UNTAGGED, Unit.LINE, Continuation(Reader.LINE)): "data+line+line",
    (Unit.LINE, Continuation(Reader.LINE, secret=True)): "line+answer",
    (Unit.LINE, Continuation(Reader.LITERAL)): "line+octets",
    (Unit.LINE, Continuation(Reader.LITERAL, secret=True)): "line+secret octets",
    (Continuation(Reader.LITERAL),): "octets",
    (Continuation(Reader.LITERAL, secret=True),): "secret octets",
}
STATUSES = ("OK", "NO", "BAD", "PREAUTH", "BYE", "+", "-")


class Outcome(NamedTuple):
    """What is sent and what follows: the part of a row that can be compared word for word."""

    status: str
    sent: str
    to: str


class Row(NamedTuple):
    """One state's share of a line; ``sections`` are of those that may be cited, unless it is a reading."""

    state: str
    trigger: str
    outcome: Outcome
    sections: tuple[tuple[int, str], ...]
    exact: bool

    def __str__(self) -> str:
        return f"{self.state} | {self.trigger} | {self.outcome}"


class Unreadable(ValueError):
    """A line of a matrix that is no row; the message names file and line."""


def lines(rfc: int) -> list[Row]:
    """The rows of one RFC's file; "any other command" still stands for itself."""
    name = f"matrix_{rfc}.txt"
    return parse((FOLDER / name).read_text(encoding="utf-8"), rfc, name)


def parse(text: str, rfc: int, name: str = "matrix") -> list[Row]:
    """The rows of a matrix's text. Raises Unreadable."""
    numbered = enumerate(text.splitlines(), 1)
    return [row for n, line in numbered if line.strip() and line[0] != "#" for row in _rows(line, rfc, f"{name}:{n}")]


def _rows(line: str, rfc: int, place: str) -> Iterator[Row]:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != 7 or not all(cells):
        raise Unreadable(f"{place}: expected 7 columns with something in each, got {line!r}")
    states, trigger, _, status, sent, to, places = cells
    words = places.split()
    exact = words[-1] != "reading"
    words = words if exact else words[:-1]
    if status not in STATUSES or sent not in SENT.values() or (status == "-") == ("line" in sent):
        raise Unreadable(f"{place}: no such status, or it is not sent so: {line!r}")
    if not words or not all(word.startswith("§") for word in words):
        raise Unreadable(f"{place}: expected sections in {line!r}")
    sections = tuple((int(other or rfc), section) for section, _, other in (word.partition("@") for word in words))
    for group in states.split(", "):
        for state in SHORT.get(group, (group,)):
            yield Row(state, trigger, Outcome(status, sent, _following(state, to)), sections, exact)


def _following(state: str, to: str) -> str:
    """The state that follows in full: "waits" begins to wait for news, "wakes" ends it."""
    if to == "waits":
        return f"IDLE in {state}"
    return state.removeprefix("IDLE in ") if to == "wakes" else state if to == "stays" else to


class Matrix:
    """All rows for an edition with extensions.

    Args:
        edition: its RFC number.
        extensions: theirs.
        rows: other rows than those of the files, for tests of the comparison.
    """

    def __init__(self, edition: int, extensions: tuple[int, ...] = (), rows: list[Row] | None = None) -> None:
        added = [n for n in extensions if edition == 3501 or n not in FOLDED]
        self.protocol = IMAP.edition(edition).extended(*extensions) if extensions else IMAP.edition(edition)
        inner = [state for rfc in (edition, *added) for state in INNER.get(rfc, ())]
        self.states = ("START", *IN_WORK, "Logout", *inner, "CLOSED")
        self.written = rows if rows is not None else [row for rfc in (edition, *added) for row in lines(rfc)]
        if rows is None and 7888 in extensions:  # what was no syntax is one now
            self.written = [row for row in self.written if row not in _without_plus()]
        self.commands = sorted({r.trigger for r in self.written} - {*EVENTS, OTHER})
        self.rows = list(self._spelled_out())

    def _spelled_out(self) -> Iterator[Row]:
        named = {(row.state, row.trigger) for row in self.written}
        for row in self.written:
            if row.trigger != OTHER:
                yield row
                continue
            for command in self.commands:
                if (row.state, command) not in named:
                    yield row._replace(trigger=command)

    def pairs(self) -> list[tuple[str, str]]:
        """Every state and trigger that must have an outcome."""
        states = [state for state in self.states if state not in ("START", "CLOSED")]
        pairs = [(s, t) for s in states for t in (*self.commands, *EVENTS) if s in ONLY_IN.get(t, states)]
        return [("START", "opened"), *pairs]

    def differences(self) -> list[str]:
        """Where matrix and table disagree, pair by pair and in both directions."""
        problems = _names("state", self.states, (s.name for s in self.protocol.states))
        problems += _names("command", self.commands, (f.name for f in self.protocol.forms))
        if problems:
            return problems
        by_pair: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            by_pair.setdefault((row.state, row.trigger), []).append(row)
        problems = [f"{s} | {t}: cannot happen" for s, t in by_pair if (s, t) not in self.pairs()]
        for state, trigger in self.pairs():
            problems += self._pair(state, trigger, by_pair.get((state, trigger), []))
        return problems

    def _pair(self, state: str, trigger: str, mine: list[Row]) -> Iterator[str]:
        rules = [(_outcome(rule), rule) for rule in self._rules(state, trigger)]
        theirs = {outcome for outcome, _ in rules}
        for row in mine:
            if row.outcome not in theirs:
                yield f"{row} is not in the table, which has {sorted(map(str, theirs))}"
        for outcome, rule in rules:
            same = [row for row in mine if row.outcome == outcome]
            if not same:
                yield f"{state} | {trigger}: the table's {outcome} ({rule.condition}) is not in the matrix"
            elif all(row.exact for row in same) and not _cites(rule, same):
                yield f"{state} | {trigger}: the table's {rule.condition!r} cites {rule.cites}"

    def _rules(self, state: str, trigger: str) -> tuple[Rule, ...]:
        what: Trigger = EVENTS[trigger] if trigger in EVENTS else self.protocol.form(trigger)
        return self.protocol.outcomes(self.protocol.state(state), what)


def _without_plus() -> list[Row]:
    return [row for row in lines(3501) if row.trigger == "literal announced" and (3501, "§9") in row.sections]


def _names(kind: str, mine: Iterable[str], theirs: Iterable[str]) -> list[str]:
    ours, table = set(mine), set(theirs)
    lacking = [f"{kind} {n}: not in the table" for n in sorted(ours - table)]
    return lacking + [f"{kind} {n}: in the table, not in the matrix" for n in sorted(table - ours)]


def _cites(rule: Rule, same: list[Row]) -> bool:
    allowed = {place for row in same for place in row.sections}
    return bool({(r.rfc, r.section) for r in rule.references} & allowed)


def _outcome(rule: Rule) -> Outcome:
    """A rule of the table as the matrix would write it."""
    assert rule.to is not None, f"{rule.id} is not resolved"
    return Outcome(rule.reply.mark if rule.reply else "-", SENT.get(rule.units, str(rule.units)), rule.to.name)
