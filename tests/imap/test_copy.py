"""COPY and MOVE: all or nothing, what the copies have, and what is told of them."""

from __future__ import annotations

import pytest

from popsim.protocols.imap.table import IMAP
from tests.imap.heard import Heard
from tests.imap.mailroom import Mailroom
from tests.imap.view import View


def with_archive(count: int = 4) -> tuple[Mailroom, View]:
    room = Mailroom(count)
    view = room.client()
    assert view.say("CREATE Archive")[-1].word == "OK"
    return room, view


def words(answers: list[Heard]) -> list[tuple[int | None, str]]:
    return [(answer.number, answer.word) for answer in answers]


def test_copies_have_flags_dates_and_octets() -> None:
    room, view = with_archive()
    view.say("STORE 2 FLAGS.SILENT (\\Seen work)")
    (answer,) = view.say("COPY 2:3 Archive")
    validity = room.account.mailboxes["Archive"].uid_validity
    assert (answer.word, answer.code) == ("OK", f"COPYUID {validity} 2:3 1:2")
    assert room.truth("Archive") == [(1, {"\\Seen", "work"}), (2, frozenset())] and len(room.truth()) == 4
    source, target = room.account.inbox.items, room.account.mailboxes["Archive"].items
    for one, copy in zip(source[1:3], target, strict=True):
        assert (one.message.octets, one.date) == (copy.message.octets, copy.date)
    view.say("SELECT Archive")
    assert [a.flags for a in view.say("FETCH 1:2 FLAGS")[:-1]] == [{"\\Seen", "work", "\\Recent"}, {"\\Recent"}]


@pytest.mark.parametrize("command", ["COPY 1:2", "UID COPY 1:2", "MOVE 1:2", "UID MOVE 1:2"])
def test_a_mailbox_that_is_not_there_can_be_made_first(command: str) -> None:
    room, view = with_archive()
    (answer,) = view.say(f"{command} Nowhere")
    assert (answer.word, answer.code) == ("NO", "TRYCREATE")
    assert "Nowhere" not in room.account.mailboxes and len(room.truth()) == 4


@pytest.mark.parametrize("command", ["COPY 1:2", "UID COPY 1:2", "MOVE 1:2", "UID MOVE 1:2"])
@pytest.mark.parametrize("name", ['""', "a//b", "/a", "a&b", "T&AO"])
def test_a_name_that_no_mailbox_can_have_need_not_be_tried(command: str, name: str) -> None:
    room, view = with_archive()
    (answer,) = view.say(f"{command} {name}")
    assert (answer.word, answer.code) == ("NO", "") and len(room.truth()) == 4


def test_nothing_to_copy_is_no_error() -> None:
    room, view = with_archive()
    (answer,) = view.say("UID COPY 305:310 Archive")
    assert (answer.word, answer.code) == ("OK", "") and room.truth("Archive") == []


def test_a_copy_into_the_same_mailbox_is_told_at_once() -> None:
    room, view = with_archive(2)
    answers = view.say("COPY 1:2 INBOX")
    assert words(answers) == [(4, "EXISTS"), (4, "RECENT"), (None, "OK")]
    assert len(view.messages) == 4


def test_all_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    room, view = with_archive()
    archive = room.account.mailboxes["Archive"]
    from popsim.mail.mailbox import MailboxError

    append = archive.append

    def fails_at_the_third(*args: object, **more: object) -> object:
        if len(archive.items) == 2:
            raise MailboxError("the disk is full")
        return append(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "append", fails_at_the_third)
    for command in ("COPY 1:4", "UID MOVE 1:4"):
        assert view.say(f"{command} Archive")[-1].word == "NO"
        assert room.truth("Archive") == [] and len(room.truth()) == 4


def test_nothing_is_copied_where_one_is_gone() -> None:
    room, view = with_archive()
    other = room.client("b")
    other.say("STORE 3 +FLAGS.SILENT (\\Deleted)")
    other.say("EXPUNGE")
    answers = view.say("COPY 2:4 Archive")
    assert words(answers) == [(3, "EXPUNGE"), (None, "NO")] and room.truth("Archive") == []
    other.say("STORE 1 +FLAGS.SILENT (\\Deleted)")
    other.say("EXPUNGE")
    answers = view.say("UID COPY 1:4 Archive")
    assert words(answers) == [(1, "EXPUNGE"), (None, "OK")] and answers[-1].code.endswith(" 2,4 1:2")


def test_moving_is_copying_and_expunging() -> None:
    room, view = with_archive()
    rows = [item.number for item in room.account.inbox.items]
    answers = view.say("MOVE 2:3 Archive")
    assert words(answers) == [(None, "OK"), (2, "EXPUNGE"), (2, "EXPUNGE"), (None, "OK")]
    assert answers[0].tag == "*" and answers[0].code.startswith("COPYUID ") and "COPYUID" not in answers[-1].code
    assert [uid for uid, _ in room.truth()] == [1, 4] and len(room.truth("Archive")) == 2
    assert [item.number for item in room.account.mailboxes["Archive"].items] == rows[1:3]


def test_only_what_was_meant_is_moved() -> None:
    room, view = with_archive()
    view.say("STORE 1 +FLAGS.SILENT (\\Deleted)")
    view.say("UID MOVE 2 Archive")
    assert [uid for uid, _ in room.truth()] == [1, 3, 4]


def test_nothing_moves_while_pop3_has_the_mailbox() -> None:
    room, view = with_archive()
    assert room.pop3()[-1].startswith(b"+OK")
    assert view.say("MOVE 1 Archive")[-1].word == "NO" and room.truth("Archive") == []
    assert view.say("COPY 1 Archive")[-1].word == "OK" and len(room.truth("Archive")) == 1
    assert view.say("COPY 1 INBOX")[-1].word == "OK" and len(room.truth()) == 5
    view.say("SELECT Archive")
    assert view.say("MOVE 1 INBOX")[-1].word == "OK", "what comes may come; what goes, goes from elsewhere"


def test_nothing_moves_out_of_what_was_examined() -> None:
    room, view = with_archive()
    view.say("EXAMINE INBOX")
    assert view.say("MOVE 1 Archive")[-1].word == "NO" and view.say("COPY 1 Archive")[-1].word == "OK"


def test_a_timeline_hears_where_they_are() -> None:
    room, view = with_archive(2)
    view.say("COPY 1 Archive")
    view.say("MOVE 2 Archive")
    values = [dict(event.values or {}) for event in room.timeline("a") if event.kind == "Arrived"]
    assert [value.get("mail.alice.3.mailbox") or value.get("mail.alice.2.mailbox") for value in values] == [
        "Archive"
    ] * 2


def test_without_uidplus_no_identifiers_are_told() -> None:
    room = Mailroom(2, IMAP.edition(3501))
    view = room.client()
    view.say("CREATE Archive")
    (answer,) = view.say("COPY 1 Archive")
    assert (answer.word, answer.code) == ("OK", "")
