"""Literals, both ways, asked for or not: whole, octet by octet, and in noise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.client import ClientEngine
from popsim.protocols.model import Reader
from popsim.timeline.event import CLIENT, SERVER
from tests.probes import tagged
from tests.probes.literal_scene import fed, selected
from tests.probes.shuttle import WHOLE, Shuttle
from tests.probes.tagged import TAGGED, TaggedService

NASTY = b"a OK not yet\r\n* 9 EXISTS\r\n+ go on\r\n)\r\n{3}"
"""A literal that looks like everything else."""


def said(shuttle: Shuttle, end: str, kind: str) -> list[bytes]:
    """The messages that one end has sent or read."""
    return [shuttle.timeline.octets(e) for e in shuttle.timeline.events("message", kind) if e.endpoint == end]


# Both ways


@pytest.mark.parametrize("piece", [1, 2, 5, WHOLE])
def test_literals_cross_both_ways(piece: int) -> None:
    service = TaggedService(NASTY)
    shuttle = selected(piece, service)
    assert shuttle.say("b FETCH 1").untagged == (b"1 FETCH (BODY[] {%d}\r\n%b FLAGS ())" % (len(NASTY), NASTY),)
    asked = shuttle.say(b"c APPEND {%d}" % len(NASTY))
    assert (asked.reply, asked.reader, asked.text) == (tagged.GO_ON, Reader.LITERAL, b"go on")
    done = shuttle.go_on(NASTY + b"\r\n")
    assert (done.reply, done.text, done.untagged) == (tagged.OK, b"APPEND completed", (b"3 EXISTS",))
    assert done.request and (done.request.trigger, done.request.arguments) == (tagged.APPEND, (NASTY,))
    assert service.appended == [NASTY] and shuttle.client.waiting == 0


@pytest.mark.parametrize("piece", [1, 3, WHOLE])
def test_a_command_may_hold_several_and_moves_both_ends_when_it_is_whole(piece: int) -> None:
    shuttle = Shuttle(TAGGED, TaggedService(), piece)
    first = shuttle.say("a LOGIN {5}")
    assert first.reader is Reader.LITERAL and shuttle.states == ("not authenticated", "not authenticated")
    second = shuttle.go_on(b"alice {6}\r\n")
    assert second.reader is Reader.LITERAL and second.request is not None
    assert second.request.arguments[1] == b"LOGIN {5}\r\nalice {6}"
    done = shuttle.go_on(b"secret\r\n")
    assert done.positive and shuttle.states == ("selected", "selected")
    assert done.request and done.request.arguments == (b"alice", b"secret")
    assert shuttle.sent(SERVER).endswith(b"+ go on\r\n+ go on\r\na OK LOGIN completed\r\n")


@pytest.mark.parametrize("piece", [1, 3, WHOLE])
def test_what_does_not_wait_is_one_command_in_one_request(piece: int) -> None:
    shuttle = Shuttle(TAGGED, TaggedService(), piece)
    done = shuttle.say("a LOGIN {5+}\r\nalice {6+}\r\nsecret")
    assert done.positive and shuttle.client.waiting == 0 and shuttle.states == ("selected", "selected")
    assert done.request and done.request.arguments == (b"alice", b"secret")
    assert shuttle.sent(SERVER) == b"* OK probe ready\r\na OK LOGIN completed\r\n"


def test_each_piece_of_a_command_is_a_message_and_so_is_each_answer() -> None:
    shuttle = selected()
    shuttle.say("b LOGIN {1}")
    shuttle.say("c APPEND {2+}\r\nhi")
    shuttle.say("d APPEND {2}")
    shuttle.go_on(b"hi\r\n")
    pieces = [b"c APPEND {2+}\r\n", b"hi\r\n", b"d APPEND {2}\r\n", b"hi\r\n"]
    assert said(shuttle, "client", "Sent")[-4:] == said(shuttle, "server", "Delivered")[-4:] == pieces
    answers = [b"* 3 EXISTS\r\nc OK APPEND completed\r\n", b"+ go on\r\n", b"* 4 EXISTS\r\nd OK APPEND completed\r\n"]
    assert said(shuttle, "server", "Sent")[-3:] == said(shuttle, "client", "Delivered")[-3:] == answers
    shuttle.check_causes()


def test_the_pieces_of_a_literal_may_be_of_any_size() -> None:
    shuttle = selected()
    shuttle.say("b APPEND {10}")
    for piece in (b"abc", b"defg\r\n", b"h"):
        shuttle.client.carry_on(piece)
        assert shuttle.carry() == [] and shuttle.client.exchange_open and not shuttle.client.waiting
    assert shuttle.go_on(b"\r\n").positive and not shuttle.client.exchange_open
    shuttle.client.request("c APPEND {4+}")
    assert shuttle.carry() == [] and shuttle.client.exchange_open
    assert shuttle.go_on(b"abcd\r\n").positive


def test_a_literal_of_no_octets_is_waited_for_like_any_other() -> None:
    service = TaggedService()
    shuttle = selected(service=service)
    assert shuttle.say("b APPEND {0}").reader is Reader.LITERAL
    assert shuttle.go_on(b"\r\n").positive
    assert shuttle.say("c APPEND {0+}\r\n").positive
    assert service.appended == [b"", b""]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=3), st.integers(1, 60))
def test_any_literal_in_any_pieces(texts: list[tuple[bytes, bool]], piece: int) -> None:
    service = TaggedService()
    shuttle = selected(piece, service)
    for text, waits in texts:
        service.text = text
        (data,) = shuttle.say("b FETCH 7").untagged[:1]
        assert data == b"7 FETCH (BODY[] {%d}\r\n%b FLAGS ())" % (len(text), text)
        if waits:
            shuttle.say(b"c APPEND {%d}" % len(text))
            assert shuttle.go_on(text + b"\r\n").positive
        else:
            assert shuttle.say(b"c APPEND {%d+}\r\n%b" % (len(text), text)).positive
    assert service.appended == [text for text, _ in texts]
    shuttle.check_causes()


def test_octets_that_nobody_asked_for_are_the_literals_all_the_same() -> None:
    """A client that does not wait: the server asks, and has what it asks for already."""
    shuttle = Shuttle(TAGGED, TaggedService())
    shuttle.client.request("a LOGIN {5}\r\nalice {6}\r\nsecret")
    shuttle.client.request("b NOOP")
    answers = shuttle.carry()
    assert [a.reply for a in answers] == [tagged.GO_ON, tagged.GO_ON, tagged.OK, tagged.OK]
    assert shuttle.client.waiting == 0 and shuttle.states == ("selected", "selected")
    assert not shuttle.client.exchange_open


# Noise

WORDS = st.sampled_from(
    [b"a ", b"b ", b"LOGIN ", b"APPEND ", b"{3}", b"{3+}", b"{0}", b"{0+}", b"{99+}", b"\r\n", b"\r\n", b"\n", b"xyz",
     b"alice", b" ", b"IDLE\r\n", b"DONE\r\n", b"NOOP\r\n", b"{5001}\r\n", b"+ ", b"* ", b"OK ", b"BAD ", b"\xff\x00"]
)  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(WORDS | st.binary(max_size=5), max_size=40), st.integers(1, 30), st.booleans())
def test_noise_never_raises_and_sees_no_cuts(words: list[bytes], piece: int, pipelining: bool) -> None:
    octets = b"".join(words)
    sent = []
    for size in (piece, 1) if not pipelining else (piece, 1, WHOLE):
        service = TaggedService()
        service.pipelining = pipelining
        sent.append(fed(octets, size, service))
    assert len(set(sent)) == 1 or not pipelining
    for size in (piece, 1):
        client = ClientEngine(TAGGED)
        for word in words[::3]:
            client.request(word)
            if client.exchange_open:
                client.carry_on(word)
        for start in range(0, len(octets), size):
            client.receive(octets[start : start + size])
        client.lost()
        assert client.closed


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(st.lists(WORDS, max_size=8).map(b"".join), max_size=8))
def test_both_ends_agree_whatever_is_said(lines: list[bytes]) -> None:
    """A waiting client: it carries on where it is asked to, and otherwise sends commands."""
    shuttle = selected()
    for line in lines:
        if shuttle.client.exchange_open:
            shuttle.go_on(line + b"\r\n")
        else:
            shuttle.say(line)
        assert shuttle.states[0] == shuttle.states[1]
    assert shuttle.sent(CLIENT).endswith(b"\r\n")
    shuttle.check_causes()
