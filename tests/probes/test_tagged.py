"""Tags, untagged data, a waiting state and literals: the model's shapes for a protocol like IMAP."""

from __future__ import annotations

import pytest

from popsim.engine.response import Response
from popsim.engine.server import ServerEngine
from popsim.protocols.audit import audit
from popsim.protocols.model import CLOSED, Reader
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import SERVER
from tests.probes import tagged
from tests.probes.shuttle import WHOLE, Shuttle
from tests.probes.tagged import BARE, TAGGED, TaggedService


def deliver(shuttle: Shuttle, service: TaggedService) -> list[Response]:
    """One message more comes into the mailbox; what the client hears of it at once."""
    service.count += 1
    shuttle.server.news()
    return shuttle.carry()


def selected(piece: int = WHOLE, text: bytes = b"") -> tuple[Shuttle, TaggedService]:
    service = TaggedService(text)
    shuttle = Shuttle(TAGGED, service, piece)
    assert shuttle.say("a LOGIN alice secret").positive
    return shuttle, service


@pytest.mark.parametrize("protocol", [TAGGED, BARE], ids=str)
def test_the_table_is_sound_with_and_without_the_extension(protocol: Protocol) -> None:
    assert [str(finding) for finding in audit(protocol)] == []


def test_an_extension_adds_its_rows() -> None:
    assert [form for form in TAGGED.forms if form not in BARE.forms] == [tagged.IDLE]
    assert tagged.IDLING in TAGGED.states and tagged.IDLING not in BARE.states
    shuttle = Shuttle(BARE, TaggedService())
    shuttle.say("a LOGIN alice secret")
    assert shuttle.say("b IDLE").reply is tagged.BAD


@pytest.mark.parametrize("piece", [1, 3, WHOLE])
def test_a_session_octet_for_octet(piece: int) -> None:
    shuttle, service = selected(piece)
    heard = [deliver(shuttle, service), [shuttle.say("b NOOP")], [shuttle.say("c IDLE")]]
    heard += [deliver(shuttle, service), deliver(shuttle, service), [shuttle.go_on(b"done\r\n")]]
    heard += [deliver(shuttle, service), [shuttle.say("d NOOP")], [shuttle.say("e LOGOUT")]]
    assert shuttle.sent(SERVER) == (
        b"* OK probe ready\r\na OK LOGIN completed\r\n"
        b"* 3 EXISTS\r\nb OK nothing done\r\n"
        b"+ idling\r\n* 4 EXISTS\r\n* 5 EXISTS\r\nc OK IDLE completed\r\n"
        b"* 6 EXISTS\r\nd OK nothing done\r\n"
        b"* BYE\r\ne OK gone\r\n"
    )
    assert [[(r.text, r.untagged) for r in answers] for answers in heard] == [
        [],  # held back: no command is in progress
        [(b"nothing done", (b"3 EXISTS",))],
        [(b"idling", ())],
        [(b"", (b"4 EXISTS",))],  # pushed: nobody asked
        [(b"", (b"5 EXISTS",))],
        [(b"IDLE completed", ())],
        [],
        [(b"nothing done", (b"6 EXISTS",))],
        [(b"gone", (b"BYE",))],
    ]
    assert shuttle.states == ("CLOSED", "CLOSED")


def test_news_without_anything_to_say_is_no_message() -> None:
    shuttle, service = selected()
    shuttle.say("b IDLE")
    before = len(shuttle.timeline)
    shuttle.server.news()
    assert shuttle.carry() == [] and len(shuttle.timeline) == before


def test_the_client_knows_the_states_from_the_answers() -> None:
    shuttle, _ = selected()
    shuttle.say("b IDLE")
    assert shuttle.states == ("waits for news", "waits for news")
    answer = shuttle.go_on(b"nonsense\r\n")
    assert (answer.reply, answer.text) == (tagged.BAD, b"expected DONE (RFC 2177 section 3)")
    assert shuttle.states == ("selected", "selected")


def test_commands_are_not_read_while_the_session_waits() -> None:
    shuttle, service = selected()
    assert shuttle.say("b IDLE").reader is Reader.LINE
    answer = shuttle.go_on(b"c LOGOUT\r\n")  # a line like any other: it ends the waiting, badly
    assert answer.reply is tagged.BAD and shuttle.states == ("selected", "selected")


@pytest.mark.parametrize("line", [b"DONE\n", b"x" * 70_000 + b"\r\n"], ids=["LF alone", "too long"])
def test_what_is_no_line_ends_the_waiting(line: bytes) -> None:
    shuttle, service = selected()
    shuttle.say("b IDLE")
    assert shuttle.go_on(line).reply is tagged.BAD
    assert shuttle.states == ("selected", "selected")


def test_a_row_of_every_state_is_allowed_in_every_state() -> None:
    engine = ServerEngine(TAGGED, TaggedService())
    engine.opened()
    engine.receive(b"a NOOP\r\nb FETCH 1\r\nc LOGOUT now\r\nd LOGOUT\r\n")
    sent = b"".join(engine.take()).split(b"\r\n")
    assert sent[:2] == [b"* OK probe ready", b"a OK nothing done"]
    assert sent[2].startswith(b"b BAD FETCH is not allowed in not authenticated; allowed: LOGIN, NOOP, LOGOUT")
    assert sent[3].startswith(b"c BAD expected LOGOUT")
    assert sent[4:] == [b"* BYE", b"d OK gone", b""]


@pytest.mark.parametrize(
    "line", [b"", b" ", b"* NOOP", b"+ NOOP", b"\x00 NOOP", b"a\x01b NOOP", b"\xe9 NOOP", b'"a NOOP']
)
def test_a_line_without_a_tag_is_answered_without_one(line: bytes) -> None:
    """What a stranger sends must not come back as if the server had something else to say."""
    engine = ServerEngine(TAGGED, TaggedService())
    engine.opened()
    engine.take()
    engine.receive(line + b"\r\n")
    assert b"".join(engine.take()).startswith(b"* BAD a command opens with a tag")


def test_a_session_that_ends_by_itself_says_so_or_not() -> None:
    shuttle, _ = selected()
    shuttle.server.expired()
    (answer,) = shuttle.carry()
    assert answer.untagged == (b"BYE too slow",) and shuttle.server.state is CLOSED
    shuttle, _ = selected()
    shuttle.server.lost()
    assert shuttle.carry() == [] and shuttle.server.state is CLOSED
