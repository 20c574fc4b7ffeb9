"""The RFCs' scenarios of SMTP, and what they say in words, as sessions that the engine must hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.smtp.stage import Stage
from tests.transcripts.holding import unseen_lines, unseen_states
from tests.transcripts.replay import Replay
from tests.transcripts.transcript import Transcript, parse

FOLDER = Path(__file__).parent / "transcripts"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))


def load(name: str) -> Transcript:
    return parse((FOLDER / f"{name}.txt").read_text("utf-8"), name)


def problem(transcript: Transcript, *, piece: int = 0, pipelined: bool = False) -> str:
    """What goes another way when a transcript is replayed; empty if it holds."""
    return Replay(transcript, piece=piece, pipelined=pipelined, stage=Stage).run()


@pytest.mark.parametrize("name", NAMES)
def test_the_session_holds(name: str) -> None:
    assert problem(load(name)) == ""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("piece", [1, 3])
def test_it_holds_in_whatever_pieces(name: str, piece: int) -> None:
    assert problem(load(name), piece=piece) == ""


@pytest.mark.parametrize("name", [name for name in NAMES if "starttls" not in name and "4954" not in name])
def test_it_holds_when_all_is_sent_at_once(name: str) -> None:
    assert problem(load(name), pipelined=True) == ""


@pytest.mark.parametrize("name", NAMES)
def test_no_line_and_no_state_could_be_another_one(name: str) -> None:
    assert unseen_lines(load(name), problem) == []
    assert unseen_states(load(name), problem) == []
