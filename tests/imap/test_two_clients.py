"""Two and three clients with one mailbox: what one does, the others hear of in time and with the right numbers."""

from __future__ import annotations

import pytest

from popsim.protocols.imap.table import IMAP
from tests.imap.heard import Heard, heard
from tests.imap.mailroom import MODERN, Mailroom, letter
from tests.imap.view import View


def data(answers: list[Heard]) -> list[tuple[int | None, str]]:
    return [(answer.number, answer.word) for answer in answers if answer.tag == "*"]


def known(view: View) -> list[tuple[int | None, frozenset[str] | None]]:
    return [(message.uid, message.flags) for message in view.messages]


def test_three_clients_agree_after_each_has_done_something() -> None:
    room = Mailroom(6)
    a, b, c = (room.client(name) for name in "abc")
    for view in (a, b, c):
        view.say("FETCH 1:* (UID FLAGS)")
    a.say("STORE 1:2 +FLAGS (\\Deleted)")
    b.say("STORE 6 +FLAGS (\\Flagged)")
    c.say("EXPUNGE")
    b.say("COPY 1:2 INBOX") if len(room.truth()) == 6 else b.say("NOOP")
    room.deliver(letter("m7"))
    for view in (a, b, c):
        view.say("NOOP")
        view.say("FETCH 1:* (UID FLAGS)")
        assert known(view) == room.truth()
    assert [uid for uid, _ in room.truth()] == [3, 4, 5, 6, 7]


def test_removals_of_two_clients_come_in_one_answer() -> None:
    room = Mailroom(6)
    a, b, c = (room.client(name) for name in "abc")
    a.say("STORE 2,4 +FLAGS.SILENT (\\Deleted)")
    a.say("EXPUNGE")
    b.say("NOOP")
    b.say("STORE 3 +FLAGS.SILENT (\\Deleted)")  # once number 5
    b.say("EXPUNGE")
    assert [number for number, word in data(c.say("NOOP")) if word == "EXPUNGE"] == [2, 3, 3]
    assert [number for number, word in data(a.say("NOOP")) if word == "EXPUNGE"] == [3]


def test_what_came_and_went_in_between_was_never_there() -> None:
    room = Mailroom(2)
    a, b = room.client("a"), room.client("b")
    room.deliver(letter("m3"))
    b.say("NOOP")
    b.say("STORE 3 +FLAGS.SILENT (\\Deleted)")
    b.say("EXPUNGE")
    assert data(a.say("NOOP")) == []
    room.deliver(letter("m4"))
    assert data(a.say("NOOP")) == [(3, "EXISTS"), (3, "RECENT")]
    a.say("FETCH 3 UID")
    assert a.messages[2].uid == 4


def test_a_removal_waits_while_arrivals_are_told() -> None:
    room = Mailroom(3)
    a, b = room.client("a"), room.client("b")
    b.say("STORE 1 +FLAGS.SILENT (\\Deleted)")
    b.say("EXPUNGE")
    room.deliver(letter("m4"))
    answers = a.say("FETCH 2 (UID)")
    assert data(answers) == [(2, "FETCH"), (4, "EXISTS"), (4, "RECENT")]
    assert answers[0].data["UID"] == b"2", "the numbers are those that the client knows"
    assert data(a.say("FETCH 4 (UID)")) == [(4, "FETCH")]
    assert data(a.say("NOOP")) == [(1, "EXPUNGE")]
    assert a.say("FETCH 3 (UID)")[0].data["UID"] == b"4"


def test_the_first_that_is_told_has_the_recent_ones() -> None:
    room = Mailroom(2)
    a, b = room.client("a"), room.client("b")
    assert data(a.say("SEARCH RECENT")) and a.say("SEARCH RECENT")[0].numbers == [1, 2]
    assert b.say("SEARCH RECENT")[0].numbers == []
    room.deliver(letter("m3"))
    assert data(b.say("NOOP")) == [(3, "EXISTS"), (1, "RECENT")]
    assert data(a.say("NOOP")) == [(3, "EXISTS"), (2, "RECENT")]
    assert b.say("FETCH 3 FLAGS")[0].flags == {"\\Recent"} and a.say("FETCH 3 FLAGS")[0].flags == frozenset()


def test_one_that_reads_only_hears_all_the_same() -> None:
    room = Mailroom(3)
    a, b = room.client("a", ""), room.client("b")
    a.say("EXAMINE INBOX")
    b.say("STORE 2 +FLAGS (\\Deleted \\Seen)")
    b.say("EXPUNGE")
    room.deliver(letter("m4"))
    assert data(a.say("NOOP"))[0] == (2, "EXPUNGE") and len(a.messages) == 3


def test_other_mailboxes_are_no_news() -> None:
    room = Mailroom(2)
    a, b = room.client("a"), room.client("b")
    b.say("CREATE Other")
    a.say("SELECT Other")
    b.say("STORE 1 +FLAGS.SILENT (\\Deleted)")
    b.say("EXPUNGE")
    room.deliver(letter("m3"))
    assert data(a.say("NOOP")) == []
    b.say("COPY 1 Other")
    assert data(a.say("NOOP")) == [(1, "EXISTS"), (1, "RECENT")]


@pytest.mark.parametrize("command", ["NOOP", "CHECK", "CREATE x", 'LIST "" *', "STATUS INBOX (MESSAGES)", 'LSUB "" *'])
def test_any_command_that_uses_no_numbers_tells_of_removals(command: str) -> None:
    room = Mailroom(3)
    a, b = room.client("a"), room.client("b")
    b.say("STORE 2 +FLAGS.SILENT (\\Deleted)")
    b.say("EXPUNGE")
    assert (2, "EXPUNGE") in data(a.say(command))


def test_a_refused_command_loses_no_news() -> None:
    room = Mailroom(3)
    a, b = room.client("a"), room.client("b")
    b.say("STORE 2 +FLAGS.SILENT (\\Deleted)")
    b.say("EXPUNGE")
    for command in ("NONSENSE", "FETCH", "FETCH 9 UID", "STARTTLS", "LOGIN alice secret"):
        assert data(heard(room.feed("a", f"x {command}\r\n".encode()))) == []
    assert (2, "EXPUNGE") in data(a.say("NOOP"))


def test_what_is_pipelined_uses_the_numbers_that_were_told() -> None:
    """RFC 3501 §5.5: FETCH, STORE and SEARCH may follow each other without waiting."""
    room = Mailroom(4)
    a, b = room.client("a"), room.client("b")
    b.say("STORE 1 +FLAGS.SILENT (\\Deleted)")
    b.say("EXPUNGE")
    answers = a.hear(
        room.feed("a", b"1 FETCH 4 UID\r\n2 STORE 4 +FLAGS (\\Seen)\r\n3 SEARCH 4\r\n4 FETCH 4 UID\r\n"), "FETCH"
    )
    assert [answer.data["UID"] for answer in answers if answer.word == "FETCH" and "UID" in answer.data] == [b"4"] * 2
    assert room.truth()[-1] == (4, frozenset({"\\Seen"}))


# The newer edition (RFC 9051 appendix E)


def test_the_newer_edition_has_uids_in_news_and_nothing_recent() -> None:
    room = Mailroom(3, IMAP.edition(9051))
    a, b = room.client("a"), room.client("b")
    b.say("STORE 2 +FLAGS.SILENT (\\Seen)")
    room.deliver(letter("m4"))
    answers = a.say("NOOP")
    assert data(answers) == [(4, "EXISTS"), (2, "FETCH")]
    assert list(answers[1].data) == ["UID", "FLAGS"] and answers[1].flags == {"\\Seen"}
    assert a.say("FETCH 1 FLAGS")[0].flags == frozenset()
    assert a.say("CHECK")[-1].word == "BAD"


def test_the_editions_see_one_mailbox() -> None:
    room = Mailroom(3)
    old, new = room.client("a", protocol=IMAP.edition(3501)), room.client("b", protocol=IMAP.edition(9051))
    new.say("MOVE 1 INBOX")
    assert data(old.say("NOOP")) == [(1, "EXPUNGE"), (3, "EXISTS"), (2, "RECENT")]
    old.say("STORE 3 +FLAGS (\\Deleted)")
    old.say("EXPUNGE")
    assert (3, "EXPUNGE") in data(new.say("NOOP"))


# With POP3


def test_pop3_and_imap_on_one_mailbox() -> None:
    room = Mailroom(3, MODERN)
    view = room.client()
    assert room.pop3()[-1].startswith(b"+OK")
    view.say("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert view.say("EXPUNGE")[-1].word == "NO"
    assert room.feed("p", b"LIST\r\n").count(b"\r\n") == 5, "what IMAP marks is there for POP3"
    room.deliver(letter("m4"))
    assert data(view.say("NOOP")) == [(4, "EXISTS"), (4, "RECENT")]
    assert room.feed("p", b"STAT\r\n").startswith(b"+OK 3 "), "POP3 has what was there when it came"
    room.feed("p", b"DELE 2\r\nQUIT\r\n")
    assert data(view.say("NOOP")) == [(2, "EXPUNGE")]
    assert data(view.say("EXPUNGE")) == [(1, "EXPUNGE")]
    assert [uid for uid, _ in room.truth()] == [3, 4]
    room.pop3("q")
    assert room.feed("q", b"STAT\r\n").startswith(b"+OK 2 ")
