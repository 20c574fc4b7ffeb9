"""APPEND, and literals: asked for, unasked, too large, and in the wrong place."""

from __future__ import annotations

import pytest

from popsim.mail.message import Message
from popsim.mail.policy import SECOND
from popsim.protocols.imap.table import IMAP
from popsim.protocols.protocol import Protocol
from tests.imap.mailroom import MODERN, Mailroom, letter

NEWER = IMAP.edition(9051)
LETTER = letter("appended")


class Line:
    """A connection that is logged in, in octets."""

    def __init__(self, protocol: Protocol = MODERN, box: bytes = b"") -> None:
        self.room = Mailroom(1, protocol)
        self.room.line("a", protocol)
        self.send(b"l LOGIN alice secret\r\n")
        if box:
            self.send(b"s SELECT " + box + b"\r\n")

    def send(self, octets: bytes) -> bytes:
        return self.room.feed("a", octets)

    @property
    def inbox(self) -> list[bytes]:
        return [item.message.octets for item in self.room.account.inbox.items]


def test_the_octets_come_when_they_are_asked_for() -> None:
    line = Line()
    assert line.send(b"a APPEND INBOX {%d}\r\n" % len(LETTER)).startswith(b"+ ")
    assert line.send(LETTER) == b"" and line.send(b"\r\n").startswith(b"a OK [APPENDUID 1 2] ")
    assert line.inbox[1:] == [LETTER]


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"a NOOP\r\n",
        b"{5}\r\n",
        b"x {5}",
        b"\r\n\r\n.\r\n",
        bytes(range(1, 256)),
        b"a" * 100_000,
        b"(\\Seen) {3+}\r\n",
    ],
)
def test_any_octets_are_a_message(octets: bytes) -> None:
    """A line end that is none, or is missing, is mended (RFC 5322 §2.3): POP3 could not carry it otherwise."""
    line = Line()
    assert line.send(b"a APPEND INBOX {%d}\r\n" % len(octets)).startswith(b"+ ")
    assert line.send(octets + b"\r\n").startswith(b"a OK")
    assert line.inbox[1:] == [Message.of(octets).octets]
    assert line.send(b"b NOOP\r\n").startswith(b"b OK")


def test_who_sends_a_line_without_its_end_is_told_that_it_has_one_now() -> None:
    """RFC 3501 §2.3.4: the size is that of the form that RFC 5322 gives a message."""
    line = Line()
    assert line.send(b"a APPEND INBOX {4+}\r\na\nbc\r\n").endswith(
        b"it is there in 7 octets, not 4: every line ends in CR LF now\r\n"
    )
    assert line.send(b"b APPEND INBOX {7+}\r\na\r\nbc\r\n\r\n").endswith(b"it is there\r\n")
    assert line.inbox[1:] == [b"a\r\nbc\r\n"] * 2


def test_nul_is_no_octet_of_a_literal() -> None:
    """RFC 3501 §4.3, §9 (CHAR8)."""
    line = Line()
    line.send(b"a APPEND INBOX {3}\r\n")
    assert line.send(b"a\0b\r\n").startswith(b"a BAD") and len(line.inbox) == 1


def test_flags_and_date() -> None:
    line = Line()
    line.room.now = 1_000_000_000 * SECOND
    line.send(b'a APPEND INBOX (\\Seen $Work) " 7-Feb-1994 21:52:25 -0800" {2+}\r\nhi\r\n')
    line.send(b"b APPEND INBOX () {2+}\r\nhi\r\n")
    items = line.room.account.inbox.items[1:]
    assert [(sorted(item.flags), item.date) for item in items] == [
        (["$Work", "\\Seen"], 760686745),
        ([], 1_000_000_000),
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (b"nothing {3+}", b"NO", b"[TRYCREATE]"),
        (b"no/thing {3+}", b"NO", b"[TRYCREATE]"),
        (b"a//b {3+}", b"NO", b""),
        (b'"" {3+}', b"NO", b""),
        (b"&Jjo! {3+}", b"NO", b""),
        (b"INBOX (\\Wrong) {3+}", b"NO", b""),
        (b"INBOX (\\Recent) {3+}", b"BAD", b""),
        (b"INBOX (\\Seen {3+}", b"BAD", b""),
        (b'INBOX "7-Feb-94 21:52:25 -0800" {3+}', b"BAD", b""),
        (b'INBOX "31-Feb-1994 21:52:25 -0800" {3+}', b"BAD", b""),
    ],
)
def test_what_can_not_be_appended(arguments: bytes, status: bytes, code: bytes) -> None:
    line = Line()
    sent = line.send(b"a APPEND " + arguments + b"\r\nabc\r\n")
    assert sent.startswith(b"a " + status + b" " + code) and len(line.inbox) == 1
    if not code:
        assert b"[TRYCREATE]" not in sent
    assert line.send(b"b NOOP\r\n").startswith(b"b OK") and b"OK" in line.send(b"c STATUS INBOX (MESSAGES)\r\n")


def test_the_mailbox_is_not_made_by_the_way() -> None:
    """RFC 3501 §6.3.11: an error, and a hint that CREATE may help; then it works."""
    line = Line()
    line.send(b"a APPEND new {3+}\r\nabc\r\n")
    assert list(line.room.account.mailboxes) == ["INBOX"]
    assert line.send(b"b CREATE new\r\nc APPEND new {3+}\r\nabc\r\n").count(b" OK") == 2


@pytest.mark.parametrize("protocol", [IMAP, MODERN, NEWER], ids=str)
def test_who_has_the_mailbox_open_is_told_at_once(protocol: Protocol) -> None:
    line = Line(protocol, b"INBOX")
    sent = line.send(b"a APPEND INBOX {3}\r\n") + line.send(b"abc\r\n")
    told = b"* 2 EXISTS\r\n" + (b"" if protocol is NEWER else b"* 2 RECENT\r\n")
    assert sent.partition(b"\r\n")[2].startswith(told) and b"\r\na OK" in sent


def test_a_pop_session_does_not_keep_mail_out() -> None:
    line = Line()
    line.room.pop3()
    assert b"a OK" in line.send(b"a APPEND INBOX {3+}\r\nabc\r\n") and len(line.inbox) == 2
    assert line.room.feed("p", b"STAT\r\n").startswith(b"+OK 1 ")


# Literals


def test_octets_that_nobody_has_asked_for() -> None:
    """RFC 7888 §4: taken where they are offered; where they are not, thrown away all the same."""
    assert Line().send(b"a APPEND INBOX {3+}\r\nabc\r\n").startswith(b"a OK")
    line = Line(IMAP)
    assert line.send(b"a APPEND INBOX {8+}\r\nb LOGOUT\r\nc NOOP\r\n").startswith(b"a BAD")
    assert line.send(b"d NOOP\r\n").startswith(b"d OK") and not line.room.engines["a"].closed


def test_a_few_octets_unasked_in_the_newer_edition() -> None:
    """RFC 9051 §4.3: 4096 at most."""
    line = Line(NEWER)
    for size, status in ((4096, b"a OK"), (4097, b"a BAD")):
        assert line.send(b"a APPEND INBOX {%d+}\r\n%b\r\n" % (size, b"x" * size)).startswith(status)
    assert line.send(b"b APPEND INBOX {4097}\r\n").startswith(b"+ ")


def test_a_literal_that_is_too_large_is_refused_before_it_comes() -> None:
    line = Line()
    assert line.send(b"a APPEND INBOX {33554433}\r\n").startswith((b"a NO", b"a BAD"))
    assert line.send(b"b CREATE {8193}\r\n").startswith(b"b NO")  # a name is no message
    assert line.send(b"c CREATE {3}\r\n").startswith(b"+ ") and line.send(b"abc\r\n").startswith(b"c OK")


def test_a_literal_in_the_wrong_state_is_not_asked_for() -> None:
    room = Mailroom()
    room.line("a", MODERN)
    room.feed("a", b"")
    assert room.feed("a", b"a APPEND INBOX {3}\r\n").startswith(b"a BAD")
    assert room.feed("a", b"b NOOP\r\n").startswith(b"b OK")


def test_the_empty_literal_waits_too() -> None:
    """RFC 3501 §4.3: the client waits for the answer even before no octets."""
    line = Line()
    assert line.send(b"a CREATE {0}\r\n").startswith(b"+ ")
    assert line.send(b"\r\n").startswith(b"a NO")
