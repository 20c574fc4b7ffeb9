"""Sections, by the table of RFC 3501 §6.4.5, and parts of them."""

from __future__ import annotations

import pytest

from popsim.mail.message import Message
from popsim.protocols.imap.items import Section
from popsim.protocols.imap.server_section import partial, section
from tests.imap.judged import our_section

TEXT, GIF = b"text\r\nof two lines", b"R0lGODdh"
INNER_42 = (
    b"Subject: 4.2\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n--d\r\n\r\nfour two one\r\n--d\r\n"
    b"Content-Type: multipart/alternative; boundary=e\r\n\r\n--e\r\n\r\nplain\r\n--e\r\n"
    b"Content-Type: text/richtext\r\n\r\n"
    b"rich\r\n--e--\r\n\r\n--d--\r\n"
)
INNER_3 = (
    b"Subject: 3\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nthree one\r\n--b\r\n"
    b"Content-Type: application/octet-stream\r\n\r\nthree two\r\n--b--\r\n"
)
PART_4 = (
    b"--c\r\nContent-Type: image/gif\r\nContent-ID: <g>\r\n\r\n" + GIF + b"\r\n--c\r\n"
        b"Content-Type: message/rfc822\r\n\r\n"
    + INNER_42 + b"\r\n--c--\r\n"
)  # fmt: skip
HEADER = (
    b"From: a@b\r\nSubject: complex\r\n over two lines\r\nX-To: c\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"
)
BODY = (
    b"preamble\r\n--a\r\n\r\n" + TEXT + b"\r\n--a\r\nContent-Type: application/octet-stream\r\n\r\n\x00\xff\r\n"
    b"--a\r\nContent-Type: message/rfc822\r\n\r\n" + INNER_3 + b"\r\n--a\r\n"
    b"Content-Type: multipart/mixed; boundary=c\r\n\r\n" + PART_4 + b"\r\n--a--\r\n"
)  # fmt: skip
WHOLE = HEADER + BODY
NO_NUL = BODY.replace(b"\0", b"\x80")

WANTED = {
    "": HEADER + NO_NUL,
    "HEADER": HEADER,
    "TEXT": NO_NUL,
    "1": TEXT,
    "1.MIME": b"\r\n",
    "2": b"\x80\xff",
    "3": INNER_3,
    "3.MIME": b"Content-Type: message/rfc822\r\n\r\n",
    "3.HEADER": INNER_3[: INNER_3.index(b"--b")],
    "3.TEXT": INNER_3[INNER_3.index(b"--b") :],
    "3.1": b"three one",
    "3.2": b"three two",
    "4": PART_4,
    "4.1": GIF,
    "4.1.MIME": b"Content-Type: image/gif\r\nContent-ID: <g>\r\n\r\n",
    "4.2": INNER_42,
    "4.2.HEADER": INNER_42[: INNER_42.index(b"--d")],
    "4.2.TEXT": INNER_42[INNER_42.index(b"--d") :],
    "4.2.1": b"four two one",
    "4.2.2.1": b"plain",
    "4.2.2.2": b"rich",
    "4.2.2.2.MIME": b"Content-Type: text/richtext\r\n\r\n",
    "HEADER.FIELDS (SUBJECT from)": b"From: a@b\r\nSubject: complex\r\n over two lines\r\n\r\n",
    "HEADER.FIELDS (To)": b"\r\n",
    "HEADER.FIELDS.NOT (From Content-Type)": b"Subject: complex\r\n over two lines\r\nX-To: c\r\n\r\n",
    "3.HEADER.FIELDS (Subject)": b"Subject: 3\r\n\r\n",
}
MISSING = "5 1.1 3.3 4.3 4.1.1 4.2.2.3 1.HEADER 2.TEXT 4.HEADER 4.2.2.HEADER MIME 1.HEADER.FIELDS".split()


@pytest.mark.parametrize("text", WANTED)
def test_the_complex_message(text: str) -> None:
    assert our_section(WHOLE, text) == WANTED[text]


@pytest.mark.parametrize("text", MISSING)
def test_what_is_not_there(text: str) -> None:
    assert our_section(WHOLE, text) is None


def test_a_message_that_is_no_multipart_has_part_1() -> None:
    plain = b"Subject: x\r\n\r\nbody\r\n"
    assert our_section(plain, "1") == b"body\r\n" == our_section(plain, "TEXT")
    assert our_section(plain, "1.MIME") == b"Subject: x\r\n\r\n"
    assert our_section(plain, "1.HEADER") is our_section(plain, "2") is our_section(plain, "1.1") is None
    wrapped = b"Content-Type: message/rfc822\r\n\r\n" + plain
    assert our_section(wrapped, "1") == plain
    assert our_section(wrapped, "1.HEADER") == b"Subject: x\r\n\r\n"
    assert our_section(wrapped, "1.1") == b"body\r\n"


def test_the_whole_message_is_not_copied() -> None:
    message = Message(b"Subject: x\r\n\r\n" + b"y" * 100_000 + b"\r\n")
    assert section(message, Section()) is message.octets
    assert partial(message.octets, None) is message.octets


def test_a_multipart_without_parts_has_an_empty_one() -> None:
    assert our_section(b"Content-Type: multipart/mixed; boundary=b\r\n\r\nnothing\r\n", "1") == b""


@pytest.mark.parametrize(
    "asked, wanted",
    [
        ((0, 3), b"abc"), ((0, 99), b"abcdef"), ((2, 2), b"cd"), ((5, 1), b"f"), ((6, 1), b""), ((99, 1), b""),
        ((0, 4294967295), b"abcdef"), ((4294967295, 4294967295), b""),
    ],
)  # fmt: skip
def test_partials(asked: tuple[int, int], wanted: bytes) -> None:
    assert partial(b"abcdef", asked) == wanted
