"""A client reads answers by the same table, and knows from them alone where the server is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import pop3
from popsim.engine.client import ClientEngine
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.protocols.pop3.server import Pop3Service
from popsim.protocols.protocol import Protocol
from tests.engine.scene import OLD, stage
from tests.probes.shuttle import WHOLE, Shuttle


def shuttle(protocol: Protocol = pop3, messages: list[bytes] | None = None, piece: int = WHOLE) -> Shuttle:
    from popsim.mail.collection import Mail

    if messages is None:
        store = stage(protocol).store
    else:
        store = Store(
            [User("alice", "secret")], {"alice": Mail("m", [Message.of(m, f"u{n}") for n, m in enumerate(messages)])}
        )
    carrier = Shuttle(protocol, Pop3Service(protocol, store), piece)
    for line in ("USER alice", "PASS secret"):
        assert carrier.say(line).positive
    return carrier


@settings(derandomize=True, deadline=None, max_examples=80)
@given(
    octets=st.lists(st.sampled_from([b".", b"..", b"\r\n", b"\n", b"\r", b"x", b"\x00\xff", b"+OK\r\n"]), max_size=25),
    piece=st.integers(1, 50),
)
def test_a_message_comes_back_octet_for_octet(octets: list[bytes], piece: int) -> None:
    message = Message.of(b"".join(octets))
    carrier = shuttle(messages=[message.octets], piece=piece)
    assert carrier.say("RETR 1").body == message.octets
    assert carrier.say("TOP 1 1000").body == message.octets
    listed = carrier.say("LIST").body
    assert listed == b"1 %d\r\n" % len(message.octets)


@pytest.mark.parametrize("protocol", [pop3, OLD], ids=str)
def test_both_ends_agree_on_the_state_after_every_line(protocol: Protocol) -> None:
    from tests.engine.test_cutting import COMMANDS

    carrier = Shuttle(protocol, Pop3Service(protocol, stage(protocol).store))
    commands = [command for command in COMMANDS if command != b"QUIT"]
    for line in [b"PASS x", b"USER alice", *commands, b"RETR 1\r\nRETR 2", b"NOOP\nNOOP", b"PASS\r\n\r\n", b"QUIT"]:
        carrier.say(line)
        assert carrier.states[0] == carrier.states[1], line
        assert carrier.client.waiting == 0, line
    assert carrier.states == ("CLOSED", "CLOSED")


LINES = st.lists(
    st.sampled_from([b"USER alice", b"PASS secret", b"PASS", b"APOP alice x", b"x" * 300, b"LIST", b"RETR 1", b""])
    | st.binary(max_size=12),
    max_size=12,
)  # fmt: skip


@pytest.mark.parametrize("protocol", [pop3, OLD], ids=str)
@settings(derandomize=True, deadline=None, max_examples=100)
@given(lines=LINES, pipelined=st.booleans())
def test_both_ends_agree_whatever_is_said(protocol: Protocol, lines: list[bytes], pipelined: bool) -> None:
    carrier = Shuttle(protocol, Pop3Service(protocol, stage(protocol).store))
    for line in lines:
        carrier.client.request(line)
        if not pipelined:
            carrier.carry()
    carrier.carry()
    assert carrier.states[0] == carrier.states[1]
    assert carrier.client.waiting == 0
    assert all(response.reply is not None for response in carrier.responses)


def test_octets_with_line_ends_of_their_own_are_several_messages() -> None:
    carrier = shuttle()
    carrier.client.request(b"STAT\r\nRETR 1\r\nNOOP\nQUIT")
    answers = carrier.carry()
    assert [(a.request.keyword if a.request else "?", a.reply.mark if a.reply else "") for a in answers] == [
        ("STAT", "+OK"), ("RETR", "+OK"), ("", "-ERR"), ("QUIT", "+OK"),
    ]  # fmt: skip
    assert answers[1].body == b"Subject: one\r\n\r\nfirst\r\n"
    sent = [e for e in carrier.timeline.events("message", "Sent") if e.endpoint == "client"][-4:]
    assert [carrier.timeline.octets(e) for e in sent] == [b"STAT\r\n", b"RETR 1\r\n", b"NOOP\n", b"QUIT\r\n"]
    read = [e for e in carrier.timeline.events("message", "Delivered") if e.endpoint == "server"][-4:]
    assert [e.cause for e in read] == [e.index for e in sent]


def test_a_server_may_refuse_for_reasons_of_its_own() -> None:
    """A foreign server that has no UIDL says -ERR: that is a refusal, not a riddle."""
    client = ClientEngine(pop3)
    for line in ("USER alice", "PASS secret", "UIDL", "STAT"):
        client.request(line)
    answers = client.receive(b"+OK\r\n+OK\r\n+OK\r\n-ERR never heard of it\r\n+OK 0 0\r\n")
    assert [a.positive for a in answers] == [True, True, True, False, True]
    assert (answers[3].text, answers[4].text, client.state.name) == (b"never heard of it", b"0 0", "TRANSACTION")


@pytest.mark.parametrize(
    ("line", "positive", "text"),
    [
        (b"+OK", True, b""),
        (b"+OK ", True, b""),
        (b"+OK  x", True, b" x"),
        (b"+OKx", True, b"x"),
        (b"-ERR no", False, b"no"),
        (b"OK", None, b"OK"),
    ],
)
def test_how_a_status_line_is_read(line: bytes, positive: bool | None, text: bytes) -> None:
    """RFC 1957: some servers leave out the space after the status."""
    (answer,) = ClientEngine(pop3).receive(line + b"\r\n")
    assert (answer.reply.positive if answer.reply else None, answer.text) == (positive, text)


def test_what_nobody_asked_for_answers_nothing() -> None:
    client = ClientEngine(pop3)
    greeting, extra = client.receive(b"+OK hello\r\n+OK again\r\n")
    assert greeting.request is not None and extra.request is None
    assert client.state.name == "AUTHORIZATION" and client.waiting == 0


def test_a_greeting_that_is_none_opens_no_session() -> None:
    client = ClientEngine(pop3)
    client.receive(b"-ERR go away\r\n")
    assert client.state.name == "START"
    client.lost()
    assert client.closed


def test_quit_goes_through_update_at_both_ends() -> None:
    carrier = shuttle()
    carrier.say("DELE 1")
    carrier.say("QUIT")
    moved = [(e.endpoint, e.values[f"0.{e.endpoint}.state"]) for e in carrier.timeline.events("session") if e.values]
    assert [state for end, state in moved if end == "client"] == [state for end, state in moved if end == "server"]
    assert moved[-1] == ("client", "CLOSED") and ("client", "UPDATE") in moved
