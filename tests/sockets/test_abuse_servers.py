"""Servers that behave as badly as they can: our clients stay within their bounds, and come to an end.

The octets are fed to the client engines; tracemalloc says what they keep of them.
"""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator

import pytest

from popsim.engine import client_hearing
from popsim.engine.client import ClientEngine
from popsim.protocols import find

MEGABYTE = 1_000_000
BOUND = 200_000
"""For these tests: what a client keeps of one answer."""
GREETINGS = {"imap": b"* OK here\r\n", "pop2": b"+ POP2 here\r\n", "smtp": b"220 here\r\n"}
FIRST = {"imap": b"a1 FETCH 1:* BODY[]", "pop2": b"HELO alice secret", "smtp": b"EHLO client.example"}


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_hearing, "BODY_LIMIT", BOUND)


def waiting(name: str) -> ClientEngine:
    """A client that has been greeted and has asked for something."""
    client = ClientEngine(find(name).extended() if name != "pop2" else find(name))
    client.opened()
    client.receive(GREETINGS[name])
    client.request(FIRST[name])
    client.take()
    return client


def feed(client: ClientEngine, pieces: Iterator[bytes]) -> int:
    """Let it hear all pieces, and throw its answers away; the most memory that was taken meanwhile, in octets."""
    tracemalloc.start()
    for piece in pieces:
        client.receive(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def repeated(octets: bytes, total: int) -> Iterator[bytes]:
    """The same octets again and again, so many in all, cut where no line ends."""
    whole = octets * (1 + 1024 // len(octets))
    for _ in range(total // len(whole)):
        yield whole


ENDLESS: dict[str, tuple[str, bytes, bytes]] = {
    # What is said first, and what is said then without end.
    "untagged data": ("imap", b"", b"* 1 FETCH (FLAGS ())\r\n"),
    "untagged data of nothing": ("imap", b"", b"* \r\n"),
    "numbers": ("imap", b"* SEARCH", b" 4294967295"),
    "literals": ("imap", b"* 1 FETCH (", b"A {3}\r\nabc"),
    "literals of nothing": ("imap", b"* 1 FETCH (", b" {0}\r\n"),
    "a literal": ("imap", b"* 1 FETCH (BODY[] {4294967295}\r\n", b"x" * 4000),
    "continuations": ("imap", b"", b"+ go on\r\n"),
    "tags of nobody": ("imap", b"", b"z9 OK done\r\n"),
    "a line": ("imap", b"* OK ", b"x" * 4000),
    "lines that go on": ("smtp", b"", b"250-more\r\n"),
    "lines that go on, with nothing": ("smtp", b"", b"250-\r\n"),
    "a line of SMTP": ("smtp", b"250-", b"x" * 4000),
    "replies to nobody": ("smtp", b"250 hello\r\n", b"250 OK\r\n"),
    "a line of POP2": ("pop2", b"#", b"9" * 4000),
    "replies to nobody in POP2": ("pop2", b"#1 message\r\n", b"=1\r\n"),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_never_ends_takes_no_more_memory_than_an_answer_may(bound: None, kind: str) -> None:
    name, first, then = ENDLESS[kind]
    client = waiting(name)
    client.receive(first)
    peak = feed(client, repeated(then, min(3 * MEGABYTE, 20_000 * len(then))))
    assert peak < 3 * BOUND, f"{peak / 1e6:.1f} MB"


def test_octets_that_are_announced_by_the_billion() -> None:
    """A POP2 server that announces 10^18 octets, and more: nothing is set aside for what has not come."""
    for number in (b"1" + b"0" * 18, b"9" * 18, b"9" * 400, b"-1", b"1e9", b"\xb2"):
        client = waiting("pop2")
        client.receive(b"#1 message\r\n")
        client.request(b"READ 1")
        client.receive(b"=" + number + b"\r\n")
        client.request(b"RETR")
        assert feed(client, repeated(b"x" * 1000 + b"\r\n", MEGABYTE)) < 3 * MEGABYTE
        client.lost()
        assert client.closed


@pytest.mark.parametrize("name", GREETINGS)
def test_garbage(name: str) -> None:
    chance = random.Random(7)
    marks = [reply.mark.encode() for reply in find(name).replies]
    for _ in range(60):
        client = waiting(name)
        for _ in range(30):
            line = (
                chance.choice(marks)
                + chance.choice([b" ", b"-", b"", b" {5}"])
                + chance.randbytes(chance.randrange(40))
            )
            client.receive(
                chance.choice([b"", b"a1 ", b"* ", b"* 1 "]) + line + chance.choice([b"\r\n", b"\n", b"\r", b""])
            )
        client.lost()
        assert client.closed


@pytest.mark.parametrize(
    ("name", "command", "answer"),
    [
        ("imap", b"a2 STARTTLS", b"a1 OK done\r\na2 OK begin\r\n"),
        ("smtp", b"STARTTLS", b"250-a\r\n250 STARTTLS\r\n220 go\r\n"),
    ],
)
def test_what_a_server_says_before_the_handshake_is_never_believed(name: str, command: bytes, answer: bytes) -> None:
    client = waiting(name)
    client.receive(answer.partition(b"a2 " if name == "imap" else b"220")[0])
    client.request(command)
    mark = b"a2 " if name == "imap" else b"220"
    injected = b"* CAPABILITY AUTH=PLAIN\r\na3 OK [ALERT] injected\r\n250 injected\r\n" * 100
    client.receive(mark + answer.partition(mark)[2] + injected)
    assert client.securing
    client.receive(injected)
    client.secured()
    client.request(b"a3 NOOP" if name == "imap" else b"EHLO again")
    found = client.receive(b"a3 OK right\r\n" if name == "imap" else b"250 right\r\n")
    assert [one.text for one in found] == [b"right"] and not found[0].untagged


@pytest.mark.parametrize("name", GREETINGS)
def test_no_octet_is_looked_at_again_and_again(name: str) -> None:
    """A line of a megabyte that comes in small pieces is thrown away as it comes."""
    client = waiting(name)
    for _ in range(20_000):
        client.receive(b"* x 250-y" * 6)
        assert len(client._buffer._octets) <= 70_000
