"""The proxy between real clients and a real server: octets pass, a link's delay and faults befall them, all is told."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from popsim import pop3, samples
from popsim.mail.store import Store, User
from popsim.sockets import CannotListen, Server, serve
from popsim.sockets.passage import HELD
from popsim.sockets.proxy import NO_LINK, Proxy
from popsim.sockets.recording import Address
from popsim.timeline.event import CLIENT, SERVER
from popsim.wire import Fault, Link
from tests.sockets.clients import Raw
from tests.sockets.test_server import LARGE, left, until


class Told:
    """A witness that remembers."""

    def __init__(self) -> None:
        self.pieces: dict[tuple[int, int], list[bytes]] = {}
        self.ends: dict[int, tuple[Address, Address]] = {}
        self.overs: dict[int, bool] = {}
        self.ticks = 0

    def tick(self) -> None:
        self.ticks += 1

    def connected(self, connection: int, client: Address, server: Address) -> None:
        self.ends[connection] = (client, server)

    def crossed(self, connection: int, end: int, octets: bytes | memoryview) -> None:
        self.pieces.setdefault((connection, end), []).append(bytes(octets))

    @property
    def said(self) -> dict[tuple[int, int], bytes]:
        return {key: b"".join(pieces) for key, pieces in self.pieces.items()}

    def over(self, connection: int, in_order: bool) -> None:
        assert connection not in self.overs
        self.overs[connection] = in_order


class Running:
    """A proxy in a thread of its own."""

    def __init__(self, proxy: Proxy, told: Told, lines: list[str]) -> None:
        self.proxy, self.told, self.lines = proxy, told, lines

    @property
    def port(self) -> int:
        return self.proxy.port

    def over(self, connections: int = 1) -> None:
        until(lambda: len(self.told.overs) == connections)


@contextmanager
def joining(port: int, link: Link = NO_LINK, faults: Sequence[str] = (), **options: Any) -> Iterator[Running]:
    told, lines = Told(), list[str]()
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    found = [Fault.parse(text) for text in faults]
    proxy = Proxy("127.0.0.1", port, 0, told, link=link, faults=found, report=lines.append, **options)

    async def run() -> None:
        async with proxy:
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield Running(proxy, told, lines)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        assert not thread.is_alive() and not proxy._passages
        loop.close()


@pytest.fixture
def server() -> Iterator[Server]:
    people = [User("alice", "secret"), User("bob", "word")]
    with serve(pop3, Store(people, {"alice": samples.inbox(), "bob": LARGE})) as server:
        yield server


def test_a_session_passes_and_is_told(server: Server) -> None:
    with joining(server.port) as between:
        with Raw(between.port) as client:
            client.login()
            client.say("RETR 6"), client.lines()
            client.say("DELE 2")
            client.say("QUIT")
            client.rest()
            name = client.socket.getsockname()
        between.over()
        told = between.told
        assert told.said == {(0, CLIENT): client.sent, (0, SERVER): client.got}
        assert told.overs == {0: True} and between.lines == []
        assert told.ends == {0: (name, ("127.0.0.1", server.port))}
    assert left(server) == 7


def test_many_connections_at_once(server: Server) -> None:
    with joining(server.port) as between:
        clients = [Raw(between.port) for _ in range(50)]
        for client in clients:
            client.send(b"USER bob\r\nNOOP\r\nQUIT\r\n")
        for client in clients:
            client.rest()
            client.close()
        between.over(50)
        for client, number in ((c, n) for n, e in between.told.ends.items() for c in clients if c.name == e[0]):
            assert between.told.said[number, SERVER] == client.got


def test_a_large_answer_and_one_that_is_read_slowly(server: Server) -> None:
    with joining(server.port, Link(delay="1 ms")) as between, Raw(between.port) as client:
        client.login("bob", "word")
        client.say("RETR 1")
        client.send(b"QUIT\r\n")
        got, begun = len(client.got) - client._read, time.monotonic()
        while data := client.socket.recv(1 << 20):
            got += len(data)
        assert got == LARGE.size + len(b".\r\n+OK goodbye; 0 removed, 1 left\r\n")
        assert time.monotonic() - begun < 10


def test_a_client_that_never_reads_costs_little(server: Server) -> None:
    for link in (NO_LINK, Link(delay="5 ms")):
        with joining(server.port, link) as between, Raw(between.port) as client:
            client.login("bob", "word")
            client.send(b"RETR 1\r\n" * 10)
            time.sleep(0.5)
            (passage,) = between.proxy._passages
            transports = [end.transport for end in passage.ends if end.transport]
            waiting = sum(transport.get_write_buffer_size() for transport in transports)
            assert waiting + sum(way.held for way in passage._ways) < 3 * HELD
            with Raw(between.port) as other:
                assert other.login("alice", "secret").startswith(b"+OK")


# --- the end


def test_both_halves_are_closed_one_by_one() -> None:
    """The client says all and closes its half; the server reads it to the end, and answers then."""
    with socket.create_server(("127.0.0.1", 0)) as listens:
        with joining(listens.getsockname()[1], Link(delay="20 ms")) as between:
            with Raw(between.port, greeted=False) as client:
                taken, _ = listens.accept()
                client.send(b"x" * 200_000)
                client.socket.shutdown(socket.SHUT_WR)
                got = b""
                while data := taken.recv(65536):
                    got += data
                taken.sendall(b"%d octets" % len(got))
                taken.close()
                assert client.rest() == b"200000 octets"
            between.over()
            assert between.told.overs == {0: True}


def test_the_server_closes_first_and_the_client_goes_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listens, joining(listens.getsockname()[1]) as between:
        with Raw(between.port, greeted=False) as client:
            taken, _ = listens.accept()
            taken.sendall(b"bye")
            taken.shutdown(socket.SHUT_WR)
            assert client.rest() == b"bye"
            client.send(b"one more word")
            assert taken.recv(100) == b"one more word"
        assert taken.recv(100) == b""
        taken.close()
        between.over()
        assert between.told.overs == {0: True}


@pytest.mark.parametrize("who", ["client", "server"])
def test_a_reset_reaches_the_other_end(who: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listens:
        with joining(listens.getsockname()[1], Link(delay="20 ms")) as between:
            with Raw(between.port, greeted=False) as client:
                taken, _ = listens.accept()
                pair = (client.socket, taken) if who == "client" else (taken, client.socket)
                pair[0].sendall(b"the last word")
                pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                time.sleep(0.1)
                pair[0].close()
                pair[1].settimeout(5)
                assert pair[1].recv(100) == b"the last word"
                assert pair[1].recv(100) == b""
                taken.close()
            between.over()
            assert between.told.overs == {0: False}


def test_a_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with joining(port) as between:
        for _ in range(3):
            with Raw(between.port, greeted=False) as client:
                assert client.rest() == b""
        until(lambda: len(between.lines) == 3)
        assert between.lines[0] == (
            f"cannot reach 127.0.0.1:{port}: Connection refused; the client's connection is closed"
        )
        assert between.told.ends == {} == between.told.overs


def test_a_port_that_is_taken_and_a_fault_that_is_none_of_a_line(server: Server) -> None:
    async def opened() -> None:
        await Proxy("127.0.0.1", 1, server.port, Told()).open()

    with pytest.raises(CannotListen, match="another program listens there"):
        asyncio.run(opened())
    with pytest.raises(ValueError, match="'keep alice 2' is a fault of a server's"):
        Proxy("127.0.0.1", 1, 0, Told(), faults=[Fault.parse("keep alice 2")])


def test_clients_that_are_too_many(server: Server) -> None:
    with joining(server.port, most=2) as between:
        with Raw(between.port), Raw(between.port), Raw(between.port, greeted=False) as third:
            assert third.rest() == b"" and between.proxy.refused == 1
        until(lambda: not between.proxy._passages)
        with Raw(between.port) as again:
            assert again.greeting.startswith(b"+OK")


def test_closing_it_closes_all(server: Server) -> None:
    with joining(server.port, Link(delay="10 s")) as between:
        waiting = [Raw(between.port, greeted=False) for _ in range(3)]
        until(lambda: len(between.told.ends) == 3)
    for client in waiting:
        assert client.rest() == b""
        client.close()


# --- the link


def timed(act: Callable[[], object]) -> float:
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def test_delay(server: Server) -> None:
    with joining(server.port, Link(delay="150 ms")) as between:
        client = Raw(between.port, greeted=False)

        def twenty() -> None:
            client.send(b"NOOP\r\n" * 20)
            for _ in range(20):
                client.line()

        assert 0.14 < timed(client.line) < 0.29
        assert 0.29 < timed(lambda: client.say("NOOP")) < 0.6
        assert 0.29 < timed(twenty) < 0.6
        client.close()


def test_rate_and_order(server: Server) -> None:
    size = sum(message.size for message in samples.inbox())
    with joining(server.port, Link(delay=0, rate="1 Mbit/s", jitter="30 ms")) as between, Raw(between.port) as client:
        client.login()

        def fetch() -> None:
            client.send(b"".join(b"RETR %d\r\n" % n for n in range(1, 9)))
            for message in samples.inbox():
                assert client.line().startswith(b"+OK")
                assert client.lines() == message.dot_stuffed

        took = timed(fetch)
        assert size * 8 / 1e6 < took < size * 8 / 1e6 * 1.2 + 0.5


def test_loss_holds_up_what_is_behind(server: Server) -> None:
    with joining(server.port, faults=["lose server segment 3"]) as between, Raw(between.port) as client:
        assert timed(lambda: client.say("NOOP")) > 0.9  # the SYN ACK and the greeting came before
        assert timed(lambda: client.say("NOOP")) < 0.5
    with joining(server.port, Link(delay=0, loss="40%"), seed=15) as between:
        with Raw(between.port, greeted=False) as client:
            client.send(b"NOOP\r\n" * 3)
            begun = time.monotonic()
            text = [client.line() for _ in range(4)]
            assert time.monotonic() - begun > 0.9  # by this seed the greeting is lost once
            assert [line[:3] for line in text] == [b"+OK"] + [b"-ER"] * 3


# --- faults


def test_a_cut_behind_an_octet(server: Server) -> None:
    with joining(server.port, faults=["cut server after 120", "cut client after 20 on 1"]) as between:
        with Raw(between.port) as client:
            client.login()
            client.send(b"DELE 1\r\nRETR 6\r\n")
            client.rest()
            assert len(client.got) == 120 == len(between.told.said[0, SERVER])
        with Raw(between.port) as client:
            client.send(b"USER alice\r\nPASS secret\r\nQUIT\r\n")
            client.rest()
        between.over(2)
        assert between.told.overs == {0: False, 1: False}
    until(lambda: not server._listener._connections)
    assert server.timeline.stream(1, "client") == b"USER alice\r\nPASS sec"
    assert left(server) == 8


def test_a_cut_behind_nothing(server: Server) -> None:
    with joining(server.port, faults=["cut server after 0"]) as between, Raw(between.port, greeted=False) as client:
        assert client.rest() == b""


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_a_cut_before_a_command(server: Server, pieces: int) -> None:
    lines = b"USER alice\r\nPASS secret\r\nDELE 1\r\nquit\r\nNOOP\r\n"
    with joining(server.port, faults=["cut before QUIT"]) as between:
        with Raw(between.port) as client:
            for place in range(0, len(lines), pieces):
                try:
                    client.send(lines[place : place + pieces])
                except ConnectionError:
                    break
                time.sleep(0.002)
            try:
                client.rest()
            except ConnectionError:
                pass
        between.over()
    until(lambda: not server._listener._connections)
    assert server.timeline.stream(0, "client") == b"USER alice\r\nPASS secret\r\nDELE 1\r\n"
    assert left(server) == 8


def test_what_waits_for_a_line_end_still_passes_at_the_end(server: Server) -> None:
    with joining(server.port, faults=["cut before NOOP"]) as between, Raw(between.port) as client:
        client.send(b"USER alice\r\n" + b"x" * 100_000)
        assert client.line().startswith(b"+OK")
        client.send(b"\r\nQUI")
        client.socket.shutdown(socket.SHUT_WR)
        assert client.rest().startswith(b"-ERR")
    between.told.ends.clear()
    assert server.timeline.stream(0, "client") == b"USER alice\r\n" + b"x" * 100_000 + b"\r\nQUI"


def test_a_stall(server: Server) -> None:
    with joining(server.port, faults=["stall server after 22 for 500 ms"]) as between:
        client = Raw(between.port, greeted=False)
        begun = time.monotonic()
        first = client.socket.recv(100)
        assert len(first) == 22 and time.monotonic() - begun < 0.4
        client.got += first
        assert client.line() == b"+OK POP3 server ready" and time.monotonic() - begun < 0.9
        assert 0.4 < timed(lambda: client.say("NOOP")) + time.monotonic() - begun
        assert timed(lambda: client.say("NOOP")) < 0.3
        client.close()
    with joining(server.port, faults=["stall client at 0 s for 400 ms"]) as between, Raw(between.port) as client:
        assert timed(lambda: client.say("NOOP")) > 0.2
        assert timed(lambda: client.say("NOOP")) < 0.2


def test_an_octet_that_is_changed(server: Server) -> None:
    faults = ["corrupt server at 2", "corrupt client at 8"]
    with joining(server.port, faults=faults) as between, Raw(between.port) as client:
        assert client.greeting.startswith(b"+NK")
        assert client.say("USER alice").startswith(b"+OK alhce")
        assert between.told.said[0, CLIENT] == b"USER alice\r\n"  # as it is at the client's end
        assert between.told.said[0, SERVER].startswith(b"+NK")


def test_faults_befall_the_connection_that_they_name(server: Server) -> None:
    with joining(server.port, faults=["corrupt server at 1 on 1"]) as between:
        greetings = []
        for _ in range(3):
            with Raw(between.port) as client:
                greetings.append(client.greeting[:1])
        assert greetings == [b"+", b"*", b"+"]


def test_chance_is_the_same_for_the_same_seed(server: Server) -> None:
    async def times(seed: int) -> list[int]:
        from popsim.sockets.way import Way

        link = Link(delay="1 s", loss="30%", jitter="300 ms")
        way = Way(link, (), 0, SERVER, seed, deliver=lambda _: None, cut=lambda: None)
        way._begun -= 1e-9 * way._now
        return [way._arrival(100, 100 * n) // 10**8 for n in range(1, 20)]

    first, again, other = (asyncio.run(times(seed)) for seed in (1, 1, 2))
    assert first == again != other
