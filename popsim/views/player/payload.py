"""What the browser gets of a timeline: plain JSON in which every word is already there and no protocol is needed.

A payload has a head, sent once, and chunks, each with the events that were new when it was made. What is so at a
moment is folded from the head's ``initial`` and the events' values, by assignment and nothing else.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from contextlib import suppress
from typing import Any

from popsim.protocols.model import ALWAYS, START, Rule
from popsim.protocols.protocol import Protocol
from popsim.timeline import Event, Timeline
from popsim.timeline.event import CLIENT, DELETED, ENDPOINTS, GONE, KEPT, KINDS, rule_key
from popsim.views.ciphertext import carries_message
from popsim.views.flights import reaches
from popsim.views.palette import tone
from popsim.views.player.messages import message_row
from popsim.views.player.record import Record
from popsim.views.reading import Reading
from popsim.views.wording import describe, state_after

Chunk = dict[str, Any]

SYMBOLS = {KEPT: "\N{BULLET}", DELETED: "\N{MULTIPLICATION X}", GONE: "\N{EN DASH}"}
"""A sign for each mark of a message, which stands beside the word."""

_KIND_NUMBERS = {pair: number for number, pair in enumerate(KINDS)}


class Payload:
    """A timeline as the browser gets it.

    Args:
        timeline: what to show.
        protocol: whose table gives the meanings and sections; by default that of each connection.
    """

    def __init__(self, timeline: Timeline, protocol: Protocol | None = None) -> None:
        self._given = protocol
        self.timeline = timeline
        self._reading = Reading(timeline, protocol)
        self.head = head(self._reading)
        self.chunks: list[Chunk] = []
        self.record = Record(self.head)
        self._messages: dict[tuple[int, int, int, int, bool], int] = {}
        self._starts: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
        self._carriers: list[int] = []
        self._rules: set[str] = set()
        self._steps: list[list[int]] = []
        self._reached: dict[int, int] | None = None
        self.extend(timeline)

    @property
    def protocols(self) -> list[Protocol]:
        """What is spoken in the timeline, in the order of the head."""
        return _protocols(self._reading)

    def extend(self, timeline: Timeline) -> Chunk | None:
        """Add the events that are new in a longer timeline, and return them as a chunk; None where there are none."""
        first = len(self._carriers)
        self.timeline, self._reading, self._reached = timeline, Reading(timeline, self._given), None
        if first == len(timeline):
            return None
        chunk: Chunk = {"first": first, "events": [], "messages": [], "rules": {}}
        for event in timeline[first:]:
            self._add(chunk, event)
        steps = [[step.event, step.index] for step in timeline.steps()]
        same = next((n for n, (a, b) in enumerate(zip(self._steps, steps, strict=False)) if a != b), len(self._steps))
        self._steps = steps
        chunk["first_step"], chunk["steps"] = same, steps[same:]
        self.chunks.append(chunk)
        self.record.add(chunk)
        return chunk

    def _add(self, chunk: Chunk, event: Event) -> None:
        self._name_rule(chunk, event)
        carrier = self._message(chunk, event) if self._has_octets(event) else self._carrier(event)
        self._carriers.append(carrier)
        label = _label(event, self._reading)
        chunk["events"].append(
            [
                event.time,
                event.connection,
                ENDPOINTS.index(event.endpoint),
                _KIND_NUMBERS[event.layer, event.kind],
                event.cause,
                event.start,
                event.end,
                carrier,
                label,
                dict(event.values) if event.values else None,
            ]
        )

    def _name_rule(self, chunk: Chunk, event: Event) -> None:
        """What a rule says goes along with the first event that names it."""
        name = str((event.values or {}).get(rule_key(event.connection, event.endpoint), ""))
        protocol = self._reading.protocol(event.connection)
        key = f"{self.head['speaks'].get(str(event.connection), 0)} {name}"
        if not name or key in self._rules:
            return
        self._rules.add(key)
        with suppress(LookupError):
            own = protocol.client if event.endpoint == ENDPOINTS[CLIENT] else None
            chunk["rules"][key] = rule_row((own or protocol).rule(name), protocol)

    def _has_octets(self, event: Event) -> bool:
        """Whether an event is of a message, or of a TLS record that carries none that was recorded."""
        if event.layer != "ciphertext":
            return event.layer == "message"
        sent = self.timeline[event.cause] if event.kind == "Delivered" and event.cause >= 0 else event
        return not carries_message(self.timeline, sent)

    def _message(self, chunk: Chunk, event: Event) -> int:
        """The number of an event's message; what is sent and what is delivered share it where they are the same."""
        sender = ENDPOINTS.index(event.sender)
        key = (event.connection, sender, event.start, event.end, event.is_wire)
        if key not in self._messages:
            self._messages[key] = number = len(self._messages)
            if not self.timeline.is_secured(event.connection):
                insort(self._starts.setdefault((event.connection, sender), []), (event.start, event.end, number))
            chunk["messages"].append(message_row(event, self._reading, self._reach(event)))
        return self._messages[key]

    def _reach(self, event: Event) -> int:
        """Up to which octet of the wire a message goes: it has arrived when that octet has."""
        if event.is_wire or not self.timeline.is_secured(event.connection):
            return event.end
        sent = event.index if event.kind == "Sent" else event.cause
        if self._reached is None:
            self._reached = reaches(self.timeline)
        return self._reached.get(sent, event.end)

    def _carrier(self, event: Event) -> int:
        """The message that an event belongs to: what caused it, or what a segment carries a piece of; -1: none."""
        if self.timeline.is_secured(event.connection):
            return self._carriers[event.cause] if 0 <= event.cause < len(self._carriers) else -1
        if event.start < event.end:
            known = self._starts.get((event.connection, ENDPOINTS.index(event.sender)), [])
            place = bisect_left(known, (event.start + 1,)) - 1
            return known[place][2] if place >= 0 and event.start < known[place][1] else -1
        is_inner = event.layer in ("session", "store") and 0 <= event.cause < len(self._carriers)
        return self._carriers[event.cause] if is_inner else -1


def _label(event: Event, reading: Reading) -> str:
    """An event in words, without its connection and the state that follows: the player shows both elsewhere."""
    label = describe(event, reading).removeprefix(f"connection {event.connection}: ")
    state = state_after(reading.timeline, event) if event.layer == "message" else None
    return label.removesuffix(f"; now {state}") if state else label


def _protocols(reading: Reading) -> list[Protocol]:
    """What is spoken in a timeline: each protocol once, that of the first connection first."""
    return list(dict.fromkeys(reading.protocol(number) for number in (0, *reading.timeline.connections)))


def head(reading: Reading) -> dict[str, Any]:
    """What is sent once: the words for states and marks, the mail, and what is so at the beginning."""
    timeline, header = reading.timeline, reading.timeline.header
    protocols = _protocols(reading)
    speaks = {str(number): protocols.index(reading.protocol(number)) for number in timeline.connections}
    return {
        "title": str(header.get("title") or ", ".join(map(str, protocols))),
        "start": START.name,
        "kinds": [list(pair) for pair in KINDS],
        "protocols": [{"title": protocol.title, "states": _states(protocol)} for protocol in protocols],
        "speaks": {number: place for number, place in speaks.items() if place},
        "marks": SYMBOLS,
        "mail": {user: [list(row) for row in rows] for user, rows in header.get("mail", {}).items()},
        "initial": timeline.initial,
    }


def _states(protocol: Protocol) -> dict[str, dict[str, str]]:
    """The words for each state."""
    own = protocol.client.states if protocol.client else ()
    return {
        state.name: {
            "meaning": state.meaning,
            "reference": str(protocol.reference(state) or ""),
            "outer": state.outer.name,
            "tone": tone(protocol, state.name),
            "end": "client" if state in own and state not in protocol.states else "server",
        }
        for state in dict.fromkeys((*protocol.states, *own))
    }


def rule_row(rule: Rule, protocol: Protocol) -> dict[str, str]:
    """A rule in the words that the player shows."""
    state, trigger, condition = rule.id.split("|", 2)
    return {
        "state": state,
        "trigger": trigger,
        "condition": "" if condition == ALWAYS else condition,
        "reply": rule.reply.mark if rule.reply else rule.sends.name if rule.sends else "",
        "answer": f"answered {rule.reply.mark}" if rule.reply else f"sends {rule.sends}" if rule.sends else "no answer",
        "to": (rule.to or rule.state).name,
        "reference": str(protocol.reference(rule) or ""),
    }


def pictures(protocols: list[Protocol]) -> dict[str, Any]:
    """The state diagrams of protocols, by their numbers."""
    return {str(number): _pictures(protocol) for number, protocol in enumerate(protocols)}


def _pictures(protocol: Protocol) -> dict[str, Any]:
    """The state diagram with inner states and without: SVG, the element of each state and of each rule.

    Empty where it can't be drawn here; the player then lists the states.
    """
    from popsim.views.diagram import diagram
    from popsim.views.layouts import NoLayout

    found = {}
    shown = [("inner", True, False), ("outer", False, False), *([("client", True, True)] if protocol.client else [])]
    for name, inner, client in shown:
        picture = diagram(protocol, inner=inner, client=client)
        with suppress(NoLayout):
            found[name] = {"svg": picture.layout_svg, "nodes": dict(picture.nodes), "arcs": dict(picture.arcs)}
    return found
