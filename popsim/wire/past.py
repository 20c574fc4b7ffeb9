"""What had crossed under TLS in a run that another one is a fork of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from popsim.timeline.event import ENDPOINTS
from popsim.timeline.timeline import SECRETS, Timeline


@dataclass(frozen=True, slots=True)
class Past:
    """What had crossed under TLS up to some event of a run. A fork of that run keeps it, for it is history.

    Args:
        wires: for each connection and end, all that it had put on the wire.
        secrets: the keys, as lines of a key log.
    """

    wires: Mapping[tuple[int, int], bytes]
    secrets: tuple[str, ...] = ()

    @classmethod
    def of_timeline(cls, timeline: Timeline, at: int) -> Past:
        """What had crossed up to an event, on the connections that were encrypted by then; -1 is the beginning."""
        wires: dict[tuple[int, int], bytes] = {}
        for event in timeline[: at + 1]:
            if event.layer == "ciphertext" and event.kind == "Sent":
                key = event.connection, ENDPOINTS.index(event.endpoint)
                wires[key] = timeline.wire(event.connection, event.endpoint)[: event.end]
        return cls(wires, tuple(timeline.header.get(SECRETS, ())) if wires else ())

    def of(self, connection: int) -> dict[int, bytes]:
        """What each end of one connection had put on the wire."""
        return {end: octets for (number, end), octets in self.wires.items() if number == connection}


NO_PAST = Past({})
