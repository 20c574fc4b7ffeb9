"""IDLE: news at once, in both states, and what ends it."""

from __future__ import annotations

import pytest

from popsim.protocols.imap.table import IMAP
from tests.imap.heard import heard
from tests.imap.mailroom import Mailroom, letter


def test_all_kinds_of_news_come_at_once() -> None:
    room = Mailroom(2)
    view, other = room.client("a"), room.client("b")
    assert [answer.tag for answer in view.say("IDLE")] == ["+"]
    room.deliver(letter("m3"))
    assert [(a.number, a.word) for a in heard(room.tell()["a"])] == [(3, "EXISTS"), (3, "RECENT")]
    other.say("STORE 1 +FLAGS.SILENT (\\Deleted)")
    (told,) = heard(room.tell()["a"])
    assert (told.number, told.word) == (1, "FETCH") and told.flags == {"\\Deleted", "\\Recent"}
    other.say("EXPUNGE")
    assert room.tell()["a"] == b"* 1 EXPUNGE\r\n"
    assert room.tell()["a"] == b"", "no news is no line"
    assert [answer.word for answer in view.done()] == ["OK"]


def test_what_was_held_back_comes_first() -> None:
    room = Mailroom(2)
    view, other = room.client("a"), room.client("b")
    other.say("STORE 1 +FLAGS.SILENT (\\Deleted)")
    other.say("EXPUNGE")
    assert [(a.tag, a.word) for a in view.say("IDLE")][-2:] == [("*", "EXPUNGE"), ("+", "IDLING")]


def test_who_does_not_idle_hears_nothing_until_a_command() -> None:
    room = Mailroom(2)
    view = room.client("a")
    room.deliver(letter("m3"))
    assert room.tell()["a"] == b""
    assert [(a.number, a.word) for a in view.say("NOOP")] == [(3, "EXISTS"), (3, "RECENT"), (None, "OK")]
    view.say("IDLE")
    view.done()
    room.deliver(letter("m4"))
    assert room.tell()["a"] == b"", "IDLE has ended"


@pytest.mark.parametrize("line", [b"DONE", b"done", b"DoNe"])
@pytest.mark.parametrize("box", ["INBOX", ""])
def test_done_in_any_case_and_any_state(line: bytes, box: str) -> None:
    room = Mailroom(2)
    room.client("a", box)
    before = room.engines["a"].state
    assert room.feed("a", b"x IDLE\r\n").startswith(b"+ ")
    assert room.engines["a"].state.outer is before and room.engines["a"].state is not before
    assert room.feed("a", line + b"\r\n").startswith(b"x OK ")
    assert room.engines["a"].state is before


@pytest.mark.parametrize("line", [b"x2 NOOP", b"", b"DONE ", b"x" * 9000])
def test_any_other_line_ends_it_badly(line: bytes) -> None:
    room = Mailroom(2)
    room.client("a")
    room.feed("a", b"x IDLE\r\n")
    room.deliver(letter("m3"))
    assert b"x BAD " in room.feed("a", line + b"\r\n")
    assert b"* 3 EXISTS\r\n" in room.feed("a", b"x3 NOOP\r\n"), "what was not told yet is told later"


def test_news_that_come_with_done_are_told() -> None:
    room = Mailroom(2)
    view = room.client("a")
    view.say("IDLE")
    room.deliver(letter("m3"))
    assert [(a.number, a.word) for a in view.done()] == [(3, "EXISTS"), (3, "RECENT"), (None, "OK")]


def test_without_the_extension_there_is_no_such_command() -> None:
    room = Mailroom(1, IMAP.edition(3501))
    room.client("a")
    assert room.feed("a", b"x IDLE\r\n").startswith(b"x BAD ")
