"""Sessions of POP2, IMAP and SMTP of which not everything was seen: the true state is always among the possible ones.

Whatever two ends say, nothing is raised, and no octet is invented or dropped.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.capture.conversation import Conversation, Piece
from popsim.capture.dissect import dissect, dissection
from popsim.capture.overhear import conversations, spoken_in
from popsim.timeline.event import CLIENT, SERVER
from popsim.views.player import player
from popsim.views.transcript import transcript
from popsim.wire import Scenario
from tests.capture_dissect import family
from tests.capture_dissect.sessions import moves, played, possible, replies, value
from tests.capture_dissect.test_partial import final, from_piece, without

SESSIONS = {
    "imap": "imap extension=7888 extension=2177 mail=alice:minimal -- 'a1 CAPABILITY' 'a2 LOGIN alice secret' "
    "'a3 SELECT INBOX' 'a4 FETCH 1:2 BODY[]' 'a5 STORE 1 +FLAGS (\\\\Deleted)' 'a6 APPEND INBOX {10}' '12345678\\r\\n' "
    "'a7 IDLE' DONE 'a8 EXPUNGE' 'a9 NOOP' 'b1 LOGOUT'",
    "smtp": "smtp extension=4954 mail=alice:minimal -- 'EHLO a.example' 'AUTH PLAIN' AGFsaWNlAHNlY3JldA== "
    "'MAIL FROM:<a@b.example>' 'RCPT TO:<alice@popsim.example>' DATA 'Subject: x' '' 'hello there' . NOOP HELP QUIT",
    "pop2": "pop2 mail=alice:minimal -- 'HELO alice secret' READ RETR ACKS RETR ACKD 'FOLD INBOX' 'READ 1' RETR NACK "
    "RETR ACKS QUIT",
}
ENDS = {"imap": "CLOSED", "smtp": "CLOSED", "pop2": "CLOSED"}


@pytest.mark.parametrize("name", sorted(SESSIONS))
def test_the_whole_of_them_is_determined(name: str) -> None:
    record = played(Scenario.parse(SESSIONS[name]))
    heard = dissection(conversations(record), spoken_in(record)).timeline
    states = [value(event, "state") for event in moves(heard, 0)]
    assert states == [value(event, "state") for event in moves(record, 0)]


@pytest.mark.parametrize("name", sorted(SESSIONS))
def test_a_capture_that_begins_in_mid_session(name: str) -> None:
    record = played(Scenario.parse(SESSIONS[name]))
    whole, protocol = conversations(record)[0], spoken_in(record)[0]
    for first in range(1, len(whole.pieces) - 1):
        heard = dissect([from_piece(whole, first)], protocol)
        assert ENDS[name] in final(heard), first
        for event in moves(heard, 0):
            true = [value(other, "state") for other in moves(record, 0) if other.time == event.time]
            before = [value(other, "state") for other in moves(record, 0) if other.time < event.time]
            assert set(true or before[-1:]) & set(possible(event)), (first, event)


@pytest.mark.parametrize("name", sorted(SESSIONS))
def test_a_gap(name: str) -> None:
    """Some of the segments of a session in which each command waits for its answer were never seen."""
    record = played(Scenario.parse(SESSIONS[name]))
    whole, protocol = conversations(record)[0], spoken_in(record)[0]
    for lost in range(1, len(whole.pieces) - 1):
        heard = dissect([without(whole, {lost})], protocol)
        assert ENDS[name] in final(heard), lost
        seen = b"".join(heard.octets(event) for event in replies(heard, 0))
        pieces = [p.octets for n, p in enumerate(whole.pieces) if n != lost and p.endpoint == SERVER]
        assert seen == b"".join(pieces)


@pytest.mark.parametrize("name", sorted(SESSIONS))
@pytest.mark.parametrize("silent", [CLIENT, SERVER])
def test_one_side_only(name: str, silent: int) -> None:
    record = played(Scenario.parse(SESSIONS[name]))
    whole, protocol = conversations(record)[0], spoken_in(record)[0]
    half = replace(whole, pieces=[p for p in whole.pieces if p.endpoint != silent], segments=[])
    heard = dissect([half], protocol)
    ends = ("client", "server")
    assert heard.wire(0, ends[1 - silent]) == whole.stream(1 - silent) and ENDS[name] in final(heard)


def test_a_literal_with_a_gap_in_it() -> None:
    """Its length was told, so its end is known, and what comes behind it is read as if nothing were missing."""
    text = "imap mss=40 mail=alice:minimal -- 'a LOGIN alice secret' 'b SELECT INBOX' 'c FETCH 1 BODY[]' 'd NOOP'"
    record = played(Scenario.parse(text))
    whole = conversations(record)[0]
    first = next(n for n, piece in enumerate(whole.pieces) if b"* 1 FETCH" in piece.octets)
    heard = dissect([without(whole, {first + 1})], spoken_in(record)[0])
    body = next(event for event in replies(heard, 0) if b"* 1 FETCH" in heard.octets(event))
    assert value(body, "missing") == 40 and heard.octets(body).endswith(b"\r\n")
    assert value(body, "reply") == "OK" and len(replies(heard, 0)) == len(replies(record, 0))


def test_a_text_whose_beginning_was_not_seen() -> None:
    record = played(Scenario.parse(SESSIONS["smtp"]))
    whole = conversations(record)[0]
    first = next(n for n, piece in enumerate(whole.pieces) if piece.octets.startswith(b"hello"))
    heard = dissect([from_piece(whole, first)], spoken_in(record)[0])
    lines = [heard.octets(event) for event in heard.events("message", "Delivered") if event.endpoint == "server"]
    assert lines == [b"hello there\r\n.\r\n", b"NOOP\r\n", b"HELP\r\n", b"QUIT\r\n"]
    assert heard.header["initial"]["0.server.state"] == "TEXT"


WORDS = [
    b"* ", b"+ ", b"a1 ", b"OK ", b"NO", b"BAD", b"BYE", b"* 1 EXISTS\r\n", b"* 1 FETCH (BODY[] {3}\r\n", b"{3}\r\n",
    b"{3+}\r\n", b"{999999}\r\n", b"* OK [READ-ONLY]", b"250-a\r\n", b"250 ok\r\n", b"354 go\r\n", b"334 \r\n",
    b"999 \r\n", b".\r\n", b"\r\n", b"\n", b"=5\r\n", b"=0\r\n", b"#2\r\n", b"- no\r\n", b"+ POP2\r\n", b"\0\xff",
    b"220 \r\n", b"\x16\x03\x01",
]  # fmt: skip


@st.composite
def noise(draw: st.DrawFn) -> tuple[str, list[Conversation]]:
    name = draw(st.sampled_from(sorted(family.SPEECHES)))
    lines = [line.encode() + b"\r\n" for line in family.SPEECHES[name].lines]
    octets = st.lists(st.sampled_from([*WORDS, *lines]) | st.binary(max_size=4), max_size=4).map(b"".join)
    pieces, places, now = [], [0, 0], 0
    for _ in range(draw(st.integers(0, 12))):
        end, said = draw(st.integers(0, 1)), draw(octets)
        places[end] += draw(st.sampled_from([0, 0, 0, 0, 7]))
        now += draw(st.sampled_from([0, 1000]))
        pieces.append(Piece(now, end, places[end], said))
        places[end] += len(said)
    gaps = [(end, places[end], places[end] + 5) for end in (CLIENT, SERVER) if draw(st.integers(0, 5)) == 0]
    ending = draw(st.sampled_from(["", "closed", "reset"]))
    port = draw(st.sampled_from([25, 109, 143, 5000]))
    return name, [Conversation("a", "b", port, pieces, gaps=gaps, begun=draw(st.booleans()), ending=ending)]


@settings(derandomize=True, deadline=None, max_examples=300)
@given(said=noise(), told=st.booleans())
def test_nothing_fails(said: tuple[str, list[Conversation]], told: bool) -> None:
    from popsim.protocols import find

    name, several = said
    found = dissection(several, find(name).extended() if told else None)
    timeline = found.timeline
    for end, who in ((CLIENT, "client"), (SERVER, "server")):
        assert timeline.wire(0, who) == several[0].stream(end)
        own = [event for event in timeline.events("message", "Sent") if event.endpoint == who]
        if found.protocols[0]:
            assert b"".join(timeline.octets(event) for event in own) == timeline.stream(0, who)
    times = [event.time for event in timeline]
    assert times == sorted(times) and all(event.cause < event.index for event in timeline)
    assert all(str(breach) and breach.reference.startswith("RFC ") for breach in found.breaches)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(said=noise())
def test_every_view_shows_it(said: tuple[str, list[Conversation]]) -> None:
    from popsim.protocols import find

    timeline = dissection(said[1], find(said[0]).extended()).timeline
    assert str(transcript(timeline)) is not None and str(player(timeline))
