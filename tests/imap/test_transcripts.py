"""Sessions written down as text, among them the RFCs' own examples, held by the server engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcripts.holding import problem, unseen_lines, unseen_states
from tests.transcripts.transcript import names, read

FOLDER = Path(__file__).parent / "transcripts"
NAMES = names(FOLDER)
every_transcript = pytest.mark.parametrize("name", NAMES)


@every_transcript
def test_the_session_as_it_is_written(name: str) -> None:
    assert problem(read(FOLDER, name)) == ""


@every_transcript
@pytest.mark.parametrize("piece", [1, 2, 7])
def test_the_session_in_small_pieces(name: str, piece: int) -> None:
    assert problem(read(FOLDER, name), piece=piece) == ""


@every_transcript
def test_the_session_with_all_of_a_client_s_lines_in_one_piece(name: str) -> None:
    assert problem(read(FOLDER, name), pipelined=True) == ""


@every_transcript
def test_a_wrong_line_or_state_is_found_wherever_it_stands(name: str) -> None:
    transcript = read(FOLDER, name)
    assert (unseen_lines(transcript), unseen_states(transcript)) == ([], [])
