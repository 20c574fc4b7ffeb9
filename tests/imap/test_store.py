"""STORE and UID STORE: which flags, who is told, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from popsim.mail.item import Item
from popsim.mail.mailbox import MailboxError
from tests.imap.heard import Heard
from tests.imap.mailroom import Mailroom


def told(answers: list[Heard]) -> list[tuple[int | None, frozenset[str]]]:
    return [(a.number, a.flags - {"\\Recent"}) for a in answers if a.word == "FETCH"]


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("+FLAGS (\\Flagged)", {"\\Seen", "\\Flagged"}),
        ("-FLAGS (\\Seen)", set()),
        ("FLAGS (\\Draft work)", {"\\Draft", "work"}),
        ("FLAGS ()", set()),
        ("+FLAGS \\Answered \\Deleted", {"\\Seen", "\\Answered", "\\Deleted"}),
        ("+flags.silent (\\answered)", {"\\Seen", "\\Answered"}),
        ("FLAGS.SILENT (\\SEEN)", {"\\Seen"}),
    ],
)
def test_each_way_of_changing_flags(change: str, after: set[str]) -> None:
    room = Mailroom(2)
    view = room.client()
    view.say("STORE 1 FLAGS.SILENT (\\Seen)")
    answers = view.say(f"STORE 1 {change}")
    assert answers[-1].word == "OK" and room.truth()[0] == (1, frozenset(after))
    assert told(answers) == ([] if "SILENT" in change.upper() else [(1, frozenset(after))])


def test_others_are_told_and_who_did_it_is_not_told_twice() -> None:
    room = Mailroom(2)
    view, other = room.client("a"), room.client("b")
    view.say("STORE 1 +FLAGS.SILENT (\\Flagged)")
    assert told(view.say("NOOP")) == []
    assert told(other.say("NOOP")) == [(1, frozenset({"\\Flagged"}))]
    assert told(other.say("NOOP")) == []


def test_a_silent_store_tells_what_another_has_changed() -> None:
    room = Mailroom(2)
    view, other = room.client("a"), room.client("b")
    other.say("STORE 1 +FLAGS.SILENT (\\Flagged)")
    answers = view.say("STORE 1 +FLAGS.SILENT (\\Seen)")
    assert told(answers) == [(1, frozenset({"\\Flagged", "\\Seen"}))]


def test_flags_without_change_are_no_news() -> None:
    room = Mailroom(1)
    view, other = room.client("a"), room.client("b")
    view.say("STORE 1 +FLAGS (\\Flagged)")
    other.say("NOOP")
    view.say("STORE 1 +FLAGS (\\Flagged)")
    assert told(other.say("NOOP")) == []
    assert len([event for event in room.timeline("a") if event.kind == "Flagged"]) == 1


def test_a_uid_store_tells_the_uid() -> None:
    view = Mailroom(3).client()
    answers = view.say("UID STORE 2:9 +FLAGS (\\Seen)")
    assert [(a.number, a.data["UID"]) for a in answers if a.word == "FETCH"] == [(2, b"2"), (3, b"3")]


@pytest.mark.parametrize(
    "command",
    ["STORE 1 +FLAGS (\\Recent)", "STORE 9 +FLAGS (\\Seen)", "STORE 1 FLAGSX (\\Seen)", "STORE 1 +FLAGS ((\\Seen))"],
)
def test_what_is_bad(command: str) -> None:
    room = Mailroom(2)
    assert room.client().say(command)[-1].word == "BAD"
    assert room.truth() == [(1, frozenset()), (2, frozenset())]


def test_a_system_flag_that_nobody_knows_is_refused() -> None:
    room = Mailroom(1)
    assert room.client().say("STORE 1 +FLAGS (\\Unheard)")[-1].word in ("NO", "BAD")
    assert room.truth() == [(1, frozenset())]


def test_what_was_examined_is_not_changed() -> None:
    room = Mailroom(1)
    view = room.client("a", "")
    view.say("EXAMINE INBOX")
    assert view.say("STORE 1 +FLAGS (\\Seen)")[-1].word == "NO"
    assert room.truth() == [(1, frozenset())]


def test_gone_messages() -> None:
    room = Mailroom(3)
    view, other = room.client("a"), room.client("b")
    other.say("STORE 2 +FLAGS.SILENT (\\Deleted)")
    other.say("EXPUNGE")
    assert view.say("STORE 1:2 +FLAGS.SILENT (\\Seen)")[-1].word == "OK"
    answers = view.say("STORE 1:2 +FLAGS (\\Draft)")
    assert told(answers) == [(1, frozenset({"\\Seen", "\\Draft"}))] and answers[-1].word == "NO"
    answers = view.say("UID STORE 1:2 +FLAGS (work)")
    assert [(a.number, a.word) for a in answers[:-1]] == [(1, "FETCH"), (2, "EXPUNGE")] and answers[-1].word == "OK"


@pytest.mark.parametrize("form", ["STORE 1:3", "UID STORE 1:3"])
def test_what_was_stored_before_the_disk_was_full_is_told(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A STORE that fails halfway is answered with NO, and the flags that are others by then are no secret."""
    room = Mailroom(3)
    view, other = room.client("a"), room.client("b")
    box = room.account.inbox
    stores = box.set_flags

    def full(uid: int, *more: Any) -> Item:
        if uid > 2:
            raise MailboxError("no space left on the disk")
        return stores(uid, *more)

    monkeypatch.setattr(box, "set_flags", full)
    answers = view.say(f"{form} +FLAGS.SILENT (\\Flagged)")
    assert answers[-1].word == "NO" and b"no space" in answers[-1].rest
    both = [(number, frozenset({"\\Flagged"})) for number in (1, 2)]
    assert told(answers) == both == told(other.say("NOOP"))
