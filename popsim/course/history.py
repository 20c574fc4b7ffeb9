"""The story of a session as an exercise tells it: what each command line did to each message, and by which rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from popsim.lab.lab import Lab
from popsim.protocols.model import Occurrence, Rule, State
from popsim.protocols.protocol import Protocol
from popsim.timeline import Event, Timeline
from popsim.timeline.event import GONE, rule_key

_VERBS = {"Marked": "marked", "Unmarked": "unmarked", "Removed": "removed"}
_SERVER = "server"


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that a command line did to a message: ``marked``, ``unmarked`` or ``removed`` it."""

    number: int
    line: int
    verb: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command line that was answered with a negative status."""

    line: int
    rule: Rule


@dataclass(frozen=True)
class History:
    """What the command lines of a session did; lines are counted from 1.

    Args:
        protocol: the edition that was spoken.
        turns: what was done to messages, in order.
        refusals: the lines that were refused, in order.
        rules: the last rule that the server followed, by line.
        gone: the numbers of the messages that are removed.
        state: the name of the state at the end.
        removing: the state in which messages are removed.
        reached: whether the session was ever in it.
    """

    protocol: Protocol
    turns: tuple[Turn, ...]
    refusals: tuple[Refusal, ...]
    rules: dict[int, Rule]
    gone: frozenset[int]
    state: str
    removing: State
    reached: bool

    def of(self, number: int) -> list[Turn]:
        """What was done to one message."""
        return [turn for turn in self.turns if turn.number == number]

    def cited(self, rule: Rule) -> str:
        """The section of a rule, with a note where a reading was needed."""
        reference = self.protocol.reference(rule)
        return f"{reference}: {reference.note}" if reference and reference.note else str(reference)


def history(lab: Lab) -> History:
    """Read the story of a lab's first connection out of its timeline."""
    timeline, protocol = lab.timeline, lab.protocol
    lines = _lines(timeline)
    rules = {lines[e.cause]: rule for e, rule in _followed(timeline, protocol) if e.cause in lines}
    user = next(iter(timeline.header["mail"]))
    marks = timeline.at(len(timeline) - 1).marks(user)
    removing = next(rule.state for rule in protocol.rules if rule.trigger is Occurrence.COMMITTED)
    return History(
        protocol=protocol,
        turns=tuple(_turns(timeline, lines, rules)),
        refusals=tuple(Refusal(n, rule) for n, rule in rules.items() if rule.reply and rule.reply.positive is False),
        rules=rules,
        gone=frozenset(number for number, mark in marks.items() if mark == GONE),
        state=lab.state,
        removing=removing,
        reached=any(rule.state is removing for _, rule in _followed(timeline, protocol)),
    )


def _lines(timeline: Timeline) -> dict[int, int]:
    """For the index of each event in which the server has read a command line: which line that was."""
    sent = [e.index for e in timeline.events("message", "Sent") if e.endpoint == "client"]
    number = {index: n for n, index in enumerate(sent, 1)}
    read = [e for e in timeline.events("message", "Delivered") if e.endpoint == _SERVER]
    return {e.index: number[e.cause] for e in read if e.cause in number}


def _followed(timeline: Timeline, protocol: Protocol) -> Iterator[tuple[Event, Rule]]:
    """The events at which the server followed a rule, with it."""
    key = rule_key(0, _SERVER)
    for event in timeline:
        if event.values and key in event.values:
            yield event, protocol.rule(str(event.values[key]))


def _turns(timeline: Timeline, lines: dict[int, int], rules: dict[int, Rule]) -> Iterator[Turn]:
    for event in timeline.events("store"):
        if event.kind in _VERBS and event.cause in lines:
            line = lines[event.cause]
            for key in event.values or {}:
                yield Turn(int(key.rpartition(".")[2]), line, _VERBS[event.kind], rules[line])
