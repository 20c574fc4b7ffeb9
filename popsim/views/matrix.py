"""Which command is allowed in which state, and where it leads: the whole table of a protocol at a glance."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import zip_longest

from popsim.protocols.model import Form, Occurrence, Rule, State
from popsim.protocols.protocol import Protocol
from popsim.views.facts import STAYS
from popsim.views.palette import framed, tone
from popsim.views.rich import Rich
from popsim.views.table_style import table_style

REFUSED = "refused"
WIDTH = 100
"""Columns of the terminal that the text is laid out for."""
_NAME = 30
"""Columns for a command's name; of a longer one the rest stands below."""
_GAP = 2


def matrix(protocol: Protocol) -> Matrix:
    """The matrix of states and commands of one edition."""
    return Matrix(protocol)


@dataclass(frozen=True)
class Way:
    """A way that a command may go in a state: how it is answered, and the state that follows or that it stays."""

    answer: str
    next: str

    def __str__(self) -> str:
        follows = self.next if self.next in ("", STAYS) else f"-> {self.next}"
        return f"{self.answer} {follows}".strip()


class Matrix(Rich):
    """States across, commands down; :func:`matrix` makes it.

    A state in which every command is refused has no column; a line below names it.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol

    @cached_property
    def states(self) -> tuple[State, ...]:
        """The states that allow some command."""
        return tuple(s for s in self.protocol.states if self.protocol.allowed(s))

    def ways(self, state: State, form: Form) -> list[Way]:
        """What a command does in a state: a way for each state that may follow."""
        answers: dict[str, dict[str, None]] = {}
        for rule in self.protocol.outcomes(state, form):
            answers.setdefault(_next(rule), {})[rule.reply.mark if rule.reply else ""] = None
        if self.protocol.server.refuses(state, form):
            return [Way(REFUSED, ""), *(Way("", next) for next in answers if next != STAYS)]
        return [Way("/".join(filter(None, marks)), next) for next, marks in answers.items()]

    @cached_property
    def notes(self) -> list[str]:
        """What the cells leave out: how a refusal is answered, and where no command is allowed at all."""
        refusals = (self.protocol.outcomes(state, Occurrence.NOT_ALLOWED) for state in self.states)
        marks = {rule.reply.mark for rules in refusals for rule in rules if rule.reply}
        notes = [f"{REFUSED}: answered {' or '.join(sorted(marks))}; the state {STAYS} where no other is named"]
        closed = [s.name for s in self.protocol.states if s.kind == "state" and s not in self.states]
        return notes + [f"in {', '.join(closed)} no command is allowed"] * bool(closed)

    @property
    def title(self) -> str:
        """Its heading."""
        return f"{self.protocol}: what each command does in each state"

    def __str__(self) -> str:
        return "\n".join(line.rstrip() for line in self._lines())

    def _lines(self) -> Iterator[str]:
        heads = ["", *(state.name for state in self.states)]
        room = (WIDTH - _NAME) // max(len(self.states), 1) - _GAP
        rows = [
            [_broken(form.name, _NAME), *(self._broken_ways(state, form, room) for state in self.states)]
            for form in self.protocol.forms
        ]
        widths = [max([len(head), *(len(line) for row in rows for line in row[n])]) for n, head in enumerate(heads)]
        yield self.title
        yield ""
        yield _joined(heads, widths)
        yield _joined(["-" * width for width in widths], widths)
        for row in rows:
            for line in zip_longest(*row, fillvalue=""):
                yield _joined(line, widths)
        yield ""
        for note in self.notes:
            yield from textwrap.wrap(note, WIDTH, subsequent_indent="  ")

    def _broken_ways(self, state: State, form: Form, room: int) -> list[str]:
        return [line for way in self.ways(state, form) for line in _broken(str(way), room)]

    def html(self) -> str:
        heads = "".join(f'<th scope="col">{self._state(state.name)}</th>' for state in self.states)
        rows = "".join(self._row(form) for form in self.protocol.forms)
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        table = (
            f"<table><caption>{escape(self.title)}</caption>"
            f'<thead><tr><th scope="col">command</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        )
        return framed("popsim-matrix", table_style("popsim-matrix", _STYLE), table + notes)

    def _row(self, form: Form) -> str:
        cells = "".join(self._cell(self.ways(state, form)) for state in self.states)
        return f'<tr><th scope="row"><code>{escape(form.name)}</code></th>{cells}</tr>'

    def _cell(self, ways: list[Way]) -> str:
        kind = f' class="{REFUSED}"' if ways[0].answer == REFUSED else ""
        return f"<td{kind}>{'<br>'.join(map(self._way, ways))}</td>"

    def _way(self, way: Way) -> str:
        follows = way.next if way.next in ("", STAYS) else f"&rarr; {self._state(way.next)}"
        return f"{escape(way.answer)} {follows}".strip()

    def _state(self, name: str) -> str:
        tint = f"background:var(--ps-{tone(self.protocol, name)})"
        return f'<span class="state" style="{tint}">{escape(name)}</span>'


def _next(rule: Rule) -> str:
    return STAYS if rule.to is None or rule.to is rule.state else rule.to.name


def _broken(text: str, room: int) -> list[str]:
    """A cell's lines, where it has more than there is room for."""
    return textwrap.wrap(text, room, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)


def _joined(cells: list[str] | tuple[str, ...], widths: list[int]) -> str:
    return (" " * _GAP).join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))


_STYLE = """
& th,& td{border-bottom:1px solid color-mix(in srgb,var(--ps-soft) 40%,transparent)}
& caption{white-space:nowrap}
& tbody th{padding-left:1.5em;text-indent:-1.5em;min-width:9em}
& thead th{color:var(--ps-ink);font-weight:600;font-size:1em}
& td.refused{color:var(--ps-soft);font-style:italic}
& p{color:var(--ps-soft)}
"""
