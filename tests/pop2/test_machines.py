"""The client's machine follows the server's through both engines, and neither minds noise."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.client import ClientEngine
from popsim.engine.server import ServerEngine
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.protocols import find
from popsim.protocols.model import CLOSED, Form, Occurrence, Reply, State
from popsim.protocols.pop2.client_table import DATA
from popsim.protocols.pop2.server import Pop2Service
from popsim.timeline.timeline import Timeline
from popsim.wire.scenario import Action, Scenario
from popsim.wire.simulation import Simulation
from tests.pop2.scene import FOLDER, MAIL
from tests.probes.shuttle import WHOLE, Shuttle

POP2 = find("pop2")


def store(messages: tuple[bytes, ...] = MAIL) -> Store:
    made = Store([User("alice", "secret")], {"alice": Mail("m", [Message(octets) for octets in messages])})
    made.accounts["alice"].create("Archive").append(Message(FOLDER[0]))
    return made


def shuttle(piece: int = WHOLE) -> Shuttle:
    return Shuttle(POP2, Pop2Service(POP2, store(), session=1), piece)


@pytest.mark.parametrize("piece", [1, 5, WHOLE])
def test_both_ends_step_by_step(piece: int) -> None:
    """RFC 937 p.19, the combined diagram: which states the two are in at once."""
    both = shuttle(piece)
    assert both.states == ("CALL", "AUTH")
    seen = []
    for line in ("HELO alice secret", "FOLD Archive", "FOLD INBOX", "READ", "READ 2", "RETR", "NACK", "RETR", "ACKS",
                 "RETR", "ACKD", "READ 1", "FOLD INBOX", "READ 2", "QUIT"):  # fmt: skip
        both.say(line)
        seen.append(both.states)
    waiting = [("NMBR", "MBOX")] * 3 + [("SIZE", "ITEM")] * 2
    fetching = [("XFER", "NEXT"), ("SIZE", "ITEM")] * 3
    assert seen == [*waiting, *fetching, ("SIZE", "ITEM"), ("NMBR", "MBOX"), ("SIZE", "ITEM"), ("CLOSED", "CLOSED")]


def test_the_client_moves_when_it_speaks_and_the_server_when_it_answers() -> None:
    """The pairs between: the client is in the state whose answer it waits for."""
    both = shuttle()
    pairs = []
    for line in ("HELO alice secret", "READ", "RETR", "ACKS", "QUIT"):
        both.client.request(line)
        pairs.append(both.states)
        both.carry()
    assert pairs == [("NMBR", "AUTH"), ("SIZE", "MBOX"), ("XFER", "ITEM"), ("SIZE", "NEXT"), ("EXIT", "ITEM")]


def taken(timeline: Timeline, end: str) -> list[str]:
    """The rows that an end has followed."""
    moves = [e for e in timeline.events("session") if e.endpoint == end and e.values]
    return [str(e.values[f"0.{end}.rule"]) for e in moves if e.values and f"0.{end}.rule" in e.values]


def test_a_session_on_the_simulated_wire_names_the_states_and_rows_of_both_ends() -> None:
    simulation = Simulation(Scenario(protocol="pop2", edition=937))
    lines = ("HELO alice secret", "READ", "RETR", "ACKD", "QUIT")
    simulation.perform([Action(line.encode()) for line in lines])
    timeline = simulation.timeline
    assert taken(timeline, "server") == [
        "START|opened|always",
        "AUTH|HELO user password|name and password are right",
        "MBOX|READ|there is a message",
        "ITEM|RETR|there is a message",
        "NEXT|ACKD|the message is marked for deletion",
        "ITEM|QUIT|always",
        "DONE|committed|the marked messages are removed",
    ]
    rows = taken(timeline, "client")
    assert [row.split("|")[0] for row in rows[:6]] == ["START", "CALL", "NMBR", "SIZE", "XFER", "SIZE"]
    assert all(POP2.rule(row) for row in taken(timeline, "server"))
    assert POP2.client and set(rows) <= {rule.id for rule in POP2.client.rules}
    assert len(simulation.store.accounts["alice"].maildrop) == 7


def test_what_the_client_may_say_the_server_takes() -> None:
    """The two tables fit: walked through together, the client's rows never send what the server refuses, but for the
    goodbye of a client that is lost in XFER, which the server in NEXT takes for one more error."""
    client, server = POP2.client, POP2.server
    assert client is not None
    start: tuple[State, State, Reply | Occurrence] = (client_state("CALL"), POP2.state("AUTH"), POP2.replies[0])
    seen, front, refused = {start}, [start], set()
    while front:
        waits, serves, heard = front.pop()
        for row in client.outcomes(waits, heard):
            if not isinstance(row.sends, Form) or row.to is None:
                continue
            if server.refuses(serves, row.sends):
                refused.add((waits.name, serves.name, row.sends.keyword))
                continue
            for answer in server.outcomes(serves, row.sends):
                comes = answer.reply if answer.reply else DATA if answer.units else None
                if answer.to is None or comes is None or answer.to.name in ("DONE", "CLOSED"):
                    continue
                pair = (row.to, answer.to, comes)
                if pair not in seen:
                    seen.add(pair)
                    front.append(pair)
    assert refused == set()
    assert {(waits.name, serves.name) for waits, serves, _ in seen} == {
        ("CALL", "AUTH"), ("NMBR", "MBOX"), ("SIZE", "ITEM"), ("XFER", "NEXT"),
    }  # fmt: skip
    lost = [row for row in client.outcomes(client_state("XFER"), POP2.replies[1]) if row.sends]
    assert [row.sends.keyword for row in lost if row.sends] == ["QUIT"]
    assert server.refuses(POP2.state("NEXT"), POP2.form("QUIT"))


def client_state(name: str) -> State:
    assert POP2.client
    return next(state for state in POP2.client.states if state.name == name)


# Noise

LINES = [b"HELO alice secret\r\n", b"READ\r\n", b"RETR\r\n", b"ACKD\r\n"]
REPLIES = [b"+ POP2 x\r\n", b"#3\r\n", b"=5\r\nhello", b"=0\r\n", b"- no\r\n"]


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(st.binary(max_size=60) | st.sampled_from(LINES)))
def test_a_server_stands_any_octets(pieces: list[bytes]) -> None:
    engine = ServerEngine(POP2, Pop2Service(POP2, store(), session=1))
    engine.opened()
    for piece in pieces:
        engine.receive(piece)
    sent = b"".join(engine.take())
    assert sent.startswith(b"+ POP2 ")
    assert not engine.closed or sent.endswith(b"\r\n")


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(st.binary(max_size=40) | st.sampled_from(REPLIES)))
def test_a_client_stands_any_octets(pieces: list[bytes]) -> None:
    engine = ClientEngine(POP2)
    engine.opened()
    for line, piece in zip(("HELO a b", "READ", "RETR", "ACKS", "RETR", "NACK", "QUIT") * 20, pieces, strict=False):
        engine.receive(piece)
        engine.request(line)
    assert all(answer.reply is None or isinstance(answer.reply, Reply) for answer in engine.receive(b"\r\n"))
    engine.lost()
    assert engine.state is CLOSED


def test_every_cut_gives_the_same_session() -> None:
    lines = [b"HELO alice secret", b"READ", b"RETR", b"ACKD", b"FOLD Archive", b"READ", b"RETR", b"ACKS", b"QUIT"]
    octets = b"\r\n".join(lines) + b"\r\n"
    chance = random.Random(937)
    results = set()
    for _ in range(60):
        mail = store()
        engine = ServerEngine(POP2, Pop2Service(POP2, mail, session=1))
        engine.opened()
        cuts = sorted(chance.randrange(len(octets)) for _ in range(chance.randrange(12)))
        for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
            engine.receive(octets[start:end])
        results.add((b"".join(engine.take()), engine.state.name, len(mail.accounts["alice"].maildrop)))
    assert len(results) == 1
    assert next(iter(results))[1:] == ("CLOSED", 2)
