"""How octets are cut into units, unit by unit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.framing import Buffer, Counted, DotEnded, Part, literal, unstuffed
from popsim.mail.message import Message

BITS = st.lists(st.sampled_from([b".", b"\r\n", b"\r", b"\n", b"x", b".\r\n", b"\x00"]), max_size=25).map(b"".join)
TEXTS = BITS.map(lambda octets: Message.of(octets).octets)


def feed(part: Part, octets: bytes, piece: int) -> bytes:
    """Hand octets over in pieces until the part has its end; what is left over."""
    for start in range(0, len(octets), piece):
        used = part.feed(octets[start : start + piece])
        if used >= 0:
            return octets[start + used :]
    raise AssertionError(f"no end in {octets!r}")


@settings(derandomize=True, deadline=None, max_examples=200)
@given(text=TEXTS, piece=st.integers(1, 9), trailing=st.binary(max_size=9))
def test_dot_stuffing_there_and_back(text: bytes, piece: int, trailing: bytes) -> None:
    stuffed = Message(text).dot_stuffed
    part = DotEnded(1 << 20)
    assert feed(part, stuffed + trailing, piece) == trailing
    assert (part.text(), part.size, part.too_long) == (text, len(stuffed), False)
    assert unstuffed(stuffed[:-3]) == text


def test_the_lines_that_end_a_text_and_those_that_do_not() -> None:
    for octets in (b".\r\n", b"a\r\n.\r\n", b"\r\n.\r\n"):
        assert DotEnded(100).feed(octets) == len(octets)
    for octets in (b"a.\r\n", b"..\r\n", b".\n", b"\n.\n", b"a\n.\r\n", b". \r\n", b".\r", b"\r.\r\n"):
        assert DotEnded(100).feed(octets) == -1, octets


@settings(derandomize=True, deadline=None, max_examples=100)
@given(octets=st.binary(max_size=30), piece=st.integers(1, 9), trailing=st.binary(max_size=9))
def test_counted_octets_are_any_octets(octets: bytes, piece: int, trailing: bytes) -> None:
    part = Counted(len(octets), 1 << 20)
    if octets:
        assert feed(part, octets + trailing, piece) == trailing
    else:
        assert part.feed(trailing) == 0
    assert (part.text(), part.size) == (octets, len(octets))


@pytest.mark.parametrize("part", [Counted(50, 20), DotEnded(20)], ids=lambda p: type(p).__name__)
def test_a_part_beyond_its_limit_is_read_to_its_end_and_thrown_away(part: Part) -> None:
    octets = b"x" * 45 + b"\r\n.\r\n"
    assert feed(part, octets + b"rest", 7) == b"rest"
    assert (part.too_long, part.text(), part.size) == (True, b"", 50)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    octets=st.lists(st.sampled_from([b"ab", b"\r\n", b"\n", b"\r", b"x" * 12]), max_size=12).map(b"".join),
    piece=st.integers(1, 9),
)
def test_lines_are_what_stands_between_lfs(octets: bytes, piece: int) -> None:
    limit = 10
    buffer, lines = Buffer(), []
    for start in range(0, len(octets), piece):
        buffer.feed(octets[start : start + piece])
        while (line := buffer.line(limit)) is not None:
            lines.append((line, buffer.size, buffer.whole))
    expected = [part + b"\n" for part in octets.split(b"\n")[:-1]]
    assert lines == [(e if len(e) <= limit else b"", len(e), len(e) <= limit) for e in expected]


def test_what_is_thrown_away_is_counted() -> None:
    buffer = Buffer()
    buffer.feed(b"line\r\nx" + b"y" * 100)
    assert buffer.line(10) == b"line\r\n" and buffer.line(10) is None
    buffer.feed(b"zz")
    assert buffer.line(10) is None
    assert buffer.clear() == 103 and buffer.empty
    buffer.feed(b"next\r\n")
    assert (buffer.line(10), buffer.size) == (b"next\r\n", 6)


@pytest.mark.parametrize(
    ("line", "size"),
    [
        (b"a APPEND {12}", 12),
        (b"{0}", 0),
        (b"{12} ", -1),
        (b"{}", -1),
        (b"{-1}", -1),
        (b"{1}2}", -1),
        (b"{99999999999}", -1),
        (b"", -1),
    ],
)
def test_a_line_may_announce_a_literal(line: bytes, size: int) -> None:
    assert literal(line) == size
