"""What came, went and changed from one edition of a protocol to another, side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import cached_property
from html import escape

from popsim.protocols.difference import Difference
from popsim.protocols.difference import difference as found
from popsim.protocols.protocol import Protocol
from popsim.views.columns import columns
from popsim.views.difference_rows import Cell, Line, Rows, Ways
from popsim.views.facts import STAYS
from popsim.views.matrix import Way
from popsim.views.palette import framed, tone
from popsim.views.rich import Rich
from popsim.views.table_style import table_style

WIDTH = 100
"""Columns of the terminal that the text is laid out for."""
_WIDTHS = (7, 28, 30, 30)
ABSENT = "-"
"""Stands for a side that does not have it."""


def difference(before: Protocol, after: Protocol) -> DifferenceTable:
    """What came, went and changed from one to the other: two editions, or one with extensions and one without.

    Raises:
        ValueError: they are not editions of one protocol.
    """
    return DifferenceTable(found(before, after))


class DifferenceTable(Rich):
    """The differences of two editions; :func:`difference` makes it.

    Args:
        facts: what is shown, as data.
    """

    def __init__(self, facts: Difference) -> None:
        self.facts = facts

    @cached_property
    def rows(self) -> Rows:
        """Its lines."""
        return Rows(self.facts)

    @property
    def title(self) -> str:
        """Its heading."""
        return f"From {self.facts.before} to {self.facts.after}: what came, what went, what changed"

    @property
    def summary(self) -> str:
        """How much differs."""
        if not self.facts:
            return "Nothing: every state, command, reply, rule and limit is the same."
        return " ".join(_counted(heading, lines) for heading, lines in self.rows.parts if lines[0].what)

    @property
    def _sides(self) -> tuple[str, str]:
        return self._side(self.facts.before), self._side(self.facts.after)

    @staticmethod
    def _side(protocol: Protocol) -> str:
        return str(protocol).removeprefix(f"{protocol.title} (").removesuffix(")")

    # As a text

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield from textwrap.wrap(self.title, WIDTH)
        yield from textwrap.wrap(self.summary, WIDTH)
        for heading, lines in self.rows.parts:
            yield from ("", heading)
            if any(line.before and line.after for line in lines):
                yield from _side_by_side("", "", *self._sides)
            for line in lines:
                yield from _text(line)
        if self.rows.notes:
            yield from ("", "Notes")
        for number, where, note in self.rows.notes:
            yield from textwrap.wrap(f"  [{number}] {where}: {note}", WIDTH, subsequent_indent=" " * 6)

    # As a picture

    def html(self) -> str:
        parts = "".join(self._table(heading, lines) for heading, lines in self.rows.parts)
        notes = "".join(f"<li>[{n}] {escape(where)}: {escape(note)}</li>" for n, where, note in self.rows.notes)
        below = f'<p class="heading">Notes</p><ul>{notes}</ul>' if notes else ""
        head = f'<p class="title">{escape(self.title)}</p><p>{escape(self.summary)}</p>'
        return framed("popsim-difference", table_style("popsim-difference", _STYLE), head + parts + below)

    def _table(self, heading: str, lines: list[Line]) -> str:
        names = ("", "", *self._sides)
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
        body = "".join(map(self._row, lines))
        caption = f"<caption>{escape(heading)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _row(self, line: Line) -> str:
        when = f'<div class="when">{escape(line.when)}</div>' if line.when else ""
        cells = self._cell(line.before, self.facts.before) + self._cell(line.after, self.facts.after)
        what = f'<td class="what">{escape(line.what)}</td>'
        return f'<tr class="{line.what}">{what}<th scope="row">{escape(line.name)}{when}</th>{cells}</tr>'

    def _cell(self, cell: Cell | None, protocol: Protocol) -> str:
        if cell is None:
            return f'<td class="absent">{ABSENT}</td>'
        words = f"<div>{escape(cell.words)}</div>" if cell.words else ""
        ways = "".join(f"<div>{_ways(way, protocol)}</div>" for way in cell.ways)
        note = f" <sup>[{cell.source.note}]</sup>" if cell.source.note else ""
        return f'<td>{words}{ways}<div class="source">{escape(cell.source.full)}{note}</div></td>'


def _counted(heading: str, lines: list[Line]) -> str:
    """How many lines of a part came, went and changed."""
    count = {what: sum(line.what == what for line in lines) for what in ("came", "went", "changed")}
    return f"{heading}: {', '.join(f'{number} {what}' for what, number in count.items() if number)}."


def _text(line: Line) -> Iterator[str]:
    name = f"{line.name}: {line.when}" if line.when else line.name
    sides = [_cell_text(cell) for cell in (line.before, line.after) if cell]
    if len(sides) == 2:
        yield from _side_by_side(line.what, name, *sides)
        return
    what, name_width, *rest = _WIDTHS
    yield from columns(2, (line.what, what), (name, name_width), (sides[0], sum(rest) + 1))


def _side_by_side(*cells: str) -> Iterator[str]:
    yield from columns(2, *zip(cells, _WIDTHS, strict=True))


def _cell_text(cell: Cell) -> str:
    said = "; ".join(filter(None, [cell.words, *map(str, cell.ways)]))
    note = f" [{cell.source.note}]" if cell.source.note else ""
    return f"{said} ({cell.source.short}{note})"


def _ways(ways: Ways, protocol: Protocol) -> str:
    place = f"in {', '.join(_state(name, protocol) for name in ways.states)}: " if ways.states else ""
    return place + ", ".join(_way(way, protocol) for way in ways.answers)


def _way(way: Way, protocol: Protocol) -> str:
    next = way.next if way.next in ("", STAYS) else f"&rarr; {_state(way.next, protocol)}"
    return f"<code>{escape(way.answer)}</code> {next}".strip()


def _state(name: str, protocol: Protocol) -> str:
    """A state's name on the tint that the state has in all views."""
    return f'<span class="state" style="background:var(--ps-{tone(protocol, name)})">{escape(name)}</span>'


_STYLE = """
& table{width:100%;max-width:74em;table-layout:fixed}
& .title{font-size:1.25em;font-weight:600;margin:.2em 0 .3em}
& tbody td,& tbody th{border-top:1px solid color-mix(in srgb,var(--ps-soft) 40%,transparent);padding-top:.35em}
& tbody th{font-weight:600}
& thead th{padding-bottom:.3em}
& thead th:nth-child(1){width:5em}
& thead th:nth-child(2){width:30%}
& .when{font-weight:normal}
& .what,& .absent{color:var(--ps-soft)}
& .source{color:var(--ps-soft);font-size:.92em}
& sup{line-height:0}
& .heading{font-weight:600;font-size:1.07em;margin:.3em 0}
& ul{list-style:none;margin:0;padding:0;max-width:74em}
"""
