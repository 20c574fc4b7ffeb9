"""The dissector: octets of any origin become a timeline, by the protocol's table and by nothing else.

Command, reply and state are inferred from what crossed the wire. Where the octets do not determine the state of an
end, its value is a text such as ``"A or B"``, and the names of all possible states stand beside it under
:func:`popsim.timeline.event.states_key`; the same holds of rules. Each further message leaves fewer of them possible,
and what is known later is used for what was before. An end's state is the one after its last message: a command that
nobody has answered yet has not moved the session.

Two things cannot be read off the wire: timers (a session that timed out shows as a connection that is closed without
an answer) and the mail store (which mail is there, and what it looks like).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from popsim.capture.conversation import Conversation
from popsim.capture.dissect_guess import guessed
from popsim.capture.dissect_offer import offered
from popsim.capture.dissect_places import Follower
from popsim.capture.dissect_said import Said, Turn, narrowed
from popsim.capture.dissect_session import read
from popsim.capture.dissect_wire import Script, Wire
from popsim.capture.dissect_write import Writer
from popsim.capture.judge import Breach, Judge, breaches
from popsim.protocols import SPEAKS, find, named
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import CLIENT, OPEN, OPENING, SERVER, connection_key
from popsim.timeline.recorder import Recorder
from popsim.timeline.timeline import Timeline

DEFAULT = "pop3"
"""The protocol that a header names where nothing of any protocol was found."""
Spoken = Protocol | Sequence[Protocol | None] | None
"""What is spoken: in all conversations, in each of them, or nobody says."""


@dataclass(frozen=True, slots=True)
class Dissection:
    """What the dissector has found.

    Args:
        timeline: the sessions; connection n is the n-th conversation.
        said: what was said in each conversation; None where it is of no protocol that popsim knows.
        breaches: where the protocol was broken, in the order of time.
        protocols: by whose table each conversation was read, or None.
    """

    timeline: Timeline
    said: tuple[Said | None, ...]
    breaches: tuple[Breach, ...]
    protocols: tuple[Protocol | None, ...]

    @property
    def protocol(self) -> Protocol:
        """By whose table the first session was read."""
        return next(filter(None, self.protocols), None) or find(DEFAULT)


def dissect(conversations: Iterable[Conversation], protocol: Protocol | None = None) -> Timeline:
    """The timeline of what was said in some conversations.

    Args:
        conversations: what crossed the wire.
        protocol: what was spoken in all of them; by default what each of them looks like, in the edition and with the
            extensions that fit best. Of those that look like no mail protocol it has the segments only, and where
            there is at least one mail session they are left out.
    """
    found = list(conversations)
    if protocol is None:
        spoken = [one for one in found if guessed(one)]
        found = spoken or found
    return dissection(found, protocol).timeline


def dissection(
    conversations: Sequence[Conversation], protocol: Spoken = None, header: dict[str, Any] | None = None
) -> Dissection:
    """The timeline of all of some conversations, with what the dissector found besides.

    Args:
        conversations: what crossed the wire.
        protocol: as for :func:`dissect`, or what was spoken in each of them.
        header: what else the timeline's header is to have.
    """
    found = [replace(one, pieces=sorted(one.pieces, key=lambda piece: piece.time)) for one in conversations]
    told = [protocol] * len(found) if protocol is None or isinstance(protocol, Protocol) else list(protocol)
    readings = _readings(found, told)
    judges = {follower: Judge(follower.protocol) for follower, _ in filter(None, readings)}
    faults = [judges[row[0]].faults(one, row[1]) if row else [] for one, row in zip(found, readings, strict=True)]
    protocols = tuple(row[0].protocol if row else None for row in readings)
    recorder = Recorder({**_header(protocols, found), **(header or {})})
    scripts = []
    for number, (one, row) in enumerate(zip(found, readings, strict=True)):
        marked = {id(f.message): f.sentence(row[0].protocol) for f in reversed(faults[number])} if row else {}
        scripts.append(_script(recorder, number, one, row, marked))
    lines = sorted((line for script in scripts for line in script.lines), key=lambda line: line[:3])
    for time, _, _, act in lines:
        recorder.now = max(recorder.now, time)
        act()
    timeline = Timeline(recorder)
    broken = breaches(timeline, protocols, faults)
    return Dissection(timeline, tuple(row[1] if row else None for row in readings), tuple(broken), protocols)


Reading = tuple[Follower, Said]
"""By which table a conversation was read, and what was said in it."""


def _readings(conversations: list[Conversation], told: Sequence[Protocol | None]) -> list[Reading | None]:
    """What was said in each conversation: those of which nobody says what they are are guessed, and read together."""
    found: list[Reading | None] = [None] * len(conversations)
    groups: dict[str, list[int]] = {}
    for number, (one, protocol) in enumerate(zip(conversations, told, strict=True)):
        if protocol is not None:
            follower = _follower(protocol)
            found[number] = follower, _said(one, follower)
        elif guess := guessed(one):
            groups.setdefault(guess.name, []).append(number)
    for name, numbers in groups.items():
        readings = _best(name, [conversations[number] for number in numbers])
        for number, reading in zip(numbers, readings, strict=True):
            found[number] = _as_offered(conversations[number], *reading)
    return found


def _best(name: str, conversations: list[Conversation]) -> list[Reading]:
    """Conversations read by the edition that fits best, the newest where several do."""
    best: list[Reading] = []
    least = -1
    for protocol in _candidates(find(name)):
        follower = _follower(protocol)
        readings = [(follower, _said(one, follower)) for one in conversations]
        odd = sum(_oddness(said) for _, said in readings)
        if least < 0 or odd < least:
            best, least = readings, odd
        if not least:
            break
    return best


def _candidates(protocol: Protocol) -> Iterator[Protocol]:
    """An edition with everything, the others without extensions and, if nothing else fits, with them."""
    others = [protocol.edition(number) for number in protocol.editions if number != protocol.number]
    yield protocol.extended()
    yield from others
    if protocol.table.tagged:
        yield from (other.extended() for other in others)


def _as_offered(conversation: Conversation, follower: Follower, said: Said) -> Reading:
    """The same read by those extensions alone that the server has named, if that leaves no more to explain."""
    if not (follower.is_tagged or follower.has_status_lines):
        return follower, said
    protocol = offered(follower.protocol, said.messages)
    if protocol == follower.protocol:
        return follower, said
    other = _follower(protocol)
    narrow = _said(conversation, other)
    return (other, narrow) if _oddness(narrow) <= _oddness(said) else (follower, said)


def _oddness(said: Said) -> int:
    return sum(bool(message.odd) for message in said.messages)


def _said(conversation: Conversation, follower: Follower) -> Said:
    said = read(conversation, follower)
    turns: list[Turn] = [turn for message in said.messages for turn in message.steps]
    narrowed(turns, said.last)
    if turns and not turns[0].is_apart:
        said.first = turns[0].before or said.first
    return said


def _script(
    recorder: Recorder,
    number: int,
    conversation: Conversation,
    reading: Reading | None,
    marked: dict[int, str],
) -> Script:
    said = reading[1] if reading else None
    script = Script(recorder, number, conversation)
    starts = said.cipher.starts if said and said.cipher else None
    for end in (CLIENT, SERVER):
        octets = script.sides[end].octets
        clear = octets if starts is None else octets[: starts[end]]
        recorder.stream(number, end).append(clear)
        if starts is not None:
            recorder.secure(number, end).append(octets[starts[end] :])
    initial = recorder.header["initial"]
    initial[connection_key(number)] = OPENING if conversation.begun else OPEN
    if reading is not None:
        writer = Writer(script, reading[1], reading[0], marked)
        initial.update(writer.initial())
        writer.plan()
    Wire(script).plan()
    return script


def _header(protocols: Sequence[Protocol | None], conversations: list[Conversation]) -> dict[str, Any]:
    first = next(filter(None, protocols), None) or find(DEFAULT).extended()
    header: dict[str, Any] = {**named(first), "mail": {}, "initial": {}}
    others = {str(number): named(one) for number, one in enumerate(protocols) if one not in (first, None) and one}
    if others:
        header[SPEAKS] = others
    header["addresses"] = [[one.client, one.server] for one in conversations]
    if epochs := [one.epoch for one in conversations if one.epoch]:
        header["epoch"] = min(epochs)
    if secrets := [line for one in conversations for line in one.secrets]:
        header["secrets"] = secrets
    return header


@lru_cache(maxsize=16)
def _follower(protocol: Protocol) -> Follower:
    """The follower of a protocol, made once: it takes longer than a short conversation."""
    return Follower(protocol)
