"""EXPUNGE, UID EXPUNGE, CLOSE, UNSELECT: what goes, when, and who hears of it with which number."""

from __future__ import annotations

import pytest

from tests.imap.heard import Heard
from tests.imap.mailroom import Mailroom
from tests.imap.view import View


def marked(count: int, numbers: str) -> tuple[Mailroom, View]:
    room = Mailroom(count)
    view = room.client()
    assert view.say(f"STORE {numbers} +FLAGS.SILENT (\\Deleted)")[-1].word == "OK"
    return room, view


def numbers(answers: list[Heard]) -> list[int | None]:
    return [answer.number for answer in answers if answer.word == "EXPUNGE"]


def uids(room: Mailroom) -> list[int]:
    return [uid for uid, _ in room.truth()]


def test_numbers_move_down_as_they_are_told() -> None:
    room, view = marked(11, "3,4,7,11")
    assert numbers(view.say("EXPUNGE")) == [3, 3, 5, 8]
    assert uids(room) == [1, 2, 5, 6, 8, 9, 10]
    assert [a.data["UID"] for a in view.say("FETCH 3 UID")[:-1]] == [b"5"]


def test_many_at_once() -> None:
    room, view = marked(40, "1:39")
    assert numbers(view.say("EXPUNGE")) == [1] * 39 and uids(room) == [40]


def test_nothing_marked_nothing_told() -> None:
    room, view = marked(2, "1")
    view.say("EXPUNGE")
    assert [a.word for a in view.say("EXPUNGE")] == ["OK"] and uids(room) == [2]


def test_with_identifiers_only_those_that_are_named() -> None:
    room, view = marked(5, "1:4")
    assert numbers(view.say("UID EXPUNGE 2:3,5,99")) == [2, 2]
    assert uids(room) == [1, 4, 5]


def test_close_removes_and_tells_nobody_here() -> None:
    room, view = marked(3, "2")
    other = room.client("b")
    assert [a.word for a in view.say("CLOSE")] == ["OK"]
    assert uids(room) == [1, 3] and room.engines["a"].state.name == "Authenticated"
    assert numbers(other.say("NOOP")) == [2]


@pytest.mark.parametrize("command", ["UNSELECT", "SELECT INBOX", "EXAMINE INBOX", "LOGOUT"])
def test_leaving_otherwise_removes_nothing(command: str) -> None:
    room, view = marked(3, "2")
    view.say(command)
    assert uids(room) == [1, 2, 3]


def test_what_was_examined_stays() -> None:
    room, view = marked(3, "2")
    view.say("EXAMINE INBOX")
    assert view.say("EXPUNGE")[-1].word == "NO" and view.say("UID EXPUNGE 1:*")[-1].word == "NO"
    assert [a.word for a in view.say("CLOSE")] == ["OK"] and uids(room) == [1, 2, 3]


def test_nothing_goes_while_pop3_has_the_mailbox() -> None:
    room, view = marked(3, "2")
    assert room.pop3()[-1].startswith(b"+OK")
    for command in ("EXPUNGE", "UID EXPUNGE 1:*"):
        assert [a.word for a in view.say(command)] == ["NO"], command
    assert view.say("FETCH 2 (BODY[])")[-1].word == "OK"
    assert view.say("CLOSE")[-1].word == "OK" and uids(room) == [1, 2, 3]
    view.say("SELECT INBOX")
    room.feed("p", b"QUIT\r\n")
    assert numbers(view.say("EXPUNGE")) == [2] and uids(room) == [1, 3]


def test_what_pop3_removes_is_gone_here() -> None:
    room = Mailroom(3)
    view = room.client()
    room.pop3()
    room.feed("p", b"DELE 1\r\nDELE 3\r\n")
    assert numbers(view.say("NOOP")) == [], "marked in POP3 is not removed yet"
    room.feed("p", b"QUIT\r\n")
    assert numbers(view.say("FETCH 2 UID")) == []
    assert numbers(view.say("NOOP")) == [1, 2] and uids(room) == [2]


def test_a_timeline_hears_what_is_gone() -> None:
    room, view = marked(3, "1,3")
    view.say("EXPUNGE")
    values = [dict(event.values or {}) for event in room.timeline("a") if event.kind == "Removed"]
    assert values == [{"mail.alice.1": "removed", "mail.alice.3": "removed"}]
