"""A payload read back: what the browser can know of a timeline, folded as the browser folds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from popsim.timeline import Step
from popsim.timeline.event import (
    ENDPOINTS,
    KINDS,
    MESSAGE_DELIVERED,
    MESSAGE_SENT,
    STREAM_CLOSED,
    STREAM_LOST,
    delivered_key,
)
from popsim.views.flights import Fate

DETAILS = ("message", "event")
"""How finely the player steps: at each message and connection, or at every event."""
_OF_AN_END = [number for number, (layer, _) in enumerate(KINDS) if layer in ("message", "stream")]
EVERY = -1
"""The number that stands for every connection."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as the browser gets it; ``message`` is the number of the message it belongs to, or -1."""

    time: int
    connection: int
    end: int
    kind: int
    cause: int
    start: int
    stop: int
    message: int
    label: str
    values: Mapping[str, Any] | None

    @property
    def endpoint(self) -> str:
        return ENDPOINTS[self.end]


class Record:
    """What a head and its chunks hold.

    Args:
        head: as :func:`popsim.views.player.payload.head` makes it.
        chunks: in order; more can be added.
    """

    def __init__(self, head: Mapping[str, Any], chunks: Sequence[Mapping[str, Any]] = ()) -> None:
        self.head = head
        self.events: list[Happening] = []
        self.messages: list[Mapping[str, Any]] = []
        self.rules: dict[str, Mapping[str, str]] = {}
        self._steps: list[Step] = []
        for chunk in chunks:
            self.add(chunk)

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Read one more chunk."""
        self.events += [Happening(*row) for row in chunk["events"]]
        self.messages += chunk["messages"]
        self.rules.update(chunk["rules"])
        self._steps[chunk["first_step"] :] = [Step(*pair) for pair in chunk["steps"]]

    def states(self, connection: int) -> Mapping[str, Mapping[str, str]]:
        """The words for the states of what is spoken on a connection."""
        found: Mapping[str, Mapping[str, str]] = self.head["protocols"][self._speaks(connection)]["states"]
        return found

    def rule(self, connection: int, name: str) -> Mapping[str, str] | None:
        """The words for a rule of what is spoken on a connection."""
        return self.rules.get(f"{self._speaks(connection)} {name}")

    def _speaks(self, connection: int) -> int:
        return int(self.head["speaks"].get(str(connection), 0))

    def at(self, index: int) -> dict[str, Any]:
        """What is so right after an event; -1 is the beginning."""
        values = dict(self.head["initial"])
        for event in self.events[: index + 1]:
            values.update(event.values or {})
        return values

    def fate(self, index: int) -> str:
        """What became of a message that was sent and never read, in words; empty for all else."""
        event = self.events[index]
        if event.kind != MESSAGE_SENT or any(self._reads(e, index) for e in self.events):
            return ""
        if not self._recorded(event.connection, 1 - event.end):
            return ""
        come = self.at(len(self.events) - 1).get(delivered_key(event.connection, event.endpoint), 0)
        reach = self.messages[event.message]["reach"] if event.message >= 0 else event.stop
        if reach <= come:
            return str(Fate.UNREAD.value)
        ends = (STREAM_CLOSED, STREAM_LOST)
        over = any(e.connection == event.connection and e.kind in ends for e in self.events)
        return str((Fate.LOST if over else Fate.UNDER_WAY).value)

    def _reads(self, read: Happening, index: int) -> bool:
        """Whether in one event it was read what was sent in another: by itself, or in one piece with more."""
        if read.kind != MESSAGE_DELIVERED:
            return False
        sent = self.events[index]
        same = (read.connection, read.end) == (sent.connection, 1 - sent.end)
        return read.cause == index or (same and read.start <= sent.start and sent.stop <= read.stop)

    def _recorded(self, connection: int, end: int) -> bool:
        """Whether anything was written down at this end: a server on a socket knows nothing of its client's."""
        return any((e.connection, e.end) == (connection, end) and e.kind in _OF_AN_END for e in self.events)

    @property
    def connections(self) -> list[int]:
        """The numbers of the connections."""
        return sorted({event.connection for event in self.events}) or [0]

    def steps(self, detail: str = DETAILS[0], connection: int = EVERY) -> list[Step]:
        """The places to stop at, of one connection or of all."""
        found = self._steps if detail == DETAILS[0] else [Step(i, i) for i in range(len(self.events))]
        return [s for s in found if connection in (EVERY, self.events[s.event].connection)]
