"""TLS as it crosses the wire: the flights of records that carry no message that anybody here could read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from popsim.timeline import Event, Timeline
from popsim.timeline.event import record_key
from popsim.views.wording import format_octets


@dataclass(frozen=True, slots=True)
class CipherFlight:
    """Records that left one end together.

    Args:
        records: the events of their leaving, in order.
        names: what each of them says of itself in clear.
        came: the event of the last one's arrival, or None.
    """

    records: tuple[Event, ...]
    names: tuple[str, ...]
    came: Event | None

    @property
    def first(self) -> Event:
        return self.records[0]

    @property
    def size(self) -> int:
        """Its octets."""
        return self.records[-1].end - self.first.start

    @property
    def text(self) -> str:
        """What it is, in words."""
        runs = [(name, len(list(run))) for name, run in groupby(self.names)]
        return f"TLS {', '.join(f'{count} x {name}' if count > 1 else name for name, count in runs)}"

    def __str__(self) -> str:
        return f"({self.text}: {format_octets(self.size)})"


def record_name(event: Event) -> str:
    """What a record that leaves says of itself in clear."""
    return str((event.values or {}).get(record_key(event.connection, event.endpoint), "record"))


def cipher_flights(timeline: Timeline) -> list[CipherFlight]:
    """TLS's own flights, in order: handshake, farewell, and whatever carries messages that were not recorded."""
    records = timeline.events("ciphertext")
    came = {event.cause: event for event in records if event.kind == "Delivered"}
    own = [event for event in records if event.kind == "Sent" and not carries_message(timeline, event)]
    found = []
    for _, run in groupby(own, key=lambda event: (event.time, event.connection, event.endpoint)):
        together = tuple(run)
        names = tuple(record_name(event) for event in together)
        found.append(CipherFlight(together, names, came.get(together[-1].index)))
    return found


def carries_message(timeline: Timeline, sent: Event) -> bool:
    """Whether a record that left carries a message that the timeline has."""
    cause = timeline[sent.cause] if sent.cause >= 0 else None
    return bool(cause and (cause.layer, cause.kind) == ("message", "Sent"))
