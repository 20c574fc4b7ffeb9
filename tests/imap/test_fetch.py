"""FETCH and UID FETCH: every item, what marks a message as read, and which messages are meant."""

from __future__ import annotations

from typing import Any

import pytest

from popsim.protocols.imap.table import IMAP
from tests.imap.heard import Heard
from tests.imap.mailroom import Mailroom, letter
from tests.imap.view import View

NESTED = (
    b"Date: Mon, 7 Feb 1994 21:52:25 -0800\r\nFrom: Fred <fred@example.org>\r\nSubject: parts\r\n"
    b'Content-Type: multipart/mixed; boundary="B"\r\n\r\n'
    b"--B\r\nContent-Type: text/plain\r\n\r\nfirst\r\n"
    b"--B\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n"
    b"--B\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninside\r\n--B--\r\n"
)


def fetched(view: View, what: str) -> list[Heard]:
    return [answer for answer in view.say(what) if answer.word == "FETCH"]


def one(view: View, items: str, number: int = 1) -> dict[str, Any]:
    (answer,) = fetched(view, f"FETCH {number} ({items})")
    assert answer.number == number
    return answer.data


def test_the_items_that_say_what_a_message_is() -> None:
    room = Mailroom([NESTED])
    data = one(room.client(), "UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE")
    assert list(data) == ["UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE"]
    assert data["UID"] == b"1" and data["FLAGS"] == [b"\\Recent"] and int(data["RFC822.SIZE"]) == len(NESTED)
    assert data["INTERNALDATE"] == b" 8-Feb-1994 05:52:25 +0000"
    assert data["ENVELOPE"][:2] == [b"Mon, 7 Feb 1994 21:52:25 -0800", b"parts"]
    assert data["ENVELOPE"][2] == [[b"Fred", None, b"fred", b"example.org"]]
    assert data["BODY"][-1] == b"mixed" and len(data["BODYSTRUCTURE"]) > len(data["BODY"])


@pytest.mark.parametrize(
    ("macro", "names"),
    [
        ("FAST", ["FLAGS", "INTERNALDATE", "RFC822.SIZE"]),
        ("all", ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"]),
        ("Full", ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"]),
    ],
)
def test_macros(macro: str, names: list[str]) -> None:
    for answer in fetched(Mailroom(2).client(), f"FETCH 1:2 {macro}"):
        assert list(answer.data) == names


@pytest.mark.parametrize(
    ("item", "name", "octets"),
    [
        ("BODY.PEEK[]", "BODY[]", NESTED),
        ("BODY.PEEK[HEADER]", "BODY[HEADER]", NESTED[: NESTED.index(b"--B")]),
        ("BODY.PEEK[TEXT]", "BODY[TEXT]", NESTED[NESTED.index(b"--B") :]),
        ("BODY.PEEK[1]", "BODY[1]", b"first"),
        ("BODY.PEEK[2.MIME]<0.17>", "BODY[2.MIME]<0>", b"Content-Type: app"),
        ("BODY.PEEK[2]", "BODY[2]", b"AAEC"),
        ("BODY.PEEK[3.HEADER]", "BODY[3.HEADER]", b"Subject: inner\r\n\r\n"),
        ("BODY.PEEK[3.1]<2.3>", "BODY[3.1]<2>", b"sid"),
        ("BODY.PEEK[4]", "BODY[4]", None),
        ("BODY.PEEK[1.TEXT]", "BODY[1.TEXT]", None),
        ("BODY.PEEK[]<5000.10>", "BODY[]<5000>", b""),
        (
            "BODY.PEEK[HEADER.FIELDS (subject X-None)]",
            "BODY[HEADER.FIELDS (SUBJECT X-NONE)]",
            b"Subject: parts\r\n\r\n",
        ),
        ('BODY.PEEK[HEADER.FIELDS ("a b")]', 'BODY[HEADER.FIELDS ("A B")]', b"\r\n"),
        ("RFC822.HEADER", "RFC822.HEADER", NESTED[: NESTED.index(b"--B")]),
    ],
)
def test_sections(item: str, name: str, octets: bytes | None) -> None:
    view = Mailroom([NESTED]).client()
    assert one(view, f"UID {item} FLAGS") == {"UID": b"1", name: octets, "FLAGS": [b"\\Recent"]}


def test_a_percent_sign_in_a_field_s_name() -> None:
    view = Mailroom([b"100%d: x\r\n\r\n"]).client()
    assert one(view, 'BODY.PEEK[HEADER.FIELDS ("100%d")]') == {'BODY[HEADER.FIELDS ("100%D")]': b"100%d: x\r\n\r\n"}


def test_octets_that_look_like_an_answer_are_counted() -> None:
    nasty = b"Subject: x\r\n\r\n)\r\na2 OK done\r\n* 7 EXPUNGE\r\n{5}\r\n"
    view = Mailroom([nasty]).client()
    assert one(view, "BODY.PEEK[] UID") == {"BODY[]": nasty, "UID": b"1"}


@pytest.mark.parametrize("item", ["BODY[]", "BODY[TEXT]<0.1>", "BODY[1]", "RFC822", "RFC822.TEXT", "BODY[HEADER]"])
def test_reading_a_message_marks_it_and_says_so_at_once(item: str) -> None:
    room = Mailroom(2)
    view, other = room.client("a"), room.client("b")
    data = one(view, item)
    assert data["FLAGS"] == [b"\\Recent", b"\\Seen"]
    assert room.truth()[0][1] == {"\\Seen"}
    assert "FLAGS" not in one(view, item), "only where it is new"
    (told,) = [answer for answer in other.say("NOOP") if answer.word == "FETCH"]
    assert told.number == 1 and told.flags == {"\\Seen"}


def test_the_flags_in_the_same_answer_are_those_after_reading() -> None:
    answers = fetched(Mailroom(3).client(), "FETCH 1:3 (FLAGS BODY[])")
    assert [answer.flags for answer in answers] == [{"\\Seen", "\\Recent"}] * 3


def test_only_messages_that_change_have_flags_in_the_answer() -> None:
    view = Mailroom(3).client()
    view.say("STORE 2 +FLAGS.SILENT (\\Seen)")
    answers = fetched(view, "FETCH 1:3 (BODY[]<0.4>)")
    assert [(answer.number, "FLAGS" in answer.data) for answer in answers] == [(1, True), (2, False), (3, True)]


@pytest.mark.parametrize("item", ["BODY.PEEK[]", "RFC822.HEADER", "ENVELOPE", "BODYSTRUCTURE", "RFC822.SIZE", "BODY"])
def test_looking_does_not_mark(item: str) -> None:
    room = Mailroom(1)
    one(room.client(), item)
    assert room.truth() == [(1, frozenset())]


def test_what_was_examined_is_not_marked() -> None:
    room = Mailroom(1)
    view = room.client("a", "")
    view.say("EXAMINE INBOX")
    assert list(one(view, "BODY[]")) == ["BODY[]"]
    assert room.truth() == [(1, frozenset())]


def test_a_timeline_hears_of_the_flag() -> None:
    room = Mailroom(1)
    one(room.client("a"), "BODY[]")
    values = [event.values for event in room.timeline("a") if event.kind == "Flagged"]
    assert values == [{"mail.alice.1.flags": "\\Seen"}]


def test_a_uid_fetch_has_the_uid_in_any_case() -> None:
    view = Mailroom(3).client()
    for items in ("FLAGS", "(FLAGS UID)", "FAST"):
        for answer in fetched(view, f"UID FETCH 1:* {items}"):
            assert answer.data["UID"] == b"%d" % (answer.number or 0)


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ("1:2", [1, 2]),
        ("2:1", [1, 2]),
        ("4,2,2:3", [2, 3, 4]),
        ("*", [4]),
        ("*:3", [3, 4]),
        ("1,*", [1, 4]),
        ("4:*", [4]),
    ],
)
def test_sets_of_numbers(numbers: str, found: list[int]) -> None:
    view = Mailroom(4).client()
    assert [a.number for a in fetched(view, f"FETCH {numbers} UID")] == found
    assert [a.number for a in fetched(view, f"UID FETCH {numbers} UID")] == found


def test_unique_identifiers_that_nobody_has_mean_nothing() -> None:
    room = Mailroom(5)
    view = room.client()
    view.say("STORE 2:3 +FLAGS.SILENT (\\Deleted)")
    view.say("EXPUNGE")
    assert [a.number for a in fetched(view, "UID FETCH 2,3 UID")] == []
    assert [(a.number, a.data["UID"]) for a in fetched(view, "UID FETCH 3:4,77 UID")] == [(2, b"4")]
    assert [a.number for a in fetched(view, "UID FETCH 9999:* UID")] == [3]


@pytest.mark.parametrize("numbers", ["0", "5", "1:5", "*:5", "4294967296", "", "1,", "1:", "a"])
def test_numbers_that_are_bad(numbers: str) -> None:
    assert Mailroom(4).client().say(f"FETCH {numbers} UID")[-1].word == "BAD"


def test_gone_messages_are_not_made_up() -> None:
    room = Mailroom(4)
    view, other = room.client("a"), room.client("b")
    other.say("STORE 2:3 +FLAGS.SILENT (\\Deleted)")
    other.say("EXPUNGE")
    answers = view.say("FETCH 1:4 (UID BODY[])")
    assert [a.number for a in answers if a.word == "FETCH"] == [1, 4] and answers[-1].word == "NO"
    answers = view.say("UID FETCH 1:4 (FLAGS)")
    assert [(a.number, a.word) for a in answers[:-1]] == [(1, "FETCH"), (4, "FETCH"), (2, "EXPUNGE"), (2, "EXPUNGE")]
    assert answers[-1].word == "OK"


def test_parts_without_their_encoding_in_the_newer_edition() -> None:
    view = Mailroom([NESTED], IMAP.edition(9051)).client()
    answer = view.say("FETCH 1 (BINARY.PEEK[1] BINARY.SIZE[2])")[0]
    assert answer.data == {"BINARY[1]": b"first", "BINARY.SIZE[2]": b"3"}
    assert view.say("FETCH 1 BINARY.PEEK[2]")[0].rest == b"(BINARY[2] ~{3}\r\n\x00\x01\x02)"
    odd = NESTED.replace(b"base64", b"x-own")
    assert Mailroom([odd], IMAP.edition(9051)).client().say("FETCH 1 BINARY.PEEK[2]")[-1].code == "UNKNOWN-CTE"


def test_a_large_message_is_whole() -> None:
    octets = letter("large", "x" * 60 + "\r\n" + "y" * 3_000_000)
    assert one(Mailroom([octets]).client(), "BODY.PEEK[]") == {"BODY[]": octets}
