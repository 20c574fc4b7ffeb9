"""The facts of a ladder: what goes from end to end, what happens at one end, and the states that follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from popsim.timeline import Event, Timeline
from popsim.views import wording
from popsim.views.ciphertext import cipher_flights
from popsim.views.flights import Fate, flights
from popsim.views.reading import Reading


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: something that goes from one end to the other, or that happens at one end.

    Args:
        kind: ``"message"``, ``"segment"`` (one without octets), ``"connection"`` or ``"state"``.
        connection: on which connection.
        end: which end sends it or, of what happens at one end, which end that is.
        left: the event at that end, or None where only the arrival was recorded.
        came: the event of its arrival at the other end, or None.
        text: what the rung says: a first line, the name of a segment, what became of the connection.
        octets: how many octets a message has.
        fate: what became of it.
        note: what to add about that, or nothing.
        states: the states that the two ends move to with it: pairs of an end and a state's name, in order.
    """

    kind: str
    connection: int
    end: str
    left: Event | None
    came: Event | None
    text: str
    octets: int = 0
    fate: Fate = Fate.READ
    note: str = ""
    states: tuple[tuple[str, str], ...] = ()

    @property
    def first(self) -> Event:
        """The earliest event of it."""
        found = self.left or self.came
        assert found is not None
        return found

    @property
    def crosses(self) -> bool:
        """Whether it goes from one end to the other."""
        return self.kind in ("message", "segment")

    def at(self, end: str) -> Event | None:
        """The event of this rung at one of the two ends."""
        return self.left if end == self.end else self.came

    def states_of(self, end: str) -> str:
        """The states that an end moves to with it, in order, with commas between."""
        return ", ".join(name for where, name in self.states if where == end)


@dataclass(frozen=True)
class Scene:
    """What one ladder shows.

    Args:
        rungs: in the order of their first events.
        reading: tells what is spoken on each connection.
        before: the state of each end of each connection before the first rung.
        is_open: the connections that are open before the first rung.
        left_out: how many more rungs there are.
    """

    rungs: tuple[Rung, ...]
    reading: Reading
    before: dict[tuple[int, str], str]
    is_open: frozenset[int] = frozenset()
    left_out: int = 0

    @property
    def connections(self) -> list[int]:
        """The numbers of the connections in the picture."""
        return sorted({connection for connection, _ in self.before})

    @property
    def rest(self) -> str:
        """What to say of the rungs that are left out; empty where none is."""
        if not self.left_out:
            return ""
        start = max(rung.first.index for rung in self.rungs) + 1
        return f"... {self.left_out:,} more; a ladder with start={start} shows them"


def rungs_of(reading: Reading) -> list[Rung]:
    """All rungs of a timeline, in the order of their first events."""
    timeline = reading.timeline
    rungs = [*_messages(reading), *_ciphertext(timeline), *_segments(timeline), *_connections(timeline)]
    return _with_states(timeline, sorted(rungs, key=lambda rung: rung.first.index))


def _messages(reading: Reading) -> Iterator[Rung]:
    for flight in flights(reading.timeline):
        text = wording.told(flight.first, reading)
        ends = (flight.connection, flight.sender, flight.sent, flight.came)
        yield Rung("message", *ends, text, flight.size, flight.fate, flight.note)


def _ciphertext(timeline: Timeline) -> Iterator[Rung]:
    """What TLS sends of its own, and what carries messages that the timeline has not."""
    for flight in cipher_flights(timeline):
        fate = Fate.READ if flight.came else Fate.LOST
        ends = (flight.first.connection, flight.first.endpoint, flight.first, flight.came)
        yield Rung("message", *ends, f"({flight.text})", flight.size, fate, "" if flight.came else str(fate.value))


def _segments(timeline: Timeline) -> Iterator[Rung]:
    """The segments without octets: those that open and close a connection."""
    empty = [e for e in timeline.events("segment") if e.start == e.end]
    arrived = {e.cause: e for e in empty if e.kind == "Delivered"}
    dropped = {e.cause for e in empty if e.kind == "Dropped"}
    for event in empty:
        if event.kind == "Sent":
            came = arrived.get(event.index)
            fate = Fate.READ if came else Fate.LOST if event.index in dropped else Fate.UNDER_WAY
            note = "" if came else str(fate.value)
            name = wording.segment_name(timeline, event)
            yield Rung("segment", event.connection, event.endpoint, event, came, name, 0, fate, note)


def _connections(timeline: Timeline) -> Iterator[Rung]:
    for event in timeline.events("stream"):
        text = f"the connection is {wording.CONDITIONS[event.kind]}"
        yield Rung("connection", event.connection, event.endpoint, event, None, text)


def _with_states(timeline: Timeline, rungs: list[Rung]) -> list[Rung]:
    """Give every change of state to the rung that made it: the last one at the same end and moment."""
    places = {e.index: n for n, rung in enumerate(rungs) for e in (rung.left, rung.came) if e}
    latest: dict[tuple[int, str], tuple[int, int]] = {}
    alone = []
    for event in timeline:
        end = (event.connection, event.endpoint)
        if event.index in places:
            latest[end] = (event.time, places[event.index])
        elif event.layer == "session":
            name = wording.new_state(event)
            if name == wording.old_state(timeline, event):
                continue
            time, n = latest.get(end, (-1, -1))
            if time == event.time:
                rungs[n] = replace(rungs[n], states=(*rungs[n].states, (event.endpoint, name)))
            else:
                states = ((event.endpoint, name),)
                alone.append(Rung("state", event.connection, event.endpoint, event, None, "", states=states))
    return sorted([*rungs, *alone], key=lambda rung: rung.first.index)
