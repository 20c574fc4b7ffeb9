"""The picture of a ladder, as SVG without ids, so that any number of them can stand on one page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import atan2, cos, degrees, pi, sin, tan

from popsim.views import wording
from popsim.views.flights import Fate
from popsim.views.ladder_layout import BAND, TIMES, TOP, Lane, Layout
from popsim.views.palette import is_inner, tone
from popsim.views.rungs import Rung, Scene


def drawing(scene: Scene) -> str:
    """The whole picture as one ``<svg>`` element."""
    layout = Layout(scene)
    width, height = layout.width, layout.bottom + (26 if scene.rest else 8)
    parts = [*_times(layout)]
    for lane in layout.lanes.values():
        parts += [*_heads(lane, len(layout.lanes) > 1), *_lines(layout, lane), *_bands(layout, lane)]
    for rung in scene.rungs:
        parts += _rung(layout, rung)
    if scene.rest:
        parts.append(_text(TIMES, height - 8, "soft", scene.rest))
    count = sum(rung.kind == "message" for rung in scene.rungs)
    label = f"Ladder of {count} messages between client and server; the same stands below as text"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" viewBox="0 0 {width:.0f} '
        f'{height:.0f}" style="width:100%;max-width:{width:.0f}px;min-width:{width * 0.72:.0f}px">'
        f"{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, kind: str, text: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}"{more}>{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


_END = ' text-anchor="end"'
_MIDDLE = ' text-anchor="middle"'


def _times(layout: Layout) -> Iterator[str]:
    """The times at the left, each written once, and the idle time that was compressed."""
    before = ""
    right = max(lane.server for lane in layout.lanes.values())
    for event, _ in layout.anchors:
        time = wording.format_time(event.time)
        y = layout.height(event)
        yield _line(TIMES + 2, y, layout.lanes[event.connection].line(event.endpoint), y, "guide")
        if time != before:
            yield _text(TIMES - 4, y + 4, "time", time, _END)
        before = time
    for gap in layout.breaks:
        y = (gap.top + gap.bottom) / 2
        yield _line(TIMES + 2, y, right, y, "pause")
        yield _text(TIMES - 4, y + 4, "pause", f"+{wording.format_time(gap.time)}", _END)


def _heads(lane: Lane, several: bool) -> Iterator[str]:
    for end in ("client", "server"):
        yield _text(lane.line(end), 34, f"head {end}", end, _MIDDLE)
    if several:
        yield _text((lane.client + lane.server) / 2, 34, "soft", f"connection {lane.connection}", _MIDDLE)


def _lines(layout: Layout, lane: Lane) -> Iterator[str]:
    """The two ends: a whole line while the connection is open there, a dotted one before and after."""
    for end in ("client", "server"):
        x, y = lane.line(end), float(TOP - 10)
        kind = "open" if lane.connection in layout.scene.is_open else "shut"
        for rung in layout.scene.rungs:
            if rung.kind == "connection" and (rung.connection, rung.end) == (lane.connection, end):
                here = layout.height(rung.first)
                yield _line(x, y, x, here, kind)
                y, kind = here, "open" if rung.first.kind == "Opened" else "shut"
        yield _line(x, y, x, layout.bottom, kind)


def _bands(layout: Layout, lane: Lane) -> Iterator[str]:
    """Beside each end's line, the states that it is in: a narrower band for a finer step."""
    for end in ("client", "server"):
        name, y = layout.scene.before[lane.connection, end], float(TOP - 10)
        label = name
        for rung in layout.scene.rungs:
            at = rung.at(end)
            if rung.connection != lane.connection or at is None or not rung.states_of(end):
                continue
            here = layout.height(at)
            yield from _band(layout, lane, end, (name, label), (y, here))
            label = rung.states_of(end)
            name, y = label.rpartition(", ")[2], here
        yield from _band(layout, lane, end, (name, label), (y, layout.bottom))


def _band(layout: Layout, lane: Lane, end: str, state: tuple[str, str], between: tuple[float, float]) -> Iterator[str]:
    name, label = state
    top, bottom = between
    if not name or bottom <= top:
        return
    protocol, side = layout.scene.reading.protocol(lane.connection), -1 if end == "client" else 1
    width = BAND - 4 if is_inner(protocol, name) else BAND
    x = lane.line(end) + (2 if side > 0 else -2 - width)
    size = f'width="{width}" height="{bottom - top:.1f}"'
    fill = f"fill:var(--ps-{tone(protocol, name)})"
    yield f'<rect x="{x:.1f}" y="{top:.1f}" {size} class="band" style="{fill}"/>'
    anchor = _END if side < 0 else ""
    yield _text(lane.line(end) + side * (BAND + 6), top + 11, "state", label, anchor)


def _rung(layout: Layout, rung: Rung) -> Iterator[str]:
    if rung.crosses:
        yield from _arrow(layout, rung)
    elif rung.kind == "connection":
        yield from _condition(layout, rung)


def _condition(layout: Layout, rung: Rung) -> Iterator[str]:
    """A mark on an end's line: a dot where a connection opens, a bar for its close, a cross for its loss."""
    x, y = layout.lanes[rung.connection].line(rung.end), layout.height(rung.first)
    if rung.first.kind == "Opened":
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="dot"/>'
    elif rung.first.kind == "Closed":
        yield _line(x - 6, y, x + 6, y, "bar")
    else:
        yield _cross(x, y)
    side = 1 if rung.end == "client" else -1
    kind = "lost" if rung.first.kind == "Lost" else "soft"
    yield _text(x + side * 9, y + 4, kind, rung.text, _END if side < 0 else "")


def _cross(x: float, y: float) -> str:
    return _line(x - 6, y - 6, x + 6, y + 6, "cross") + _line(x - 6, y + 6, x + 6, y - 6, "cross")


_REACH = {Fate.LOST: 0.6, Fate.UNDER_WAY: 0.5}


def _arrow(layout: Layout, rung: Rung) -> Iterator[str]:
    lane = layout.lanes[rung.connection]
    x1 = lane.line(rung.end)
    x2 = lane.server if rung.end == "client" else lane.client
    top, bottom = layout.span(rung)
    if rung.left is None or rung.fate is Fate.NOT_SEEN:
        bottom = top
    reach = _REACH.get(rung.fate, 1.0)
    x3, y3 = x1 + (x2 - x1) * reach, top + (bottom - top) * reach
    kind = "thin" if rung.kind == "segment" else "arrow"
    broken = " broken" if rung.fate is not Fate.READ else ""
    yield _line(x1, top, x3, y3, f"{kind} {rung.end}{broken}")
    angle = atan2(bottom - top, x2 - x1)
    if rung.fate is Fate.LOST:
        yield _cross(x3, y3)
    else:
        yield _head(x3, y3, angle, f"{rung.end}{' hollow' if broken else ''}")
    yield from _label(layout, rung, x1, top, angle)


def _head(x: float, y: float, angle: float, kind: str) -> str:
    corners = [(0.0, 0.0), (-9.0, -3.6), (-9.0, 3.6)]
    turned = ((x + a * cos(angle) - b * sin(angle), y + a * sin(angle) + b * cos(angle)) for a, b in corners)
    points = " ".join(f"{px:.1f},{py:.1f}" for px, py in turned)
    return f'<polygon points="{points}" class="head {kind}"/>'


def _label(layout: Layout, rung: Rung, x: float, y: float, angle: float) -> Iterator[str]:
    """The words of an arrow, along it, beginning at the end that speaks; a note stands below it."""
    size = f"  {wording.format_octets(rung.octets)}" if rung.kind == "message" else ""
    text = wording.shortened(rung.text, max(layout.room(rung) - len(size), 8))
    spans = f'<tspan class="{rung.end}">{escape(text)}</tspan><tspan class="soft">{escape(size)}</tspan>'
    kind = "label small" if rung.kind == "segment" else "label"
    yield _along(rung, x, y - 4, angle, f'class="{kind}"', spans)
    if rung.note:
        yield _along(rung, x, y + 13, angle, 'class="label lost"', escape(rung.note))


def _along(rung: Rung, x: float, y: float, angle: float, kind: str, spans: str) -> str:
    side = 1 if rung.end == "client" else -1
    slope = angle if side > 0 else angle - pi
    place = f"translate({x + side * 11:.1f} {y + side * 11 * tan(slope):.1f}) rotate({degrees(slope):.2f})"
    return f'<text transform="{place}" {kind}{_END if side < 0 else ""} xml:space="preserve">{spans}</text>'


STYLE = """
.popsim-ladder .scroll{overflow-x:auto}
.popsim-ladder svg{display:block;height:auto;font:12px var(--jp-code-font-family,ui-monospace,monospace)}
.popsim-ladder text{fill:var(--ps-ink)}
.popsim-ladder text{paint-order:stroke;stroke:var(--ps-page);stroke-width:3px}
.popsim-ladder .label{font-weight:600;white-space:pre}
.popsim-ladder .small{font-size:10px;font-weight:400}
.popsim-ladder text.time,.popsim-ladder text.pause{font-size:11px;fill:var(--ps-soft)}
.popsim-ladder text.soft{font-size:11px;fill:var(--ps-soft)}
.popsim-ladder text.state{font-size:11px;fill:var(--ps-ink)}
.popsim-ladder text.head{font-size:14px;font-weight:700}
.popsim-ladder text.client,.popsim-ladder tspan.client{fill:var(--ps-client)}
.popsim-ladder text.server,.popsim-ladder tspan.server{fill:var(--ps-server)}
.popsim-ladder tspan.soft{fill:var(--ps-soft);font-weight:400}
.popsim-ladder text.lost,.popsim-ladder tspan.lost{fill:var(--ps-lost);font-weight:700}
.popsim-ladder line.guide{stroke:var(--ps-soft);stroke-width:.5;stroke-dasharray:1 5}
.popsim-ladder line.pause{stroke:var(--ps-soft);stroke-width:1;stroke-dasharray:8 4 2 4}
.popsim-ladder line.open{stroke:var(--ps-ink);stroke-width:1.5}
.popsim-ladder line.shut{stroke:var(--ps-soft);stroke-width:1;stroke-dasharray:2 4}
.popsim-ladder .dot{fill:var(--ps-ink)}
.popsim-ladder line.bar{stroke:var(--ps-ink);stroke-width:2.5}
.popsim-ladder line.cross{stroke:var(--ps-lost);stroke-width:2.5}
.popsim-ladder .band{stroke:var(--ps-soft);stroke-width:.6}
.popsim-ladder line.arrow{stroke-width:1.8}
.popsim-ladder line.thin{stroke-width:.8}
.popsim-ladder line.client{stroke:var(--ps-client)}
.popsim-ladder line.server{stroke:var(--ps-server)}
.popsim-ladder line.broken{stroke-dasharray:6 4}
.popsim-ladder polygon.client{fill:var(--ps-client);stroke:var(--ps-client)}
.popsim-ladder polygon.server{fill:var(--ps-server);stroke:var(--ps-server)}
.popsim-ladder polygon.hollow{fill:var(--ps-page)}
.popsim-ladder details{font-size:12px;color:var(--ps-soft)}
.popsim-ladder pre{font:12px/1.4 var(--jp-code-font-family,ui-monospace,monospace);overflow-x:auto;
 color:var(--ps-ink)}
"""
