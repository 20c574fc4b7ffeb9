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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from popsim.capture.conversation import Conversation
from popsim.capture.dissect_guess import likely
from popsim.capture.dissect_places import Follower
from popsim.capture.dissect_said import Said, Turn, narrowed
from popsim.capture.dissect_session import read
from popsim.capture.dissect_wire import Script, Wire
from popsim.capture.dissect_write import Writer
from popsim.capture.judge import Breach, Judge
from popsim.protocols import find, named
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import CLIENT, OPEN, OPENING, SERVER, connection_key
from popsim.timeline.recorder import Recorder
from popsim.timeline.timeline import Timeline

DEFAULT = "pop3"
"""The protocol that is looked for where nobody says which."""


@dataclass(frozen=True, slots=True)
class Dissection:
    """What the dissector has found.

    Args:
        timeline: the sessions; connection n is the n-th conversation.
        said: what was said in each conversation; None where it is of another protocol.
        breaches: where the protocol was broken, in the order of time.
        protocol: by whose table it was read.
    """

    timeline: Timeline
    said: tuple[Said | None, ...]
    breaches: tuple[Breach, ...]
    protocol: Protocol


def dissect(conversations: Iterable[Conversation], protocol: Protocol | None = None) -> Timeline:
    """The timeline of what was said in some conversations.

    Args:
        conversations: what crossed the wire.
        protocol: what was spoken in all of them; by default POP3 in its newest edition with every extension, in
            those conversations that look like it. Of the others it has the segments only, and where there is at least
            one session of POP3 they are left out.

    Raises:
        ValueError: the dissector cannot follow this protocol.
    """
    found = list(conversations)
    if protocol is None:
        spoken = [one for one in found if likely(one) == find(DEFAULT).title]
        found = spoken or found
    return dissection(found, protocol).timeline


def dissection(
    conversations: Sequence[Conversation],
    protocol: Protocol | None = None,
    header: dict[str, Any] | None = None,
) -> Dissection:
    """The timeline of all of some conversations, with what the dissector found besides.

    Args:
        conversations: what crossed the wire.
        protocol: as for :func:`dissect`.
        header: what else the timeline's header is to have.
    """
    found = [replace(one, pieces=sorted(one.pieces, key=lambda piece: piece.time)) for one in conversations]
    wanted = [one for one in found if protocol or likely(one) == find(DEFAULT).title]
    follower, known = _read(wanted, protocol)
    said = [known.get(id(one)) for one in found]
    judge = Judge(follower.protocol)
    faults = [judge.faults(one, text) if text else [] for one, text in zip(found, said, strict=True)]
    recorder = Recorder({**_header(follower.protocol, found), **(header or {})})
    scripts = []
    for number, (one, text) in enumerate(zip(found, said, strict=True)):
        marked = {id(fault.message): fault.sentence(follower.protocol) for fault in reversed(faults[number])}
        scripts.append(_script(recorder, number, one, text, follower, marked))
    lines = sorted((line for script in scripts for line in script.lines), key=lambda line: line[:3])
    for time, _, _, act in lines:
        recorder.now = max(recorder.now, time)
        act()
    timeline = Timeline(recorder)
    breaches = judge.breaches(timeline, found, faults)
    return Dissection(timeline, tuple(said), tuple(breaches), follower.protocol)


def _read(conversations: list[Conversation], protocol: Protocol | None) -> tuple[Follower, dict[int, Said]]:
    """Read conversations by the protocol or, where nobody says which, by the newest edition that fits best."""
    if protocol is not None:
        follower = _follower(protocol)
        return follower, _said(conversations, follower)
    newest = find(DEFAULT)
    best: tuple[int, Follower, dict[int, Said]] | None = None
    for edition in newest.editions:
        number = newest.edition(edition)
        follower = _follower(number.extended() if edition == newest.number else number)
        said = _said(conversations, follower)
        odd = sum(bool(message.odd) for one in said.values() for message in one.messages)
        if best is None or odd < best[0]:
            best = odd, follower, said
        if not best[0]:
            break
    assert best is not None, "a protocol has an edition"
    return best[1], best[2]


def _said(conversations: list[Conversation], follower: Follower) -> dict[int, Said]:
    found = {}
    for one in conversations:
        said = found[id(one)] = read(one, follower)
        turns: list[Turn] = [turn for message in said.messages for turn in message.steps]
        narrowed(turns, said.last)
        if turns and not turns[0].is_apart:
            said.first = turns[0].before or said.first
    return found


def _script(
    recorder: Recorder,
    number: int,
    conversation: Conversation,
    said: Said | None,
    follower: Follower,
    breaches: dict[int, str],
) -> Script:
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
    if said is not None:
        writer = Writer(script, said, follower, breaches)
        initial.update(writer.initial())
        writer.plan()
    Wire(script).plan()
    return script


def _header(protocol: Protocol, conversations: list[Conversation]) -> dict[str, Any]:
    header: dict[str, Any] = {**named(protocol), "mail": {}, "initial": {}}
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
