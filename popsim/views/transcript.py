"""The session as a person reads it aloud: who says what, when, and the states between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from popsim.protocols.protocol import Protocol
from popsim.timeline import Event, Timeline
from popsim.views import wording
from popsim.views.ciphertext import cipher_flights
from popsim.views.flights import flights
from popsim.views.palette import framed, is_inner, tone
from popsim.views.reading import Reading
from popsim.views.rich import Rich

LINE = 200
"""How many characters of a line are shown: a refusal says at its end where to read on."""
BODY = 8
"""How many lines of a body are shown where nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript.

    Args:
        kind: ``client`` or ``server`` for what that end says, ``body`` for lines that follow it, ``state``,
            ``connection`` or ``note``.
        time: when, in nanoseconds, or None for a line that belongs to the one before it.
        text: what stands there; of a state, what was and what is, with ``->`` between.
        connection: whose line it is.
        end: of a state, which end moves, where both have a machine of their own.
    """

    kind: str
    time: int | None
    text: str
    connection: int
    end: str = ""


_MARK = {"client": "C: ", "server": "S: "}


class Transcript(Rich):
    """The lines of a session; :func:`transcript` makes it.

    Args:
        lines: what to show.
        reading: tells what is spoken on each connection.
        several: whether there is more than one connection, so that each line says which it is from.
    """

    def __init__(self, lines: list[Line], reading: Reading, several: bool) -> None:
        self.lines = tuple(lines)
        self._reading = reading
        self._several = several

    def __str__(self) -> str:
        return "\n".join(self._row(line, time) for line, time in self._timed())

    def _timed(self) -> Iterator[tuple[Line, str]]:
        """The lines with their times in words; a time is written once, and not again until it changes."""
        before = ""
        for line in self.lines:
            time = before if line.time is None else wording.format_time(line.time)
            yield line, "" if time == before else time
            before = time

    def _row(self, line: Line, time: str) -> str:
        whose = f"[{line.connection}] " if self._several else ""
        end = f"{line.end}: " if line.end else ""
        return f"{time:>11}  {whose}{_MARK.get(line.kind, '   ')}{end}{line.text}".rstrip()

    def html(self) -> str:
        rows = "".join(self._html_row(line, time) for line, time in self._timed())
        return framed("popsim-transcript", _STYLE, f'<div class="rows" tabindex="0">{rows}</div>')

    def _html_row(self, line: Line, time: str) -> str:
        whose = f'<span class="who">[{line.connection}]</span> ' if self._several else ""
        mark = _MARK.get(line.kind, "").strip()
        text = self._badges(line) if line.kind == "state" else f"<bdi>{escape(line.text)}</bdi>"
        cells = f'<span class="time">{time}</span> {whose}<span class="mark">{mark}</span> '
        return f'<div class="{line.kind}">{cells}<span class="text">{text}</span></div>'

    def _badges(self, line: Line) -> str:
        protocol = self._reading.protocol(line.connection)
        end = f"{line.end}: " if line.end else ""
        return end + " &rarr; ".join(_badge(protocol, name) for name in line.text.split(" -> "))


def _badge(protocol: Protocol, name: str) -> str:
    """A state's name, in its tint."""
    inner = " inner" if is_inner(protocol, name) else ""
    tint = f"background:var(--ps-{tone(protocol, name)})"
    return f'<b class="state{inner}" style="{tint}">{escape(name)}</b>'


def transcript(
    timeline: Timeline,
    start: int = 0,
    end: int | None = None,
    *,
    body: int = BODY,
) -> Transcript:
    """The session, or the part of it from event ``start`` up to, not including, event ``end``.

    Args:
        timeline: the record of the session.
        start, end: indices of events; by default all of them.
        body: how many lines of a multi-line answer to show at most; of longer ones the middle is left out.
    """
    reading = Reading(timeline)
    end = len(timeline) if end is None else min(end, len(timeline))
    shown = _Shown(timeline, reading, body)
    lines = [line for index in range(max(start, 0), end) for line in shown.lines(timeline[index])]
    return Transcript(lines, reading, len(timeline.connections) > 1)


class _Shown:
    """What there is to say about each event of a timeline."""

    def __init__(self, timeline: Timeline, reading: Reading, body: int) -> None:
        self._timeline, self._reading, self._body = timeline, reading, body
        self._flights = {flight.first.index: flight for flight in flights(timeline)}
        self._connections = _turning_points(timeline)
        own = [] if self._reading.hides else cipher_flights(timeline)
        self._ciphers = {flight.first.index: flight for flight in own}

    def lines(self, event: Event) -> Iterator[Line]:
        """The lines of an event; most have none."""
        if event.index in self._flights:
            yield from self._message(event)
        elif event.index in self._ciphers:
            yield Line(event.endpoint, event.time, str(self._ciphers[event.index]), event.connection)
        elif event.layer == "session" and self._shows_moves(event):
            yield from self._move(event)
        elif event.index in self._connections:
            yield Line("connection", event.time, self._connections[event.index], event.connection)

    def _shows_moves(self, event: Event) -> bool:
        """Whether this end's states are of interest: the client's only where it has a machine of its own."""
        return event.endpoint == "server" or self._reading.protocol(event.connection).client is not None

    def _message(self, event: Event) -> Iterator[Line]:
        timeline, sender = self._timeline, event.sender
        text = wording.said(event, self._reading, LINE)
        yield Line(sender, event.time, text, event.connection)
        for part in body_lines(timeline.octets(event), self._body):
            yield Line("body", None, part, event.connection)
        if note := self._flights[event.index].note:
            yield Line("note", None, f"({note})", event.connection)

    def _move(self, event: Event) -> Iterator[Line]:
        """The state before and the one that follows; where it stays, there is nothing to say."""
        before, after = wording.old_state(self._timeline, event), wording.new_state(event)
        if before != after:
            steps = " -> ".join(filter(None, (before, after)))
            end = event.endpoint if self._reading.protocol(event.connection).client else ""
            yield Line("state", event.time, steps, event.connection, end)


def _turning_points(timeline: Timeline) -> dict[int, str]:
    """What to say of a connection at which event: once that it opened, that it was lost or that it closed.

    Both ends tell of each. A connection is open when the first end says so and closed when the last one does.
    """
    found: dict[tuple[int, str], int] = {}
    for event in timeline.events("stream"):
        key = (event.connection, event.kind)
        if event.kind == "Closed" or key not in found:
            found[key] = event.index
    return {
        index: f"the connection is {wording.CONDITIONS[kind]}{wording.why(timeline[index])}"
        for (_, kind), index in found.items()
    }


def body_lines(octets: bytes, most: int) -> list[str]:
    """The lines after the first of a message, as safe text; of more than ``most``, the middle is left out.

    The last line always stays: it is what ends a multi-line response.
    """
    count, size = wording.body_size(octets)
    if not count:
        return []
    body = octets[len(octets) - size :]
    if count <= most:
        return [wording.first_line(line) for line in body.removesuffix(b"\n").split(b"\n")]
    kept = max(most - 2, 0)
    head = body.split(b"\n", kept)
    tail = body[body.rfind(b"\n", 0, len(body) - 1) + 1 :]
    left = len(head[kept]) - len(tail)
    summary = f"... {count - kept - 1:,} more lines, {wording.format_octets(left)}"
    return [*(wording.first_line(line) for line in head[:kept]), summary, wording.first_line(tail)]


_STYLE = """
.popsim-transcript .rows{font:13px/1.55 var(--jp-code-font-family,ui-monospace,monospace);padding:2px 0}
.popsim-transcript .rows>div{display:flex;gap:1ch;min-height:1.55em;white-space:pre-wrap}
.popsim-transcript .time{flex:0 0 11ch;text-align:right;color:var(--ps-soft)}
.popsim-transcript .mark{flex:0 0 2ch;font-weight:700}
.popsim-transcript .who{flex:0 0 auto;color:var(--ps-soft)}
.popsim-transcript .text{min-width:0;overflow-wrap:anywhere}
.popsim-transcript .client .mark,.popsim-transcript .client .text{color:var(--ps-client)}
.popsim-transcript .client .text{font-weight:700}
.popsim-transcript .server .mark,.popsim-transcript .server .text{color:var(--ps-server)}
.popsim-transcript .body{color:var(--ps-ink)}
.popsim-transcript .connection,.popsim-transcript .state{color:var(--ps-soft)}
.popsim-transcript .note{color:var(--ps-lost);font-weight:700}
.popsim-transcript b.state{color:var(--ps-ink);font-weight:600;padding:0 .6ch;border-radius:3px;
 border:1px solid var(--ps-soft)}
.popsim-transcript b.inner{border-style:dashed}
"""
