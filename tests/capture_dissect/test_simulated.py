"""On a simulated session the dissector finds every request, reply and move that the octets determine.

The simulation's own record of what the two ends did is the judge. The dissector gets the octets that crossed and their
times, and nothing else.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from popsim import pop3
from popsim.capture.dissect import dissection
from popsim.capture.overhear import conversations, overheard
from popsim.protocols import spoken
from popsim.timeline import Event, Timeline
from popsim.wire import Scenario
from tests.capture_dissect import talk
from tests.capture_dissect.sessions import chopped, claimed, moves, played, replies, scenarios, value
from tests.timeline.recordings import session

# What octets do not tell. Timers: the move to CLOSED when a session has been silent for too long; so with the loss of
# a line, of which nothing crosses it. The store: which of several reasons, all of them about the users and their mail,
# a refusal has; reply, framing and the state that follows are the same for all of them.
SILENT = ("timed out", "connection lost")
ABOUT_THE_STORE = {
    "no such name, or no password login for it",
    "name or secret is wrong",
    "another session has the maildrop",
    "too soon after the last login",
    "no such message",
    "message marked as deleted",
    "the message's header is UTF-8, and UTF-8 mode is off",
    "mechanism not offered",
    "the server has the first word",
    "no answer of this mechanism",
    "the client's user or port is not trusted",
}


def requests(timeline: Timeline, connection: int) -> list[tuple[int, int]]:
    """The lines of the client that the server has read: where they stand."""
    read = timeline.events("message", "Delivered")
    return [(e.start, e.end) for e in read if e.connection == connection and e.endpoint == "server"]


def crossed(timeline: Timeline, event: Event) -> bool:
    """Whether the first octet of a reply has left the server."""
    sent = timeline.events("segment", "Sent")
    return any(
        e.start <= event.start < e.end for e in sent if (e.connection, e.endpoint) == (event.connection, event.endpoint)
    )


def agree(true: Event, found: Event) -> None:
    """Whether a dissected reply is the true one, as far as octets tell."""
    rule, rules = value(true, "rule"), claimed(found)
    assert found.start == true.start and found.end <= true.end
    if value(found, "reply") != value(true, "reply"):
        assert found.end - found.start < 4  # not even the status has crossed
        return
    if found.end - found.start < 5 and rule not in rules:
        raise AssertionError((rule, rules))
    assert rule in rules
    if len(rules) > 1:
        assert {r.rpartition("|")[0] for r in rules} == {rule.rpartition("|")[0]}
        assert {r.rpartition("|")[2] for r in rules} <= ABOUT_THE_STORE


@settings(derandomize=True, deadline=None, max_examples=250)
@given(scenario=scenarios())
def test_whatever_the_octets_determine_is_found(scenario: Scenario) -> None:
    record = played(scenario)
    heard = overheard(record)
    for connection in record.connections:
        true = [e for e in replies(record, connection) if crossed(record, e)]
        found = replies(heard, connection)
        assert len(found) == len(true)
        for one, other in zip(true, found, strict=True):
            agree(one, other)
        told = [value(e, "state") for e in moves(heard, connection)]
        wanted = [value(e, "state") for e in moves(record, connection) if value(e, "rule").split("|")[1] not in SILENT]
        if len(true) == len(replies(record, connection)) and all(
            a.end == b.end for a, b in zip(true, found, strict=True)
        ):
            assert told[: len(wanted)] == wanted
            assert [e for e in told[len(wanted) :] if e != "CLOSED"] == []
        assert requests(heard, connection)[: len(found) - 1] == requests(record, connection)[: len(found) - 1]


def doings(timeline: Timeline) -> list[tuple[str, str, int]]:
    """What the server read, said and became, in order."""
    own = [e for e in timeline if e.endpoint == "server" and e.layer in ("message", "session")]
    return [(e.layer, e.kind, e.start) for e in own]


@pytest.mark.parametrize("name", ["pipelined", "several lines at once", "a whole session", "1460"])
def test_each_thing_happens_in_its_turn(name: str) -> None:
    """A command that came early is read when the one before it is answered."""
    record = session(name)
    assert doings(overheard(record)) == doings(record)


@pytest.mark.parametrize(
    ("lines", "condition"),
    [
        ("connect> 'USER alice' 'PASS secret' '1> USER alice' '1> PASS secret'", "another session has the maildrop"),
        ("connect> '1> USER alice' '1> PASS wrong'", "name or secret is wrong"),
        ("connect> '1> USER alice' '1> PASS secret' '1> DELE 1' '1> RETR 1'", "message marked as deleted"),
        ("connect> '1> USER alice' '1> PASS secret' '1> DELE 1' '1> RETR 3'", "no such message"),
        ("connect> '1> USER alice' '1> PASS secret' '1> DELE 1' '1> RSET' '1> RETR 3'", "no such message"),
        ("connect> '1> AUTH PLAIN' '1> *'", "cancelled"),
        ("connect> '1> AUTH PLAIN' '1> x!'", "no base64"),
    ],
)
def test_a_reason_that_the_octets_tell(lines: str, condition: str) -> None:
    """A code in the text, or what was said before, tells which of several reasons a refusal has (RFC 2449 §8)."""
    codes = "extension=2449 extension=3206 extension=5034"
    record = played(Scenario.parse(f"pop3 {codes} mail=alice:minimal -- {lines}"))
    last = replies(overheard(record), 1)[-1]
    assert [rule.rpartition("|")[2] for rule in claimed(last)] == [condition]
    assert value(replies(record, 1)[-1], "rule").endswith(condition)


def test_a_mark_that_was_taken_back() -> None:
    lines = ["C: DELE 1", "S: +OK", "C: RSET", "S: +OK", "C: RETR 1", "S: -ERR"]
    told = replies(dissection([talk.session(*lines)], pop3).timeline, 0)[-1]
    assert claimed(told) == ["TRANSACTION|RETR msg|no such message"]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(scenario=scenarios())
def test_octet_by_octet_gives_the_same_messages(scenario: Scenario) -> None:
    record = played(scenario)
    protocol = spoken(record.header)
    whole = conversations(record)
    one, other = (dissection([chopped(c, size) for c in whole], protocol).timeline for size in (1 << 20, 1))
    for layer in ("message", "session"):
        assert sorted(map(row, one.events(layer))) == sorted(map(row, other.events(layer)))


def row(event: Event) -> tuple[object, ...]:
    values = repr(sorted((event.values or {}).items()))
    return event.connection, event.endpoint, event.kind, event.start, event.end, event.time, values


def test_a_reply_that_was_cut_off_is_never_read() -> None:
    heard = overheard(session("cut in a reply"))
    last = replies(heard, 0)[-1]
    assert claimed(last) == ["TRANSACTION|RETR msg|message there"] and last.end == 500
    assert all(event.cause != last.index for event in heard.events("message", "Delivered"))
    assert moves(heard, 0)[-1].index < last.index


def test_the_connection_is_open_before_anything_is_said() -> None:
    heard = overheard(session("a whole session"))
    kinds = [event.kind for event in heard if event.endpoint == "server" and event.layer in ("stream", "message")]
    assert kinds[:2] == ["Opened", "Sent"] and kinds[-1] == "Closed"


def test_the_eavesdropper_stands_beside_the_server() -> None:
    record = session("a whole session")
    heard = overheard(record)
    arrived = [e.time for e in record.events("message", "Delivered") if e.endpoint == "server"]
    assert [e.time for e in heard.events("message", "Sent") if e.endpoint == "client"] == arrived
