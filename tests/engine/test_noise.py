"""Whatever comes, nothing is raised, every whole line gets exactly one reply in order, and the session goes on."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import pop3
from popsim.engine.client import ClientEngine
from popsim.protocols.protocol import Protocol
from tests.engine.scene import LOGIN, OLD, marks, recorded, session

# A reply by the RFC's own words (RFC 1939 §3): one line of at most 512 octets, or more lines and a lone dot.
LINE = re.compile(rb"(\+OK|-ERR)( [\x20-\x7e]*)?\r\n")
MULTILINE = re.compile(rb"\+OK [\x20-\x7e]*\r\n((?!\.\r\n)[^\n]*\r\n)*\.\r\n")

KEYWORDS = [b"USER", b"PASS", b"APOP", b"STAT", b"LIST", b"RETR", b"DELE", b"NOOP", b"LAST", b"RSET", b"TOP", b"UIDL"]
WORDS = st.sampled_from([*KEYWORDS, b"alice", b"secret", b"1", b"2", b"9", b"", b"\x00", b"\r", b"\xff\xfe"])
LINES = st.lists(WORDS | st.binary(max_size=6).filter(lambda b: b"\n" not in b), max_size=5).map(b" ".join)


@pytest.mark.parametrize("protocol", [pop3, OLD], ids=str)
@settings(derandomize=True, deadline=None, max_examples=150)
@given(lines=st.lists(st.tuples(LINES, st.sampled_from([b"\r\n", b"\r\n", b"\n"])), max_size=15), login=st.booleans())
def test_every_line_gets_exactly_one_reply(protocol: Protocol, lines: list[tuple[bytes, bytes]], login: bool) -> None:
    mine = session(protocol)
    if login:
        assert marks(mine.send(LOGIN)) == [b"+OK", b"+OK"]
    before = len(recorded(mine).events("message", "Delivered"))
    for line, end in lines:
        reply = mine.send(line + end)
        assert LINE.fullmatch(reply) or MULTILINE.fullmatch(reply), (line, reply)
        assert len(reply.split(b"\r\n")[0]) <= 510
        assert mine.state not in ("CLOSED", "UPDATE", "START")
    assert len(recorded(mine).events("message", "Delivered")) == before + len(lines)
    assert mine.send(b"QUIT\r\n").startswith(b"+OK")
    assert mine.state == "CLOSED"


@settings(derandomize=True, deadline=None, max_examples=200)
@given(noise=st.lists(st.binary(max_size=300), max_size=6), asked=st.lists(st.binary(max_size=20), max_size=6))
def test_noise_never_raises_at_a_client(noise: list[bytes], asked: list[bytes]) -> None:
    client = ClientEngine(pop3)
    for line in asked:
        client.request(line)
    responses = [response for part in noise for response in client.receive(part)]
    assert len(responses) <= b"".join(noise).count(b"\n")
    client.lost()
    assert client.closed


# What must be refused as no command at all; a lone CR ends nothing, a lone LF is no line end.
STRANGE = [
    b"",
    b" ",
    b"\r",
    b"\x00",
    b"NOOP\x00",
    b"NOOP\r",
    b"\rNOOP",
    b"NO\rOP",
    b"NOOP ",
    b" NOOP",
    b"\xff" * 40,
    b"\xef\xbb\xbfNOOP",
]


@pytest.mark.parametrize("login", [b"", LOGIN])
@pytest.mark.parametrize("line", STRANGE)
def test_strange_lines_are_refused_and_the_session_goes_on(line: bytes, login: bytes) -> None:
    mine = session()
    mine.send(login)
    reply = mine.send(line + b"\r\n")
    assert reply.startswith(b"-ERR ") and reply.endswith(b"(RFC 1939 section 3)\r\n")
    assert mine.send(b"QUIT\r\n").startswith(b"+OK")


def test_a_bare_lf_is_refused_in_so_many_words() -> None:
    mine = session()
    assert (
        mine.send(b"NOOP\n")
        == b"-ERR the line ended in LF alone; every line ends in CR and LF (RFC 1939 section 3)\r\n"
    )
    assert mine.send(b"USER alice\n").startswith(b"-ERR the line ended in LF alone")
    assert mine.state == "AUTHORIZATION"
    assert marks(mine.send(b"\n\n\nQUIT\r\n")) == [b"-ERR", b"-ERR", b"-ERR", b"+OK"]


def test_a_lone_cr_ends_no_line() -> None:
    mine = session()
    assert mine.send(b"NOOP\rSTAT\rQUIT\r") == b""
    assert marks(mine.send(b"\n")) == [b"-ERR"] and mine.state == "AUTHORIZATION"


def test_a_refusal_teaches() -> None:
    mine = session()
    assert mine.send(b"STAT\r\n") == (
        b"-ERR STAT is not allowed in AUTHORIZATION; allowed: USER, APOP, QUIT (RFC 1939 section 3)\r\n"
    )
    assert mine.send(b"FOO\r\n") == (
        b"-ERR FOO is no command of this protocol; in AUTHORIZATION there is USER, APOP, QUIT (RFC 1939 section 3)\r\n"
    )
    mine.send(LOGIN)
    assert mine.send(b"RETR one\r\n") == (
        b"-ERR expected RETR msg; msg is a message-number such as 1 (RFC 1939 section 3)\r\n"
    )
    assert mine.send(b"USER\r\n").startswith(b"-ERR USER is not allowed in TRANSACTION; allowed: STAT, LIST, RETR,")
    assert mine.send(b"RETR 9\r\n") == b"-ERR no message 9: the numbers here are 1 to 3 (RFC 1939 section 5)\r\n"


def test_pipelined_commands_are_answered_in_order() -> None:
    mine = session()
    sent = mine.send(LOGIN + b"STAT\r\nFOO\r\nRETR 1\r\nLIST 2\r\nDELE 1\r\nRETR 1\r\nQUIT\r\nNOOP\r\n")
    firsts = [line for line in sent.split(b"\r\n") if line.startswith((b"+OK", b"-ERR"))]
    assert [line.split(b" ")[0] for line in firsts] == [b"+OK"] * 3 + [b"-ERR"] + [b"+OK"] * 3 + [b"-ERR", b"+OK"]
    assert firsts[2].startswith(b"+OK 3 ") and firsts[5].startswith(b"+OK 2 ") and b"1 removed" in firsts[8]
    assert mine.state == "CLOSED"
