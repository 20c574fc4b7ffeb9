"""What the lines of a transcript stand for, beside what tests/pop3 tries."""

from __future__ import annotations

import pytest

from tests.transcripts.matching import Piece, mismatch, pieces, said
from tests.transcripts.transcript import Expect, Holds, Send, parse

MAIL = [b"Subject: a\r\n\r\n.b\r\n", b"Subject: c\r\n\r\nno line end"]


def test_octets_cross_as_they_are_and_the_next_line_follows_at_once() -> None:
    wanted = [*pieces("<octets 2>", MAIL), *pieces("=0 ...", MAIL)]
    assert mismatch(wanted, MAIL[1] + b"=0\r\n") == ""
    assert "reply line 1 is 'Subject: c'" in mismatch(wanted, MAIL[1][:-1] + b"=0\r\n")
    assert "reply line 2 is '\\r" not in mismatch(wanted, MAIL[1] + b"\r\n=0\r\n")
    assert mismatch(wanted, MAIL[1] + b"\r\n=0\r\n") != ""


def test_a_literal_stands_inside_a_line() -> None:
    wanted = [*pieces("* 1 FETCH (BODY[HEADER] {14}", MAIL), *pieces("<header 1>", MAIL), *pieces(" UID 7)", MAIL)]
    assert mismatch(wanted, b"* 1 FETCH (BODY[HEADER] {14}\r\nSubject: a\r\n\r\n UID 7)\r\n") == ""
    assert mismatch(wanted, b"* 1 FETCH (BODY[HEADER] {14}\r\nSubject: a\r\n UID 7)\r\n") != ""


def test_the_opening_of_a_line_and_what_is_free_in_brackets() -> None:
    wanted = [*pieces("* FLAGS (...)", []), *pieces("* SEARCH 2", [], ends=False), *pieces(" 5", [])]
    assert mismatch(wanted, b"* FLAGS (\\Seen \\Deleted)\r\n* SEARCH 2 5\r\n") == ""
    assert mismatch(wanted, b"* FLAGS (\\Seen \\Deleted)\r\n* SEARCH 2 6\r\n") != ""


def test_lines_in_any_order_are_all_wanted_and_once() -> None:
    wanted = [Piece("a", in_order=False), Piece("b", in_order=False), Piece("c")]
    assert mismatch(wanted, b"b\r\na\r\nc\r\n") == mismatch(wanted, b"a\r\nb\r\nc\r\n") == ""
    for wrong in (b"a\r\na\r\nc\r\n", b"a\r\nc\r\n", b"c\r\na\r\nb\r\n"):
        assert mismatch(wanted, wrong).startswith("reply line ")


def test_what_the_client_says_of_a_message() -> None:
    assert said(b"<octets 1>\r\n", MAIL) == MAIL[0]
    assert said(b"<message 1>\r\n", MAIL) == b"Subject: a\r\n\r\n..b\r\n"
    assert said(b"<header 1>\r\n", MAIL) == b"Subject: a\r\n\r\n" and said(b"NOOP\r\n", MAIL) == b"NOOP\r\n"


def test_the_settings_of_mailboxes() -> None:
    told = parse(
        "protocol: imap\nedition: 3501\nuser: a:b\nuid validity: 9\nline: secured\nmail: sizes 60\nflags: \\Seen $x\n"
        "mailbox: Old mail\nmessage\n| Subject: d\n|\ndate: 7\nmail: sizes 70\n\nconnection: 1\n"
        "C without CRLF: a1\nS in any order: * OK\nS without CRLF: * NO\nholds: a Old mail 2\nholds: a 1"
    )
    assert (told.protocol, told.uid_validity, told.secured) == ("imap", 9, True)
    assert [(m.mailbox, m.flags, m.date, len(m.octets)) for m in told.mail] == [
        ("INBOX", ("\\Seen", "$x"), 0, 60),
        ("Old mail", (), 7, 14),
        ("Old mail", (), 0, 70),
    ]
    assert [step for _, step in told.steps[1:]] == [
        Send(b"a1"),
        Expect("* OK", in_order=False),
        Expect("* NO", ends=False),
        Holds("a", "Old mail", 2),
        Holds("a", "INBOX", 1),
    ]


@pytest.mark.parametrize("line", ["line: secret", "names: hidden", "flags: x", "protocol pop2"])
def test_a_setting_that_says_nothing_is_found(line: str) -> None:
    with pytest.raises(ValueError, match="cannot read"):
        parse(f"edition: 1939\nuser: a:b\n{line}\nconnection: 1\nS: +OK")
