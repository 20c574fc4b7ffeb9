"""The file formats of a timeline, by the ending of a file's name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol

from popsim.timeline.timeline import Timeline, TimelineError

# Captures are read a floor above this one, so their module is known by its name alone.
_MODULES = {
    ".jsonl": "popsim.timeline.file",
    ".pcap": "popsim.capture.file",
    ".pcapng": "popsim.capture.file",
    ".cap": "popsim.capture.file",
}


class Format(Protocol):
    """What a module of a format offers."""

    @staticmethod
    def save(timeline: Timeline, path: Path) -> Path:
        """Write a timeline and return the file's path."""

    @staticmethod
    def load(path: Path) -> Timeline:
        """Read a timeline."""


def of(path: Path) -> Format:
    """The format that a file's name tells.

    Raises:
        TimelineError: no format has that ending.
    """
    module = _MODULES.get(path.suffix.lower())
    if module is None:
        raise TimelineError(f"expected a file name that ends in {', '.join(_MODULES)}, got {path.name!r}")
    found: Format = import_module(module)  # type: ignore[assignment]
    return found
