"""Whatever two ends say, nothing is raised, no octet is invented or dropped, and the work is bounded by the octets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import pop3
from popsim.capture.conversation import Conversation, Piece
from popsim.capture.dissect import dissection
from popsim.capture.dissect_stream import Side
from popsim.timeline.event import CLIENT, SERVER
from popsim.views.ladder import ladder
from popsim.views.player import player
from popsim.views.transcript import transcript
from tests.capture_dissect.sessions import LINES
from tests.capture_dissect.talk import GREETING, LOGIN, session

WORDS = [
    b"+OK",
    b"-ERR",
    b"+ ",
    b"+ok",
    b"\r\n",
    b"\r\n",
    b"\n",
    b".\r\n",
    b"\r\n.\r\n",
    b"..",
    b"\0",
    b"\x16\x03\x01",
    b"1 20",
]
OCTETS = st.lists(
    st.sampled_from([*WORDS, *(line.encode() + b"\r\n" for line in LINES)]) | st.binary(max_size=4), max_size=5
).map(b"".join)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """What may be said, with gaps, at any times, in any order."""
    places = [0, 0]
    pieces = []
    now = 0
    for _ in range(draw(st.integers(0, 14))):
        end, octets = draw(st.integers(0, 1)), draw(OCTETS)
        places[end] += draw(st.sampled_from([0, 0, 0, 0, 7]))
        now += draw(st.sampled_from([0, 1000]))
        pieces.append(Piece(now, end, places[end], octets))
        places[end] += len(octets)
    more = [(end, places[end], places[end] + 5) for end in (CLIENT, SERVER) if draw(st.integers(0, 5)) == 0]
    ending = draw(st.sampled_from(["", "closed", "reset"]))
    return Conversation("a", "b", 110, pieces, gaps=more, begun=draw(st.booleans()), ending=ending)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(several=st.lists(conversations(), min_size=1, max_size=2), told=st.booleans())
def test_nothing_fails(several: list[Conversation], told: bool) -> None:
    found = dissection(several, pop3.extended() if told else None)
    timeline = found.timeline
    for number, one in enumerate(several):
        for end, name in ((CLIENT, "client"), (SERVER, "server")):
            assert timeline.wire(number, name) == one.stream(end)
            said = [
                event
                for event in timeline.events("message", "Sent")
                if (event.connection, event.endpoint) == (number, name)
            ]
            assert "".join(timeline.octets(event).decode("latin-1") for event in said) == timeline.stream(
                number, name
            ).decode("latin-1")
    times = [event.time for event in timeline]
    assert times == sorted(times)
    assert all(event.cause < event.index for event in timeline)
    assert all(str(breach) and breach.reference.startswith("RFC ") for breach in found.breaches)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(one=conversations())
def test_every_view_shows_it(one: Conversation) -> None:
    timeline = dissection([one]).timeline
    for view in (transcript(timeline), ladder(timeline), player(timeline)):
        assert str(view) is not None


def test_no_octet_is_searched_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand answers without their ends, and then one end: where the next lone dot stands is looked for once."""
    searched: list[int] = []
    search = Side._find_dot

    def counted(side: Side, start: int) -> tuple[int, int]:
        searched.append(start)
        return search(side, start)

    monkeypatch.setattr(Side, "_find_dot", counted)
    lines: list[str | tuple[str, bytes]] = []
    for _ in range(1_000):
        lines += ["C: LIST", "S: +OK"]
    found = dissection([session(*lines, "C: NOOP", ("S", b".\r\n"))], pop3)
    assert len(found.timeline.events("message", "Sent")) > 2_000
    assert len(searched) <= 4


def test_a_long_line_and_a_long_body() -> None:
    body = b"+OK\r\n" + b"x" * 3_000_000 + b"\r\n" + b"y\r\n" * 300_000 + b".\r\n"
    found = dissection([session("C: RETR 1", ("S", body), ("C", b"z" * 2_000_000), ("C", b"\r\n"), "S: -ERR")])
    assert found.breaches[0].reference == "RFC 2449 §4" and len(found.timeline.events("message", "Sent")) == 9
    assert len([GREETING, *LOGIN]) + 4 == 9
