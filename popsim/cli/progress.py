"""How far a download has come, as a bar on a terminal; nothing where nobody looks."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from popsim.protocols.pop3.client import Progress


class Bar:
    """A bar of the octets to fetch, on stderr. Close it, or use ``with``."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._bar: ProgressBar[int] | None = None
        self._place = 0

    def told(self, progress: Progress) -> None:
        """A mail reader tells what it has done."""
        if progress.what == "listed" and progress.total_octets and sys.stderr is not None and sys.stderr.isatty():
            some = f"{progress.total:,} message{'s' * (progress.total != 1)}"
            bar = click.progressbar(length=progress.total_octets, label=some, file=sys.stderr)
            self._bar = self._stack.enter_context(bar)
        elif progress.what in ("fetched", "refused"):
            self._move(progress.octets)

    def came(self, octets: int) -> None:
        """So many octets have come."""
        if self._bar:
            self._move(min(self._place + octets, self._bar.length or 0))

    def _move(self, place: int) -> None:
        if self._bar:
            self._bar.update(place - self._place)
            self._place = place

    def close(self) -> None:
        """Leave the terminal's line."""
        self._bar = None
        self._stack.close()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
