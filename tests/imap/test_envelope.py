"""Envelopes, stated by hand: the RFC's own example, and what its rules say."""

from __future__ import annotations

import pytest

from popsim.mail.addresses import Address, addresses
from popsim.mail.message import Message
from popsim.protocols.imap.server_envelope import envelope
from tests.imap.said import read

# RFC 3501 §8, with the header that its BODY[HEADER] shows.
HEADER = b"""Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)
From: Terry Gray <gray@cac.washington.edu>
Subject: IMAP4rev1 WG mtg summary and minutes
To: imap@cac.washington.edu
cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>
Message-Id: <B27397-0100000@cac.washington.edu>
MIME-Version: 1.0
Content-Type: TEXT/PLAIN; CHARSET=US-ASCII

"""
ENVELOPE = (
    b'("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" '
    b'(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) '
    b'(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) '
    b'((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL '
    b'"<B27397-0100000@cac.washington.edu>")'
)


def _envelope(text: str | bytes) -> bytes:
    octets = text if isinstance(text, bytes) else text.encode("latin-1")
    return envelope(Message.of(octets + b"\r\n\r\nbody\r\n"))


def test_the_example_of_the_rfc() -> None:
    assert envelope(Message.of(HEADER)) == ENVELOPE


def test_it_is_computed_once() -> None:
    message = Message.of(HEADER)
    assert envelope(message) is envelope(message) is envelope(message.with_uid("u"))


def test_a_missing_field_is_nil_and_an_empty_one_is_empty() -> None:
    assert _envelope("X: y") == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
    empty = _envelope("Date:\nSubject:\nFrom:\nTo:\nIn-Reply-To:\nMessage-ID:")
    assert empty == b'("" "" NIL NIL NIL NIL NIL NIL "" "")'


def test_who_wrote_it_stands_for_sender_and_reply_to() -> None:
    one, two = b'((NIL NIL "a" "b"))', b'((NIL NIL "c" "d"))'
    assert _envelope("From: a@b") == b"(NIL NIL %b %b %b NIL NIL NIL NIL NIL)" % (one, one, one)
    assert _envelope("From: a@b\nSender: c@d\nReply-To:") == b"(NIL NIL %b %b %b NIL NIL NIL NIL NIL)" % (one, two, one)


def test_what_cannot_be_quoted_is_a_literal() -> None:
    assert b' {3}\r\na"b ' in _envelope('Subject: a"b')
    assert b" {3}\r\na\\b " in _envelope("Subject: a\\b")
    assert b" {2}\r\n\xe9x " in _envelope("Subject: \xe9x")
    assert b" {600}\r\n" + b"x" * 600 in _envelope("Subject: " + "x" * 600)
    assert b' "=?utf-8?q?=C3=A9?=" ' in _envelope("Subject: =?utf-8?q?=C3=A9?=")
    assert b"\0" not in _envelope("Subject: a\0b")


NAMED: dict[str, list[tuple[str | None, str | None, str | None, str | None]]] = {
    "joe@x": [(None, None, "joe", "x")],
    "Joe Q. Public <joe@x>": [("Joe Q. Public", None, "joe", "x")],
    '"Public, Joe" <joe@x>, a@b': [("Public, Joe", None, "joe", "x"), (None, None, "a", "b")],
    "joe@x (Joe Q. (the) Public)": [("Joe Q. (the) Public", None, "joe", "x")],
    "(before) Joe (between) <joe@x> (after)": [("Joe", None, "joe", "x")],
    "<@a,@b:joe@x>": [(None, "@a,@b", "joe", "x")],
    "friends: a@b, C <c@d>;, e@f": [
        (None, None, "friends", None),
        (None, None, "a", "b"),
        ("C", None, "c", "d"),
        (None, None, None, None),
        (None, None, "e", "f"),
    ],
    "Undisclosed recipients:;": [(None, None, "Undisclosed recipients", None), (None, None, None, None)],
    '"a \\"b\\" c"@x': [(None, None, 'a "b" c', "x")],
    "a . b @ c . d": [(None, None, "a.b", "c.d")],
    "a@[127.0.0.1]": [(None, None, "a", "[127.0.0.1]")],
    "alice": [(None, None, "alice", "")],
    "": [],
    " , ,": [],
}


@pytest.mark.parametrize("text", NAMED)
def test_addresses(text: str) -> None:
    wanted = [Address(*(part if part is None else part.encode() for part in one)) for one in NAMED[text]]
    assert list(addresses(text.encode())) == wanted


@pytest.mark.parametrize(
    "text",
    ["<", ">", "((", ")", '"', "a@", "@", "<@", "<@a:", "a:b:c", ";;", "a@b<c@d>", "\\", "[", "\xe9", "a\0b"] * 2,
)
def test_nonsense_ends_and_makes_an_envelope(text: str) -> None:
    for octets in (text.encode("latin-1"), text.encode("latin-1") * 50):
        addresses(octets)
        assert len(read(_envelope(b"From: " + octets))) == 1
