"""Reads the rich forms back: what stands in them as text, so that it can be compared with the text twin."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser

BLOCKS = {"div", "p", "tr", "pre", "text", "br"}
SKIPPED = {"style", "details"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.tags: set[str] = set()
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._skipping += tag in SKIPPED
        if tag in BLOCKS:
            self.lines.append("")
        if tag in ("td", "th"):
            self.lines[-1] += " "

    def handle_endtag(self, tag: str) -> None:
        self._skipping -= tag in SKIPPED
        if tag in BLOCKS:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        if self._skipping:
            return
        first, *more = data.split("\n")
        self.lines[-1] += first
        self.lines += more


def lines(html: str) -> list[str]:
    """The lines of text of a rich form, in its order, with single spaces; styles are left out."""
    reader = _Reader()
    reader.feed(html)
    return squeezed(reader.lines)


def tags(html: str) -> set[str]:
    """The elements of a rich form."""
    reader = _Reader()
    reader.feed(html)
    return reader.tags


def squeezed(rows: Iterable[str]) -> list[str]:
    """Lines with single spaces and without empty ones."""
    return [text for row in rows if (text := re.sub(r"\s+", " ", row).strip())]
