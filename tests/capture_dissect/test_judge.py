"""The judge names the first line that breaks the protocol, the end that broke it, and the rule: RFC and section.

Each kind of breach has a session that has it and one that has not.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from popsim import pop3
from popsim.capture.conversation import Conversation
from popsim.capture.dissect import dissection
from popsim.capture.overhear import conversations
from popsim.protocols import spoken
from popsim.wire import Scenario
from tests.capture_dissect.sessions import played, scenarios
from tests.capture_dissect.talk import GOODBYE, GREETING, LOGIN, session, talk

MAIL = b"Subject: x\r\n\r\nhello\r\n"
LISTED = ("S", b"+OK\r\n1 21\r\n.\r\n")
SENT = ("S", b"+OK\r\n" + MAIL + b".\r\n")
NEWEST = pop3.extended()
LONG = "x" * 250

Line = str | tuple[str, bytes]

BREACHES: dict[str, tuple[list[Line], str, bytes, str, list[Line]]] = {
    # what: (a session that has it, who broke it, the line, RFC and section, a session that has it not)
    "no status": (["C: NOOP", "S: fine"], "server", b"fine", "RFC 1939 §3", ["C: NOOP", "S: +OK fine"]),
    "lower case": (["C: NOOP", "S: +ok"], "server", b"+ok", "RFC 1939 §3", ["C: noop", "S: +OK"]),
    "long reply": (
        ["C: NOOP", "S: +OK " + "x" * 507], "server", b"+OK x", "RFC 1939 §3",
        ["C: NOOP", "S: +OK " + "x" * 506],
    ),
    "LF in a reply": (["C: NOOP", ("S", b"+OK\n")], "server", b"+OK\n", "RFC 1939 §3", ["C: NOOP", "S: +OK\r"]),
    "LF in a body": (
        ["C: RETR 1", ("S", b"+OK\r\na\nb\r\n.\r\n")], "server", b"a\n", "RFC 1939 §3",
        ["C: RETR 1", ("S", b"+OK\r\na\r\nb\r\n.\r\n")],
    ),
    "not stuffed": (
        ["C: RETR 1", ("S", b"+OK\r\na\r\n.b\r\n.\r\n")], "server", b".b\r\n", "RFC 1939 §3",
        ["C: RETR 1", ("S", b"+OK\r\na\r\n..b\r\n.\r\n")],
    ),
    "a lone dot not stuffed": (
        ["C: RETR 1", ("S", b"+OK\r\na\r\n.\r\nb\r\n.\r\n")], "server", b"b\r\n", "RFC 1939 §3",
        ["C: RETR 1", ("S", b"+OK\r\na\r\n..\r\nb\r\n.\r\n")],
    ),
    "first line not stuffed": (
        ["C: TOP 1 0", ("S", b"+OK\r\n.a\r\n.\r\n")], "server", b".a\r\n", "RFC 1939 §3",
        ["C: TOP 1 0", ("S", b"+OK\r\n..a\r\n.\r\n")],
    ),
    "several lines for one": (
        ["C: STAT", ("S", b"+OK 1 21\r\n1 21\r\n.\r\n")], "server", b"1 21\r\n", "RFC 1939 §3",
        ["C: STAT", "S: +OK 1 21"],
    ),
    "one line for several": (
        ["C: LIST", "S: +OK 0 messages", "C: NOOP", "S: +OK"], "server", b"+OK 0 messages\r\n", "RFC 1939 §3",
        ["C: LIST", ("S", b"+OK 0 messages\r\n.\r\n"), "C: NOOP", "S: +OK"],
    ),
    "one line for several, once": (
        ["C: LIST", "S: +OK 0 messages", "C: NOOP", "S: +OK", "C: UIDL", ("S", b"+OK\r\n.\r\n")],
        "server", b"+OK 0 messages\r\n", "RFC 1939 §3",
        ["C: LIST", ("S", b"+OK 0 messages\r\n.\r\n"), "C: NOOP", "S: +OK", "C: UIDL", ("S", b"+OK\r\n.\r\n")],
    ),
    "two answers": (
        ["C: NOOP", "S: +OK", "S: +OK"], "server", b"+OK\r\n", "RFC 1939 §3",
        ["C: NOOP", "S: +OK", "C: NOOP", "S: +OK"],
    ),
    "a word before the end": (["S: -ERR timeout"], "server", b"-ERR timeout\r\n", "RFC 1939 §3", []),
    "counts": (["C: STAT", "S: +OK two"], "server", b"+OK two\r\n", "RFC 1939 §5", ["C: STAT", "S: +OK 2 320"]),
    "scan listing": (
        ["C: LIST 1", "S: +OK 2 21"], "server", b"+OK 2 21\r\n", "RFC 1939 §5",
        ["C: LIST 1", "S: +OK 1 21"],
    ),
    "scan listings": (
        ["C: LIST", ("S", b"+OK\r\n1 20\r\nno\r\n.\r\n")], "server", b"no\r\n", "RFC 1939 §5",
        ["C: LIST", ("S", b"+OK\r\n1 20\r\n2 20\r\n.\r\n")],
    ),
    "size": (
        ["C: LIST", ("S", b"+OK\r\n1 20\r\n.\r\n"), "C: RETR 1", SENT], "server", b"+OK\r\n", "RFC 1939 §11",
        ["C: LIST", LISTED, "C: RETR 1", SENT],
    ),
    "size, listed later": (
        ["C: RETR 1", SENT, "C: LIST 1", "S: +OK 1 24"], "server", b"+OK 1 24\r\n", "RFC 1939 §11",
        ["C: RETR 1", SENT, "C: LIST 1", "S: +OK 1 21"],
    ),
    "dots counted": (
        ["C: LIST 1", "S: +OK 1 6", "C: RETR 1", ("S", b"+OK\r\n..a\r\n.\r\n")], "server", b"+OK\r\n", "RFC 1939 §11",
        ["C: LIST 1", "S: +OK 1 4", "C: RETR 1", ("S", b"+OK\r\n..a\r\n.\r\n")],
    ),
    "unique-id": (
        ["C: UIDL 1", "S: +OK 1 a b"], "server", b"+OK 1 a b\r\n", "RFC 1939 §7",
        ["C: UIDL 1", "S: +OK 1 a.b"],
    ),
    "long unique-id": (
        ["C: UIDL", ("S", b"+OK\r\n1 " + b"x" * 71 + b"\r\n.\r\n")], "server", b"1 xx", "RFC 1939 §7",
        ["C: UIDL", ("S", b"+OK\r\n1 " + b"x" * 70 + b"\r\n.\r\n")],
    ),
    "deleted message": (
        ["C: DELE 1", "S: +OK", "C: RETR 1", SENT], "server", b"+OK\r\n", "RFC 1939 §5",
        ["C: DELE 1", "S: +OK", "C: RSET", "S: +OK", "C: RETR 1", SENT],
    ),
    "deleted message listed": (
        ["C: DELE 1", "S: +OK", "C: LIST", LISTED], "server", b"1 21\r\n", "RFC 1939 §5",
        ["C: DELE 1", "S: -ERR", "C: LIST", LISTED],
    ),
    "an answer after the end": ([*GOODBYE, "S: +OK"], "server", b"+OK\r\n", "RFC 1939 §6", [*GOODBYE]),
    "login twice": (["C: USER bob", "S: +OK"], "client", b"USER bob\r\n", "RFC 1939 §7", ["C: NOOP", "S: +OK"]),
    "unknown": (["C: XYZZY", "S: -ERR"], "client", b"XYZZY\r\n", "RFC 1939 §3", ["C: CAPA", "S: -ERR"]),
    "bad argument": (["C: RETR one", "S: -ERR"], "client", b"RETR one\r\n", "RFC 1939 §5", ["C: RETR 111", "S: -ERR"]),
    "long line": (["C: NOOP " + LONG, "S: -ERR"], "client", b"NOOP x", "RFC 2449 §4", ["C: NOOP", "S: +OK"]),
    "LF from the client": (
        ["C: NOOP", "S: +OK", ("C", b"NOOP\n"), "S: -ERR"], "client", b"NOOP\n", "RFC 1939 §3",
        ["C: NOOP", "S: +OK"],
    ),
    "after QUIT": (["C: QUIT", ("C", b"NOOP\r\n"), "S: +OK"], "client", b"NOOP\r\n", "RFC 1939 §6", [*GOODBYE]),
}  # fmt: skip

AUTHORIZING: dict[str, tuple[list[Line], str, bytes, str, list[Line]]] = {
    "PASS without USER": (["C: PASS x", "S: -ERR"], "client", b"PASS x\r\n", "RFC 1939 §7", [*LOGIN]),
    "PASS later": (
        ["C: USER a", "S: +OK", "C: CAPA", "S: -ERR", "C: PASS x", "S: -ERR"], "client", b"PASS x\r\n", "RFC 1939 §7",
        ["C: USER a", "S: +OK", "C: PASS x", "S: -ERR"],
    ),
    "too early": (["C: RETR 1", "S: -ERR"], "client", b"RETR 1\r\n", "RFC 1939 §5", [*LOGIN, "C: RETR 1", "S: -ERR"]),
    "done too early": (["C: CAPA", "S: -ERR", "C: RETR 1", SENT], "client", b"RETR 1\r\n", "RFC 1939 §5", []),
    "exchange": (
        ["C: AUTH PLAIN", "S: + ", "C: a secret", "S: -ERR"], "client", b"a secret\r\n", "RFC 5034 §4",
        ["C: AUTH PLAIN", "S: + ", "C: AGEAYg==", "S: -ERR"],
    ),
    "cancelled": (
        ["C: AUTH PLAIN", "S: +", "C: *", "S: -ERR"], "server", b"+\r\n", "RFC 5034 §4",
        ["C: AUTH PLAIN", "S: + ", "C: *", "S: -ERR"],
    ),
    "challenge": (
        ["C: AUTH X", "S: + who?", "C: *", "S: -ERR"], "server", b"+ who?\r\n", "RFC 5034 §4",
        ["C: AUTH X", "S: + d2hvPw==", "C: *", "S: -ERR"],
    ),
    "clear text after STLS": (
        ["C: STLS", ("C", b"NOOP\r\n"), "S: +OK", ("C", b"\x16\x03\x01\0\1\1"), ("S", b"\x16\x03\x01\0\1\2")],
        "client", b"NOOP\r\n", "RFC 2595 §4",
        ["C: STLS", "S: +OK", ("C", b"\x16\x03\x01\0\1\1"), ("S", b"\x16\x03\x01\0\1\2")],
    ),
}  # fmt: skip
ALL = [(name, row, True) for name, row in BREACHES.items()] + [(name, row, False) for name, row in AUTHORIZING.items()]


@pytest.mark.parametrize(("row", "login"), [row[1:] for row in ALL], ids=[row[0] for row in ALL])
def test_the_first_line_that_breaks_it(row: tuple[list[Line], str, bytes, str, list[Line]], login: bool) -> None:
    lines, who, line, reference, _ = row
    found = dissection([session(*lines, login=login)], NEWEST)
    assert found.breaches, "no breach was found"
    first = found.breaches[0]
    assert (first.endpoint, first.reference) == (who, reference), str(first)
    assert first.octets.startswith(line)
    assert found.timeline[first.event].endpoint == who and first.time == found.timeline[first.event].time
    assert first.found and first.expected and first.rule


@pytest.mark.parametrize(("row", "login"), [row[1:] for row in ALL], ids=[row[0] for row in ALL])
def test_a_session_without_it(row: tuple[list[Line], str, bytes, str, list[Line]], login: bool) -> None:
    found = dissection([session(*row[-1], login=login)], NEWEST)
    assert [str(breach) for breach in found.breaches] == []


@pytest.mark.parametrize(
    ("lines", "found", "expected"),
    [
        (["C: NOOP", "S: +OK", "C: XYZZY", "S: +OK"], "+OK to XYZZY in TRANSACTION", "-ERR"),
        (["C: CAPA", "S: -ERR", "C: RETR 1", SENT], "+OK to RETR in AUTHORIZATION", "-ERR"),
        (["C: QUIT", "S: -ERR no"], "", ""),
    ],
)
def test_an_answer_that_no_row_allows(lines: list[Line], found: str, expected: str) -> None:
    """Which end is wrong does not matter here: the client's own breach comes before it."""
    breaches = [b for b in dissection([session(*lines, login=False)], NEWEST).breaches if b.endpoint == "server"]
    assert [(b.found, b.expected) for b in breaches if found == b.found] == ([(found, expected)] if found else [])


def test_a_greeting_that_refuses() -> None:
    found = dissection([talk("S: -ERR too many connections")], NEWEST).breaches
    assert [(b.found, b.expected, b.reference) for b in found] == [
        ("-ERR to the opening of the connection in START", "+OK", "RFC 1939 §4")
    ]


@pytest.mark.parametrize(("second", "wrong"), [("<1.1@x>", True), ("<2.1@x>", False)])
def test_a_timestamp_that_comes_again(second: str, wrong: bool) -> None:
    both: list[Conversation] = [talk("S: +OK <1.1@x>", *GOODBYE), talk(f"S: +OK hello {second}", *GOODBYE)]
    found = dissection(both, NEWEST).breaches
    assert [(b.connection, b.reference) for b in found] == ([(1, "RFC 1939 §7")] if wrong else [])


def test_a_rule_of_a_later_edition_does_not_hold_in_an_earlier_one() -> None:
    lower = talk("S: +ok", *GOODBYE)
    assert dissection([lower], pop3.edition(1939)).breaches and not dissection([lower], pop3.edition(1460)).breaches


def test_the_edition_is_the_newest_that_fits() -> None:
    last = session("C: LAST", "S: +OK 0", *GOODBYE)
    assert dissection([last]).protocol.number == 1460 and not dissection([last]).breaches
    assert dissection([session(*GOODBYE)]).protocol.number == 1939


@settings(derandomize=True, deadline=None, max_examples=120)
@given(scenario=scenarios())
def test_the_simulated_server_breaks_nothing(scenario: Scenario) -> None:
    record = played(scenario)
    found = dissection(conversations(record), spoken(record.header))
    assert [str(breach) for breach in found.breaches if breach.endpoint == "server"] == []


def test_a_secret_is_in_no_word_of_a_breach() -> None:
    lines = ["C: PASS hunter2", "S: -ERR", "C: PASS " + "hunter2" * 40, "S: -ERR", "C: USER", "S: -ERR"]
    found = dissection([talk(GREETING, *lines)], NEWEST)
    assert len(found.breaches) == 3 and not any("hunter2" in str(b) or "hunter2" in repr(b) for b in found.breaches)
