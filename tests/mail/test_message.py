"""Messages as exact octets: stuffing, sizes, tops, headers."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popsim.mail.message import Message

# Lines of awkward octets, often dots; joined by CR LF so that the message is well formed.
LINES = st.lists(
    st.one_of(
        st.sampled_from([b"", b".", b"..", b".x", b" .", b"\r", b"\r.", b"\x00", b"A: b", b" fold"]),
        st.binary(max_size=12).map(lambda data: data.replace(b"\n", b"")),
    ),
    max_size=12,
)


def octets_of(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\r\n" for line in lines)


def received(stuffed: bytes) -> tuple[bytes, bytes]:
    """What a client takes from a multi-line response, and what is left over (RFC 1939 §3),
    octet by octet: a line ends at CR LF and nowhere else."""
    message = b""
    while True:
        line, end, stuffed = stuffed.partition(b"\r\n")
        assert end, "the response has no end"
        if line == b".":
            return message, stuffed
        message += (line[1:] if line.startswith(b".") else line) + end


@given(LINES)
def test_stuffing_is_undone_by_a_client_to_the_octet(lines: list[bytes]) -> None:
    message = Message(octets_of(lines))
    assert received(message.dot_stuffed + b"+OK next\r\n") == (message.octets, b"+OK next\r\n")


@given(LINES)
def test_only_lines_that_begin_with_a_dot_grow(lines: list[bytes]) -> None:
    octets = octets_of(lines)
    dotted = sum(line.startswith(b".") for line in octets.split(b"\r\n"))
    message = Message(octets)
    assert len(message.dot_stuffed) == message.size + dotted + len(b".\r\n")
    assert message.size == len(octets)


@pytest.mark.parametrize(
    ("octets", "stuffed"),
    [
        (b"", b".\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"..\r\n", b"...\r\n.\r\n"),
        (b".first\r\nsecond\r\n", b"..first\r\nsecond\r\n.\r\n"),
        (b"A: b\r\n\r\n.\r\n.\r\n", b"A: b\r\n\r\n..\r\n..\r\n.\r\n"),
        (b"a.b\r\n .c\r\nd.\r\n", b"a.b\r\n .c\r\nd.\r\n.\r\n"),
        (b"\r.\r\n", b"\r.\r\n.\r\n"),
    ],
)
def test_stuffing_by_example(octets: bytes, stuffed: bytes) -> None:
    assert Message(octets).dot_stuffed == stuffed


def test_stuffing_is_done_once_and_shared_by_copies() -> None:
    message = Message(b"A: b\r\n\r\n.\r\n")
    twin = message.with_uid("one")
    assert message.dot_stuffed is message.dot_stuffed
    assert twin.dot_stuffed is message.dot_stuffed
    assert (twin.uid, message.uid) == ("one", None)
    assert twin.octets is message.octets and twin.with_uid("one") is twin


@given(st.binary(max_size=60))
def test_of_makes_crlf_and_changes_nothing_else(data: bytes) -> None:
    message = Message.of(data)
    expected = b""
    for index, octet in enumerate(data):
        bare = octet == 10 and data[index - 1 : index] != b"\r"
        expected += b"\r\n" if bare else bytes([octet])
    if expected and not expected.endswith(b"\r\n"):
        expected += b"\r\n"
    assert message.octets == expected
    assert Message.of(message.octets) == message
    assert Message(message.octets) == message


@pytest.mark.parametrize("octets", [b"a", b"a\n", b"a\nb\r\n", b"\n", b"a\r\nb", b"a\r"])
def test_other_line_ends_are_refused_and_the_way_out_named(octets: bytes) -> None:
    with pytest.raises(ValueError, match=r"CR LF .*Message\.of"):
        Message(octets)


def test_text_is_refused() -> None:
    with pytest.raises(TypeError, match="encode"):
        Message("a\r\n")  # type: ignore[arg-type]


@pytest.mark.parametrize("uid", ["", "a b", "é", "x" * 71, "\x7f", "a\n"])
def test_a_unique_id_is_1_to_70_visible_characters(uid: str) -> None:
    with pytest.raises(ValueError, match=r"RFC 1939 §7"):
        Message(b"", uid)
    with pytest.raises(ValueError, match=r"RFC 1939 §7"):
        Message(b"").with_uid(uid)
    assert Message(b"", "x" * 70).uid == "x" * 70


def test_a_message_is_a_value() -> None:
    message = Message(b"A: b\r\n", "u")
    assert message == Message(b"A: b\r\n", "u") and message != Message(b"A: b\r\n")
    assert hash(message) == hash(Message(b"A: b\r\n", "u"))
    assert pickle.loads(pickle.dumps(message)) == message
    with pytest.raises(AttributeError):
        message.octets = b""  # type: ignore[misc]


# --- TOP (RFC 1939 §7)


@given(LINES, LINES, st.integers(0, 15))
def test_top_is_header_blank_line_and_n_lines(header: list[bytes], body: list[bytes], count: int) -> None:
    header = [line for line in header if line and b"\r" not in line] or [b"A: b"]
    body = [line for line in body if b"\r" not in line]
    top = Message(octets_of([*header, b"", *body])).top(count)
    assert top.octets == octets_of([*header, b"", *body[:count]])
    assert top.size == len(top.octets)
    assert received(top.dot_stuffed) == (top.octets, b"")


def test_top_of_odd_messages() -> None:
    assert Message(b"").top(3).octets == b""
    assert Message(b"A: b\r\n").top(0).octets == b"A: b\r\n", "no blank line: all of it is header"
    assert Message(b"\r\nx\r\ny\r\n").top(1).octets == b"\r\nx\r\n", "no header at all"
    assert Message(b"A: b\r\n\r\n").top(9).octets == b"A: b\r\n\r\n"
    assert Message(b".A: b\r\n\r\n.\r\n.\r\n").top(1).dot_stuffed == b"..A: b\r\n\r\n..\r\n.\r\n"
    whole = Message(b"A: b\r\n\r\nc\r\n")
    assert whole.top(1) is whole and whole.top(10**9) is whole


def test_top_of_a_negative_number_of_lines() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Message(b"A: b\r\n").top(-1)


# --- headers for display


def header(field: str | bytes, name: str = "Subject") -> str:
    data = field if isinstance(field, bytes) else field.encode()
    return Message.of(data + b"\nTo: alice\n\nSubject: in the body\n").header(name)


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("Subject: plain", "plain"),
        ("subject:tight", "tight"),
        ("SUBJECT  : old style", "old style"),
        ("Subject: one\n two\n\tthree", "one two three"),
        ("Subject:\n later", "later"),
        ("Subject:", ""),
        ("Subject: first\nSubject: second", "first"),
        ("X-Subject: no", ""),
        ("Subject: =?UTF-8?Q?m=C4=83m=C4=83lig=C4=83?=", "mămăligă"),
        ("Subject: =?utf-8?b?bcSDbcSDbGlnxIM=?= and =?iso-8859-2?q?br=E2nz=E3?=", "mămăligă and brânză"),
        ("Subject: =?UTF-8?Q?one_?=\n =?UTF-8?Q?two?=", "one two"),
        ("Subject: =?UTF-8?Q?Ana?= <ana@example.org>", "Ana <ana@example.org>"),
        ("Subject: ăâ =?UTF-8?Q?=C8=9B?=", "ăâ ț"),
        ("Subject: raw ășț", "raw ășț"),
        (b"Subject: latin \xe2", "latin â"),
        ("Subject: =?no-such-charset?Q?abc?=", "abc"),
        ("Subject: =?utf-8?B?abcde?=", "=?utf-8?B?abcde?="),
        ("Subject: =?utf-8?Q?a=0D=0AX:_b=1B[2J?=", "a X: b [2J"),
        ("Subject: bell\x07here", "bell here"),
        ("Subject: 1 + 1 =? 2", "1 + 1 =? 2"),
    ],
)
def test_header_for_display(field: str | bytes, shown: str) -> None:
    assert header(field) == shown


def test_header_is_not_sought_in_the_body() -> None:
    assert Message.of(b"From: a\n\nSubject: in the body\n").header("Subject") == ""
    assert Message.of(b"\nSubject: in the body\n").header("Subject") == ""
    assert Message.of(b"Subject: no blank line").header("Subject") == "no blank line"
    assert Message(b"").header("Subject") == ""
    assert header("Subject: x", "Su.*") == "", "a name is not a pattern"


@given(st.binary(max_size=80))
def test_no_header_breaks_anything(noise: bytes) -> None:
    for before, after in ((b"", b""), (b"", b"?="), (b"=?utf-8?q?", b"?="), (b"=?", b"?b?eA=?=")):
        data = b"Subject: " + before + noise + after
        shown = Message.of(data).header("Subject")
        assert not any(ord(character) < 32 for character in shown)
        assert "\n" not in repr(Message.of(data))
