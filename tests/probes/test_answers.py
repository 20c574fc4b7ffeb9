"""Who is answered: tags in any order, data at any time, and an end of waiting that crosses with news."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.client import ClientEngine
from popsim.engine.response import Response
from popsim.protocols.model import Reader
from popsim.timeline import Observer, Recorder, Timeline
from popsim.timeline.event import CLIENT
from tests.probes import tagged
from tests.probes.shuttle import WHOLE, Shuttle
from tests.probes.tagged import TAGGED, TaggedService

PIECES = pytest.mark.parametrize("piece", [1, 3, WHOLE])


def asked(*lines: str) -> ClientEngine:
    """A client that has been greeted, and has sent these lines."""
    client = ClientEngine(TAGGED)
    client.receive(b"* OK ready\r\n")
    for line in lines:
        client.request(line)
    return client


def heard(client: ClientEngine, octets: bytes, piece: int = WHOLE) -> list[Response]:
    """What a client hears in octets that come in pieces."""
    size = min(piece, len(octets))
    return [r for start in range(0, len(octets), size) for r in client.receive(octets[start : start + size])]


def told(answers: list[Response]) -> list[tuple[str, bytes, tuple[bytes, ...]]]:
    """Of each answer: the command that it is for, its text, and its data."""
    return [(a.request.keyword if a.request else "", a.text, a.untagged) for a in answers]


@PIECES
def test_several_commands_at_once_are_answered_in_order(piece: int) -> None:
    shuttle = Shuttle(TAGGED, TaggedService(b"x\r\n"), piece)
    for line in ("a LOGIN alice secret", "b NOOP", "c FETCH 2", "d APPEND {2+}\r\nhi", "d NOOP", "e LOGOUT"):
        shuttle.client.request(line)
    answers = shuttle.carry()
    assert told(answers) == [
        ("LOGIN", b"LOGIN completed", ()),
        ("NOOP", b"nothing done", ()),
        ("FETCH", b"FETCH completed", (b"2 FETCH (BODY[] {3}\r\nx\r\n FLAGS ())",)),
        ("APPEND", b"APPEND completed", (b"3 EXISTS",)),
        ("NOOP", b"nothing done", ()),
        ("LOGOUT", b"gone", (b"BYE",)),
    ]
    assert shuttle.states == ("CLOSED", "CLOSED") and shuttle.client.waiting == 0
    shuttle.check_causes()


@PIECES
def test_answers_find_their_commands_by_their_tags(piece: int) -> None:
    client = asked("a NOOP", "b NOOP", "c FETCH 1", "b LOGOUT")
    octets = b"* 3 EXISTS\r\nc OK third\r\nb OK second\r\nz OK whose?\r\n* BYE\r\nb OK fourth\r\na OK first\r\n"
    answers = heard(client, octets, piece)
    assert told(answers) == [
        ("FETCH", b"third", (b"3 EXISTS",)),
        ("NOOP", b"second", ()),
        ("", b"z OK whose?", ()),
        ("LOGOUT", b"fourth", (b"BYE",)),
        ("NOOP", b"first", ()),
    ]
    assert client.waiting == 0


def test_a_tag_is_a_tag_whatever_it_looks_like() -> None:
    client = asked("OK NOOP", "BAD NOOP", "A NOOP")
    assert told(heard(client, b"a OK x\r\nA OK 1\r\nBAD OK 2\r\nOK BAD 3\r\n")) == [
        ("", b"a OK x", ()), ("NOOP", b"1", ()), ("NOOP", b"2", ()), ("NOOP", b"3", ()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "reply", "text"),
    [
        (b"a OK", tagged.OK, b""),
        (b"a OK ", tagged.OK, b""),
        (b"a OK  x", tagged.OK, b" x"),
        (b"a OKAY x", None, b"OKAY x"),
        (b"a ok x", None, b"ok x"),
        (b"a", None, b""),
    ],
)
def test_how_a_tagged_line_is_read(line: bytes, reply: object, text: bytes) -> None:
    (answer,) = heard(asked("a NOOP"), line + b"\r\n")
    assert (answer.reply, answer.text) == (reply, text) and answer.request


@PIECES
def test_what_asks_for_more_is_for_who_can_be_asked(piece: int) -> None:
    client = asked("a LOGIN alice secret", "b NOOP", "c APPEND {3}", "d NOOP")
    answers = heard(client, b"+ go on\r\na OK\r\nb OK\r\n", piece)
    assert [(a.request.keyword if a.request else "", a.reader) for a in answers] == [
        ("APPEND", Reader.LITERAL), ("LOGIN", None), ("NOOP", None),
    ]  # fmt: skip
    assert client.waiting == 1 and not client.exchange_open
    heard(client, b"d OK\r\n")
    assert client.exchange_open
    client.carry_on(b"abc\r\n")
    assert [a.positive for a in heard(client, b"c OK\r\n")] == [True] and not client.exchange_open


def test_nobody_is_asked_where_nobody_can_be() -> None:
    client = asked("a NOOP")
    (stray,) = heard(client, b"+ go on\r\n")
    assert (stray.request, stray.reply, stray.reader) == (None, tagged.GO_ON, None)
    assert client.waiting == 1 and not client.exchange_open


@PIECES
def test_a_line_without_a_tag_has_its_answer_too(piece: int) -> None:
    shuttle = Shuttle(TAGGED, TaggedService(), piece)
    shuttle.client.request("\x00")
    shuttle.client.request("a NOOP")
    bad, fine = shuttle.carry()
    assert (bad.reply, bad.request and bad.request.tag) == (tagged.BAD, b"*")
    assert bad.text.startswith(b"a command opens with a tag") and fine.positive
    assert shuttle.client.waiting == 0


@pytest.mark.parametrize(
    ("greeting", "state", "text", "untagged"),
    [
        (b"* OK hello", "not authenticated", b"hello", ()),
        (b"* HELLO you", "START", b"", (b"HELLO you",)),
        (b"* BAD go away", "START", b"", (b"BAD go away",)),
        (b"220 hello", "START", b"220 hello", ()),
    ],
)
def test_a_greeting_has_no_tag(greeting: bytes, state: str, text: bytes, untagged: tuple[bytes, ...]) -> None:
    client = ClientEngine(TAGGED)
    (answer,) = heard(client, greeting + b"\r\n")
    assert answer.request and (answer.text, answer.untagged, client.state.name) == (text, untagged, state)
    assert client.waiting == 0


# Data at any time


@PIECES
def test_data_belongs_to_the_answer_behind_it_or_stands_alone(piece: int) -> None:
    client = asked()
    assert told(heard(client, b"* 4 EXISTS\r\n* 1 RECENT\r\n", piece)) == [
        ("", b"", (b"4 EXISTS",)), ("", b"", (b"1 RECENT",)),
    ]  # fmt: skip
    client.request("a NOOP")
    client.request("b NOOP")
    assert told(heard(client, b"* 5 EXISTS\r\n* 1 EXPUNGE\r\na OK\r\n* 6 EXISTS\r\nb OK\r\n* 7 EXISTS\r\n", piece)) == [
        ("NOOP", b"", (b"5 EXISTS", b"1 EXPUNGE")), ("NOOP", b"", (b"6 EXISTS",)), ("", b"", (b"7 EXISTS",)),
    ]  # fmt: skip


LITERALS = st.tuples(st.lists(st.binary(max_size=12), max_size=3), st.sampled_from([b")", b"", b" FLAGS ())", b"{x}"]))
LINES = st.lists(LITERALS, max_size=6).map(
    lambda lines: [b"1 FETCH (" + b" ".join(b"{%d}\r\n%b" % (len(t), t) for t in texts) + end for texts, end in lines]
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(LINES, st.integers(1, 50))
def test_lines_of_data_may_hold_literals_anywhere(lines: list[bytes], piece: int) -> None:
    octets = b"".join(b"* " + line + b"\r\n" for line in lines) + b"a OK done\r\n"
    (answer,) = heard(asked("a FETCH 1"), octets, piece)
    assert answer.untagged == tuple(lines) and answer.positive


def test_a_text_that_looks_like_an_announcement_is_none() -> None:
    """A status has a text, and no literal is in it (RFC 3501 §9: resp-text)."""
    client = asked("a NOOP", "b NOOP")
    answers = heard(client, b"* OK look: {5}\r\na OK and {9}\r\nb OK\r\n")
    assert told(answers) == [("NOOP", b"and {9}", (b"OK look: {5}",)), ("NOOP", b"", ())]


def test_a_thousand_lines_are_joined_whatever_the_cut() -> None:
    lines = [b"%d FETCH (FLAGS (%b))" % (n, b"\\Seen" * (n % 2)) for n in range(1, 1001)]
    lines[500] = b"501 FETCH (BODY[] {6}\r\nb OK\r\n)"
    octets = b"".join(b"* " + line + b"\r\n" for line in lines) + b"a OK done\r\n"
    for piece in (WHOLE, 1460, 1):
        (answer,) = heard(asked("a FETCH 1"), octets, piece)
        assert answer.untagged == tuple(lines)


# The end of waiting crosses with news


def idling(piece: int = WHOLE) -> tuple[Shuttle, TaggedService]:
    service = TaggedService()
    shuttle = Shuttle(TAGGED, service, piece)
    shuttle.say("a LOGIN alice secret")
    assert shuttle.say("b IDLE").reader is Reader.LINE
    return shuttle, service


def news(shuttle: Shuttle, service: TaggedService) -> None:
    """One message more comes into the mailbox, and the server says so; nothing is carried yet."""
    service.count += 1
    shuttle.server.news()


@PIECES
@pytest.mark.parametrize("crosses", [False, True], ids=["news first", "on its way"])
def test_news_that_is_under_way_when_the_waiting_ends(crosses: bool, piece: int) -> None:
    shuttle, service = idling(piece)
    news(shuttle, service)
    alone = [] if crosses else shuttle.carry()
    shuttle.client.carry_on(b"DONE\r\n")
    answers = alone + shuttle.carry()
    if crosses:
        assert told(answers) == [("IDLE", b"IDLE completed", (b"3 EXISTS",))]
    else:
        assert told(answers) == [("", b"", (b"3 EXISTS",)), ("IDLE", b"IDLE completed", ())]
    assert shuttle.states == ("selected", "selected") and shuttle.client.waiting == 0
    assert shuttle.say("c NOOP").positive
    shuttle.check_causes()


@PIECES
def test_the_client_may_end_the_waiting_after_any_news(piece: int) -> None:
    shuttle, service = idling(piece)
    for _ in range(3):
        news(shuttle, service)
        assert [a.untagged for a in shuttle.carry()] == [(b"%d EXISTS" % service.count,)]
        assert shuttle.client.exchange_open
    assert shuttle.go_on(b"DONE\r\n").text == b"IDLE completed" and not shuttle.client.exchange_open
    shuttle.check_causes()


@PIECES
def test_a_command_that_was_sent_too_early_ends_the_waiting(piece: int) -> None:
    shuttle, _ = idling(piece)
    answer = shuttle.say("c NOOP")
    assert (answer.reply, answer.request and answer.request.tag) == (tagged.BAD, b"b")
    assert shuttle.states == ("selected", "selected") and shuttle.client.waiting == 0


def test_the_server_may_end_the_waiting_itself() -> None:
    shuttle, _ = idling()
    (answer,) = shuttle.client.receive(b"b OK enough\r\n")
    assert (answer.text, shuttle.client.state.name, shuttle.client.exchange_open) == (b"enough", "selected", False)


@PIECES
def test_what_is_said_in_one_breath_and_heard_as_two_has_one_cause(piece: int) -> None:
    """Two lines of data that nobody asked for are one message of the server and two of the client."""
    recorder = Recorder({})
    client = Observer(recorder, 0, CLIENT)
    client._coming.extend([(24, 7), (30, 8)])
    engine = ClientEngine(TAGGED, client)
    heard(engine, b"* OK ready\r\n* 3 EXISTS\r\n", piece)
    heard(engine, b"* B C\r\n"[:6], piece)
    assert [(e.start, e.end, e.cause) for e in Timeline(recorder).events("message")] == [(0, 12, 7), (12, 24, 7)]
