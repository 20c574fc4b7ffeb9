"""What SEARCH answers: rows of numbers, ESEARCH (RFC 4731), and results that are kept (RFC 9051 §6.4.4.1)."""

from __future__ import annotations

import pytest

from popsim.protocols.imap.table import IMAP
from tests.imap.heard import Heard
from tests.imap.mailroom import Mailroom
from tests.imap.view import View

REV2 = IMAP.edition(9051)


def rows(answers: list[Heard]) -> list[tuple[str, bytes]]:
    return [(answer.word, answer.rest) for answer in answers if answer.tag == "*"]


def with_gaps() -> tuple[Mailroom, View]:
    """Messages 1 to 5 have the UIDs 1, 3, 4, 6 and 7; 1, 2 and 5 are flagged."""
    room = Mailroom(7)
    view = room.client()
    view.say("STORE 2,5 +FLAGS.SILENT (\\Deleted)")
    view.say("EXPUNGE")
    view.say("STORE 1:2,5 +FLAGS.SILENT (\\Flagged)")
    return room, view


@pytest.mark.parametrize(
    ("command", "row"),
    [
        ("SEARCH FLAGGED", b"1 2 5"),
        ("UID SEARCH FLAGGED", b"1 3 7"),
        ("SEARCH DELETED", b""),
        ("SEARCH 2:4 UNFLAGGED", b"3 4"),
        ("SEARCH UID 3:6", b"2 3 4"),
        ("UID SEARCH 2:4", b"3 4 6"),
        ("SEARCH OR FLAGGED NOT 1:4", b"1 2 5"),
    ],
)
def test_rows_of_numbers(command: str, row: bytes) -> None:
    assert rows(with_gaps()[1].say(command)) == [("SEARCH", row)]


@pytest.mark.parametrize(
    ("wanted", "by_number", "by_uid"),
    [
        ("MIN", b"MIN 1", b"MIN 1"),
        ("MAX", b"MAX 5", b"MAX 7"),
        ("COUNT", b"COUNT 3", b"COUNT 3"),
        ("ALL", b"ALL 1:2,5", b"ALL 1,3,7"),
        ("", b"ALL 1:2,5", b"ALL 1,3,7"),
        ("MIN MAX COUNT ALL", b"MIN 1 MAX 5 COUNT 3 ALL 1:2,5", b"MIN 1 MAX 7 COUNT 3 ALL 1,3,7"),
    ],
)
def test_what_is_wanted_of_a_result(wanted: str, by_number: bytes, by_uid: bytes) -> None:
    _, view = with_gaps()
    answers = view.say(f"SEARCH RETURN ({wanted}) FLAGGED")
    assert rows(answers) == [("ESEARCH", b'(TAG "%b") %b' % (answers[-1].tag.encode(), by_number))]
    answers = view.say(f"UID SEARCH RETURN ({wanted}) FLAGGED")
    assert rows(answers) == [("ESEARCH", b'(TAG "%b") UID %b' % (answers[-1].tag.encode(), by_uid))]


def test_nothing_found_has_no_ends() -> None:
    _, view = with_gaps()
    answers = view.say("SEARCH RETURN (MIN MAX ALL COUNT) DELETED")
    assert rows(answers) == [("ESEARCH", b'(TAG "%b") COUNT 0' % answers[-1].tag.encode())]


def test_a_charset_that_nobody_knows() -> None:
    _, view = with_gaps()
    (answer,) = view.say("SEARCH CHARSET KOI8-R TEXT x")
    assert answer.word == "NO" and answer.code.startswith("BADCHARSET")
    assert view.say("SEARCH CHARSET UTF-8 ALL")[-1].word == "OK"


def test_what_is_gone_is_not_found() -> None:
    room, view = with_gaps()
    other = room.client("b")
    other.say("STORE 2 +FLAGS.SILENT (\\Deleted)")
    other.say("EXPUNGE")
    assert rows(view.say("SEARCH ALL")) == [("SEARCH", b"1 3 4 5")]
    assert rows(view.say("UID SEARCH 3:5"))[0] == ("SEARCH", b"4 6 7"), "the numbers are those that the client knows"
    assert rows(view.say("SEARCH ALL")) == [("SEARCH", b"1 2 3 4")]


def test_the_newer_edition_answers_with_one_line_always() -> None:
    view = Mailroom(3, REV2).client()
    assert rows(view.say("SEARCH ALL")) == [("ESEARCH", b'(TAG "a3") ALL 1:3')]
    assert rows(view.say("UID SEARCH DELETED")) == [("ESEARCH", b'(TAG "a4") UID')]


def test_a_result_can_be_kept_and_used() -> None:
    room = Mailroom(5, REV2)
    view = room.client()
    view.say("STORE 2,4 +FLAGS.SILENT (\\Flagged)")
    assert rows(view.say("SEARCH RETURN (SAVE) FLAGGED")) == []
    assert [a.number for a in view.say("FETCH $ UID")[:-1]] == [2, 4]
    assert [a.number for a in view.say("UID FETCH $ UID")[:-1]] == [2, 4]
    assert rows(view.say("UID SEARCH RETURN (COUNT) NOT $"))[0][1].endswith(b"UID COUNT 3")
    view.say("STORE 1 +FLAGS.SILENT (\\Deleted)")
    view.say("EXPUNGE")
    assert [a.number for a in view.say("FETCH $ UID")[:-1]] == [1, 3], "it is messages that are kept"
    assert rows(view.say("SEARCH RETURN (SAVE MIN) ALL"))[0][1].endswith(b"MIN 1")
    assert [a.number for a in view.say("FETCH $ UID")[:-1]] == [1]
    assert view.say("SEARCH RETURN (SAVE) CHARSET KOI8-R ALL")[-1].word == "NO"
    assert view.say("FETCH $ UID")[-1].word == "OK" and rows(view.say("STORE $ +FLAGS (\\Seen)")) == []
    view.say("SEARCH RETURN (SAVE) ALL")
    view.say("SELECT INBOX")
    assert rows(view.say("FETCH $ UID")) == []
