"""What is wrong with a table: found before a session can stumble over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from popsim.protocols.machine import Machine
from popsim.protocols.model import (
    ANY,
    CLOSED,
    REFUSALS,
    START,
    Continuation,
    Form,
    Occurrence,
    Reader,
    Reply,
    Row,
    Rule,
    State,
    Syntax,
    Trigger,
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


_ENDINGS = (Occurrence.EXPIRED, Occurrence.LOST)
_AWAITED = (Occurrence.COMMITTED, Occurrence.SECURED)


def audit(protocol: Protocol) -> list[Finding]:
    """Everything that is wrong with one edition of a table; empty when it is sound.

    Found are: a state that is not reachable or cannot be left (a lost connection is no way out), a pair of state and
    trigger without an outcome, two rows of one condition, two states of one name, a row without a reference, a
    command that no state allows, a reply that no row sends, a row that waits for something that has no row there, a
    row that speaks of a state, command or reply of another edition, an exchange whose end leaves the session where
    nothing is allowed, units that can't be framed, a capability that announces what is not there or what another
    one does, a code without a reply that it could go with, an optional argument that nothing tells from what follows,
    and a row or an argument that depends on an extension that the table has not.
    """
    findings = list(_machine(protocol, protocol.server, "server"))
    if protocol.client:
        findings += _machine(protocol, protocol.client, "client")
    findings += _strays(protocol)
    findings += _stranded(protocol)
    findings += _unused(protocol)
    findings += _announced(protocol)
    findings += _spelled(protocol)
    findings += _uncited(protocol)
    return findings


def _machine(protocol: Protocol, machine: Machine, end: str) -> Iterator[Finding]:
    reachable = machine.reachable()
    names = [state.name for state in machine.states]
    for state in machine.states:
        if state not in reachable:
            yield Finding(f"{end}, {state}", "no trigger leads to this state")
        if state not in (START, CLOSED) and not _can_close(machine, state):
            yield Finding(f"{end}, {state}", "no trigger leads from this state to the end")
        if state.within and state.within not in machine.states:
            yield Finding(f"{end}, {state}", f"lies within {state.within}, which is no state of this edition")
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Finding(f"{end}, {name}", "two states have this name")
    yield from _pairs(protocol, machine, end)
    seen: set[str] = set()
    for rule in machine.rules:
        if rule.id in seen:
            yield Finding(f"{end}, {rule.id}", "two rows have this condition")
        seen.add(rule.id)
        yield from _rule(protocol, rule, machine, end)


def _pairs(protocol: Protocol, machine: Machine, end: str) -> Iterator[Finding]:
    triggers: list[Trigger | Reply] = list(dict.fromkeys(rule.trigger for rule in machine.rules))
    if end == "server":  # whatever a client may send, and whatever may become of it, needs an answer in the table
        always: tuple[Occurrence, ...] = (*REFUSALS, *_ENDINGS, *_AWAITED, Occurrence.CONTINUED)
        always += (Occurrence.LITERAL,) if protocol.table.tagged else ()
        triggers = list(dict.fromkeys([*protocol.forms, *always, *triggers]))
    else:  # whatever a client may hear: every reply, octets without one, a line that is none, and silence
        triggers = list(dict.fromkeys([*protocol.replies, *_heard(protocol), *_ENDINGS, *triggers]))
    for state in _between(machine):
        for trigger in triggers:
            possible = trigger is not Occurrence.OPENED if end == "client" else _can_happen(machine, state, trigger)
            if possible and not machine.outcomes(state, trigger):
                yield Finding(f"{end}, {state}, {trigger_name(trigger)}", "this pair has no outcome")


def _heard(protocol: Protocol) -> list[Trigger]:
    """What a client may hear that is no reply: a line that makes no sense, and data where rows send them alone."""
    alone = any(rule.units and rule.reply is None for rule in protocol.rules)
    return [Occurrence.UNRECOGNIZED, *([Occurrence.CONTINUED] if alone else [])]


def _between(machine: Machine) -> list[State]:
    """The states in which a connection is open."""
    return [state for state in machine.states if state not in (START, CLOSED)]


def _can_happen(machine: Machine, state: State, trigger: Trigger | Reply) -> bool:
    """Whether a trigger can come to a server at all: an answer to a wait comes only where a row waits for it."""
    if trigger is Occurrence.OPENED:
        return False
    if trigger in _AWAITED:
        return any(r.awaits is trigger and _leads(r, state) for r in machine.rules)
    if trigger is Occurrence.CONTINUED:
        return any(r.reader not in (None, Reader.LITERAL) and _leads(r, state) for r in machine.rules)
    if trigger is Occurrence.LITERAL:
        return state.reads_commands
    return True


def _leads(rule: Rule, state: State) -> bool:
    return rule.to is state or (rule.to is None and rule.state in (state, ANY))


def _rule(protocol: Protocol, rule: Rule, machine: Machine, end: str) -> Iterator[Finding]:
    where = f"{end}, {rule.id}"
    for state in (rule.state, rule.to):
        if state is not None and state is not ANY and state not in machine.states:
            yield Finding(where, f"{state} is no state of this edition")
    for reply in (rule.reply, rule.trigger):
        if isinstance(reply, Reply) and reply not in protocol.replies:
            yield Finding(where, f"{reply} is no reply of this edition")
    if rule.awaits:
        there = rule.to or rule.state
        for place in _between(machine) if there is ANY else [there]:
            if place in (START, CLOSED) or not machine.outcomes(place, rule.awaits):
                yield Finding(where, f"waits for '{rule.awaits.value}', which has no row in {place}")
    yield from _framing(protocol, rule, where, end)


def _framing(protocol: Protocol, rule: Rule, where: str, end: str) -> Iterator[Finding]:
    has_line = Unit.LINE in rule.units or Unit.STATUS_LINES in rule.units
    if rule.reply is None and has_line and end == "server":
        yield Finding(where, "sends a line that has no status")
    if rule.reply is not None and not has_line:
        yield Finding(where, "has a status, but sends no line that could carry it")
    if any(isinstance(u, Continuation) for u in rule.units[:-1]):
        yield Finding(where, "a continuation must be the last unit")
    if not protocol.table.tagged and (Unit.UNTAGGED in rule.units or rule.reader is Reader.LITERAL):
        yield Finding(where, "sends data without a tag or reads a literal, and commands have no tags")
    if Unit.STATUS_LINES in rule.units and any(not _is_three_digits(reply) for reply in protocol.replies):
        yield Finding(where, "sends lines that each open with the status, and not every status has three digits")
    if Unit.COUNTED in rule.units and not any(reply.announces for reply in protocol.replies):
        yield Finding(where, "sends counted octets, and no reply announces how many")


def _is_three_digits(reply: Reply) -> bool:
    return len(reply.mark) == 3 and reply.mark.isascii() and reply.mark.isdigit()


def _can_close(machine: Machine, state: State) -> bool:
    """Whether something leads to the end, other than what ends every session: a lost connection or a timer."""
    written = {(r.state, r.trigger) for r in machine.rules}
    seen, front = {state}, [state]
    while front:
        place = front.pop()
        for trigger in dict.fromkeys(r.trigger for r in machine.rules):
            if trigger in _ENDINGS and (place, trigger) not in written:
                continue
            for rule in machine.outcomes(place, trigger):
                if rule.to is CLOSED:
                    return True
                if rule.to is not None and rule.to not in seen:
                    seen.add(rule.to)
                    front.append(rule.to)
    return False


def _strays(protocol: Protocol) -> Iterator[Finding]:
    """Rows of this edition that speak of a command of another one: no session of this edition could come to them.

    An extension may say something of a command that some editions have and others have not.
    """
    table = protocol.table
    for end, rules in (("server", table.rules), ("client", table.client_rules)):
        for rule in rules:
            reference = protocol.reference(rule)
            for form in (rule.trigger, rule.sends):
                if not isinstance(form, Form) or not reference or protocol.reference(form):
                    continue
                if reference.rfc == protocol.number or not form.reference(table.editions):
                    yield Finding(f"{end}, {rule.id}", f"{form} is no command of this edition")


def _stranded(protocol: Protocol) -> Iterator[Finding]:
    """Rows that end an exchange and stay in its state, where the command reader would refuse all that comes."""
    machine = protocol.server
    for state in _between(machine):
        if not _can_happen(machine, state, Occurrence.CONTINUED) or protocol.allowed(state):
            continue
        for trigger in (Occurrence.CONTINUED, Occurrence.MALFORMED, Occurrence.OVERLONG):
            for rule in machine.outcomes(state, trigger):
                if rule.to is state and not rule.reader:
                    yield Finding(f"server, {rule.id}", "the exchange is over, and no command is allowed here")


def _unused(protocol: Protocol) -> Iterator[Finding]:
    allowed = {f for s in protocol.states if s.kind == "state" for f in protocol.allowed(s)}
    usual = {rule.reply for rule in protocol.rules if rule.trigger is Occurrence.NOT_ALLOWED}
    refused = {rule.trigger for rule in protocol.rules if rule.reply and rule.reply not in usual}
    for form in protocol.forms:
        if form not in allowed | refused:  # one that is refused in words of its own was not forgotten
            yield Finding(form.name, "no state allows this command")
    sent = {rule.reply for rule in protocol.rules}
    for reply in protocol.replies:
        if reply not in sent:
            yield Finding(reply.mark, "no row sends this reply")


def _announced(protocol: Protocol) -> Iterator[Finding]:
    """What is wrong with the capabilities and the codes."""
    tags = [row.tag for row in protocol.capabilities]
    for row in protocol.table.capabilities:
        if row.form and row.form not in protocol.table.forms:
            yield Finding(f"capability {row.tag}", f"announces {row.form}, which is no command of the table")
        if row.only_in and protocol.reference(row) and row.only_in not in protocol.states:
            yield Finding(f"capability {row.tag}", f"{row.only_in} is no state of this edition")
    for tag in sorted({tag for tag in tags if tags.count(tag) > 1}):
        yield Finding(f"capability {tag}", "two capabilities have this tag")
    told = {rule.condition for rule in protocol.rules if rule.reply and rule.reply.positive is not None}
    for code in protocol.codes:
        if code.condition and code.condition not in told:
            yield Finding(f"code {code}", f"goes with {code.condition!r}, and no row answers for that")


def _spelled(protocol: Protocol) -> Iterator[Finding]:
    """Arguments that can't be read as they are meant, and what depends on an extension that there is not."""
    table = protocol.table
    for form in protocol.forms:
        for argument in form.arguments:
            if argument.optional and not isinstance(argument.kind, Syntax):
                yield Finding(form.name, f"{argument.name} is optional, and a pattern can't tell it from what follows")
            if argument.wider and argument.widened_by not in table.extensions:
                yield Finding(form.name, f"{argument.name} is widened by {argument.widened_by}, no extension")
    for rule in table.rules:
        for number in {rule.only_with, rule.not_with} - {0}:
            if number not in table.extensions:
                yield Finding(f"server, {rule.id}", f"depends on {number}, no extension of the table")


def _uncited(protocol: Protocol) -> Iterator[Finding]:
    table = protocol.table
    kinds: tuple[tuple[str, tuple[Row, ...]], ...] = (
        ("state", table.states + table.client_states),
        ("command", table.forms),
        ("reply", table.replies),
        ("rule", table.rules + table.client_rules),
        ("limit", table.limits),
        ("capability", table.capabilities),
        ("code", table.codes),
        ("datum", table.data),
        ("word", table.words),
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
