"""Scripts on a real connection: what is sent and read, under TLS too, and whatever can be lost."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from popsim import pop3, samples
from popsim.engine.response import Response
from popsim.engine.script import CarryOn, Connect, Disconnected, Hang, Script, Send, Wait
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.protocols.pop3.client import READERS, Login, visit
from popsim.sockets import Server
from popsim.sockets.dial import perform, recording
from popsim.sockets.trust import Trust
from popsim.timeline import Timeline
from popsim.tls import FIXED, fresh_certificate, server_context
from popsim.views.ladder import ladder
from popsim.views.player import player
from popsim.views.transcript import transcript
from tests.sockets.running import served
from tests.sockets.scripted import scripted

T = TypeVar("T")
PROTOCOL = pop3.extended()


def on(port: int, script: Script[T], timeout: float = 10, trust: Trust | None = None) -> T:
    return perform(script, "127.0.0.1", port, protocol=PROTOCOL, timeout=timeout, trust=trust)


def answers(*steps: Connect | Send | CarryOn | Wait | Hang) -> Script[list[Response]]:
    """Does the steps, and returns all answers."""
    found = []
    for step in steps:
        found += yield step
    return found


def lost(*steps: Connect | Send | CarryOn | Wait | Hang) -> Script[tuple[str, int]]:
    """Does the steps until the connection is lost: what was said of it, and how many answers had come to that step."""
    for step in steps:
        try:
            yield step
        except Disconnected as error:
            return str(error), len(error.responses)
    return "nothing was lost", 0


def one_server(mail: Mail | None = None) -> Server:
    return Server(pop3.extended("CAPA", "SASL"), Store([User("alice", "x")], {"alice": mail or samples.inbox()}))


LOGIN = Send.of("USER alice", "PASS x")


def test_answers_come_in_order_and_whole() -> None:
    told: list[int] = []
    with one_server().start() as server:
        script = answers(Connect(), LOGIN, Send.of("STAT", "RETR 6", "LIST", "RETR 99"), Send.of("QUIT"), Hang())
        got = perform(script, "localhost", server.port, protocol=PROTOCOL, progress=told.append)
        said = server.timeline.stream(0, "server")
    assert [response.positive for response in got] == [True] * 6 + [False, True]
    assert got[4].body == samples.inbox().messages[5].octets
    assert sum(told) == len(said)


def test_both_ends_may_have_much_to_say() -> None:
    """Commands by the thousand, each with a long answer: two ends that only write would wait for each other forever."""
    big = Mail("big", [Message.of(b"Subject: big\n\n" + b"0123456789abcdef\n" * 2000)])
    with one_server(big).start() as server:
        lines = Send.of(*["RETR 1" + " " * 200, "RETR 1"] * 1500)
        got = on(server.port, answers(Connect(), LOGIN, lines, Send.of("QUIT"), Hang()))
    assert len(got) == 3 + 3000 + 1
    assert {response.body for response in got[4:-1:2]} == {big.messages[0].octets}


def test_an_exchange() -> None:
    with one_server().start() as server:
        got = on(server.port, answers(Connect(), Send.of("AUTH LOGIN"), CarryOn(b"YWxpY2U="), CarryOn(b"eA=="), LOGIN))
    assert got[1].reader is got[2].reader is not None
    assert [response.positive for response in got] == [True, False, False, True, False, False]


def test_time_passes_and_a_second_connection() -> None:
    with one_server().start() as server:
        begun = time.monotonic()
        got = on(server.port, answers(Connect(), LOGIN, Hang(), Wait(200_000_000), Connect(), LOGIN))
        assert time.monotonic() - begun > 0.2
        assert len(got) == 6 and got[5].positive


# What can be lost


def test_the_answers_that_came_are_not_lost_with_the_connection() -> None:
    with scripted(lambda line: None if line == b"THREE" else b"+OK\r\n") as server:
        told, came = on(server.port, lost(Connect(), Send.of("ONE", "TWO", "THREE", "FOUR")))
    assert (told, came) == ("127.0.0.1 closed the connection; 2 of 4 answers had not come", 2)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Send.of("SILENCE"), "was silent for 0.2 seconds"),
        (Send.of("CLOSE"), "closed the connection"),
        (Send.of("HALF"), "was silent for 0.2 seconds"),
        (Send.of("TWICE", "NOOP"), "said what nobody had asked for: 'and this'"),
    ],
)
def test_what_the_script_is_told(step: Send, words: str) -> None:
    said = {b"SILENCE": b"", b"CLOSE": None, b"HALF": b"+O", b"TWICE": b"+OK\r\n+OK\r\n+OK and this\r\n", b"NOOP": b""}
    with scripted(lambda line: said[line]) as server:
        assert words in on(server.port, lost(Connect(), step), timeout=0.2)[0]


def test_what_came_before_it_was_asked_for_answers_nothing() -> None:
    with scripted(lambda line: b"+OK\r\n-ERR idle too long\r\n") as server:
        told, _ = on(server.port, lost(Connect(), Send.of("NOOP"), Wait(200_000_000), Send.of("DELE 1")))
        assert "said what nobody had asked for: 'idle too long'" in told
        assert server.heard == [b"NOOP"]


def test_nothing_goes_without_a_connection() -> None:
    assert on(1, lost(Send.of("NOOP")))[0].startswith("there is no connection")
    with scripted(lambda line: b"+OK\r\n") as server:
        assert on(server.port, lost(Connect(), Hang(), Send.of("NOOP")))[0].startswith("there is no connection")


def test_a_server_that_does_not_close_is_not_waited_for() -> None:
    with scripted(lambda line: b"+OK\r\n") as server:
        begun = time.monotonic()
        on(server.port, answers(Connect(), Send.of("NOOP"), Hang()))
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("no.such.host.invalid", 110, "there is no host"),
        ("a..b", 110, "there is no host"),
        ("x" * 300, 110, "there is no host"),
        ("127.0.0.1", 0, "a port from 1 to 65535"),
        ("127.0.0.1", 70_000, "a port from 1 to 65535"),
    ],
)
def test_no_such_place(host: str, port: int, words: str) -> None:
    told, _ = perform(lost(Connect()), host, port, protocol=PROTOCOL, timeout=5)
    assert words in told


def test_whatever_the_script_raises_closes_the_connection() -> None:
    def raises() -> Script[None]:
        yield Connect()
        raise KeyError("mine")

    with one_server().start() as server:
        with pytest.raises(KeyError, match="mine"):
            on(server.port, raises())
        end = time.monotonic() + 5
        while server.timeline.events("stream", "Lost") == []:
            assert time.monotonic() < end
            time.sleep(0.01)


# TLS


@contextmanager
def tls_server(talk: Callable[[socket.socket, ssl.SSLContext], None], *names: str) -> Iterator[tuple[int, Trust]]:
    """A server for one client that a test writes itself, and what makes a client trust it."""
    certificate = fresh_certificate(*names)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            talk(connection, server_context(certificate))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listener:
        yield listener.getsockname()[1], Trust(certificate)
    thread.join(10)


def test_what_was_said_in_clear_before_the_handshake_answers_nothing_after_it() -> None:
    def talk(connection: socket.socket, context: ssl.SSLContext) -> None:
        connection.sendall(b"+OK\r\n")
        connection.recv(100)
        connection.sendall(b"+OK begin\r\n+OK injected\r\n+OK injected too\r\n")
        with context.wrap_socket(connection, server_side=True) as secured:
            assert secured.recv(100) == b"NOOP\r\n"
            secured.sendall(b"-ERR the real one\r\n")

    with tls_server(talk, "127.0.0.1") as (port, trust):
        got = on(port, answers(Connect(), Send.of("STLS"), Send.of("NOOP")), trust=trust)
    assert [(response.positive, response.text) for response in got[1:]] == [(True, b"begin"), (False, b"the real one")]


def test_what_was_pipelined_behind_the_handshake_is_never_answered() -> None:
    def talk(connection: socket.socket, context: ssl.SSLContext) -> None:
        connection.sendall(b"+OK\r\n")
        connection.recv(100)
        connection.sendall(b"+OK begin\r\n")
        context.wrap_socket(connection, server_side=True).recv(100)

    with tls_server(talk, "127.0.0.1") as (port, trust):
        assert "never answered" in on(port, lost(Connect(), Send.of("STLS", "NOOP")), trust=trust)[0]


@pytest.mark.parametrize("secure", [False, True])
def test_a_certificate_for_another_name(secure: bool) -> None:
    def talk(connection: socket.socket, context: ssl.SSLContext) -> None:
        if not secure:
            connection.sendall(b"+OK\r\n")
            connection.recv(100)
            connection.sendall(b"+OK begin\r\n")
        context.wrap_socket(connection, server_side=True).sendall(b"+OK\r\n")

    with tls_server(talk, "mail.example.org") as (port, trust):
        told, _ = on(port, lost(Connect(secure), Send.of("STLS"), Send.of("PASS secret")), trust=trust)
    assert "IP address mismatch" in told


def test_a_certificate_of_nobody_known_and_one_that_is_not_looked_at() -> None:
    def talk(connection: socket.socket, context: ssl.SSLContext) -> None:
        context.wrap_socket(connection, server_side=True).sendall(b"+OK under TLS\r\n")

    for trust in (Trust(), Trust(FIXED)):
        with tls_server(talk, "127.0.0.1") as (port, _):
            assert "self-signed" in on(port, lost(Connect(True)), trust=trust)[0]
    with tls_server(talk, "127.0.0.1") as (port, _):
        (greeting,) = on(port, answers(Connect(True)), trust=Trust(verify=False))
    assert greeting.text == b"under TLS"


def test_a_cut_in_the_middle_of_tls() -> None:
    def talk(connection: socket.socket, context: ssl.SSLContext) -> None:
        secured = context.wrap_socket(connection, server_side=True)
        secured.sendall(b"+OK\r\n")
        secured.recv(100)
        secured.sendall(b"+OK\r\nhalf a mess")  # and the connection ends, without close_notify

    with tls_server(talk, "127.0.0.1") as (port, trust):
        told, came = on(port, lost(Connect(True), Send.of("CAPA")), trust=trust)
    assert "closed the connection" in told and came == 0


# The record


class Pocket:
    """Keeps messages in memory."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    def holds(self, uid: str, copies: int = 1) -> bool:
        return False

    def keep(self, uid: str | None, octets: bytes) -> None:
        self.messages.append(octets)

    def kept_at(self, uid: str) -> int | None:
        return None

    def removed(self, uid: str) -> None:
        return None


@pytest.mark.parametrize("way", ["never", "always"])
def test_both_ends_record_the_same_session(tmp_path: Path, way: str) -> None:
    made = fresh_certificate("127.0.0.1")
    (tmp_path / "pem").write_text(made.certificate + made.key, encoding="ascii")
    record, pocket = tmp_path / "server.jsonl", Pocket()
    with served("--mail", "dots", "--user", "alice:x", "--cert", tmp_path / "pem", "--record", record) as server:
        ours = recording(PROTOCOL, "127.0.0.1", server.port)
        script = visit(
            READERS[0], Login("alice", "x", tls=way), pocket, protocol=PROTOCOL, now=time.time_ns, nonce=lambda: "n0nce"
        )
        came = perform(script, "127.0.0.1", server.port, protocol=PROTOCOL, trust=Trust(made), timeout=10, record=ours)
        assert came.complete and came.secured is (way == "always"), came
        assert server.end() == 0
    assert pocket.messages == [message.octets for message in samples.dots().messages]
    client, theirs = Timeline(ours), Timeline.load(record)
    for end in ("client", "server"):
        assert client.stream(0, end) == theirs.stream(0, end)
        assert client.wire(0, end) == theirs.wire(0, end) or way == "always"  # the last alerts cross each other
        assert client.wire(0, end)[:2000] == theirs.wire(0, end)[:2000]
    assert client.is_secured(0) is theirs.is_secured(0) is (way == "always")
    for name, sender in (("Sent", "client"), ("Delivered", "server")):
        messages = [event for event in client.events("message", name) if event.sender == sender]
        assert b"".join(map(client.octets, messages)) == client.stream(0, sender)
        segments = [event for event in client.events("segment", name) if event.sender == sender]
        assert b"".join(map(client.octets, segments)) == client.wire(0, sender)
    times = [event.time for event in client]
    assert times == sorted(times)
    assert all(event.cause < event.index for event in client)
    states = [s for event in client.events("session") for s in (event.values or {}).values() if "|" not in str(s)]
    assert [state for state in states if state in ("AUTHORIZATION", "TRANSACTION", "UPDATE", "CLOSED")][-1] == "CLOSED"
    assert "DELE 1" in str(transcript(client)) and "RETR 2" in str(ladder(client, 0))
    shown = player(client)
    assert all(shown.text(step) for step in range(len(shown.steps) + 1))
    saved = Timeline.load(client.save(tmp_path / "client.jsonl"))
    assert saved == client
    if way == "always":
        assert any("SECRET" in line for line in client.header["secrets"])
