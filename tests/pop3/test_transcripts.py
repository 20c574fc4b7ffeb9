"""Sessions written down as text, among them the examples of the RFCs, held by the server engine."""

from __future__ import annotations

import pytest

from popsim.protocols import find
from tests.pop3.replay import Replay
from tests.pop3.transcript import NAMES, load
from tests.transcripts.holding import with_step
from tests.transcripts.matching import expanded, mismatch, stand_in, top_lines
from tests.transcripts.transcript import Expect, InState, Transcript, Unreadable, parse

POP3 = find("pop3")


def problem(transcript: Transcript, *, piece: int = 0, pipelined: bool = False) -> str:
    """Replay a transcript on a fresh server; empty if it holds."""
    protocol = POP3.edition(transcript.edition)
    if transcript.extensions:
        protocol = protocol.extended(*transcript.extensions)
    return Replay(transcript, protocol, piece, pipelined).run()


@pytest.mark.parametrize("name", NAMES)
def test_the_session_as_it_is_written(name: str) -> None:
    assert problem(load(name)) == ""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("piece", [1, 2, 7])
def test_the_session_in_small_pieces(name: str, piece: int) -> None:
    assert problem(load(name), piece=piece) == ""


@pytest.mark.parametrize("name", NAMES)
def test_the_session_with_all_of_a_client_s_lines_in_one_piece(name: str) -> None:
    assert problem(load(name), pipelined=True) == ""


# The replay must be able to fail.


def other(step: Expect) -> Expect:
    """A server line that is wrong: the other status, or another line."""
    if step.pattern.startswith("+OK"):
        return Expect("-ERR" + step.pattern[3:])
    return Expect("+OK" + step.pattern[4:] if step.pattern.startswith("-ERR") else step.pattern + "1")


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_line_of_the_server_is_found_wherever_it_stands(name: str) -> None:
    transcript = load(name)
    for place, (line, step) in enumerate(transcript.steps):
        if isinstance(step, Expect):
            body = step.pattern.startswith("<")
            wrong = Expect(".") if body else other(step)
            assert "reply line" in problem(with_step(transcript, place, wrong)), f"line {line}"
            assert problem(with_step(transcript, place)) != "", f"line {line} left out"
            assert problem(with_step(transcript, place, step, step)) != "", f"line {line} twice"


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_state_is_found_wherever_it_stands(name: str) -> None:
    transcript = load(name)
    for place, (line, step) in enumerate(transcript.steps):
        if isinstance(step, InState):
            wrong = with_step(transcript, place, InState("ELSEWHERE"))
            assert "the session " in problem(wrong), f"line {line}"


def test_a_state_that_is_passed_over_in_silence_is_found() -> None:
    transcript = load("rfc1939-section-10")
    places = [n for n, (_, step) in enumerate(transcript.steps) if step == InState("UPDATE")]
    assert problem(with_step(transcript, places[0])).endswith("['UPDATE', 'CLOSED'], not ['CLOSED']")


# The reading of a transcript.


@pytest.mark.parametrize(
    "text",
    [
        "edition: 1939\nuser: a:b\nspeed: 9\nconnection: 1",
        "edition: 1939\nuser: a:b\nconnection: 1\nC STAT",
        "edition: 1939\nuser: a:b\nconnection: 1\nuser: c:d",
        "edition: 1939\nuser: a:b\nS: +OK",
        "user: a:b\nconnection: 1",
        "edition: 1939\nconnection: 1",
        "edition: 1939\nuser: a:b\nmail: sizes 120 200\nuids: one\nconnection: 1",
    ],
)
def test_a_line_that_says_nothing_is_not_read_over(text: str) -> None:
    with pytest.raises(Unreadable, match="^transcript"):
        parse(text)


def test_a_stand_in_has_exactly_its_size() -> None:
    assert [len(stand_in(12, size)) for size in range(40, 400)] == list(range(40, 400))
    with pytest.raises(ValueError, match="octets or more, not 20"):
        stand_in(1, 20)


def test_what_stands_for_free_text() -> None:
    [free] = expanded("+OK ...", [])
    assert mismatch([free], b"+OK\r\n") == mismatch([free], b"+OK any thing\r\n") == ""
    assert mismatch([free], b"+OKAY\r\n").startswith("reply line 1 is '+OKAY', expected ")
    [exact] = expanded("+OK 2 320", [])
    assert mismatch([exact], b"+OK 2 320 and more\r\n") != ""
    assert mismatch([exact], b"+OK 2 320") != ""
    assert mismatch([exact], b"").startswith("the server is silent, expected ")
    assert mismatch([], b"+OK\r\n") == "the server also sent '+OK'"


def test_the_lines_of_a_message_are_stuffed() -> None:
    message = b".a: b\r\n\r\n.\r\n..\r\nc.\r\n"
    assert expanded("<message 1>", [message]) == ["\\.\\.a:\\ b", "", "\\.\\.", "\\.\\.\\.", "c\\."]
    assert top_lines(message, 1) == ["..a: b", "", ".."]
    assert expanded("<top 1 0>", [message]) == ["\\.\\.a:\\ b", ""]
