"""Cells side by side in a text, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator


def columns(indent: int, *cells: tuple[str, int]) -> Iterator[str]:
    """Cells side by side, each with its width; what is too long goes on below."""
    columns = [textwrap.wrap(text, width, break_on_hyphens=False) for text, width in cells]
    for row in range(max(map(len, columns))):
        parts = (
            (column[row] if row < len(column) else "").ljust(width)
            for column, (_, width) in zip(columns, cells, strict=True)
        )
        yield (" " * indent + " ".join(parts)).rstrip()
