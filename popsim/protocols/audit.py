"""What is wrong with a table: found before a session can stumble over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from popsim.protocols.machine import Machine
from popsim.protocols.model import (
    ANY,
    CLOSED,
    START,
    Continuation,
    Form,
    Occurrence,
    Row,
    Rule,
    State,
    Unit,
    trigger_name,
)
from popsim.protocols.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a table: where, and what, in words."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def audit(protocol: Protocol) -> list[Finding]:
    """Everything that is wrong with one edition of a table; empty when it is sound.

    Found are: a state that is not reachable or cannot be left, a pair of state and trigger without an outcome, two
    rows of one condition, a row without a reference, a command that no state allows, a reply that no row sends, a
    row that waits for something that has no row there, and units that can't be framed.
    """
    findings = list(_machine(protocol, protocol.server, "server"))
    if protocol.client:
        findings += _machine(protocol, protocol.client, "client")
    findings += _unused(protocol)
    findings += _uncited(protocol)
    return findings


def _machine(protocol: Protocol, machine: Machine, end: str) -> Iterator[Finding]:
    reachable = machine.reachable()
    for state in machine.states:
        if state not in reachable:
            yield Finding(f"{end}, {state}", "no trigger leads to this state")
        if state not in (START, CLOSED) and not _can_close(machine, state):
            yield Finding(f"{end}, {state}", "no trigger leads from this state to the end")
    yield from _pairs(protocol, machine, end)
    seen: set[str] = set()
    for rule in machine.rules:
        if rule.id in seen:
            yield Finding(f"{end}, {rule.id}", "two rows have this condition")
        seen.add(rule.id)
        yield from _rule(rule, machine, end)


def _pairs(protocol: Protocol, machine: Machine, end: str) -> Iterator[Finding]:
    written = list(dict.fromkeys(rule.trigger for rule in machine.rules))
    triggers = [*protocol.forms, *(t for t in written if not isinstance(t, Form))] if end == "server" else written
    for state in machine.states:
        if state in (START, CLOSED):
            continue
        for trigger in triggers:
            if _can_happen(machine, state, trigger) and not machine.outcomes(state, trigger):
                yield Finding(f"{end}, {state}, {trigger_name(trigger)}", "this pair has no outcome")


def _can_happen(machine: Machine, state: State, trigger: object) -> bool:
    """Whether a trigger can come in a state at all: an answer to a wait comes only where a row waits for it."""
    if trigger is Occurrence.OPENED:
        return False
    if trigger in (Occurrence.COMMITTED, Occurrence.SECURED):
        return any(r.awaits is trigger and r.to is state for r in machine.rules)
    if trigger is Occurrence.CONTINUED:
        return any(r.reader and r.to is state for r in machine.rules)
    return True


def _rule(rule: Rule, machine: Machine, end: str) -> Iterator[Finding]:
    where = f"{end}, {rule.id}"
    for state in (rule.state, rule.to):
        if state is not None and state is not ANY and state not in machine.states:
            yield Finding(where, f"{state} is no state of this edition")
    if rule.awaits and rule.to and not machine.outcomes(rule.to, rule.awaits):
        yield Finding(where, f"waits for '{rule.awaits.value}', which has no row in {rule.to}")
    if rule.reply is None and Unit.LINE in rule.units and end == "server":
        yield Finding(where, "sends a line that has no status")
    if any(isinstance(u, Continuation) for u in rule.units[:-1]):
        yield Finding(where, "a continuation must be the last unit")


def _can_close(machine: Machine, state: State) -> bool:
    seen, front = {state}, [state]
    while front:
        place = front.pop()
        for trigger in dict.fromkeys(r.trigger for r in machine.rules):
            for rule in machine.outcomes(place, trigger):
                if rule.to is CLOSED:
                    return True
                if rule.to is not None and rule.to not in seen:
                    seen.add(rule.to)
                    front.append(rule.to)
    return False


def _unused(protocol: Protocol) -> Iterator[Finding]:
    allowed = {f for s in protocol.states if s.kind == "state" for f in protocol.allowed(s)}
    for form in protocol.forms:
        if form not in allowed:
            yield Finding(form.name, "no state allows this command")
    sent = {rule.reply for rule in protocol.rules}
    for reply in protocol.replies:
        if reply not in sent:
            yield Finding(reply.mark, "no row sends this reply")


def _uncited(protocol: Protocol) -> Iterator[Finding]:
    table = protocol.table
    kinds: tuple[tuple[str, tuple[Row, ...]], ...] = (
        ("state", table.states + table.client_states),
        ("command", table.forms),
        ("reply", table.replies),
        ("rule", table.rules + table.client_rules),
        ("limit", table.limits),
    )
    known = {*table.editions, *table.extensions}
    for kind, rows in kinds:
        for row in rows:
            label = getattr(row, "id", "") or getattr(row, "name", "") or str(row)
            if not row.references:
                yield Finding(f"{kind} {label}", "has no reference")
            for reference in row.references:
                if reference.rfc not in known:
                    yield Finding(f"{kind} {label}", f"cites RFC {reference.rfc}, no edition or extension of the table")
