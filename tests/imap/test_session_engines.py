"""Both engines against each other, in memory: the client's reads what the server's says, in whatever pieces."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.client import ClientEngine
from popsim.engine.response import Response
from popsim.protocols.imap.table import IMAP
from popsim.protocols.protocol import Protocol
from tests.imap.mailroom import MODERN, Mailroom, letter

LETTER = letter("appended", "a0 OK {3}\r\n* BYE")
# What a client says, and what comes back: the line, each literal with the rest of the line behind it, the status.
LINES: list[tuple[bytes, list[bytes], str]] = [
    (b"CAPABILITY", [], "OK"),
    (b"LOGIN alice wrong", [], "NO"),
    (b"LOGIN alice {6}", [b"secret"], "OK"),
    (b'LIST "" *', [], "OK"),
    (b"CREATE {3}", [b"x y"], "OK"),
    (b"SELECT INBOX", [], "OK"),
    (b"APPEND {3}", [b"x y (\\Seen) {%d}" % len(LETTER), LETTER], "OK"),
    (b"APPEND INBOX {%d}" % len(LETTER), [LETTER], "OK"),
    (b"FETCH 4 BODY[]", [], "OK"),
    (b"NONSENSE", [], "BAD"),
    (b"FETCH 99 FLAGS", [], "BAD"),
    (b"NOOP", [], "OK"),
    (b"CLOSE", [], "OK"),
    (b"LOGOUT", [], "OK"),
]


class Pair:
    """A client and a server whose octets cross in pieces of given sizes."""

    def __init__(self, protocol: Protocol, sizes: Iterator[int]) -> None:
        self.room = Mailroom(3, protocol)
        self.server = self.room.line("a", protocol)
        self.client = ClientEngine(protocol)
        self._sizes = sizes
        self.heard: list[Response] = []

    def cross(self) -> None:
        """Let everything cross until both ends are silent."""
        while True:
            out, back = b"".join(self.client.take()), b"".join(self.server.take())
            if not out and not back:
                return
            for piece in self._cut(out):
                self.server.receive(piece)
            for piece in self._cut(back):
                self.heard += self.client.receive(piece)

    def _cut(self, octets: bytes) -> Iterator[bytes]:
        while octets:
            size = next(self._sizes)
            yield octets[:size]
            octets = octets[size:]

    def ask(self, line: bytes, parts: list[bytes]) -> Response:
        """A command, its literals when they are asked for, and its answer."""
        self.client.request(line)
        self.cross()
        for part in parts:
            assert self.client.exchange_open, self.heard[-1]
            self.client.carry_on(part + b"\r\n")
            self.cross()
        return self.heard[-1]


def held(protocol: Protocol, sizes: Iterator[int]) -> list[tuple[str, str, int]]:
    """The status and state after each command, and how much data came with it."""
    pair = Pair(protocol, sizes)
    pair.cross()
    found = []
    for number, (line, parts, status) in enumerate(LINES):
        answer = pair.ask(b"a%d %b" % (number, line), parts)
        assert answer.reply is not None and answer.reply.mark == status, (line, answer)
        assert pair.client.state is pair.server.state, line
        found.append((status, pair.client.state.name, len(answer.untagged)))
    assert pair.server.closed and len(pair.room.account.inbox) == 4
    (copy,) = pair.room.account.mailboxes["x y"].items
    assert copy.message.octets == LETTER and copy.flags == {"\\Seen"}
    return found


def forever(size: int) -> Iterator[int]:
    while True:
        yield size


@pytest.mark.parametrize("protocol", [IMAP, MODERN, IMAP.edition(9051)], ids=str)
def test_both_engines_agree_in_whatever_pieces(protocol: Protocol) -> None:
    whole = held(protocol, forever(1 << 20))
    assert [state for _, state, _ in whole][-1] == "CLOSED"
    for size in (1, 2, 3, 7):
        assert held(protocol, forever(size)) == whole


@given(st.lists(st.integers(1, 40), min_size=1, max_size=20))
@settings(max_examples=15, deadline=None)
def test_both_engines_agree_in_random_pieces(sizes: list[int]) -> None:
    def again() -> Iterator[int]:
        while True:
            yield from sizes

    assert held(MODERN, again()) == held(MODERN, forever(1 << 20))


def test_answers_find_their_commands_when_several_are_on_their_way() -> None:
    pair = Pair(MODERN, forever(5))
    pair.cross()
    lines = [
        b"t1 LOGIN alice secret", b"t2 SELECT INBOX", b"t3 NOOP", b"t4 STATUS INBOX (MESSAGES)", b"t5 FETCH 9 UID",
        b"t7 LOGOUT",
    ]  # fmt: skip
    pair.heard.clear()
    for line in lines:
        pair.client.request(line)
    pair.cross()
    told = [
        (answer.request.tag.decode(), answer.reply.mark) for answer in pair.heard if answer.request and answer.reply
    ]
    assert told == [("t1", "OK"), ("t2", "OK"), ("t3", "OK"), ("t4", "OK"), ("t5", "BAD"), ("t7", "OK")]
    assert [len(answer.untagged) for answer in pair.heard] == [0, 8, 0, 1, 0, 1]


class InMemory(imaplib.IMAP4):
    """The standard library's client, whose octets cross to a server's engine and no socket."""

    def __init__(self, room: Mailroom) -> None:
        self._room = room
        self._came = b""
        room.line("i", room.protocol)
        super().__init__()

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """Nothing is to be opened; the greeting is there."""
        self.send(b"")

    def read(self, size: int) -> bytes:
        octets, self._came = self._came[:size], self._came[size:]
        assert len(octets) == size
        return octets

    def readline(self) -> bytes:
        line, end, self._came = self._came.partition(b"\n")
        return line + end

    def send(self, data: Any) -> None:
        self._came += self._room.feed("i", bytes(data))

    def shutdown(self) -> None:
        """Nothing is to be closed."""


@pytest.mark.parametrize("protocol", [IMAP, MODERN], ids=str)
def test_the_standard_library_s_client(protocol: Protocol) -> None:
    room = Mailroom(3, protocol)
    client = InMemory(room)
    assert client.login("alice", "secret")[0] == "OK" and client.state == "AUTH"
    assert client.create('"Sent Mail"')[0] == "OK" and client.subscribe('"Sent Mail"')[0] == "OK"
    assert client.list()[1] == [b'() "/" INBOX', b'() "/" "Sent Mail"']
    assert client.lsub()[1] == [b'() "/" INBOX', b'() "/" "Sent Mail"']
    assert client.append('"Sent Mail"', "(\\Seen)", imaplib.Time2Internaldate(0), LETTER)[0] == "OK"
    assert client.status('"Sent Mail"', "(MESSAGES UNSEEN)")[1] == [b'"Sent Mail" (MESSAGES 1 UNSEEN 0)']
    assert client.select('"Sent Mail"', readonly=True) == ("OK", [b"1"])
    status, fetched = client.fetch("1", "(INTERNALDATE BODY[])")
    assert status == "OK" and isinstance(fetched[0], tuple) and fetched[0][1] == LETTER
    assert client.select("nothing")[0] == "NO"
    assert client.select() == ("OK", [b"3"]) and client.response("UIDVALIDITY")[1] == [b"1"]
    assert client.search(None, "ALL")[1] == [b"1 2 3"]
    assert client.store("2", "+FLAGS", "\\Deleted")[0] == "OK" and client.expunge()[1] == [b"2"]
    assert client.rename('"Sent Mail"', "Sent")[0] == "OK" and client.delete("Sent")[0] == "OK"
    assert client.noop()[0] == "OK" and client.logout()[0] == "BYE"


def test_the_standard_library_s_client_by_a_challenge() -> None:
    client = InMemory(Mailroom(1))
    assert client.login_cram_md5("alice", "secret")[0] == "OK"
    client = InMemory(Mailroom(1))
    with pytest.raises(imaplib.IMAP4.error):
        client.authenticate("PLAIN", lambda challenge: b"\0alice\0wrong")
    assert client.authenticate("PLAIN", lambda challenge: b"\0alice\0secret")[0] == "OK"
    assert client.enable("CONDSTORE")[0] == "OK" and client.namespace()[1] == [b'(("" "/")) NIL NIL']
