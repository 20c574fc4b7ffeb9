"""Where not everything was seen, the true state is among those that the dissector leaves possible."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import pop3
from popsim.capture.conversation import Conversation, Piece
from popsim.capture.dissect import dissect, dissection
from popsim.capture.overhear import conversations
from popsim.protocols import spoken
from popsim.timeline import Timeline
from popsim.timeline.event import CLIENT, SERVER
from popsim.wire import Scenario
from tests.capture_dissect.sessions import claimed, moves, played, possible, replies, scenarios, value

SESSION = (
    "pop3 mail=alice:minimal -- 'USER alice' 'PASS secret' STAT LIST 'RETR 1' 'TOP 2 1' 'DELE 1' UIDL 'DELE 1' "
    "RSET NOOP QUIT"
)


def session(text: str = SESSION) -> tuple[Timeline, Conversation]:
    record = played(Scenario.parse(text))
    return record, conversations(record)[0]


def without(conversation: Conversation, dropped: set[int]) -> Conversation:
    """The same without some of its pieces."""
    kept = [piece for number, piece in enumerate(conversation.pieces) if number not in dropped]
    lost = [conversation.pieces[number] for number in sorted(dropped)]
    gaps = [(piece.endpoint, piece.start, piece.start + len(piece.octets)) for piece in lost]
    return replace(conversation, pieces=kept, segments=[], gaps=gaps)


def from_piece(conversation: Conversation, first: int) -> Conversation:
    """The same as of one of its pieces: the streams begin with what was seen first."""
    begins: dict[int, int] = {}
    pieces = []
    for piece in conversation.pieces[first:]:
        base = begins.setdefault(piece.endpoint, piece.start)
        pieces.append(replace(piece, start=piece.start - base))
    return replace(conversation, pieces=pieces, segments=[], begun=False)


def final(timeline: Timeline) -> list[str]:
    """The states that the server may be in at the end of what was said."""
    told = [event for event in moves(timeline, 0) if value(event, "state") is not None]
    if told:
        return possible(told[-1])
    initial = timeline.header["initial"]
    return list(initial.get("0.server.states") or [initial["0.server.state"]])


@pytest.mark.parametrize("first", range(26))
def test_a_capture_that_begins_in_mid_session(first: int) -> None:
    record, whole = session()
    heard = dissect([from_piece(whole, first)], pop3)
    assert heard.header["initial"]["0.connection"] == "open"
    true, found = replies(record, 0), replies(heard, 0)
    octets = [record.octets(event) for event in true]
    told = [heard.octets(event) for event in found]
    assert told == octets[len(octets) - len(told) :]
    for one, other in zip(reversed(true), reversed(found), strict=False):
        assert not claimed(other) or value(one, "rule") in claimed(other), (value(one, "rule"), claimed(other))
    if found:
        assert final(heard) == ["CLOSED"] if first < 24 else "CLOSED" in final(heard)
    for event in moves(heard, 0):
        assert set(possible(event)) <= {state.name for state in pop3.states}


def test_what_comes_later_tells_of_what_was_before() -> None:
    """A capture in which STAT is answered was in TRANSACTION already when the line before it was refused."""
    _, whole = session("pop3 mail=alice:minimal -- 'USER alice' 'PASS secret' FOO STAT")
    foo = next(n for n, piece in enumerate(whole.pieces) if piece.octets.startswith(b"FOO"))
    heard = dissect([from_piece(whole, foo)], pop3)
    assert claimed(replies(heard, 0)[0]) == ["TRANSACTION|unrecognized command|always"]
    assert heard.header["initial"]["0.server.state"] == "TRANSACTION"
    assert "0.server.states" not in heard.header["initial"]


def test_a_state_that_octets_do_not_determine() -> None:
    _, whole = session("pop3 mail=alice:minimal -- FOO BAR")
    foo = next(n for n, piece in enumerate(whole.pieces) if piece.octets.startswith(b"FOO"))
    heard = dissect([from_piece(whole, foo)], pop3)
    initial = heard.header["initial"]
    assert initial["0.server.states"] == ["AUTHORIZATION", "USER accepted", "TRANSACTION"]
    assert initial["0.server.state"] == "AUTHORIZATION or USER accepted or TRANSACTION"
    assert final(heard) == ["AUTHORIZATION", "TRANSACTION"]  # after a line that is no PASS no name is accepted
    assert value(moves(heard, 0)[-1], "state") == "AUTHORIZATION or TRANSACTION"
    assert claimed(replies(heard, 0)[-1]) == [
        "AUTHORIZATION|unrecognized command|always",
        "TRANSACTION|unrecognized command|always",
    ]


@pytest.mark.parametrize("silent", [CLIENT, SERVER])
@pytest.mark.parametrize("quits", [False, True])
def test_one_side_only(silent: int, quits: bool) -> None:
    record, whole = session(SESSION if quits else SESSION.removesuffix(" QUIT"))
    half = replace(whole, pieces=[p for p in whole.pieces if p.endpoint != silent], segments=[])
    heard = dissect([half], pop3)
    true = "CLOSED" if quits else "TRANSACTION"
    assert true in final(heard)
    if silent == CLIENT:
        assert [heard.octets(e) for e in replies(heard, 0)] == [record.octets(e) for e in replies(record, 0)]
        for one, other in zip(replies(record, 0), replies(heard, 0), strict=True):
            assert value(one, "rule") in claimed(other)
    else:
        lines = [heard.octets(e) for e in heard.events("message", "Sent")]
        assert b"".join(lines) == whole.stream(CLIENT) and len(lines) == 12 - (not quits)


@pytest.mark.parametrize("lost", range(1, 25))
def test_a_gap(lost: int) -> None:
    """One segment of a session in which each command waits for its answer was never seen."""
    record, whole = session()
    gone = whole.pieces[lost]
    heard = dissect([without(whole, {lost})], pop3)
    assert "CLOSED" in final(heard)
    octets = [record.octets(event) for event in replies(record, 0)]
    told = [heard.octets(event) for event in replies(heard, 0)]
    if gone.endpoint == SERVER:
        octets.remove(gone.octets)
    assert told == octets
    before = [event for event in heard if event.time < gone.time]
    assert all(value(event, "states") is None for event in before)


@pytest.mark.parametrize("lost", [3, 4, 7, 12, 13])
def test_a_gap_in_a_body(lost: int) -> None:
    """After it the dissector finds its place again, and says how many octets are missing."""
    record, whole = session("pop3 mail=alice:inbox mss=100 -- 'USER alice' 'PASS secret' 'RETR 1' 'RETR 2' STAT NOOP")
    number = next(n for n, piece in enumerate(whole.pieces) if piece.octets.startswith(b"RETR 1"))
    last = next(n for n, piece in enumerate(whole.pieces) if piece.octets.startswith(b"RETR 2")) - 1
    lost = min(number + lost, last)
    heard = dissect([without(whole, {lost})], pop3)
    body = replies(heard, 0)[3]
    assert value(body, "missing") == len(whole.pieces[lost].octets) or lost == last
    assert claimed(body) == ["TRANSACTION|RETR msg|message there"]
    assert len(replies(heard, 0)) == len(replies(record, 0))
    assert heard.octets(replies(heard, 0)[4]) == record.octets(replies(record, 0)[4])
    assert [heard.octets(e) for e in replies(heard, 0)][-2:] == [record.octets(e) for e in replies(record, 0)][-2:]
    assert final(heard) == ["TRANSACTION"]


@pytest.mark.parametrize("lost", range(1, 24))
def test_a_command_and_its_answer_are_missing(lost: int) -> None:
    """Whatever may have been said in the gap, the state after it is among the possible ones."""
    record, whole = session()
    found = dissection([without(whole, {lost, lost + 1})], pop3)
    assert [str(breach) for breach in found.breaches] == []
    assert "CLOSED" in final(found.timeline)
    true = {record.octets(event): value(event, "rule") for event in replies(record, 0)}
    for event in replies(found.timeline, 0):
        octets = found.timeline.octets(event)
        assert true[octets] in claimed(event)


def test_a_line_of_the_body_is_no_answer() -> None:
    """After a gap a line that looks like an answer is one only where the client has asked."""
    login = [(SERVER, b"+OK\r\n"), (CLIENT, b"USER a\r\n"), (SERVER, b"+OK\r\n"), (CLIENT, b"PASS b\r\n")]
    body = [(SERVER, b"+OK\r\n"), (CLIENT, b"RETR 1\r\n"), (SERVER, b"+OK\r\na\r\n"), (SERVER, b"b\r\n")]
    rest = [(SERVER, b"+OK it says\r\n.\r\n"), (CLIENT, b"NOOP\r\n"), (SERVER, b"+OK\r\n")]
    whole = spoken_in_turn([*login, *body, *rest])
    heard = dissect([without(whole, {7})])
    assert [heard.octets(event) for event in replies(heard, 0)][3:] == [
        b"+OK\r\na\r\n+OK it says\r\n.\r\n",
        b"+OK\r\n",
    ]


def test_an_answer_comes_after_the_whole_command() -> None:
    """What a server says in the middle of a line answers something else, or nothing."""
    whole = spoken_in_turn([(SERVER, b"+OK\r\n"), (CLIENT, b"NO"), (SERVER, b"-ERR bye\r\n"), (CLIENT, b"OP\r\n")])
    found = dissection([whole])
    wrong = [breach for breach in found.breaches if breach.endpoint == "server"]
    assert [(breach.octets, breach.reference) for breach in wrong] == [(b"-ERR bye\r\n", "RFC 1939 §3")]


def spoken_in_turn(said: list[tuple[int, bytes]]) -> Conversation:
    starts = [0, 0]
    pieces = []
    for number, (end, octets) in enumerate(said):
        pieces.append(Piece(number, end, starts[end], octets))
        starts[end] += len(octets)
    return Conversation("a", "b", 110, pieces, ending="closed")


@settings(derandomize=True, deadline=None, max_examples=80)
@given(scenario=scenarios(), data=st.data())
def test_whatever_is_missing_nothing_fails(scenario: Scenario, data: st.DataObject) -> None:
    record = played(scenario)
    whole = conversations(record)[0]
    dropped = data.draw(st.sets(st.integers(0, max(len(whole.pieces) - 1, 0)), max_size=6)) if whole.pieces else set()
    part = without(whole, dropped)
    if data.draw(st.booleans()):
        part = from_piece(part, data.draw(st.integers(0, len(part.pieces))))
    heard = dissection([part], spoken(record.header)).timeline
    assert heard.stream(0, "server") == part.stream(SERVER) and heard.stream(0, "client") == part.stream(CLIENT)


def test_pieces_of_one_time() -> None:
    """Where all has the same time, the order of the pieces counts."""
    said = [
        (SERVER, b"+OK\r\n"),
        (CLIENT, b"CAPA\r\n"),
        (SERVER, b"+OK\r\nTOP\r\n.\r\n"),
        (CLIENT, b"QUIT\r\n"),
        (SERVER, b"+OK\r\n"),
    ]
    whole = spoken_in_turn(said)
    heard = dissect([replace(whole, pieces=[replace(piece, time=5) for piece in whole.pieces])])
    assert [value(e, "state") for e in moves(heard, 0)] == ["AUTHORIZATION", "CLOSED"]
    assert [heard.octets(e) for e in replies(heard, 0)] == [said[0][1], said[2][1], said[4][1]]
