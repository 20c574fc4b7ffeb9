"""CONDSTORE (RFC 7162 §3.1): numbers of changes, and what is stored only if nothing has changed."""

from __future__ import annotations

import pytest

from popsim.protocols.imap.table import IMAP
from tests.imap.heard import Heard
from tests.imap.mailroom import Mailroom, letter
from tests.imap.view import View


def changes(answers: list[Heard]) -> list[tuple[int | None, int]]:
    found = [a for a in answers if a.word == "FETCH" and "MODSEQ" in a.data]
    return [(a.number, int(a.data["MODSEQ"][0])) for a in found]


def highest(room: Mailroom) -> int:
    return room.account.inbox.highest_modseq


def aware(room: Mailroom) -> View:
    """A client that wants the numbers of changes: ENABLE comes before SELECT (RFC 5161 §3.1)."""
    view = room.client("a", "")
    assert view.say("ENABLE CONDSTORE")[-1].word == "OK" and view.say("SELECT INBOX")[-1].word == "OK"
    return view


@pytest.mark.parametrize(
    "command",
    [
        "FETCH 1 (MODSEQ)",
        "FETCH 1 (FLAGS) (CHANGEDSINCE 1)",
        "SEARCH MODSEQ 1",
        "STORE 1 (UNCHANGEDSINCE 1) +FLAGS (work)",
        "STATUS INBOX (HIGHESTMODSEQ)",
    ],
)
def test_commands_that_switch_it_on(command: str) -> None:
    room = Mailroom(2)
    view, other = room.client("a"), room.client("b")
    other.say("STORE 2 +FLAGS.SILENT (\\Seen)")
    assert changes(view.say("NOOP")) == [], "not before"
    before = highest(room)
    answers = view.say(command)
    assert answers[-1].word == "OK"
    assert [a.code for a in answers if a.code.startswith("HIGHESTMODSEQ")] == [f"HIGHESTMODSEQ {before}"]
    assert not [a for a in view.say(command) if a.code.startswith("HIGHESTMODSEQ")], "told once"
    other.say("STORE 2 +FLAGS.SILENT (\\Flagged)")
    assert changes(view.say("NOOP"))[-1] == (2, highest(room))


def test_a_parameter_of_select_switches_it_on() -> None:
    room = Mailroom(2)
    view, other = room.client("a", ""), room.client("b")
    codes = [a.code for a in view.say("SELECT INBOX (CONDSTORE)")]
    assert f"HIGHESTMODSEQ {highest(room)}" in codes
    other.say("STORE 2 +FLAGS.SILENT (\\Flagged)")
    assert changes(view.say("NOOP")) == [(2, highest(room))]


def test_every_change_has_a_higher_number_and_no_change_has_none() -> None:
    room = Mailroom(3)
    view = aware(room)
    first = changes(view.say("STORE 1:3 +FLAGS (\\Seen)"))
    assert [number for _, number in first] == sorted({number for _, number in first})
    assert changes(view.say("STORE 1:3 +FLAGS (\\Seen)")) == first
    room.deliver(letter("m4"))
    view.say("NOOP")
    assert changes(view.say("FETCH 4 (MODSEQ)"))[0][1] > first[-1][1]


def test_silent_is_not_silent_about_the_number() -> None:
    view = aware(Mailroom(2))
    (answer, done) = view.say("STORE 1 +FLAGS.SILENT (\\Seen)")
    assert list(answer.data) == ["MODSEQ"] and done.word == "OK"


def test_reading_tells_the_number_of_the_change() -> None:
    view = aware(Mailroom(2))
    (answer, _) = view.say("FETCH 1 (BODY[]<0.1>)")
    assert list(answer.data) == ["BODY[]<0>", "FLAGS", "MODSEQ"]


def conflict() -> tuple[Mailroom, View, int]:
    """Another client has changed message 2 after the number that is given."""
    room = Mailroom(3)
    view, other = room.client("a"), room.client("b")
    known = highest(room)
    other.say("STORE 2 +FLAGS.SILENT (\\Flagged)")
    return room, view, known


@pytest.mark.parametrize(("form", "numbers"), [("STORE", "2"), ("UID STORE", "2")])
def test_what_has_changed_is_left_alone_and_named(form: str, numbers: str) -> None:
    room, view, known = conflict()
    answers = view.say(f"{form} 1:3 (UNCHANGEDSINCE {known}) +FLAGS.SILENT (\\Deleted)")
    assert (answers[-1].word, answers[-1].code) == ("OK", f"MODIFIED {numbers}")
    assert [flags for _, flags in room.truth()] == [{"\\Deleted"}, {"\\Flagged"}, {"\\Deleted"}]
    left = [a for a in answers if a.number == 2 and a.word == "FETCH"]
    assert left[0].flags - {"\\Recent"} == {"\\Flagged"} and "MODSEQ" in left[0].data


def test_a_message_that_is_named_twice_does_not_fail_for_itself() -> None:
    room = Mailroom(3)
    answers = room.client().say(f"STORE 2,1:3 (UNCHANGEDSINCE {highest(room)}) +FLAGS.SILENT (\\Deleted)")
    assert (answers[-1].word, answers[-1].code) == ("OK", "")


def test_zero_never_holds() -> None:
    room = Mailroom(1)
    answers = room.client().say("STORE 1 (UNCHANGEDSINCE 0) +FLAGS (\\Seen)")
    assert answers[-1].code == "MODIFIED 1" and room.truth() == [(1, frozenset())]


def test_left_alone_and_gone_at_once() -> None:
    room, view, known = conflict()
    other = room.client("c")
    other.say("STORE 3 +FLAGS.SILENT (\\Deleted)")
    other.say("EXPUNGE")
    answers = view.say(f"STORE 1:3 (UNCHANGEDSINCE {known}) +FLAGS (\\Seen)")
    assert (answers[-1].word, answers[-1].code) == ("NO", "MODIFIED 2")


def test_only_what_has_changed_is_fetched() -> None:
    room, view, known = conflict()
    answers = view.say(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {known})")
    assert changes(answers) == [(2, highest(room))]
    assert view.say(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {highest(room)})")[-1].word == "OK"


def test_searching_by_changes() -> None:
    room, view, known = conflict()
    found, *_ = [a for a in view.say(f"SEARCH MODSEQ {known + 1}") if a.word == "SEARCH"]
    assert found.rest == b"2 (MODSEQ %d)" % highest(room)
    found, *_ = [a for a in view.say(f"UID SEARCH RETURN (COUNT) MODSEQ {known + 1}") if a.word == "ESEARCH"]
    assert found.rest.endswith(b"UID COUNT 1 MODSEQ %d" % highest(room))
    (found,) = [a for a in view.say("SEARCH MODSEQ 99999") if a.word == "SEARCH"]
    assert found.rest == b""


def test_removing_and_moving_tell_the_number() -> None:
    room = Mailroom(3)
    view = aware(room)
    view.say("STORE 1 +FLAGS.SILENT (\\Deleted)")
    before = highest(room)
    answers = view.say("EXPUNGE")
    assert answers[-1].code == f"HIGHESTMODSEQ {highest(room)}" and highest(room) > before
    view.say("CREATE Archive")
    assert view.say("MOVE 1 Archive")[-1].code == f"HIGHESTMODSEQ {highest(room)}"


def test_without_the_extension_there_is_no_such_item() -> None:
    view = Mailroom(1, IMAP.edition(3501)).client()
    for command in ("FETCH 1 (MODSEQ)", "SEARCH MODSEQ 1", "STORE 1 (UNCHANGEDSINCE 1) +FLAGS (work)"):
        assert view.say(command)[-1].word == "BAD"
