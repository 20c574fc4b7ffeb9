"""Command lines, read by the forms of an edition: single spaces, limits, noise, and where each part stands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import pop3
from popsim.protocols.model import Form, Occurrence
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import REMEMBERED, Grammar, Request, readable, spans
from tests.probes.tagged import TAGGED
from tests.probes.upload import UPLOAD

OLD = pop3.edition(1460)
MALFORMED, UNRECOGNIZED = Occurrence.MALFORMED, Occurrence.UNRECOGNIZED


def read(line: bytes, protocol: Protocol = pop3) -> tuple[str, tuple[object, ...]]:
    request = protocol.parse(line)
    return str(request.trigger), request.arguments


@pytest.mark.parametrize(
    ("line", "form", "values"),
    [
        (b"QUIT", "QUIT", ()),
        (b"quit", "QUIT", ()),
        (b"QuIt", "QUIT", ()),
        (b"LIST", "LIST", ()),
        (b"LIST 1", "LIST msg", (1,)),
        (b"list 007", "LIST msg", (7,)),
        (b"RETR 0", "RETR msg", (0,)),
        (b"RETR 9999999999999999999", "RETR msg", (9999999999999999999,)),
        (b"TOP 2 0", "TOP msg n", (2, 0)),
        (b"USER alice", "USER name", (b"alice",)),
        (b"USER a@b.example", "USER name", (b"a@b.example",)),
        (b"PASS secret", "PASS string", (b"secret",)),
        (b"PASS with two spaces", "PASS string", (b"with two spaces",)),
        (b"PASS  leading", "PASS string", (b" leading",)),
        (b"PASS trailing ", "PASS string", (b"trailing ",)),
        (b"PASS  ", "PASS string", (b" ",)),
        (
            b"APOP mrose c4c9334bac560ecc979e58001b3e22fb",
            "APOP name digest",
            (b"mrose", b"c4c9334bac560ecc979e58001b3e22fb"),
        ),
    ],
)
def test_what_is_a_command(line: bytes, form: str, values: tuple[int | bytes, ...]) -> None:
    assert read(line) == (form, values)
    assert pop3.parse(line).keyword == form.split()[0] and pop3.parse(line).problem == ""


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"QUIT ", "expected QUIT"),
        (b"QUIT now", "expected QUIT"),
        (b"STAT\t", None),
        (b"RETR", "expected RETR msg"),
        (b"RETR ", "expected RETR msg; 1 argument, each after one space"),
        (b"RETR  1", "expected RETR msg; 1 argument, each after one space"),
        (b"RETR 1 ", "expected RETR msg; 1 argument, each after one space"),
        (b"RETR 1 2", "expected RETR msg; 1 argument, each after one space"),
        (b"RETR one", "expected RETR msg; msg is a message-number such as 1"),
        (b"RETR -1", "expected RETR msg; msg is a message-number such as 1"),
        (b"RETR +1", "expected RETR msg; msg is a message-number such as 1"),
        (b"RETR 1.0", "expected RETR msg; msg is a message-number such as 1"),
        (b"RETR 1_0", "expected RETR msg; msg is a message-number such as 1"),
        (b"RETR \xd9\xa1", "expected RETR msg; msg is a message-number such as 1"),
        (b"RETR 1\r", "expected RETR msg; msg is a message-number such as 1"),
        (b"RETR 10000000000000000000", "expected RETR msg; msg is a message-number such as 1"),
        (b"LIST x", "expected LIST or LIST msg; msg is a message-number such as 1"),
        (b"TOP 1", "expected TOP msg n; 2 arguments, each after one space"),
        (b"TOP 1 -1", "expected TOP msg n; n is a number of lines, 0 or more"),
        (b"TOP 1  2", "expected TOP msg n; 2 arguments, each after one space"),
        (b"USER", "expected USER name"),
        (b"USER two words", "expected USER name; 1 argument, each after one space"),
        (b"USER al\x00ice", "expected USER name; name is one word of printable ASCII"),
        (b"USER caf\xc3\xa9", "expected USER name; name is one word of printable ASCII"),
        (b"PASS ", "expected PASS string; 1 argument, each after one space"),
        (b"PASS a\tb", "expected PASS string; string is text of printable ASCII, spaces included"),
        (
            b"APOP mrose C4C9334BAC560ECC979E58001B3E22FB",
            "expected APOP name digest; digest is 32 lower-case hexadecimal digits",
        ),
        (b"USER " + b"x" * 41, "expected USER name; name has 41 octets and at most 40 are allowed"),
        (b"PASS " + b"x " * 21, "expected PASS string; string has 42 octets and at most 40 are allowed"),
    ],
)
def test_bad_arguments_are_explained(line: bytes, problem: str | None) -> None:
    request = pop3.parse(line)
    if problem is None:
        assert request.trigger is UNRECOGNIZED
    else:
        assert (request.trigger, request.problem) == (MALFORMED, problem)
    assert request.arguments == ()


def test_the_limit_of_an_argument_is_that_of_the_edition() -> None:
    """RFC 1939 §3 sets 40 octets for each argument; RFC 1460 sets nothing."""
    assert read(b"USER " + b"x" * 40) == ("USER name", (b"x" * 40,))
    assert read(b"USER " + b"x" * 41, OLD) == ("USER name", (b"x" * 41,))
    assert (pop3.limit("argument"), OLD.limit("argument"), OLD.limit("nothing")) == (40, 0, 0)


@pytest.mark.parametrize(
    "line", [b"", b" ", b" QUIT", b"QUIT\r", b"QUIT\x00", b"XTND", b"LAST", b"+OK", b".", b"\xff" * 30]
)
def test_what_is_no_command(line: bytes) -> None:
    request = pop3.parse(line)
    assert request.trigger is UNRECOGNIZED and request.arguments == ()
    assert request.problem.endswith(" is no command of this protocol")
    assert request.problem.isascii() and request.problem.isprintable()


def test_editions_read_their_own_commands() -> None:
    assert read(b"LAST", OLD) == ("LAST", ()) and pop3.parse(b"LAST").trigger is UNRECOGNIZED
    assert read(b"UIDL 1") == ("UIDL msg", (1,)) and OLD.parse(b"UIDL 1").trigger is UNRECOGNIZED
    assert pop3.minimal().parse(b"TOP 1 1").trigger is UNRECOGNIZED


def test_a_tag_comes_first_where_there_are_tags() -> None:
    request = TAGGED.parse(b"a.1 login alice secret")
    assert (str(request.trigger), request.tag, request.arguments) == (
        "LOGIN user password",
        b"a.1",
        (b"alice", b"secret"),
    )
    assert TAGGED.parse(b"a.1").trigger is UNRECOGNIZED and TAGGED.parse(b"a.1").tag == b"a.1"


def test_a_stranger_is_shown_in_printable_ascii() -> None:
    assert readable(b"") == "(nothing)"
    assert readable(b"a\x00b\x1b[2J\xe9") == "a?b?[2J?"
    assert readable(b"x" * 21) == "x" * 20 + "..."


WORDS = [
    b"USER",
    b"pass",
    b"LIST",
    b"TOP",
    b"APOP",
    b"a1",
    b"FETCH",
    b"APPEND",
    b"MAIL",
    b"{3}",
    b"1",
    b" ",
    b"  ",
    b"\x00",
    b"\r",
]
NOISE = st.binary(max_size=60) | st.lists(st.sampled_from(WORDS) | st.binary(max_size=3), max_size=8).map(b" ".join)


@pytest.mark.parametrize("protocol", [pop3, OLD, TAGGED, UPLOAD], ids=str)
@settings(derandomize=True, deadline=None, max_examples=300)
@given(line=NOISE)
def test_noise_never_raises(protocol: Protocol, line: bytes) -> None:
    request = protocol.parse(line)
    if isinstance(request.trigger, Form):
        assert request.trigger in protocol.forms and request.problem == ""
        assert len(request.arguments) == len(request.trigger.arguments)
        for argument, value in zip(request.trigger.arguments, request.arguments, strict=True):
            assert isinstance(value, int) is argument.kind.numeric
    elif request.trigger is Occurrence.LITERAL:
        assert protocol.table.tagged and line.endswith(b"}")
    else:
        assert request.trigger in (MALFORMED, UNRECOGNIZED)
        assert request.problem and request.problem.isascii() and request.problem.isprintable()
    parts = spans(request, line + b"\r\n")
    assert all(0 <= part.start <= part.end <= len(line) + 2 for part in parts)
    assert all(a.end <= b.start for a, b in zip(parts, parts[1:], strict=False))
    assert (parts[-1].name, parts[-1].end) == ("CRLF", len(line) + 2)


def parts(line: bytes, protocol: Protocol = pop3) -> list[tuple[str, bytes]]:
    text = line.removesuffix(b"\n").removesuffix(b"\r")
    return [(part.name, line[part.start : part.end]) for part in spans(protocol.parse(text), line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"STAT\r\n", [("keyword", b"STAT"), ("CRLF", b"\r\n")]),
        (b"stat", [("keyword", b"stat")]),
        (b"TOP 12 3\r\n", [("keyword", b"TOP"), ("msg", b"12"), ("n", b"3"), ("CRLF", b"\r\n")]),
        (b"PASS a b \r\n", [("keyword", b"PASS"), ("string", b"a b "), ("CRLF", b"\r\n")]),
        (b"RETR one two\r\n", [("keyword", b"RETR"), ("arguments", b"one two"), ("CRLF", b"\r\n")]),
        (b"FOO\r\n", [("keyword", b"FOO"), ("CRLF", b"\r\n")]),
        (b"\r\n", [("keyword", b""), ("CRLF", b"\r\n")]),
        (b"STAT\r\r\n", [("keyword", b"STAT\r"), ("CRLF", b"\r\n")]),
        (b"STAT\n", [("keyword", b"STAT"), ("CRLF", b"\n")]),
    ],
)
def test_where_the_parts_of_a_line_stand(line: bytes, expected: list[tuple[str, bytes]]) -> None:
    assert parts(line) == expected


def test_where_a_tag_stands() -> None:
    assert parts(b"a1 FETCH 3\r\n", TAGGED) == [
        ("tag", b"a1"),
        ("keyword", b"FETCH"),
        ("number", b"3"),
        ("CRLF", b"\r\n"),
    ]
    assert parts(b"* FETCH 3\r\n", TAGGED) == [("keyword", b"*"), ("arguments", b"FETCH 3"), ("CRLF", b"\r\n")]


def test_what_a_part_means_is_in_the_table() -> None:
    (keyword, number, _) = spans(pop3.parse(b"RETR 1"), b"RETR 1\r\n")
    assert keyword.meaning == "the whole message" and number.meaning.startswith("a message-number")
    (wrong, _) = spans(pop3.parse(b"RETR"), b"RETR\r\n")
    assert wrong.meaning == "expected RETR msg"


def test_a_request_knows_its_number() -> None:
    assert pop3.parse(b"DELE 12").number == 12
    assert Request(pop3.form("TOP msg n"), "TOP", (3, 10)).number == 3


def test_what_a_line_says_is_remembered_but_no_secret_is() -> None:
    grammar = Grammar(pop3)
    for line in (b"RETR 1", b"PASS secret", b"NOPE"):
        assert grammar.parse(line) == grammar.parse(line)
    assert set(grammar._known) == {b"RETR 1"}
    for number in range(REMEMBERED + 5):
        assert grammar.parse(b"DELE %d" % number).number == number
    assert len(grammar._known) <= REMEMBERED
