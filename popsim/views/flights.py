"""Messages on their way: which message that left an end arrived at the other, and what became of the rest."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum

from popsim.timeline import Event, Timeline
from popsim.timeline.event import delivered_key


class Fate(Enum):
    """What became of a message; the value is how a view says it."""

    READ = "read"
    UNREAD = "arrived, never read"
    LOST = "lost on its way"
    UNDER_WAY = "still under way"
    NOT_SEEN = "only one end was recorded"


@dataclass(frozen=True, slots=True)
class Flight:
    """One message from one end to the other.

    Args:
        first: the event that tells of it: that it left or, where only its arrival was recorded, that.
        sent: the event of its leaving, if there is one.
        came: the event of its being read at the other end or, if nobody reads it, of its arrival.
        fate: what became of it.
        arrived: how many of its octets came to the other end.
    """

    first: Event
    sent: Event | None
    came: Event | None
    fate: Fate
    arrived: int

    @property
    def connection(self) -> int:
        return self.first.connection

    @property
    def sender(self) -> str:
        return self.first.sender

    @property
    def size(self) -> int:
        """Its octets."""
        return self.first.end - self.first.start

    @property
    def note(self) -> str:
        """What a view adds for the reader's understanding; empty for a message that was read."""
        if self.fate in (Fate.READ, Fate.NOT_SEEN):
            return ""
        if self.fate is Fate.LOST and self.size:
            return f"{Fate.LOST.value}: {self.arrived:,} of {self.size:,} octets arrived"
        return str(self.fate.value)


def flights(timeline: Timeline) -> list[Flight]:
    """The messages of a timeline in the order in which they left (or, if only that was recorded, arrived)."""
    messages = timeline.events("message")
    read = read_by(timeline)
    over = {e.connection for e in timeline.events("stream") if e.kind in ("Lost", "Closed")}
    seen = {(e.connection, e.endpoint) for e in timeline if e.layer in ("message", "stream")}
    now = timeline.at(len(timeline) - 1).values
    reached = reaches(timeline)
    found = []
    for event in messages:
        if event.kind == "Delivered":
            if event.cause < 0 or timeline[event.cause].kind != "Sent":
                found.append(Flight(event, None, event, Fate.READ, event.end - event.start))
            continue
        come = int(now.get(delivered_key(event.connection, event.endpoint), 0))
        reach = reached.get(event.index)
        size = event.end - event.start
        # Under TLS a message can be read when the last record that carries it is there, and no octet of it before.
        arrived = min(max(come - event.start, 0), size) if reach is None else size * (reach <= come)
        reader = "server" if event.endpoint == "client" else "client"
        came = read.get(event.index)
        if came:
            fate, arrived = Fate.READ, event.end - event.start
        elif (event.connection, reader) not in seen:
            fate = Fate.NOT_SEEN
        elif arrived == event.end - event.start:
            fate, came = Fate.UNREAD, _arrival(timeline, event)
        else:
            fate = Fate.LOST if event.connection in over else Fate.UNDER_WAY
        found.append(Flight(event, event, came, fate, arrived))
    return found


def read_by(timeline: Timeline) -> dict[int, Event]:
    """The event in which a message was read, by the index of the event in which it left.

    What a client sends line by line a server may read in one piece: each line then was read in that one.
    """
    messages = timeline.events("message")
    came = [event for event in messages if event.kind == "Delivered"]
    found = {event.cause: event for event in came if event.cause >= 0}
    pieces: dict[tuple[int, str], list[Event]] = {}
    for event in came:
        pieces.setdefault((event.connection, event.sender), []).append(event)
    for event in messages:
        if event.kind == "Sent" and event.index not in found:
            among = pieces.get((event.connection, event.sender), [])
            place = bisect_right(among, event.start, key=lambda piece: piece.start) - 1
            if place >= 0 and event.end <= among[place].end:
                found[event.index] = among[place]
    return found


def reaches(timeline: Timeline) -> dict[int, int]:
    """Up to which octet of the wire a message's records go, by the index of its event; of those that crossed as TLS."""
    records = (event for event in timeline.events("ciphertext") if event.kind == "Sent" and event.cause >= 0)
    return {record.cause: record.end for record in records}


def _arrival(timeline: Timeline, message: Event) -> Event | None:
    """The event with which the last octet of a message arrived."""
    for index in range(message.index + 1, len(timeline)):
        event = timeline[index]
        if event.end >= message.end and event.layer == "segment" and event.kind == "Delivered":
            if (event.connection, event.sender) == (message.connection, message.sender):
                return event
    return None
