"""What a step of a session brought about, read out of the timeline: replies, states, messages, and the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from popsim.course.guesses import FETCHED, LEFT, NO_REPLY, REPLY, STATE
from popsim.lab.lab import Lab
from popsim.lab.reading import MailReading
from popsim.protocols.model import ALWAYS, Form, Occurrence, Rule, trigger_name
from popsim.protocols.pop3 import table
from popsim.protocols.protocol import Protocol
from popsim.timeline import Event, Timeline
from popsim.timeline.event import DELETED, GONE, rule_key, state_key
from popsim.views import wording
from popsim.views.reading import Reading
from popsim.views.transcript import body_lines

Step = str | Callable[[], object]
"""A command line, or something else that a lab can do, such as ``lab.cut``."""

_BODY = 5
_LONGEST = 512
_SERVER = "server"
_TELLING = (table.UIDL, table.DELE, Occurrence.COMMITTED)
"""What decides which messages a mail reader fetches and which ones the server keeps: the rules that are told of it."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came: in words, and what a guess may say of it."""

    words: str
    values: frozenset[str | int]


@dataclass(frozen=True)
class Outcome:
    """What one step brought about on the first connection, or on those of a mail reader.

    Args:
        past: the scenario up to the step, as a text.
        step: how the step is called.
        said: what the client sent and read, line by line.
        route: the names of the states that followed, the first and any after it; the same one where it stayed.
        rules: the rows of the table that the server followed, in order.
        reply: the status of the reply that the client has read, or ``"none"``.
        left: how many messages the server still has.
        marked: how many of these are only marked as deleted.
        removed: how many this step has removed.
        fetched: how many messages a mail reader has fetched.
        end: the length of the timeline after the step.
        protocol: whose rules they are.
    """

    past: str
    step: str
    said: tuple[str, ...]
    route: tuple[str, ...]
    rules: tuple[Rule, ...]
    reply: str
    left: int
    marked: int
    removed: int
    fetched: int
    end: int
    protocol: Protocol

    def came(self, about: str) -> Came:
        """What came of the thing that a guess is about."""
        if about == REPLY:
            return Came(self.reply, frozenset({self.reply}))
        if about == LEFT:
            return Came(f"{self.left}{self._aside()}", frozenset({self.left}))
        if about == FETCHED:
            return Came(str(self.fetched), frozenset({self.fetched}))
        state = self.protocol.state(self.route[0])
        words = ", then ".join(_place(self.protocol, name) for name in self.route)
        return Came(words, frozenset({state.name, state.outer.name}))

    def source(self, about: str) -> str:
        """The section of the rule that decided this: a state by the first rule, all else by the last."""
        if not self.rules:
            return ""
        return str(self.protocol.reference(self.rules[0 if about in (STATE, FETCHED) else -1]))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The rules as sentences, each with its section."""
        return tuple(self._sentence(rule) for rule in self.rules)

    def _aside(self) -> str:
        parts = [f"{self.marked} of them marked"] if self.marked else []
        parts += [f"{self.removed} removed"] if self.removed else []
        return f" ({', '.join(parts)})" if parts else ""

    def _sentence(self, rule: Rule) -> str:
        """A row of the table, read aloud."""
        what = trigger_name(rule.trigger)
        if isinstance(rule.trigger, Form):
            what = f"`{what}` ({rule.trigger.meaning})"
        given = "" if rule.condition == ALWAYS else f", {rule.condition}"
        answer = f"{rule.reply.mark}, " if rule.reply else ""
        then = f"stays in {rule.state}" if rule.to is rule.state else f"goes to {rule.to}"
        reference = self.protocol.reference(rule)
        note = f" ({reference.note})" if reference and reference.note else ""
        return f"{reference}{note}. In {rule.state}, {what}{given}: {answer}{then}."


def follow(lab: Lab, step: Step, name: str) -> Outcome:
    """Take a step in a lab and read what it brought about.

    Args:
        lab: whose first connection is spoken on.
        step: the command line, or what else to do.
        name: how the step is called.

    Raises:
        NotConnected: the connection is not open; nothing was done.
    """
    past = str(lab.scenario)
    before, start = lab.timeline.at(len(lab.timeline) - 1), len(lab.timeline)
    done = step() if callable(step) else lab.send(step)
    reading = done if isinstance(done, MailReading) else None
    timeline, protocol = lab.timeline, lab.protocol
    events = timeline[start:]
    user = next(iter(timeline.header["mail"]), "")
    marks = list(timeline.at(len(timeline) - 1).marks(user).values())
    removed = marks.count(GONE)
    rules = [protocol.rule(id) for id in _rules(events)]
    if reading:  # a whole session, and more than one: only what decides is told
        rules = [rule for rule in rules if rule.trigger in _TELLING] or rules[-1:]
    return Outcome(
        past=past,
        step=name,
        said=tuple(str(reading).splitlines() if reading else _said(Reading(timeline, protocol), events)),
        route=_route(events) or (before.state(),),
        rules=tuple(rules),
        reply=_reply(timeline, events, protocol),
        left=len(marks) - removed,
        marked=marks.count(DELETED),
        removed=removed - list(before.marks(user).values()).count(GONE),
        fetched=sum(len(visit.fetched) for visit in reading.visits) if reading else 0,
        end=len(timeline),
        protocol=protocol,
    )


def _place(protocol: Protocol, name: str) -> str:
    state = protocol.state(name)
    return f"{state.outer} ({name})" if state.within else name


def _route(events: list[Event]) -> tuple[str, ...]:
    key = state_key(0, _SERVER)
    return tuple(str(e.values[key]) for e in events if e.values and key in e.values)


def _rules(events: list[Event]) -> list[str]:
    """The ids of the rules that the server followed; one that both answered and moved is named once."""
    keyed = [(e.values or {}, rule_key(e.connection, _SERVER)) for e in events]
    return list(dict.fromkeys(str(values[key]) for values, key in keyed if key in values))


def _reply(timeline: Timeline, events: list[Event], protocol: Protocol) -> str:
    for event in events:
        if _read_by_client(event):
            said = timeline[event.cause].values or {}
            reply = protocol.rule(str(said[rule_key(event.connection, _SERVER)])).reply
            return reply.mark if reply else NO_REPLY
    return NO_REPLY


def _read_by_client(event: Event) -> bool:
    return (event.layer, event.kind, event.endpoint) == ("message", "Delivered", "client")


def _said(reading: Reading, events: list[Event]) -> Iterator[str]:
    lost = False
    for event in events:
        if event.layer == "message" and event.kind == "Sent" and event.endpoint == "client":
            yield "C: " + wording.said(event, reading, _LONGEST)
        elif _read_by_client(event):
            yield "S: " + wording.said(event, reading, _LONGEST)
            yield from ("   " + line for line in body_lines(reading.timeline.octets(event), _BODY))
        elif event.kind == "Lost" and not lost:
            lost = True
            yield f"(the connection is {wording.CONDITIONS[event.kind]})"
