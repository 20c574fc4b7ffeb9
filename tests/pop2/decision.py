"""Reads RFC 937's decision tables and diagrams as they are transcribed here, and compares them with popsim's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from popsim.protocols.machine import Machine
from popsim.protocols.model import CLOSED, START, Form, Occurrence, Rule, State, Trigger, Unit
from popsim.protocols.model import Reply as Status
from popsim.protocols.protocol import Protocol

FOLDER = Path(__file__).parent
ENDS = ("server", "client")
Cell = tuple[str, str]


class Outcome(NamedTuple):
    """What is sent, in the RFC's words, and the state that follows."""

    sent: str
    to: str


@dataclass(frozen=True)
class Decisions:
    """One end: its states and inputs, what each pair leads to, and the edges of its diagram."""

    states: tuple[str, ...]
    inputs: tuple[str, ...]
    cells: dict[Cell, frozenset[Outcome]]
    edges: dict[Cell, frozenset[Outcome]]


class Unreadable(ValueError):
    """A line of a transcription that says nothing; the message names file and line."""


def load(end: str) -> Decisions:
    """The transcription of one end."""
    path = FOLDER / f"{end}_937.txt"
    return parse(path.read_text("utf-8"), path.name)


def parse(text: str, name: str = "decisions") -> Decisions:
    """What a transcription says. Raises Unreadable."""
    parts: dict[str, list[tuple[int, list[str]]]] = {"table": [], "actions": [], "diagram": []}
    part = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() in parts:
            part = line.strip()
        elif line.strip() and not line.startswith("#  ") and not line.startswith("# "):
            if not part:
                raise Unreadable(f"{name}:{number}: belongs to no part")
            parts[part].append((number, [cell.strip() for cell in line.split("|")]))
    (_, head), *table = parts["table"]
    states = tuple(head[1:])
    actions: dict[str, set[Outcome]] = {}
    for number, cells in parts["actions"]:
        if len(cells) != 3 or cells[2] not in (*states, "CLOSED"):
            raise Unreadable(f"{name}:{number}: expected an action, what is sent and the state that follows")
        actions.setdefault(cells[0], set()).add(Outcome(cells[1], cells[2]))
    found: dict[Cell, frozenset[Outcome]] = {}
    for number, (what, *cells) in table:
        if len(cells) != len(states) or not set(cells) <= {*actions, ""} or (states[0], what) in found:
            raise Unreadable(f"{name}:{number}: expected an input that is new and {len(states)} actions")
        found.update({(state, what): frozenset(actions.get(c, ())) for state, c in zip(states, cells, strict=True)})
    edges: dict[Cell, frozenset[Outcome]] = {}
    for number, cells in parts["diagram"]:
        if len(cells) != 4 or (cells[0], cells[1]) not in found:
            raise Unreadable(f"{name}:{number}: expected a state, an input, what is sent and the state that follows")
        edges[cells[0], cells[1]] = edges.get((cells[0], cells[1]), frozenset()) | {Outcome(cells[2], cells[3])}
    return Decisions(states, tuple(what for _, (what, *_) in table), found, edges)


def triggers(protocol: Protocol, end: str, what: str) -> list[Trigger | Status]:
    """What the table calls an input of the RFC."""
    events: dict[str, list[Trigger | Status]] = {
        "Open": [Occurrence.OPENED],
        "Close": [Occurrence.LOST],
        "Timeout": [Occurrence.EXPIRED],
        "data": [Occurrence.CONTINUED],
        "other": [Occurrence.UNRECOGNIZED, Occurrence.MALFORMED, Occurrence.OVERLONG],
    }
    if end == "client":
        marks = {reply.mark: reply for reply in protocol.replies}
        events["other"] = [marks["-"], Occurrence.UNRECOGNIZED]
        if what in ("Greet", "+ Bye", "#NNN", "=CCC"):
            return [marks["+" if what == "Greet" else what[0]]]
    return events.get(what) or [form for form in protocol.forms if form.keyword == what]


def place(machine: Machine, name: str) -> State:
    """What the machine calls a state of the RFC."""
    return START if name == "LSTN" else next(state for state in machine.states if state.name == name)


def outcome(rule: Rule) -> Outcome:
    """A row of the table as the transcription would write it."""
    to = CLOSED.name if rule.to is CLOSED else rule.to.name if rule.to else rule.state.name
    if rule.sends is not None or rule.reply is None and not rule.units:
        return Outcome(rule.sends.keyword if rule.sends else "nothing", to)
    return Outcome(rule.reply.mark if rule.reply else "data" if rule.units == (Unit.COUNTED,) else "?", to)


def differences(decisions: Decisions, protocol: Protocol, end: str) -> list[str]:
    """Where the RFC's table and diagram on one hand and popsim's on the other disagree, cell by cell, both ways."""
    machine = protocol.server if end == "server" else protocol.client
    assert machine is not None
    problems = []
    theirs = [s.name for s in machine.states if s is not CLOSED and (end == "server" or s is not START)]
    if sorted(theirs) != sorted("START" if name == "LSTN" else name for name in decisions.states):
        problems.append(f"states: {theirs}, not {decisions.states}")
    keywords = {form.keyword for form in protocol.forms}
    named = {what for what in decisions.inputs if what.isupper()} if end == "server" else keywords
    problems += [f"commands: {sorted(keywords)}, not {sorted(named)}"] if keywords != named else []
    merged: dict[tuple[str, Trigger | Status], set[Outcome]] = {}
    for (state, what), outcomes in decisions.cells.items():
        for trigger in triggers(protocol, end, what):
            merged.setdefault((state, trigger), set()).update(outcomes, decisions.edges.get((state, what), ()))
    for (state, trigger), wanted in merged.items():
        if not can_happen(state, trigger):
            continue
        rules = machine.outcomes(place(machine, state), trigger)
        there = {outcome(rule) for rule in rules}
        label = f"{state} | {trigger.value if isinstance(trigger, Occurrence) else trigger}"
        problems += [f"{label}: {one.sent} -> {one.to} is not in the table" for one in sorted(wanted - there)]
        problems += [f"{label}: {one.sent} -> {one.to} is in the table only" for one in sorted(there - wanted)]
    return problems


def can_happen(state: str, trigger: Trigger | Status) -> bool:
    """Whether an input can come to one session at all: LSTN has no connection, and a connection opens once."""
    if state == "LSTN":
        return trigger is Occurrence.OPENED
    return trigger is not Occurrence.OPENED


def is_form(trigger: Trigger | Status) -> bool:
    """Whether a trigger is a command."""
    return isinstance(trigger, Form)
