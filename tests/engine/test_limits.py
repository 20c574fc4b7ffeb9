"""Lines have a longest length, and what comes beyond it takes no memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from popsim import pop3
from popsim.engine.client import REPLY_LIMIT, ClientEngine
from tests.engine.scene import LOGIN, session

MEGABYTE = 1 << 20
LONGEST = 255
"""RFC 2449 §4: the longest command line, with its CRLF."""


def peak(doing: Callable[[], object]) -> int:
    """The most octets of memory that something takes while it is done."""
    tracemalloc.start()
    doing()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def in_pieces(receive: Callable[[bytes], object], size: int, piece: int = 1000) -> Callable[[], None]:
    """Feeding that many octets without a line end, in pieces."""
    octets = b"x" * piece

    def feed() -> None:
        for _ in range(size // piece):
            receive(octets)

    return feed


@pytest.mark.parametrize("piece", [1, 100, 1460])
@pytest.mark.parametrize(("size", "fits"), [(LONGEST, True), (LONGEST + 1, False), (5000, False)])
def test_a_line_may_have_255_octets_with_its_crlf(size: int, fits: bool, piece: int) -> None:
    mine = session()
    reply = mine.send(b"NOOP" + b"x" * (size - 6) + b"\r\n", piece)
    assert (b"the line is too long: at most 255 octets with CRLF" in reply) is not fits
    assert (b"is no command" in reply) is fits and reply.count(b"\r\n") == 1
    assert mine.send(b"QUIT\r\n").startswith(b"+OK")


def test_a_long_line_keeps_memory_bounded() -> None:
    mine = session()
    assert peak(in_pieces(mine.engine.receive, MEGABYTE)) < 20_000
    assert mine.take() == b""
    mine.engine.receive(b"\r\nQUIT\r\n")
    first, second, _ = mine.take().split(b"\r\n")
    assert first.startswith(b"-ERR the line is too long") and second.startswith(b"+OK")


def test_a_long_line_in_one_piece_is_not_kept() -> None:
    mine = session()

    def feed() -> None:
        for _ in range(20):
            mine.engine.receive(bytes(MEGABYTE))

    assert peak(feed) < 3 * MEGABYTE


def test_trailing_octets_after_quit_are_not_kept() -> None:
    mine = session()
    mine.send(LOGIN + b"QUIT\r\n")
    assert peak(in_pieces(mine.engine.receive, MEGABYTE)) < 20_000


def test_a_long_reply_line_keeps_a_clients_memory_bounded() -> None:
    client = ClientEngine(pop3)
    assert peak(in_pieces(client.receive, MEGABYTE)) < 4 * REPLY_LIMIT
    (answer,) = client.receive(b"\r\n")
    assert (answer.reply, answer.text) == (None, b"")
    assert client.receive(b"+OK\r\n")[0].positive


def test_long_bodies_come_in_without_being_copied_again_and_again() -> None:
    """Ten megabytes in small pieces: it would take minutes if each piece copied what had come before."""
    client = ClientEngine(pop3)
    for command in ("USER alice", "PASS secret", "RETR 1"):
        client.request(command)
    client.receive(b"+OK\r\n" * 4)
    line = b"x" * 998 + b"\r\n"
    for _ in range(10_000):
        assert client.receive(line) == []
    (answer,) = client.receive(b".\r\n")
    assert answer.body is not None and len(answer.body) == 10_000_000


def test_a_reply_line_is_cut_to_512_octets() -> None:
    """RFC 1939 §3. The longest text is the list of messages that could not be removed."""
    uids = [f"uid-{number}" for number in range(1, 301)]
    mine = session(messages=[b"x"] * 300, unremovable=uids)
    mine.send(LOGIN)
    for number in range(1, 301):
        mine.send(b"DELE %d\r\n" % number)
    reply = mine.send(b"QUIT\r\n")
    assert len(reply) == 512 and reply.startswith(b"-ERR could not remove message 1, 2, 3")
    assert reply.endswith(b" (RFC 1939 section 6)\r\n")
