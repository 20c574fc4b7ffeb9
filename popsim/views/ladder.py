"""The ladder: client on the left, server on the right, time downwards, a rung for every message."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from popsim.timeline import Timeline
from popsim.timeline.event import OPEN, connection_key
from popsim.views import wording
from popsim.views.flights import Fate
from popsim.views.ladder_svg import STYLE, drawing
from popsim.views.palette import framed
from popsim.views.reading import Reading
from popsim.views.rich import Rich
from popsim.views.rungs import Rung, Scene, rungs_of

MOST = 300
"""The most rungs in one picture: a longer one helps nobody, and a browser takes long to draw it."""


class Ladder(Rich):
    """The ladder of a session; :func:`ladder` makes it.

    Args:
        scene: what it shows.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def __str__(self) -> str:
        several = len(self.scene.connections) > 1
        rows = [_cells(rung, several) for rung in self.scene.rungs]
        heads = ["client", "at", "", "at", "server", "octets", "message"]
        rows.insert(0, ["", *heads] if several else heads)
        widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]) - 1)]
        right = (2, 4, 6) if several else (1, 3, 5)
        lines = ["  ".join(_padded(row, widths, right)).rstrip() for row in rows]
        return "\n".join([*lines, self.scene.rest] if self.scene.rest else lines)

    @property
    def svg(self) -> str:
        """The picture alone, as one SVG element."""
        return drawing(self.scene)

    def html(self) -> str:
        text = f"<details><summary>The same as text</summary><pre>{escape(str(self))}</pre></details>"
        return framed("popsim-ladder", STYLE, f'<div class="scroll" tabindex="0">{self.svg}</div>{text}')


def _padded(row: list[str], widths: list[int], right: tuple[int, ...]) -> Iterator[str]:
    for n, width in enumerate(widths):
        yield row[n].rjust(width) if n in right else row[n].ljust(width)
    yield row[-1]


_ARROWS = {
    Fate.READ: ("---------->", "<----------"),
    Fate.UNREAD: ("---------->|", "|<---------"),
    Fate.LOST: ("----x      ", "      x----"),
    Fate.UNDER_WAY: ("---->      ", "      <----"),
    Fate.NOT_SEEN: (".........>", "<........."),
}


def _cells(rung: Rung, several: bool) -> list[str]:
    cells = [f"[{rung.connection}]"] if several else []
    times = [wording.format_time(e.time) if (e := rung.at(end)) else "" for end in ("client", "server")]
    cells += [rung.states_of("client"), times[0], _arrow(rung), times[1], rung.states_of("server")]
    note = f"({rung.note})" if rung.note else ""
    size = f"{rung.octets:,}" if rung.kind == "message" else ""
    return [*cells, size, " ".join(part for part in (rung.text, note) if part)]


def _arrow(rung: Rung) -> str:
    if not rung.crosses:
        return ""
    arrow = _ARROWS[rung.fate][rung.end == "server"]
    return arrow if rung.kind == "message" else arrow.replace("--", "- ")


def ladder(
    timeline: Timeline,
    connection: int | None = None,
    *,
    start: int = 0,
    end: int | None = None,
) -> Ladder:
    """The session as a ladder.

    Args:
        timeline: the record of the session.
        connection: which connection; by default all of them, side by side.
        start, end: indices of events; only what begins from ``start`` up to, not including, ``end`` is shown.

    Raises:
        ValueError: the timeline has no such connection.
    """
    known = timeline.connections
    if connection is not None and connection not in known:
        raise ValueError(f"the timeline has the connections {', '.join(map(str, known))}, not {connection}")
    shown = known if connection is None else [connection]
    reading = Reading(timeline)
    end = len(timeline) if end is None else end
    part = [r for r in rungs_of(reading) if start <= r.first.index < end]
    rungs = [r for r in part if r.connection in shown]
    moment = timeline.at(min(max(start, 0), len(timeline)) - 1)
    before = {(n, place): moment.state(place, n) for n in shown for place in ("client", "server")}
    is_open = frozenset(n for n in shown if moment.values.get(connection_key(n)) == OPEN)
    return Ladder(Scene(tuple(rungs[:MOST]), reading, before, is_open, max(len(rungs) - MOST, 0)))
