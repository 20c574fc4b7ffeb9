"""The parts of a message and its structure, stated by hand; `test_structure_judged.py` asks a Dovecot."""

from __future__ import annotations

from hypothesis import given, settings

from popsim.mail.fields import content_type
from popsim.mail.message import Message
from popsim.mail.parts import DEEPEST, MOST, Part, structure
from popsim.protocols.imap.server_structure import bodystructure
from tests.imap.nasty import NASTY
from tests.imap.said import read
from tests.imap.trees import messages

# RFC 3501 §7.4.2
COMPILER = (
    b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" '
    b'"cc.diff") "<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73) "MIXED")'
)


def _bodies(octets: bytes) -> list[bytes]:
    return [octets[part.body : part.end] for part in structure(Message(octets)).walk() if not part.children]


def test_the_example_of_the_rfc() -> None:
    first = b"x" * (1152 - 46) + b"\r\n" * 23
    second = b"y" * (4554 - 146) + b"\r\n" * 73
    octets = (
        b"Content-Type: MULTIPART/MIXED; boundary=cut\r\n\r\n--cut\r\n"
        b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\nContent-Transfer-Encoding: 7BIT\r\n\r\n%b\r\n--cut\r\n"
        b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII; NAME=cc.diff\r\nContent-Transfer-Encoding: BASE64\r\n"
        b"Content-ID: <960723163407.20117h@cac.washington.edu>\r\nContent-Description: Compiler diff\r\n\r\n"
        b"%b\r\n--cut--\r\n" % (first, second)
    )
    assert bodystructure(Message(octets), False) == COMPILER
    assert b'"BASE64" 4554 73 NIL NIL NIL NIL) "MIXED" ("boundary" "cut") NIL NIL NIL)' in bodystructure(
        Message(octets), True
    )


def test_a_plain_message_has_one_part() -> None:
    plain = bodystructure(Message(b"Subject: x\r\n\r\none\r\ntwo\r\n"), False)
    assert plain == b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 2)'


def test_boundaries() -> None:
    assert _bodies(NASTY["two texts"]) == [b"one", b"two"]
    assert _bodies(NASTY["no end boundary"]) == [b"one", b"two\r\n"]
    assert _bodies(NASTY["a boundary that begins another"]) == [b"inner", b"outer"]
    assert _bodies(NASTY["a boundary that another begins"]) == [b"inner", b"outer"]
    assert _bodies(NASTY["an inner part that never ends"]) == [b"one", b"two"]
    assert _bodies(NASTY["boundaries in the epilogue"]) == [b"one"]
    assert _bodies(NASTY["a part that ends in blank lines"]) == [b"one\r\n\r\n", b"\r\n"]


def test_the_default_type_in_a_digest_is_a_message() -> None:
    kinds = [(part.kind, part.subtype) for part in structure(Message(NASTY["a digest"])).walk()]
    assert kinds == [
        (b"multipart", b"digest"), (b"message", b"rfc822"), (b"text", b"plain"), (b"text", b"plain"),
    ]  # fmt: skip


def test_parameters() -> None:
    assert content_type(b"a/b; c=d; E=\"f;\\\"g\" (h); i*0=j; i*1=k") == (
        b"a", b"b", ((b"c", b"d"), (b"E", b'f;"g'), (b"i", b"jk")),
    )  # fmt: skip
    assert content_type(b"a/b; c*0*=utf-8''%e2; c*1=x; d*=us-ascii'en'y") == (
        b"a", b"b", ((b"c*", b"utf-8''%e2x"), (b"d*", b"us-ascii'en'y")),
    )  # fmt: skip
    assert content_type(b"a/b; i*1=k; i*0=j; i*3=l") == (b"a", b"b", ((b"i", b"jk"),))
    assert content_type(b"text") is content_type(b"text/") is content_type(b"") is content_type(b"a/b c") is None


def test_there_is_an_end_to_depth_and_number() -> None:
    deep = b"".join(b"Content-Type: message/rfc822\r\n\r\n" for _ in range(DEEPEST + 50)) + b"x\r\n"
    parts = list(structure(Message(deep)).walk())
    assert len(parts) == DEEPEST + 1 and parts[-1].kind == b"application"
    assert len(read(bodystructure(Message(deep), True))) == 1
    wide = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * (MOST + 50)
    assert len(structure(Message(wide)).children) == MOST - 1


def _check(part: Part) -> None:
    assert 0 <= part.start <= part.body <= part.end <= len(part.octets)
    place = part.body
    for child in part.children:
        assert place <= child.start and child.end <= max(part.end, child.start)
        place = child.end
        _check(child)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(messages())
def test_parts_lie_in_the_octets_one_after_the_other(octets: bytes) -> None:
    root = structure(Message(octets))
    assert (root.start, root.end) == (0, len(octets))
    _check(root)
    for extended in (False, True):
        assert len(read(bodystructure(Message(octets), extended))) == 1


def test_all_the_nasty_ones_are_in_order() -> None:
    for octets in NASTY.values():
        _check(structure(Message(octets)))
