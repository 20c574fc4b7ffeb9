"""Clients that behave as badly as they can: bounded memory, a clear end, others undisturbed, no message lost.

One server process serves mail from the disk, with ``--write``. Beside every abuse a good session reads its mail all the
time, and gets every answer; behind it the mail on the disk is what it was.
"""

from __future__ import annotations

import random
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from popsim.tls import TlsEnd, client_context
from tests.sockets.clients import Raw
from tests.sockets.nasty import MESSAGES, write
from tests.sockets.running import Served, served

USERS = ["good", *(f"bad{n}" for n in range(8))]
MEGABYTE = 1_000_000
GROWTH = 25 * MEGABYTE
"""How much memory may grow by while anything here goes on."""
LARGE = b"Subject: large\n\n" + b"0123456789abcde\n" * 400_000


class Scene:
    """The server, and the mail that it serves."""

    def __init__(self, server: Served, boxes: dict[str, Path]) -> None:
        self.server, self.boxes = server, boxes
        self.plain, self.secure = server.ports
        self.process = psutil.Process(server.process.pid)
        self.before = {name: box.read_bytes() for name, box in boxes.items()}

    @property
    def memory(self) -> int:
        return int(self.process.memory_info().rss)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("abuse")
    options: list[str | Path] = ["--pop3s", "0", "--write"]
    boxes = {}
    for name in USERS:
        boxes[name] = folder / name
        write(boxes[name], [*MESSAGES, LARGE])
        options += ["--user", f"{name}:secret", "--mail", f"{name}:{boxes[name]}"]
    with served(*options) as server:
        found = Scene(server, boxes)
        for name in USERS:  # a message is made ready for the wire once, and stays so
            with Raw(server.port) as client:
                client.login(name)
                client.send(b"RETR %d\r\nQUIT\r\n" % (len(MESSAGES) + 1))
                ends(client)
        yield found
        assert server.end() == 0
        assert [line for line in server.err.splitlines() if "Error" in line or "Traceback" in line] == []


@pytest.fixture
def good(scene: Scene) -> Iterator[Scene]:
    """A good session goes on beside the test; what it gets, and the mail and the memory, are looked at behind it."""
    stop, troubles, slowest = threading.Event(), list[str](), [0.0]
    before = scene.memory

    def session() -> None:
        try:
            with Raw(scene.plain) as client:
                assert client.login("good").startswith(b"+OK")
                while not stop.is_set():
                    sent = time.monotonic()
                    assert client.say("RETR 1").startswith(b"+OK")
                    assert client.lines().endswith(b"One line.\r\n.\r\n")
                    client.say("DELE 2"), client.say("RSET")
                    slowest[0] = max(slowest[0], time.monotonic() - sent)
                    time.sleep(0.005)
                assert client.say("QUIT").startswith(b"+OK goodbye; 0 removed")
        except Exception as error:
            troubles.append(repr(error))

    thread = threading.Thread(target=session)
    thread.start()
    peak = [0]

    def watch() -> None:
        while not stop.wait(0.05):
            peak[0] = max(peak[0], scene.memory)

    watched = threading.Thread(target=watch)
    watched.start()
    try:
        yield scene
    finally:
        stop.set()
        thread.join(20)
        watched.join(20)
    assert troubles == [] and slowest[0] < 3
    assert peak[0] - before < GROWTH, f"memory grew by {(peak[0] - before) / 1e6:.1f} MB"
    assert {name: box.read_bytes() for name, box in scene.boxes.items()} == scene.before
    for name in USERS[1:]:  # every lock is free again, soon
        end = time.monotonic() + 10
        while True:
            with Raw(scene.plain) as client:
                if client.login(name).startswith(b"+OK"):
                    assert client.say("STAT").split()[1] == b"%d" % (len(MESSAGES) + 1)
                    break
            assert time.monotonic() < end, name
            time.sleep(0.05)


@contextmanager
def crowd(port: int, count: int, greeted: bool = True) -> Iterator[list[Raw]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Raw(port, greeted)) for _ in range(count)]


def ends(client: Raw, seconds: float = 10) -> bytes:
    """What still comes, to the end of the stream, which comes soon."""
    client.socket.settimeout(seconds)
    pieces = []
    with suppress(ConnectionError):
        while data := client.socket.recv(1 << 18):
            pieces.append(data)
    return b"".join(pieces)


def deleting(scene: Scene, name: str, secure: bool = False) -> Raw:
    """A session that has marked messages, and will never say QUIT."""
    client = Raw(scene.secure if secure else scene.plain, greeted=not secure)
    if secure:
        client.socket = ssl._create_unverified_context().wrap_socket(client.socket)
        client.line()
    end = time.monotonic() + 10
    while not client.login(name).startswith(b"+OK"):
        assert time.monotonic() < end
        time.sleep(0.02)
    client.say("DELE 1"), client.say("DELE 3")
    return client


def sending(client: Raw, octets: bytes) -> bool:
    """Send as much as the server takes; whether it took all."""
    try:
        client.send(octets)
    except (TimeoutError, ConnectionError, ssl.SSLError):
        return False
    return True


# Many


def test_200_connections_at_once(good: Scene) -> None:
    with crowd(good.plain, 180) as clients:  # the good one and the next ones are clients too
        for client in clients:
            client.send(b"USER good\r\nNOOP\r\n")
        for client in clients:
            assert client.line().startswith(b"+OK") and client.line().startswith(b"-ERR")
        with crowd(good.plain, 40, greeted=False) as further:
            greetings = [ends(client, 0.5) if n >= 30 else b"" for n, client in enumerate(further)]
            assert b"" in greetings  # there is an end to it
    time.sleep(0.1)


def test_connections_that_come_and_go(good: Scene) -> None:
    for number in range(300):
        client = Raw(good.plain, greeted=False)
        if number % 3 == 0:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif number % 3 == 1:
            sending(client, b"USER bad1\r\nPASS sec")
        client.close()


# Octets


NOISE: dict[str, tuple[bytes, int]] = {
    # What, and how often: in the default run a tenth of it, but for what is about its length.
    "chance": (random.Random(5).randbytes(5000), 100),
    "NUL": (b"\0" * 10_000, 100),
    "NUL lines": (b"\0\r\n" * 200, 100),
    "CR and LF": (b"\r" * 5000 + b"\n" * 200, 100),
    "1 MB": (b"A" * MEGABYTE + b"\r\n", 1),
    "1 MB name": (b"USER " + b"x" * MEGABYTE + b"\r\n", 1),
    "no UTF-8": (b"\xff\xfe\r\n" * 200, 100),
    "SASL": (b"AUTH PLAIN " + b"=" * MEGABYTE + b"\r\n*\r\n", 1),
    "SASL answer": (b"AUTH PLAIN\r\n" + b"A" * MEGABYTE + b"\r\n" + b"\0" * 1000, 1),
}
SHARES = [pytest.param(10, id="some"), pytest.param(1, id="all", marks=pytest.mark.slow)]


@pytest.mark.parametrize("kind", NOISE)
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("logged_in", [False, True], ids=["before", "after"])
def test_noise(good: Scene, kind: str, share: int, logged_in: bool) -> None:
    piece, times = NOISE[kind]
    client = deleting(good, "bad0") if logged_in else Raw(good.plain)
    with client:
        found: list[bytes] = []
        reader = threading.Thread(target=lambda: found.append(ends(client, 20)))
        reader.start()
        with suppress(OSError):
            if sending(client, piece * max(times // share, 1) + b"\r\n"):
                client.socket.shutdown(socket.SHUT_WR)
        reader.join(30)
        assert not reader.is_alive()
        answers = found[0].split(b"\r\n")[:-1]
        assert answers and all(line.startswith((b"+OK", b"-ERR", b"+ ")) for line in answers), answers[:3]


@pytest.mark.parametrize("secure", [False, True])
def test_one_octet_after_the_other(good: Scene, secure: bool) -> None:
    with deleting(good, "bad1", secure) as client:
        for octet in b"NOOP\r\nLIST 2\r\nRETR 1\r\n":
            client.send(bytes([octet]))
            time.sleep(0.01)
        assert client.line().startswith(b"+OK") and client.line().startswith(b"+OK")
        assert client.line().startswith(b"-ERR")


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("share", SHARES)
def test_everything_at_once(good: Scene, secure: bool, share: int) -> None:
    """Thousands of commands in one write; each is answered, in order."""
    count = 5000 // share
    lines = b"".join(b"NOOP\r\nLIST %d\r\nTOP 2 0\r\n" % (n % 20 + 1) for n in range(count))
    lines = b"USER bad2\r\nPASS secret\r\nDELE 1\r\n" + lines + b"RSET\r\nSTAT\r\n"
    with Raw(good.secure if secure else good.plain, greeted=False) as client:
        tls = TlsEnd(client_context(verify=False), server_side=False)
        if secure:
            tls.begin()
            while not tls.established:
                client.send(tls.take())
                tls.receive(client.socket.recv(10_000))
            tls.send(lines)
            lines = tls.take()
        sender = threading.Thread(target=sending, args=(client, lines))
        sender.start()
        client.socket.settimeout(20)
        pieces = [b""]
        while not b"".join(pieces[-3:]).endswith(b"+OK %d %d\r\n" % (len(MESSAGES) + 1, good_size())):
            data = client.socket.recv(1 << 18)
            assert data
            pieces.append(tls.receive(data) if secure else data)
        sender.join(20)
        replies = [line for line in b"".join(pieces).split(b"\r\n") if line.startswith((b"+OK", b"-ERR"))]
        assert len(replies) == 1 + 3 + 3 * count + 2  # the greeting is one
        assert replies[5].startswith(b"-ERR message 1 is marked") and replies[-2].startswith(b"+OK maildrop has")


def good_size() -> int:
    whole = [m if m.endswith(b"\n") else m + b"\n" for m in [*MESSAGES, LARGE]]
    return sum(len(m) + m.count(b"\n") for m in whole)


# Ends


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("how", ["close", "reset", "half"])
def test_gone_in_the_middle_of_a_message(good: Scene, how: str, secure: bool) -> None:
    for _ in range(3):
        client = deleting(good, "bad3", secure)
        client.send(b"RETR %d\r\n" % (len(MESSAGES) + 1))
        client.socket.recv(1000)
        if how == "reset":
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif how == "half":
            client.socket.shutdown(socket.SHUT_WR)
            if not secure:
                assert ends(client, 20).endswith(b"0123456789abcde\r\n.\r\n")
        client.close()


@pytest.mark.parametrize("secure", [False, True])
def test_clients_that_never_read(good: Scene, secure: bool) -> None:
    with ExitStack() as stack:
        for name in ("bad4", "bad5", "bad6"):
            client = stack.enter_context(deleting(good, name, secure))
            client.socket.settimeout(0.3)
            assert not sending(client, b"RETR %d\r\n" % (len(MESSAGES) + 1) * 2_000_000)
        time.sleep(0.5)


# TLS


@pytest.mark.parametrize("noise", [b"", b"\x16\x03\x01", b"NOOP\r\n", b"\x16\x03\x01\x3f\xff" + b"\0" * 100])
def test_handshakes_that_are_never_finished(good: Scene, noise: bytes) -> None:
    with crowd(good.secure, 60, greeted=False) as clients:
        for client in clients:
            sending(client, noise)
        time.sleep(0.3)
        reader = Raw(good.secure, greeted=False)
        reader.socket = ssl._create_unverified_context().wrap_socket(reader.socket)
        with reader:
            assert reader.line().startswith(b"+OK")


def test_garbage_in_place_of_a_handshake(good: Scene) -> None:
    chance = random.Random(9)
    for number in range(30):
        secure = number % 2 == 0
        with Raw(good.secure if secure else good.plain, greeted=not secure) as client:
            if not secure:
                client.say("STLS")
            if sending(client, b"\x17" + chance.randbytes(20_000)):
                assert b"+OK" not in ends(client)


def test_what_is_put_behind_stls_is_never_done(good: Scene) -> None:
    for count in (1, 1000):
        with Raw(good.plain) as client:
            client.send(b"STLS\r\n" + b"USER bad7\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n" * count)
            assert client.line().startswith(b"+OK")
            client.socket.settimeout(0.3)
            with suppress(TimeoutError):  # it waits for a handshake, and says nothing
                assert client.socket.recv(100) == b""


def test_garbage_inside_of_tls(good: Scene) -> None:
    with deleting(good, "bad7", secure=True) as client:
        raw = socket.socket(fileno=client.socket.detach())
        with raw:
            raw.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)  # a record that nobody has encrypted
            raw.settimeout(5)
            got = b""
            with suppress(ConnectionError):
                while data := raw.recv(1000):
                    got += data
            assert len(got) < 1000


# For long


@pytest.mark.slow
def test_all_of_it_at_once_for_a_minute(good: Scene) -> None:
    """Every kind of it, many times over, in a dozen threads."""
    chance, end = random.Random(1), time.monotonic() + 60
    acts: list[Callable[[], object]] = [
        lambda: _noise(good, chance.randbytes(200_000)),
        lambda: _noise(good, b"A" * 1_000_000 + b"\r\n"),
        lambda: _noise(good, b"NOOP\r\n" * 20_000),
        lambda: _gone(good, chance.choice(USERS[1:])),
        lambda: _never(good),
    ]
    troubles: list[str] = []

    def abuse(act: Callable[[], object]) -> None:
        while time.monotonic() < end:
            try:
                act()
            except (OSError, ssl.SSLError):
                pass
            except Exception as error:
                troubles.append(repr(error))

    threads = [threading.Thread(target=abuse, args=(act,)) for act in acts * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert troubles == []


def _noise(scene: Scene, noise: bytes) -> None:
    with Raw(scene.plain) as client:
        reader = threading.Thread(target=lambda: ends(client, 5))
        reader.start()
        if sending(client, noise):
            client.socket.shutdown(socket.SHUT_WR)
        reader.join(10)


def _gone(scene: Scene, name: str) -> None:
    with Raw(scene.plain) as client:
        if client.login(name).startswith(b"+OK"):
            client.say("DELE 1")
            client.send(b"RETR %d\r\n" % (len(MESSAGES) + 1))
            client.socket.recv(1000)


def _never(scene: Scene) -> None:
    with Raw(scene.secure, greeted=False) as client:
        sending(client, b"\x16\x03\x01\x02\x00\x01")
        time.sleep(0.2)
