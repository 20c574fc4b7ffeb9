"""The sessions of POP3 that are written as text (``tests/transcripts/FORMAT.txt``)."""

from __future__ import annotations

from pathlib import Path

from tests.transcripts.transcript import Transcript, names, read

FOLDER = Path(__file__).parent / "transcripts"
NAMES = names(FOLDER)


def load(name: str) -> Transcript:
    """The transcript of that name in the folder."""
    return read(FOLDER, name)
