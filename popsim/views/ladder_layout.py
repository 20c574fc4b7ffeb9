"""Where everything of a ladder stands: heights by time, with no two rungs on top of each other.

Time runs downwards, to scale where that is readable. Rungs that are close in time are moved apart, and long
idle time is compressed and marked; the times are written at the left, so that nothing has to be measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from popsim.timeline import Event
from popsim.views.rungs import Rung, Scene

TOP = 52
"""Height of the heads above the first rung."""
WIDTH = 900
"""The picture's width for one connection."""
TIMES = 82
"""Where the column of times ends."""
BAND = 9
"""Width of the band that shows a state."""
CHARACTER = 7.23
"""Width of a character of a label; the fonts that are asked for are a little narrower."""

_CLOSE, _THIN, _WITH_TEXT, _FLIGHT, _FAR = 19.0, 14.0, 23.0, 26.0, 56.0
_NARROWEST, _BETWEEN = 290.0, 26.0


@dataclass(frozen=True, slots=True)
class Lane:
    """The place of one connection: where the lines of its two ends stand, and where their state names end."""

    connection: int
    client: float
    server: float
    names: float

    def line(self, end: str) -> float:
        """The x of one end's line."""
        return self.client if end == "client" else self.server

    @property
    def width(self) -> float:
        return self.server - self.client


@dataclass(frozen=True, slots=True)
class Break:
    """A place where idle time is compressed: between which heights, and how long it is in nanoseconds."""

    top: float
    bottom: float
    time: int


def _least(above: Rung, below: Rung) -> float:
    """The least distance between an event of a rung and the next below, so that their words keep apart."""
    room = _THIN if below.kind == above.kind == "segment" else _CLOSE
    if "connection" in (above.kind, below.kind):
        room = _WITH_TEXT
    return room + (_CLOSE if above.note else 0)


class Layout:
    """Heights and lanes for a scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.breaks: list[Break] = []
        self.heights: dict[int, float] = {}
        self._place()

    def height(self, event: Event) -> float:
        """The y of an event of a rung."""
        return self.heights[event.index]

    @cached_property
    def bottom(self) -> float:
        """Where the lines of the ends stop."""
        return max(self.heights.values(), default=TOP) + 22

    @cached_property
    def anchors(self) -> list[tuple[Event, Rung]]:
        """Every event that stands at a height of its own, with its rung, in order."""
        found = [(e, r) for r in self.scene.rungs for e in (r.left, r.came) if e]
        return sorted(found, key=lambda pair: pair[0].index)

    def _place(self) -> None:
        scale = _FLIGHT / self._usual_flight()
        y, before = float(TOP), None
        for event, rung in self.anchors:
            if before:
                passed = event.time - before[0].time
                gap = max(min(passed * scale, _FAR), _least(before[1], rung))
                if passed * scale > 2 * _FAR:
                    self.breaks.append(Break(y, y + gap, passed))
                y += gap
            self.heights[event.index] = y
            before = (event, rung)

    def _usual_flight(self) -> float:
        """The time that a rung takes, in nanoseconds: the median; of rungs that take none, the time between them."""
        flights = [r.came.time - r.left.time for r in self.scene.rungs if r.left and r.came]
        times = [event.time for event, _ in self.anchors]
        pauses = [after - before for before, after in zip(times, times[1:], strict=False)]
        for found in (flights, pauses):
            if longer := sorted(time for time in found if time):
                return float(longer[len(longer) // 2])
        return 1.0

    @cached_property
    def lanes(self) -> dict[int, Lane]:
        """The lane of each connection."""
        names = 18 + CHARACTER * 0.92 * self._longest_name()
        count = len(self.scene.connections)
        free = (WIDTH - TIMES - _BETWEEN * (count - 1)) / count - 2 * (names + BAND)
        lane = max(free, _NARROWEST)
        lanes, x = {}, float(TIMES)
        for connection in self.scene.connections:
            client = x + names + BAND
            lanes[connection] = Lane(connection, client, client + lane, names)
            x = client + lane + BAND + names + _BETWEEN
        return lanes

    @property
    def width(self) -> float:
        """The width of the whole picture."""
        last = max(self.lanes.values(), key=lambda lane: lane.server)
        return last.server + BAND + last.names

    def _longest_name(self) -> int:
        shown = [r.states_of(end) for r in self.scene.rungs for end in ("client", "server")]
        return max(map(len, [*shown, *self.scene.before.values(), "server"]))

    def room(self, rung: Rung) -> int:
        """How many characters a rung's label may have: half a lane where another crosses it."""
        lane = self.lanes[rung.connection]
        whole = int((lane.width - 22) / CHARACTER)
        top, bottom = self.span(rung)
        for other in self.scene.rungs:
            if other.connection == rung.connection and other.crosses and other.end != rung.end:
                upper, lower = self.span(other)
                if upper < bottom - 1 and lower > top + 1:
                    return whole // 2
        return whole

    def span(self, rung: Rung) -> tuple[float, float]:
        """The heights between which a rung is drawn."""
        top = self.height(rung.first)
        return top, self.height(rung.came) if rung.came else top + _FLIGHT / 2
