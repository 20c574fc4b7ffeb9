"""Mail readers in a lab: what one did in each of its visits to the maildrop."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from popsim.engine.visit import Item, Visit
from popsim.lab.folder import Folder
from popsim.views.palette import framed
from popsim.views.rich import Rich
from popsim.views.table_style import table_style
from popsim.views.wording import format_moment

_COLUMNS = ("over at", "login", "listed", "fetched", "kept earlier", "marked", "deleted", "end")
_STYLE = "& td,& caption{white-space:nowrap} & td:last-child{white-space:normal}"


@dataclass(frozen=True, repr=False)
class MailReading(Rich):
    """What a mail reader did, visit by visit.

    Args:
        reader: what it was to do.
        user: whose maildrop it was.
        visits: what came of each visit.
        times: when each was over, in nanoseconds.
        folder: where the reader keeps its mail.
    """

    reader: str
    user: str
    visits: tuple[Visit, ...]
    times: tuple[int, ...]
    folder: Folder

    @property
    def last(self) -> Visit:
        """The last visit."""
        return self.visits[-1]

    @property
    def complete(self) -> bool:
        """Whether each visit did all that was to be done."""
        return all(visit.complete for visit in self.visits)

    @property
    def _title(self) -> str:
        count = f"{len(self.visits)} visit{'s' * (len(self.visits) != 1)}"
        return f"{self.reader}: {count} as {self.user}, folder {self.folder.name} ({len(self.folder)} kept)"

    def __str__(self) -> str:
        rows = [_COLUMNS, *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([self._title, *(f"  {line}" for line in lines)])

    def html(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in _COLUMNS)
        rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self._rows())
        table = f"<table><caption>{escape(self._title)}</caption><thead><tr>{head}</tr></thead>{rows}</table>"
        return framed("popsim-mail-reading", table_style("popsim-mail-reading", _STYLE), table)

    def _rows(self) -> list[tuple[str, ...]]:
        return [_row(time, one) for time, one in zip(self.times, self.visits, strict=True)]


def _row(time: int, one: Visit) -> tuple[str, ...]:
    items = one.listed, one.fetched, one.skipped, one.marked, one.deleted
    way = (one.way or "none") + " in TLS" * one.secured
    end = one.ending.value + (f": {one.problem}" if one.problem else "")
    return format_moment(time), way, *map(_numbers, items), end


def _numbers(items: tuple[Item, ...]) -> str:
    """Message-numbers, such as ``1-3, 5``; a dash for none."""
    runs: list[list[int]] = []
    for number in sorted(item.number for item in items):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs) or "-"
