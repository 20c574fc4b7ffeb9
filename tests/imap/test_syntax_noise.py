"""Noise in the place of IMAP's arguments: nothing raises, reading has an end, and goes once over the line."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from popsim.protocols.kind import NotRead, Syntax
from popsim.protocols.model import Form, Occurrence
from popsim.protocols.request import spans, written
from tests.imap.test_syntax import EVERY, PROTOCOLS, problem, read

WORDS = [
    b" ", b" ", b"(", b")", b"[", b"]", b'"', b"\\", b"<0.5>", b"{3}\r\nabc", b"{9}\r\n", b"{0+}\r\n", b"*", b"$",
    b"1:*", b"NOT ",
    b"OR ", b"UID ", b"BODY[", b"HEADER.FIELDS ", b"RETURN ", b"CHARSET ", b"FLAGS", b"NIL", b"\xc3\xa9", b"\xff",
    b"\0", b"\r\n",
    b"1-Feb-1994", b"&", b"&AOk-", b"MODSEQ ", b"99999999999999999999999999",
]  # fmt: skip
KEYWORDS = sorted({form.keyword.encode() for protocol in PROTOCOLS for form in protocol.forms})
NOISE = st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=6)), max_size=12).map(b"".join)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.sampled_from(PROTOCOLS), st.sampled_from(KEYWORDS), NOISE)
@example(EVERY, b"SEARCH", b"(" * 5000)
@example(EVERY, b"SEARCH", b"NOT " * 5000 + b"ALL")
@example(EVERY, b"FETCH", b"1 BODY[" + b"1." * 5000 + b"1]")
@example(EVERY, b"FETCH", b"9" * 5000 + b" FLAGS")
@example(EVERY, b"LOGIN", b"{9999999999}\r\nx y")
def test_noise_never_raises(protocol: Any, keyword: bytes, noise: bytes) -> None:
    line = b"a1 " + keyword + b" " + noise
    request = protocol.parse(line)
    assert isinstance(request.trigger, Form) or request.problem or request.trigger is Occurrence.LITERAL
    for span in spans(request, line + b"\r\n"):
        assert 0 <= span.start <= span.end <= len(line) + 2


KINDS = {a.name: a.kind for p in PROTOCOLS for form in p.forms for a in form.arguments if isinstance(a.kind, Syntax)}


@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.sampled_from(sorted(KINDS)), NOISE, st.integers(0, 4))
def test_a_kind_raises_nothing_but_not_read(name: str, noise: bytes, place: int) -> None:
    kind = KINDS[name]
    for one in (kind, *(kind.fit(p.rfcs) for p in PROTOCOLS if kind.fit)):
        try:
            _, end = one.read(noise, place)
        except NotRead as wrong:
            assert str(wrong).isprintable()
        else:
            assert place < end <= len(noise)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.sampled_from(sorted(KINDS)), NOISE)
def test_a_kind_by_itself_reads_what_it_reads_in_any_edition(name: str, noise: bytes) -> None:
    """A view finds the places of arguments, and of secrets among them, by the kind itself."""
    kind = KINDS[name]
    for protocol in PROTOCOLS if kind.fit else ():
        assert kind.fit
        try:
            _, end = kind.fit(protocol.rfcs).read(noise, 0)
        except NotRead:
            continue
        assert kind.read(noise, 0)[1] == end


def test_keys_inside_each_other_have_an_end() -> None:
    assert read(b"SEARCH " + b"NOT " * 50 + b"ALL")
    assert "50 deep" in problem(b"SEARCH " + b"NOT " * 51 + b"ALL")
    assert "50 deep" in problem(b"SEARCH " + b"(" * 51 + b"ALL" + b")" * 51)
    assert read(b"SEARCH " + b" ".join([b"(ALL)"] * 250))
    assert "500 keys" in problem(b"SEARCH " + b" ".join([b"(ALL)"] * 251))


@pytest.mark.parametrize(
    "repeated",
    [
        (b"SEARCH ", b"(FROM x) ", b"ALL"), (b"SEARCH ", b"NOT SEEN ", b"ALL"), (b"SEARCH ", b"OR SEEN ", b"ALL"),
        (b"FETCH 1 (", b"BODY[1.2.HEADER.FIELDS (a b)]<0.5> ", b"UID)"), (b"FETCH ", b"1:*,", b"1 FLAGS"),
        (b"STORE 1 FLAGS (", b"x ", b"y)"), (b"ENABLE ", b"x ", b"y"), (b'ID ("a" "', b"x", b'")'), (b"SELECT ",
        b"&AOk-", b"x"),
        (b'SEARCH SUBJECT "', b'\\"', b'"'), (b"STATUS x (", b"UNSEEN ", b"MESSAGES)"),
    ],
    ids=lambda parts: (parts[0] + parts[1]).decode(),
)  # fmt: skip
def test_reading_goes_once_over_the_line(repeated: tuple[bytes, bytes, bytes]) -> None:
    """Twice as long a line takes at most about twice as many calls."""

    def calls(count: int) -> int:
        made = 0

        def made_one(*_: object) -> None:
            nonlocal made
            made += 1

        line = b"a1 " + repeated[0] + repeated[1] * count + repeated[2]
        EVERY.parse(b"a1 NOOP")
        sys.setprofile(made_one)
        try:
            EVERY.parse(line)
        finally:
            sys.setprofile(None)
        return made

    assert calls(400) <= 2.2 * calls(200) + 50


def test_where_the_arguments_stand() -> None:
    line = b'a1 APPEND "x y" (\\Seen) {3}\r\nabc\r\n'
    request = EVERY.parse(line[:-2])
    assert [(span.name, line[span.start : span.end]) for span in spans(request, line)] == [
        ("tag", b"a1"), ("keyword", b"APPEND"), ("mailbox", b'"x y"'), ("flags", b"(\\Seen)"), ("message",
        b"{3}\r\nabc"),
        ("CRLF", b"\r\n"),
    ]  # fmt: skip
    form = request.trigger
    assert isinstance(form, Form)
    assert [argument.name for argument, _, _ in written(form, b"APPEND x {0}\r\n", 6)] == ["mailbox", "message"]
