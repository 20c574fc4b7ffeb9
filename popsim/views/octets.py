"""The octets of one message, in hexadecimal and as text, each part with its meaning and its section."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby

from popsim.timeline import Timeline
from popsim.views import wording
from popsim.views.palette import framed
from popsim.views.parts import parts
from popsim.views.reading import Reading
from popsim.views.reply_parts import STUFFED, Part
from popsim.views.rich import Rich

ROW = 16
"""Octets in a row."""
LOOKS = {"CRLF": "crlf", STUFFED: "dot"}
"""The classes of the parts that look alike in every message."""
PLAIN = ("n0", "n1", "n2", "n3")
"""The classes of the others, in turn."""
HEADS = ("part", "octets", "at", "meaning", "where")
FIRST, LAST = 16, 4
"""Rows that are shown of a long message at its beginning and at its end."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the legend: all parts of a name that are there for the same.

    Args:
        name: the name.
        places: where these parts are.
        meaning: why they are there.
        where: the RFC and section that says so, or nothing.
    """

    name: str
    places: tuple[Part, ...]
    meaning: str
    where: str

    @property
    def size(self) -> str:
        """How many octets they are together."""
        return f"{sum(part.end - part.start for part in self.places):,}"

    @property
    def offsets(self) -> str:
        """Their first and last octets; of more than three parts, those of the first three."""
        shown = [f"{p.start:x}" + f"-{p.end - 1:x}" * (p.end > p.start + 1) for p in self.places]
        more = len(shown) - 3
        return ", ".join(shown[:3]) + (f" and {more:,} more" if more > 0 else "")


class Octets(Rich):
    """A message's octets; :func:`octets` makes it.

    Args:
        title: what the message is, in words.
        data: its octets.
        named: its parts, in order.
        hidden: from which to which octet it is a secret, of which only the length is shown.
    """

    def __init__(self, title: str, data: bytes, named: list[Part], hidden: tuple[int, int] = (0, 0)) -> None:
        start, end = hidden
        self.title, self.parts, self._hidden = title, tuple(named), range(start, end)
        self.data = data[:start] + b"*" * (end - start) + data[end:]
        names = dict.fromkeys(part.name for part in named)
        self.legend = tuple(self._entry(*each) for each in dict.fromkeys((part.name, part.meaning) for part in named))
        plain = [name for name in names if name not in LOOKS]
        self._looks = LOOKS | {name: PLAIN[n % len(PLAIN)] for n, name in enumerate(plain)}
        self._starts = [part.start for part in named]

    def _entry(self, name: str, meaning: str) -> Entry:
        places = tuple(part for part in self.parts if (part.name, part.meaning) == (name, meaning))
        return Entry(name, places, meaning, str(places[0].reference or ""))

    # Text

    def __str__(self) -> str:
        lines = [self.title, ""]
        for start in self._rows():
            lines.append(self._text_row(start) if start >= 0 else self._left_out())
        return "\n".join([*lines, "", *self._text_legend()])

    def _rows(self) -> Iterator[int]:
        """Where the rows begin that are shown; -1 stands for those that are left out."""
        rows = range(0, len(self.data), ROW)
        if len(rows) <= FIRST + LAST + 4:
            yield from rows
            return
        yield from rows[:FIRST]
        yield -1
        yield from rows[-LAST:]

    def _left_out(self) -> str:
        rows = len(range(0, len(self.data), ROW)) - FIRST - LAST
        return f"...     {rows:,} rows are left out here, {wording.format_octets(rows * ROW)}"

    def _text_row(self, start: int) -> str:
        row = self.data[start : start + ROW]
        pairs = [self._pair(start + n) for n in range(len(row))]
        halves = [" ".join(pairs[:8]), " ".join(pairs[8:])]
        text = "".join(map(_character, row))
        names = ", ".join(part.name for part in self._parts_in(start))
        return f"{start:06x}  {'  '.join(halves):<48}  |{text}|{' ' * (ROW - len(row))}  {names}".rstrip()

    def _pair(self, place: int) -> str:
        """An octet in two hexadecimal digits, or two asterisks."""
        return "**" if place in self._hidden else f"{self.data[place]:02x}"

    def _parts_in(self, start: int) -> list[Part]:
        """The parts of which octets stand in the row, in order."""
        return [part for part in self.parts if part.start < start + ROW and part.end > start]

    def _owner(self, place: int) -> Part | None:
        """The part to which an octet belongs, or None."""
        n = bisect_right(self._starts, place) - 1
        return self.parts[n] if n >= 0 and place < self.parts[n].end else None

    def _text_legend(self) -> list[str]:
        rows = [HEADS]
        rows += [(e.name, e.size, e.offsets, e.meaning, e.where) for e in self.legend]
        a, b, c, d = (max(len(row[n]) for row in rows) for n in range(4))
        return [f"{r[0]:<{a}}  {r[1]:>{b}}  {r[2]:<{c}}  {r[3]:<{d}}  {r[4]}".rstrip() for r in rows]

    # HTML

    def html(self) -> str:
        rows = "\n".join(self._html_row(start) if start >= 0 else self._left_out() for start in self._rows())
        title = f"<p>{escape(self.title)}</p>"
        return framed("popsim-octets", _STYLE, f'{title}<pre tabindex="0">{rows}</pre>{self._html_legend()}')

    def _html_row(self, start: int) -> str:
        row = self.data[start : start + ROW]
        pairs, text = "", ""
        for part, run in groupby(range(start, start + len(row)), self._owner):
            places = list(run)
            octets = self.data[places[0] : places[-1] + 1]
            # The space between two parts belongs to neither.
            inner = "".join(f"{self._pair(place)}{_space(place, start)}" for place in places)
            pairs += self._marked(part, inner.rstrip()) + inner[len(inner.rstrip()) :]
            text += self._marked(part, "".join(map(_character, octets)))
        width = 3 * len(row) + (len(row) >= 8)
        names = ", ".join(self._marked(part, part.name) for part in self._parts_in(start))
        place = f'<span class="at">{start:06x}</span>'
        return f"{place}  {pairs}{' ' * (49 - width)} |{text}|{' ' * (ROW - len(row))}  {names}"

    def _marked(self, part: Part | None, text: str) -> str:
        if part is None:
            return escape(text)
        return f'<b class="{self._looks[part.name]}" title="{escape(part.name)}">{escape(text)}</b>'

    def _html_legend(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in HEADS)
        rows = "".join(
            f"<tr><td>{self._marked(e.places[0], e.name)}</td><td>{e.size}</td><td>{e.offsets}</td>"
            f"<td>{escape(e.meaning)}</td><td>{escape(e.where)}</td></tr>"
            for e in self.legend
        )
        return f'<table class="legend"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _space(place: int, start: int) -> str:
    """What stands after an octet: two spaces in the middle of a row."""
    return "  " if place - start == 7 else " "


def _character(octet: int) -> str:
    return chr(octet) if 0x20 <= octet < 0x7F else "."


def octets(timeline: Timeline, index: int) -> Octets:
    """The octets of one message, sent or read.

    Args:
        timeline: the record of the session.
        index: the index of the event of the message, or of a TLS record.

    Raises:
        IndexError: there is no such event.
        ValueError: the event is neither a message nor a TLS record.
    """
    event = timeline[index]
    if event.layer not in ("message", "ciphertext"):
        messages = [e.index for e in timeline.events("message")]
        near = sorted(sorted(messages, key=lambda place: abs(place - event.index))[:4])
        known = f"; the nearest messages are {', '.join(map(str, near))}" if near else ""
        raise ValueError(f"event {event.index} is no message but '{event.layer} {event.kind}'{known}")
    reading = Reading(timeline)
    words = wording.describe(event, reading)
    size = wording.format_octets(event.end - event.start)
    title = f"{wording.format_time(event.time)}: {words} ({size} in all)"
    return Octets(title, timeline.octets(event), parts(event, reading), reading.hidden(event))


_STYLE = """
.popsim-octets pre{font:13px/1.6 var(--jp-code-font-family,ui-monospace,monospace);overflow-x:auto;
 margin:.3em 0;padding:0;color:var(--ps-ink);background:none}
.popsim-octets p{margin:.2em 0;font-size:14px;font-weight:600}
.popsim-octets .at{color:var(--ps-soft)}
.popsim-octets b{font-weight:inherit;color:var(--ps-ink);border-bottom:2px solid var(--ps-ink)}
.popsim-octets .n0{background:var(--ps-tone-0)}
.popsim-octets .n1{background:var(--ps-tone-1);border-bottom-style:dashed}
.popsim-octets .crlf{background:var(--ps-tone-none);border-bottom-style:dotted}
.popsim-octets .n2{background:var(--ps-tone-3);border-bottom:1px solid var(--ps-soft)}
.popsim-octets .n3{background:var(--ps-tone-2);border-bottom-style:double;border-bottom-width:3px}
.popsim-octets .dot{background:var(--ps-lost);color:var(--ps-page);border-color:var(--ps-lost)}
.popsim-octets table.legend{border-collapse:collapse;margin:.4em 0;font-size:13px;color:var(--ps-ink)}
.popsim-octets table.legend tbody tr{background:none}
.popsim-octets table.legend tr :is(th,td){padding:.15em .9em .15em 0;text-align:left;vertical-align:top;border:0}
.popsim-octets table.legend tr th{color:var(--ps-soft);font-weight:600}
.popsim-octets table.legend tr :is(th,td):nth-child(2){text-align:right}
"""
