"""Counted data, fatal errors and a client that decides: the model's shapes for a protocol like POP2."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.server import ServerEngine
from popsim.protocols.audit import audit
from popsim.protocols.model import CLOSED, State
from popsim.timeline.event import CLIENT, SERVER
from tests.probes import counted
from tests.probes.counted import COUNTED, CountedService
from tests.probes.shuttle import WHOLE, Shuttle

TRICKY = b"+ not a reply\r\n.\r\n..\r\n= 12\r\nno end of line"


def test_the_tables_are_sound() -> None:
    assert [str(finding) for finding in audit(COUNTED)] == []


@pytest.mark.parametrize("piece", [1, 2, 7, WHOLE])
def test_a_session_octet_for_octet(piece: int) -> None:
    service = CountedService([TRICKY, b"x\r\n"])
    shuttle = Shuttle(COUNTED, service, piece)
    seen = [shuttle.states]
    bodies = []
    for line in ("HELO alice secret", "READ", "RETR", "ACKD", "RETR", "ACKS", "QUIT"):
        answer = shuttle.say(line)
        bodies += [answer.body] if answer.body is not None else []
        seen.append(shuttle.states)
    assert shuttle.sent(SERVER) == (
        b"+ POP2 probe.example\r\n#2 messages\r\n=%d\r\n" % len(TRICKY) + TRICKY + b"=3\r\nx\r\n=0\r\n+ Bye\r\n"
    )
    assert bodies == [TRICKY, b"x\r\n"]
    assert seen == [
        ("CALL", "AUTH"),
        ("NMBR", "MBOX"),
        ("SIZE", "ITEM"),
        ("XFER", "NEXT"),
        ("SIZE", "ITEM"),
        ("XFER", "NEXT"),
        ("SIZE", "ITEM"),
        ("CLOSED", "CLOSED"),
    ]
    assert service.messages == [None, b"x\r\n"]


def test_the_client_has_decisions_of_its_own() -> None:
    """After `#` it may want a message or none, after the size it may fetch or leave: each is a row."""
    none = Shuttle(COUNTED, CountedService([]))
    none.say("HELO alice secret")
    none.client.request("QUIT")
    assert none.client.state is counted.EXIT
    left = Shuttle(COUNTED, CountedService([TRICKY]))
    left.say("HELO alice secret")
    left.say("READ")
    left.client.request("QUIT")
    assert left.client.state is counted.EXIT
    taken = [e.values["0.client.rule"] for e in left.timeline.events("session") if e.values and e.endpoint == "client"]
    assert taken == [
        "START|opened|always",
        "CALL|+|greeted",
        "NMBR|#|wants a message",
        "SIZE|=|wants no more",
    ]


def moves(shuttle: Shuttle) -> list[tuple[object, object]]:
    """The states that the client has come to, each with the row that led there."""
    found = [e.values for e in shuttle.timeline.events("session") if e.values and e.endpoint == "client"]
    return [(values["0.client.state"], values.get("0.client.rule")) for values in found]


@pytest.mark.parametrize("piece", [1, WHOLE])
def test_a_client_that_has_nothing_more_to_send_moves_when_it_hears(piece: int) -> None:
    shuttle = Shuttle(COUNTED, CountedService([]), piece)
    for line in ("HELO alice secret", "READ", "QUIT"):
        shuttle.say(line)
    assert moves(shuttle)[-2:] == [("EXIT", "SIZE|=|wants no more"), ("CLOSED", "EXIT|+|always")]


def test_only_the_last_answer_ends_the_session() -> None:
    shuttle = Shuttle(COUNTED, CountedService([]))
    for line in ("HELO alice secret", "READ", "QUIT"):
        shuttle.client.request(line)
    assert shuttle.client.state is counted.EXIT
    hello, size, bye = shuttle.carry()
    assert (hello.reply, size.reply, bye.reply) == (counted.MANY, counted.LONG, counted.YES)
    assert moves(shuttle)[-2:] == [("EXIT", "NMBR|+|is lost"), ("CLOSED", "EXIT|+|always")]


def test_a_connection_that_closes_without_a_word_is_a_row_too() -> None:
    shuttle = Shuttle(COUNTED, CountedService([]))
    for line in ("HELO alice secret", "READ", "RETR"):
        shuttle.say(line)
    assert moves(shuttle)[-2:] == [("XFER", "SIZE|=|wants it"), ("CLOSED", "XFER|connection lost|always")]
    assert shuttle.client.waiting == 1


def test_what_is_no_reply_is_heard_as_that() -> None:
    shuttle = Shuttle(COUNTED, CountedService([]))
    shuttle.client.receive(b"250 hello\r\n")
    shuttle.client.request("QUIT")
    assert moves(shuttle)[-1] == ("EXIT", "CALL|unrecognized command|is lost")


def test_a_refusal_that_ends_the_session_says_so() -> None:
    engine = server_in("MBOX")
    engine.receive(b"RETR\r\n")
    assert b"".join(engine.take()) == (
        b"- RETR is not allowed in MBOX; allowed: READ, QUIT; the connection is closed (RFC 937 p.22)\r\n"
    )


def test_a_client_moves_before_the_answer_and_the_server_after() -> None:
    shuttle = Shuttle(COUNTED, CountedService([TRICKY]))
    shuttle.client.request("HELO alice secret")
    assert (shuttle.client.state, shuttle.server.state) == (counted.NMBR, counted.AUTH)


WAY = {"AUTH": b"", "MBOX": b"HELO alice secret\r\n", "ITEM": b"READ\r\n", "NEXT": b"RETR\r\n"}
LEGAL = {
    "AUTH": {"HELO a b", "QUIT"},
    "MBOX": {"READ", "QUIT"},
    "ITEM": {"READ", "RETR", "QUIT"},
    "NEXT": {"ACKS", "ACKD"},
}
LINES = ["HELO a b", "READ", "RETR", "ACKS", "ACKD", "QUIT"]
WRONG = [
    (state, line) for state, legal in LEGAL.items() for line in [*LINES, "STAT", "READ x", ""] if line not in legal
]


def server_in(state: str) -> ServerEngine:
    """A server that octets alone have brought into a state."""
    engine = ServerEngine(COUNTED, CountedService([TRICKY]))
    engine.opened()
    for name, octets in WAY.items():
        engine.receive(octets)
        if name == state:
            break
    engine.take()
    assert engine.state.name == state
    return engine


@pytest.mark.parametrize(("state", "line"), WRONG)
def test_every_sequence_error_is_fatal(state: str, line: str) -> None:
    engine = server_in(state)
    engine.receive(line.encode() + b"\r\nQUIT\r\n")
    sent = b"".join(engine.take())
    assert sent.startswith(b"- ") and sent.count(b"\r\n") == 1
    assert sent.endswith(b" (RFC 937 p.22)\r\n")
    assert engine.closed


def test_a_wrong_password_is_fatal_too() -> None:
    engine = server_in("AUTH")
    engine.receive(b"HELO alice wrong\r\nHELO alice secret\r\n")
    assert b"".join(engine.take()) == b"- error (RFC 937 p.22)\r\n"
    assert engine.closed


def test_a_message_that_is_not_there_closes_without_a_word() -> None:
    shuttle = Shuttle(COUNTED, CountedService([]))
    shuttle.say("HELO alice secret")
    assert shuttle.say("READ").text == b"0"
    before = shuttle.sent(SERVER)
    shuttle.say("RETR")
    assert shuttle.sent(SERVER) == before
    assert shuttle.states == ("CLOSED", "CLOSED")


def test_time_runs_out_with_an_error_and_a_lost_line_without() -> None:
    engine = server_in("ITEM")
    engine.expired()
    assert b"".join(engine.take()).startswith(b"- ") and engine.state is CLOSED
    engine = server_in("ITEM")
    engine.lost()
    assert engine.take() == [] and engine.state is CLOSED


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.binary(min_size=1, max_size=60), max_size=3), st.integers(1, 80))
def test_any_octets_cross_in_any_pieces(messages: list[bytes], piece: int) -> None:
    shuttle = Shuttle(COUNTED, CountedService(messages), piece)
    shuttle.say("HELO alice secret")
    shuttle.say("READ")
    assert [shuttle.say(line).body for _ in messages for line in ("RETR", "ACKS")][::2] == messages
    assert shuttle.sent(CLIENT).count(b"\r\n") == 2 + 2 * len(messages)


def test_pipelined_reads_find_their_counted_answers() -> None:
    shuttle = Shuttle(COUNTED, CountedService([TRICKY, b"second"]))
    for line in ("HELO alice secret", "READ", "RETR", "ACKS", "RETR", "ACKS", "QUIT"):
        shuttle.client.request(line)
    answers = shuttle.carry()
    assert [a.reply.mark if a.reply else "" for a in answers] == ["#", "=", "", "=", "", "=", "+"]
    assert [a.body for a in answers if a.body is not None] == [TRICKY, b"second"]


def test_an_error_where_octets_were_expected_is_read_as_a_line() -> None:
    """A server that closes with a word after `=0` is wrong, but a client must not wait for ever."""
    shuttle = Shuttle(COUNTED, CountedService([]))
    shuttle.say("HELO alice secret")
    shuttle.say("READ")
    shuttle.client.request("RETR")
    (answer,) = shuttle.client.receive(b"- no message\r\n")
    assert answer.reply is counted.NO


def test_the_client_machine_is_audited_too() -> None:
    from dataclasses import replace

    lost = State("LOST", "nobody comes here", "937 p.20")
    table = replace(COUNTED.table, client_states=(*COUNTED.table.client_states, lost))
    found = [str(f) for f in audit(replace(COUNTED, table=table))]
    assert "client, LOST: no trigger leads to this state" in found


def test_a_client_must_know_what_to_do_with_whatever_it_hears() -> None:
    from dataclasses import replace

    rows = tuple(rule for rule in COUNTED.table.client_rules if rule.trigger is not counted.NO)
    found = [str(f) for f in audit(replace(COUNTED, table=replace(COUNTED.table, client_rules=rows)))]
    assert found == [
        f"client, {state}, -: this pair has no outcome" for state in ("CALL", "NMBR", "SIZE", "XFER", "EXIT")
    ]
    rows = tuple(rule for rule in COUNTED.table.client_rules if rule.trigger is not counted.DATA)
    assert "client, NMBR, next part of an exchange: this pair has no outcome" in [
        str(f) for f in audit(replace(COUNTED, table=replace(COUNTED.table, client_rules=rows)))
    ]
