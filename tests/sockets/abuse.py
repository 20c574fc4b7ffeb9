"""One server process with all protocols, and a good session beside whatever a test does to it."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.sockets.clients import Raw
from tests.sockets.nasty import MESSAGES, write
from tests.sockets.running import Served, serving

MEGABYTE = 1_000_000
GROWTH = 30 * MEGABYTE
"""How much memory may grow by while a test goes on."""
PROTOCOLS = ("pop2", "pop3", "imap", "smtp")
CROWD = 10_000
"""How many messages one of the users has."""
LARGE = b"Subject: large\n\n" + b"0123456789abcde\n" * 100_000
LETTER = b"From: a@example.org\nSubject: one of many\n\ntext\n"


class Scene:
    """The server, its ports by the protocols' names, and how much memory it takes."""

    def __init__(self, server: Served) -> None:
        self.server = server
        self.ports = dict(zip(PROTOCOLS, server.ports, strict=True))
        self.process = psutil.Process(server.process.pid)

    @property
    def memory(self) -> int:
        return int(self.process.memory_info().rss)

    def imap(self, user: str = "", box: str = "") -> Raw:
        """An IMAP client, logged in where a user is given, with a mailbox open where one is."""
        client = Raw(self.ports["imap"])
        if user:
            assert said(client, f"i1 LOGIN {user} secret").startswith(b"i1 OK")
        if box:
            assert said(client, f"i2 SELECT {box}").startswith(b"i2 OK")
        return client

    def smtp(self, ehlo: bool = True) -> Raw:
        """An SMTP client."""
        client = Raw(self.ports["smtp"])
        if ehlo:
            client.send(b"EHLO client.example\r\n")
            while not client.line().startswith(b"250 "):
                pass
        return client


def said(client: Raw, command: str) -> bytes:
    """Give an IMAP command, and return the line that answers it; the data before it is passed over."""
    client.send(command.encode() + b"\r\n")
    return answered(client, command.split()[0].encode())


def answered(client: Raw, tag: bytes) -> bytes:
    """The tagged line that comes, whatever comes before it."""
    while True:
        line = client.line()
        if line.startswith(tag + b" ") or not line:
            return line


@contextmanager
def scene(folder: Path, *more: str) -> Iterator[Scene]:
    """A server process for good and bad, and for bomb and crowd where they are wanted too; it must end well."""
    options: list[str | Path] = [word for name in PROTOCOLS for word in (f"--{name}", "0")]
    mail = {"good": MESSAGES, "bad": [*MESSAGES, LARGE]}
    mail.update({name: {"bomb": [*BOMBS], "crowd": [LETTER] * CROWD}[name] for name in more})
    for name, messages in mail.items():
        write(folder / name, messages)
        options += ["--user", f"{name}:secret", "--mail", f"{name}:{folder / name}"]
    before = {name: (folder / name).read_bytes() for name in mail}
    with serving(*options) as server:
        yield Scene(server)
        assert server.end() == 0
        assert [line for line in server.err.splitlines() if "Error" in line or "Traceback" in line] == []
    assert {name: (folder / name).read_bytes() for name in mail} == before


@contextmanager
def undisturbed(found: Scene, growth: int = GROWTH, patience: float = 6.0) -> Iterator[Scene]:
    """A good IMAP session goes on beside the block, is answered soon, and memory stays within bounds."""
    stop, troubles, slowest, peak = threading.Event(), list[str](), [0.0], [0]
    before = found.memory

    def session() -> None:
        try:
            with found.imap("good", "INBOX") as client:
                while not stop.is_set() or not slowest[0]:
                    sent = time.monotonic()
                    client.send(b"g1 FETCH 1 BODY.PEEK[TEXT]\r\ng2 STORE 2 FLAGS (\\Seen)\r\ng3 NOOP\r\n")
                    assert answered(client, b"g3").startswith(b"g3 OK")
                    slowest[0] = max(slowest[0], time.monotonic() - sent)
                    time.sleep(0.01)
                client.send(b"g4 LOGOUT\r\n")
                client.rest()
                assert b"One line." in client.got and b"BAD" not in client.got
        except Exception as error:
            troubles.append(repr(error))

    def watch() -> None:
        while not stop.wait(0.05):
            peak[0] = max(peak[0], found.memory)

    threads = [threading.Thread(target=work) for work in (session, watch)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert troubles == []
    assert slowest[0] < patience, f"the good session waited for {slowest[0]:.1f} seconds"
    assert peak[0] - before < growth, f"memory grew by {(peak[0] - before) / 1e6:.1f} MB"


def ends(client: Raw, seconds: float = 10) -> bytes:
    """What still comes, to the end of the stream or to a long silence."""
    client.socket.settimeout(seconds)
    pieces = []
    with suppress(ConnectionError, TimeoutError):
        while data := client.socket.recv(1 << 18):
            pieces.append(data)
    return b"".join(pieces)


def sending(client: Raw, octets: bytes) -> bool:
    """Send as much as the server takes; whether it took all."""
    try:
        client.socket.sendall(octets)
    except (TimeoutError, ConnectionError):
        return False
    return True


def talk(client: Raw, octets: bytes, seconds: float = 20) -> bytes:
    """Send octets and close our side, reading all the while; what came."""
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(ends(client, seconds)))
    reader.start()
    with suppress(OSError):
        if sending(client, octets):
            client.socket.shutdown(socket.SHUT_WR)
    reader.join(seconds + 10)
    assert not reader.is_alive()
    return found[0]


_TYPE = b"Content-Type: multipart/mixed; boundary="
_LITERAL = re.compile(rb"\{([0-9]+)\}\Z")


def responses(octets: bytes) -> list[bytes]:
    """The responses of an IMAP server, each with its literals; what is not whole at the end is left out."""
    found: list[bytes] = []
    place = start = 0
    while (end := octets.find(b"\r\n", place)) >= 0:
        literal = _LITERAL.search(octets, max(place, end - 14), end)
        place = end + 2
        if literal:
            place += int(literal[1])
            continue
        found.append(octets[start:end])
        start = place
    return found


def nested(count: int) -> bytes:
    """A multipart in a multipart, and so on."""
    return b"".join(_TYPE + b"b%d\n\n--b%d\n" % (n, n) for n in range(count)) + b"\nend\n"


BOMBS = (
    nested(10_000),
    (_TYPE + b"b\n\n--b\n") * 5000 + b"\nend\n",
    b"Content-Type: message/rfc822\n\n" * 5000 + b"Subject: in\n\nend\n",
    _TYPE + b"b\n\n" + b"--b\n\nx\n" * 100_000,
    _TYPE + b"b\n\n" + b"--b\n" * 250_000,
    nested(99) + b"--c\n" * 250_000,
    b"Subject: " + b"x" * MEGABYTE + b"\n\nend\n",
    b"To: " + b"a@b, " * 50_000 + b"\n\nend\n",
    b"From: " + b"(" * MEGABYTE + b"\n\nend\n",
    b'From: "' + b"\\a" * 400_000 + b"\n\nend\n",
    b"Subject: a\n" + b" a\n" * 200_000 + b"\nend\n",
    b"x:\n" * 30_000 + b"\nend\n",
    b"Content-Type: text/plain" + b"; a=b" * 50_000 + b"\n\nend\n",
    b"Content-Type: text/plain" + b"".join(b"; a*%d=b" % n for n in range(30_000)) + b"\n\nend\n",
    b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\nend\n",
    b"Content-Transfer-Encoding: base64\n\n" + b"AAAA" * 100_000 + b"\n",
    b"no header at all\n" * 50_000,
)
"""Messages that a reader of structures may choke on."""
