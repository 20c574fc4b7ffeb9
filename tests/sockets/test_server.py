"""The server in a thread: sessions beside each other, and clients that behave badly."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from popsim import pop3, samples
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.sockets import CannotListen, Listener, Server, connection, serve
from popsim.sockets.recording import Bound
from popsim.timeline import Snapshot, Timeline
from tests.sockets.clients import Raw

LARGE = Mail("large", [Message.of(b"Subject: large\n\n" + b"0123456789abcdef\n" * 500_000)])


def store(*users: str, mail: Mail | None = None) -> Store:
    people = [User.parse(user) for user in users or ("alice:secret",)]
    return Store(people, {user.name: mail or samples.inbox() for user in people})


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(pop3, store("alice:secret", "bob:word", "mrose:tanstaaf:APOP")) as server:
        yield server


def left(server: Server, name: str = "alice") -> int:
    """How many messages a user has, as a new session sees it."""
    with Raw(server.port) as client:
        assert client.login(name).startswith(b"+OK")
        return int(client.say("STAT").split()[1])


def now(server: Server) -> Snapshot:
    """What is so at the end of the record."""
    timeline = server.timeline
    return timeline.at(len(timeline) - 1)


def until(condition: object, seconds: float = 5.0) -> None:
    """Wait until something is so."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be so"
        time.sleep(0.01)


def states(timeline: Timeline, connection: int = 0) -> list[str]:
    name = f"{connection}.server.state"
    return [str(e.values[name]) for e in timeline.events("session") if e.values and name in e.values]


# Sessions


def test_the_record_holds_what_crossed(server: Server) -> None:
    begun = time.monotonic_ns()
    with Raw(server.port) as client:
        client.login()
        client.say("RETR 6")
        client.lines()
        client.send(b"STAT\r\nNOOP\r\nDE")
        client.line(), client.line()
        client.send(b"LE 2\r\n\xff\x00\r\n")
        client.line(), client.line()
        client.say("QUIT")
        client.rest()
    server.stop()
    timeline = server.timeline
    assert timeline.stream(0, "client") == client.sent
    assert timeline.stream(0, "server") == client.got
    assert states(timeline) == ["AUTHORIZATION", "USER accepted", "TRANSACTION", "UPDATE", "CLOSED"]
    for name, sender in (("Delivered", "client"), ("Sent", "server")):
        for layer in ("segment", "message"):
            found = [e for e in timeline.events(layer, name) if e.sender == sender]
            assert b"".join(map(timeline.octets, found)) == timeline.stream(0, sender), (layer, name)
    times = [e.time for e in timeline]
    assert times == sorted(times) and 0 < times[-1] - times[0] < time.monotonic_ns() - begun
    assert len(timeline.events("segment", "Sent")) == len(timeline.events("message", "Sent"))  # one write a reply
    assert timeline.at(len(timeline) - 1).values["0.connection"] == "closed"
    assert [e.kind for e in timeline.events("stream")] == ["Opened", "Closed"]


def test_only_one_session_has_a_maildrop(server: Server) -> None:
    with Raw(server.port) as first, Raw(server.port) as second, Raw(server.port) as other:
        assert first.login().startswith(b"+OK")
        assert second.login().startswith(b"-ERR") and b"lock" in second.got
        assert other.login("bob", "word").startswith(b"+OK")
        first.say("QUIT")
        assert second.login().startswith(b"+OK")
        assert now(server).lock("alice") == 1


def test_no_quit_no_removal(server: Server) -> None:
    with Raw(server.port) as client:
        client.login()
        assert client.say("DELE 1").startswith(b"+OK")
    until(lambda: "lost" in now(server).values.values())
    assert left(server) == 8
    assert states(server.timeline)[-1] == "CLOSED"
    assert [e.kind for e in server.timeline.events("stream") if not e.connection] == ["Opened", "Lost"]
    assert now(server).marks("alice")[1] == "kept"


def test_the_timestamp_is_another_one_each_time(server: Server) -> None:
    stamps = set()
    for _ in range(3):
        with Raw(server.port) as client:
            stamps.add(client.greeting.split()[-1])
    assert len(stamps) == 3
    assert all(s.startswith(b"<") and s.endswith(b"@popsim.local>") for s in stamps)
    assert socket.gethostname().encode() not in b"".join(stamps)


def test_where_nobody_logs_in_by_digest_there_is_no_timestamp() -> None:
    with serve(pop3, store()) as server, Raw(server.port) as client:
        assert b"<" not in client.greeting


def test_many_sessions_at_once() -> None:
    names = [f"user{n}" for n in range(40)]
    with serve(pop3, store(*(f"{name}:secret" for name in names))) as server:
        clients = [Raw(server.port) for _ in names]
        for client, name in zip(clients, names, strict=True):
            assert client.login(name).startswith(b"+OK")
        for client in clients:
            client.send(b"RETR 6\r\n")
        for client in clients:
            client.line()
            assert len(client.lines()) > 50_000
            client.say("QUIT")
            client.rest()
            client.close()
        timeline = server.timeline
    for number, client in enumerate(clients):
        assert timeline.stream(number, "server") == client.got


def test_further_clients_are_closed_as_they_come() -> None:
    with Server(pop3, store(), most=2).start() as server:
        clients = [Raw(server.port) for _ in range(2)]
        with Raw(server.port, greeted=False) as third:
            assert third.rest() == b""
        clients.pop().close()

        def welcome() -> bool:
            with Raw(server.port, greeted=False) as client:
                return client.line().startswith(b"+OK")

        until(welcome)
        clients.pop().close()


# How octets come and go


def test_one_octet_at_a_time(server: Server) -> None:
    with Raw(server.port) as client:
        for octet in b"USER alice\r\nPASS secret\r\nQUIT\r\n":
            client.send(bytes([octet]))
        assert [line[:3] for line in client.rest().splitlines()] == [b"+OK"] * 3


def test_everything_at_once_and_then_silence(server: Server) -> None:
    with Raw(server.port) as client:
        client.send(b"USER alice\r\nPASS secret\r\nRETR 6\r\nSTAT\r\nDELE 1\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        text = client.rest()
    assert text.count(b"+OK") == 5 and text.endswith(b"+OK message 1 marked as deleted\r\n")
    assert left(server) == 8  # the end of the stream is no QUIT


def test_the_last_reply_arrives_though_the_client_goes_on_sending(server: Server) -> None:
    with Raw(server.port) as client:
        client.send(b"USER alice\r\nPASS secret\r\nQUIT\r\nNOOP\r\n")
        for _ in range(3):
            time.sleep(0.05)
            client.send(b"NOOP\r\n" * 1000)
        assert client.rest().endswith(b"+OK goodbye; 0 removed, 8 left\r\n")
    until(lambda: "closed" in now(server).values.values())
    assert server.timeline.stream(0, "client") == client.sent


def test_a_client_that_does_not_close_its_side_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LINGER", 0.2)
    with serve(pop3, store()) as server, Raw(server.port) as client:
        client.say("QUIT")
        end = time.monotonic() + 3
        while server._listener._connections:
            assert time.monotonic() < end
            with contextlib.suppress(ConnectionError):
                client.send(b"NOOP\r\n")  # goes on and on
            time.sleep(0.02)


def test_a_slow_client_that_has_closed_its_side_gets_everything() -> None:
    with serve(pop3, store(mail=LARGE)) as server, Raw(server.port) as client:
        client.login()
        client.send(b"RETR 1\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        got = b""
        while data := client.socket.recv(400_000):
            got += data
            time.sleep(0.005)
        assert got.endswith(b"\r\n.\r\n") and len(got) > LARGE.size


def test_small_replies_are_not_held_back(server: Server) -> None:
    with Raw(server.port):
        (served,) = server._listener._connections
        accepted = served._transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_busy_client_leaves_the_others_their_turn() -> None:
    async def busiest() -> int:
        """The most that is recorded between two turns of the event loop."""
        worst = 0
        async with Listener(pop3, store()) as listener:
            reader, writer = await asyncio.open_connection(listener.host, listener.port)
            writer.write(b"NOOP\r\n" * 10_000)
            while len(listener.recording) < 30_000:
                before = len(listener.recording)
                await asyncio.sleep(0)
                worst = max(worst, len(listener.recording) - before)
            writer.close()
        return worst

    assert asyncio.run(busiest()) < 500  # about 100 commands


# Clients that behave badly


def test_garbage(server: Server) -> None:
    noise = random.Random(1).randbytes(50_000)
    with Raw(server.port) as bad, Raw(server.port) as good:
        bad.send(noise + b"\0" * 1000 + b"\r\n" + b"A" * 1_000_000 + b"\r\nNOOP\r\n")
        bad.socket.shutdown(socket.SHUT_WR)
        answers = bad.rest().splitlines()
        assert answers and all(line.startswith(b"-ERR") for line in answers)
        assert good.login().startswith(b"+OK")


def test_gone_in_the_middle_of_a_message() -> None:
    with serve(pop3, store(mail=LARGE)) as server:
        for _ in range(5):
            with Raw(server.port) as client:
                client.login()
                client.say("DELE 1"), client.say("RSET")
                client.send(b"RETR 1\r\n")
                client.socket.recv(1000)
            until(lambda: server._listener.store.accounts["alice"].maildrop.owner is None)
        assert left(server) == 1
        sent = [now(server).values[f"{number}.server.sent"] for number in range(5)]
        assert all(octets < LARGE.size for octets in sent)


def test_a_client_that_never_reads_costs_no_more_than_an_answer() -> None:
    with serve(pop3, store("alice:secret", "bob:word", mail=LARGE)) as server:
        with Raw(server.port) as client:
            client.login()
            client.socket.setblocking(False)
            asked = 0
            try:
                while asked < 8_000_000:
                    asked += client.socket.send(b"RETR 1\r\n" * 1000)
            except BlockingIOError:
                pass  # the server reads no more
            time.sleep(0.3)
            (served,) = server._listener._connections
            assert served._transport.get_write_buffer_size() < 1_000_000
            assert len(served._unread) < 1_000_000
            assert len(server.timeline.events("message", "Sent")) < 20
            with Raw(server.port) as other:
                assert other.login("bob", "word").startswith(b"+OK")
        until(lambda: server._listener.store.accounts["alice"].maildrop.owner is None)


def test_a_silent_client_is_logged_out_without_a_word() -> None:
    with Server(pop3, store(), idle=0.4).start() as server:
        with Raw(server.port) as client:
            client.login()
            client.say("DELE 1")
            for _ in range(4):
                time.sleep(0.2)
                client.say("NOOP")  # not silent
            before = len(client.got)
            assert client.rest() == b"" and len(client.got) == before
        until(lambda: "closed" in now(server).values.values())
        assert now(server).values["0.server.rule"] == "TRANSACTION|timed out|always"
        assert left(server) == 8


def test_a_client_that_never_reads_is_logged_out_too() -> None:
    with Server(pop3, store(mail=LARGE), idle=0.3).start() as server:
        with Raw(server.port) as client:
            client.login()
            client.send(b"RETR 1\r\n" * 5)
            until(lambda: server._listener.store.accounts["alice"].maildrop.owner is None)
            assert len(server._listener._connections) == 0


def test_a_client_that_reads_slowly_is_not_silent() -> None:
    with Server(pop3, store(mail=LARGE), idle=0.4).start() as server:
        with Raw(server.port) as client:
            client.login()
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.send(b"RETR 1\r\n" * 3 + b"QUIT\r\n")
            got = 0
            while data := client.socket.recv(300_000):
                got += len(data)
                time.sleep(0.01)
        assert got > 3 * LARGE.size


# Starting, stopping, recording


def test_stopping_closes_every_connection_and_removes_nothing() -> None:
    server = serve(pop3, store())
    idle, busy = Raw(server.port), Raw(server.port)
    busy.login()
    busy.say("DELE 1")
    server.stop()
    server.stop()
    assert idle.rest() == b"" == busy.rest()
    idle.close()
    busy.close()
    with pytest.raises(ConnectionRefusedError):
        Raw(server.port)
    assert states(server.timeline, 1)[-2:] == ["TRANSACTION", "CLOSED"]
    with server.start():
        assert left(server) == 8
    assert "stopped" in repr(server)


def test_the_timeline_grows_while_the_server_runs(server: Server) -> None:
    before = server.timeline
    with Raw(server.port) as client:
        client.login()
        during = server.timeline
    assert len(before) == 0 < len(during)
    server.stop()
    assert list(server.timeline)[: len(during)] == list(during)
    assert server.timeline.initial == during.initial


@pytest.mark.parametrize("bound", [Bound(events=40), Bound(octets=1000), Bound(events=0)])
def test_a_record_is_no_longer_than_its_bound_and_the_server_goes_on(bound: Bound, tmp_path: Path) -> None:
    with Server(pop3, store(), bound=bound).start() as server:
        with Raw(server.port) as client:
            client.login()
            for _ in range(200):
                assert client.say("NOOP").startswith(b"+OK")
            client.say("QUIT")
        with Raw(server.port) as client:
            assert client.login().startswith(b"+OK")
        timeline = server.timeline
    assert len(timeline) <= bound.events + 10
    octets = [timeline.stream(n, end) for n in timeline.connections for end in ("client", "server")]
    assert sum(map(len, octets)) < bound.octets + 1000
    for event in timeline:
        assert len(timeline.octets(event)) == event.end - event.start
    assert Timeline.load(timeline.save(tmp_path / "short.jsonl")) == timeline


def test_a_port_that_is_taken(server: Server) -> None:
    with pytest.raises(CannotListen, match="another program listens there"):
        serve(pop3, store(), port=server.port)


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("192.0.2.1", 0, "no address of this machine"),
        ("a..b", 0, "no such address"),
        ("x" * 300, 0, "no such address"),
        ("", 0, "expected an address"),
        ("127.0.0.1", 65536, "0 to 65535"),
        ("127.0.0.1", -1, "0 to 65535"),
    ],
)
def test_an_address_that_is_none(host: str, port: int, words: str) -> None:
    with pytest.raises(CannotListen, match=words):
        serve(pop3, store(), host, port)


def test_a_port_that_is_not_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "create_server", refuse)
    with pytest.raises(CannotListen, match="port 110 of '127.0.0.1': not permitted: ports below 1024"):
        serve(pop3, store(), port=110)


def test_in_the_event_loop_of_somebody_else() -> None:
    async def session() -> tuple[bytes, Timeline]:
        async with Listener(pop3, store(), "localhost") as listener:
            reader, writer = await asyncio.open_connection(listener.host, listener.port)
            writer.write(b"QUIT\r\n")
            text = await reader.read()
            writer.close()
            await writer.wait_closed()
        return text, listener.timeline

    text, timeline = asyncio.run(session())
    assert text == timeline.stream(0, "server") and states(timeline) == ["AUTHORIZATION", "CLOSED"]
