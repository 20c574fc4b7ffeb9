"""What was said, as events: messages, moves of the session, records of TLS."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from popsim.capture.dissect_caller import Caller
from popsim.capture.dissect_places import Follower
from popsim.capture.dissect_said import Message, Places, Said, Turn
from popsim.capture.dissect_tls import Record, records
from popsim.capture.dissect_wire import AFTER, PASSED, READ, SAID, Script
from popsim.protocols.model import CLOSED, START, Occurrence, Rule, State
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import (
    CIPHERTEXT_DELIVERED,
    CIPHERTEXT_SENT,
    CLIENT,
    ENDPOINTS,
    MESSAGE_DELIVERED,
    MESSAGE_SENT,
    MOVED,
    SERVER,
    STREAM_SECURED,
    breach_key,
    missing_key,
    record_key,
    reply_key,
    rule_key,
    rules_key,
    state_key,
    states_key,
)
from popsim.tls.records import DATA

SHOWN = 3
"""How many possible states are named; of more, only the states around them."""


def names(protocol: Protocol, places: Places) -> list[str]:
    """The names of the states of some places, in the table's order."""
    found = {place.state for place in places}
    return [state.name for state in protocol.states if state in found]


def words(protocol: Protocol, places: Places) -> str:
    """The states that a session may be in, in words; of one state, its name."""
    found = names(protocol, places)
    if len(found) > SHOWN:
        states: set[State] = {place.state.outer for place in places}
        outer = [state.name for state in protocol.states if state in states]
        found = outer if len(outer) > 1 else [f"{outer[0]} (some step of it)"]
    return " or ".join(found)


class Writer:
    """Plans what was said in a conversation.

    Args:
        script: where to plan it.
        said: what was said.
        follower: the table.
        breaches: how messages broke the protocol, by the identity of the message.
    """

    def __init__(self, script: Script, said: Said, follower: Follower, breaches: Mapping[int, str]) -> None:
        self._script, self._said, self._follower = script, said, follower
        self._breaches = breaches
        self._places = [said.first, said.first]
        self._vague = [len(names(follower.protocol, said.first)) > 1] * 2
        self._in_sight = True
        self._sent: dict[int, int] = {}
        self._read: dict[int, int] = {}
        self._carriers: list[list[tuple[int, int, Callable[[], int]]]] = [[], []]
        machine = follower.protocol.client
        self._caller = Caller(machine, script.conversation.begun) if machine else None
        script.carrier = self._carrier
        script.ended = self._ended
        script.opened = self._opened

    def initial(self) -> dict[str, Any]:
        """What is so at the beginning."""
        found: dict[str, Any] = {}
        for end in (CLIENT, SERVER):
            found.update(self._state(end, self._said.first))
        if self._caller:
            found.update(self._standing(CLIENT, [state.name for state in self._caller.states]))
        return found

    def plan(self) -> None:
        """Plan it all."""
        for one, is_read in self._said.order:
            if one.endpoint == SERVER:
                self._plan_answer(one)
            elif is_read:
                self._plan_reading(one)
            else:
                self._plan_command(one)
        if self._said.cipher:
            self._plan_cipher()
        for carriers in self._carriers:
            carriers.sort(key=lambda row: row[0])

    # Messages

    def _plan_command(self, one: Message) -> None:
        self._carries(one)
        self._script.plan(one.first, SAID, lambda: self._say(one))
        if self._caller:
            self._script.plan(one.first, SAID, lambda: self._step(self._caller.says(one) if self._caller else []))

    def _plan_reading(self, one: Message) -> None:
        own = one.turn == one.last
        phase = READ if own else SAID
        if one.is_said:
            self._script.plan(one.turn, phase, lambda: self._hear(one, {}))
        for turn in one.steps:
            self._plan_move(one.turn, phase, SERVER, turn)

    def _plan_answer(self, one: Message) -> None:
        self._carries(one)
        asked = one.answers
        self._script.plan(one.first, SAID, lambda: self._say(one))
        for turn in one.steps:
            self._plan_move(one.first, SAID, SERVER, turn)
        if not one.whole:
            return
        heard = {reply_key(self._script.number, ENDPOINTS[CLIENT]): one.mark}
        self._script.plan(one.last, READ, lambda: self._hear(one, heard))
        if self._caller:
            self._script.plan(one.last, READ, lambda: self._step(self._caller.hears(one) if self._caller else []))
            return
        for turn in [*(asked.steps if asked else ()), *one.steps]:
            self._plan_move(one.last, READ, CLIENT, turn)

    def _carries(self, one: Message) -> None:
        self._carriers[one.endpoint].append((one.start, one.end, lambda: self._sent.get(id(one), -1)))

    def _carrier(self, end: int, place: int) -> int:
        rows = self._carriers[end]
        at = bisect_right(rows, place, key=lambda row: row[0]) - 1
        return rows[at][2]() if at >= 0 and place < rows[at][1] else -1

    def _say(self, one: Message) -> None:
        where = self._script.number, ENDPOINTS[one.endpoint]
        values: dict[str, Any] = {}
        if one.endpoint == SERVER:
            values = {**self._rules(one), reply_key(*where): one.mark}
        if one.missing:
            values[missing_key(*where)] = one.missing
        if id(one) in self._breaches:
            values[breach_key(*where)] = self._breaches[id(one)]
        self._sent[id(one)] = self._script.add(MESSAGE_SENT, one.endpoint, values, start=one.start, end=one.end)

    def _rules(self, one: Message) -> dict[str, Any]:
        """The rule that a reply follows, or all those that it may follow."""
        ids = [rule.id for turn in one.steps[:1] for rule in turn.rules]
        return self._following(SERVER, ids)

    def _following(self, end: int, ids: list[str]) -> dict[str, Any]:
        where = self._script.number, ENDPOINTS[end]
        values: dict[str, Any] = {rule_key(*where): ids[0] if len(ids) == 1 else ""}
        if len(ids) > 1:
            values[rules_key(*where)] = ids
        return values

    def _hear(self, one: Message, values: dict[str, Any]) -> None:
        end = 1 - one.endpoint
        cause = self._sent[id(one)]
        self._script.causes[end] = self._read[id(one)] = self._script.add(
            MESSAGE_DELIVERED, end, values, cause=cause, start=one.start, end=one.end
        )

    # Moves

    def _plan_move(self, piece: float, phase: int, end: int, turn: Turn) -> None:
        self._script.plan(piece, phase, lambda: self._move(end, turn))

    def _move(self, end: int, turn: Turn) -> None:
        protocol, after = self._follower.protocol, turn.after
        if not after or names(protocol, after) == names(protocol, self._places[end]):
            self._places[end] = after or self._places[end]
            return
        self._places[end] = after
        values = self._state(end, after)
        values.update(self._following(end, [rule.id for rule in turn.rules]))
        self._script.add(MOVED, end, values)

    def _step(self, rules: list[Rule]) -> None:
        """The client follows one of these rows of its own machine."""
        if rules and self._caller:
            values = self._standing(CLIENT, [state.name for state in self._caller.states])
            values.update(self._following(CLIENT, [rule.id for rule in rules]))
            self._script.add(MOVED, CLIENT, values)

    def _opened(self, end: int) -> None:
        """The connection is open at one end."""
        if self._caller and end == CLIENT:
            self._step(self._caller.opened())

    def _state(self, end: int, places: Places) -> dict[str, Any]:
        protocol = self._follower.protocol
        return self._standing(end, names(protocol, places), words(protocol, places))

    def _standing(self, end: int, possible: list[str], said: str = "") -> dict[str, Any]:
        """What is to be written of where an end may stand."""
        where = self._script.number, ENDPOINTS[end]
        values: dict[str, Any] = {state_key(*where): said or " or ".join(possible)}
        if len(possible) > 1 or self._vague[end]:
            values[states_key(*where)] = possible
        self._vague[end] = len(possible) > 1
        return values

    def _ended(self, end: int) -> None:
        """The connection is closed by one end: a session that had not ended by then has ended now."""
        why = (Occurrence.LOST,) if end == CLIENT else (Occurrence.EXPIRED, Occurrence.LOST)
        for which in (SERVER, CLIENT):
            if which == CLIENT and self._caller:
                self._step(self._caller.lost())
                continue
            places = self._places[which]
            if any(place.state is not CLOSED for place in places):
                links = self._follower.happened(places, *why) if self._in_sight else []
                self._move(which, Turn(links) if links else Turn(self._follower.closing(places)))

    # TLS

    def _plan_cipher(self) -> None:
        cipher = self._said.cipher
        assert cipher is not None
        protected: list[int] = []
        for end in (CLIENT, SERVER):
            side = self._script.sides[end]
            found = records(side.octets, cipher.starts[end], sorted(side.gaps))
            for record in found:
                self._plan_record(end, record)
            first = next((record for record in found if record.is_protected and record.whole), None)
            if first:
                protected.append(side.piece(first.end - 1))
        if len(protected) == len(ENDPOINTS):
            self._plan_secured(max(protected))

    def _plan_record(self, end: int, record: Record) -> None:
        side, script = self._script.sides[end], self._script
        left = [-1]

        def leave() -> None:
            values = {record_key(script.number, ENDPOINTS[end]): record.name}
            left[0] = script.add(CIPHERTEXT_SENT, end, values, start=record.start, end=record.end)

        def arrive() -> None:
            script.causes[1 - end] = script.add(
                CIPHERTEXT_DELIVERED, 1 - end, cause=left[0], start=record.start, end=record.end
            )

        self._carriers[end].append((record.start, record.end, lambda: left[0]))
        script.plan(side.piece(record.start), SAID, leave)
        if record.whole:
            script.plan(side.piece(record.end - 1), READ, arrive)

    def _plan_secured(self, piece: int) -> None:
        """Both ends have sent something encrypted: the handshake is done; what is said now nobody reads."""

        def act() -> None:
            for end in (CLIENT, SERVER):
                self._script.causes[end] = self._script.add(STREAM_SECURED, end)
                if links := self._follower.happened(self._places[end], Occurrence.SECURED):
                    self._move(end, Turn(links))

        self._script.plan(piece, AFTER, act)
        speaker = SERVER if any(place.state is START for place in self._said.last) else CLIENT
        side = self._script.sides[speaker]
        start = side.after(piece)
        if start < side.end and side.octets[start] == DATA:
            self._script.plan(side.piece(start), PASSED, self._lose_sight)

    def _lose_sight(self) -> None:
        """From here on whatever is said moves the session unseen, its end too."""
        self._in_sight = False
        for end in (SERVER, CLIENT) if not self._caller else (SERVER,):
            self._move(end, Turn(self._follower.anything(self._places[end], secured=True)))
