"""A script listens on a real connection: news end the waiting, and so does its time."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from popsim import imap
from popsim.engine.script import CarryOn, Connect, Disconnected, Listen, Script, Send
from popsim.mail.collection import Mail
from popsim.mail.store import Store, User
from popsim.protocols.imap.client import Login, errand
from popsim.protocols.imap.client_exchange import Talk
from popsim.protocols.imap.client_mailbox import await_news, open_mailbox
from popsim.sockets.dial import perform
from popsim.sockets.server import Server
from tests.judges.dovecot import dovecot
from tests.sockets.scripted import scripted

LETTER = b"Subject: new\r\n\r\ntext\r\n"
SECOND = 10**9
LONG = 20 * SECOND
PROTOCOL = imap.extended()


def waiting(talk: Talk) -> Script[list[int]]:
    opened = yield from open_mailbox(talk)
    return (yield from await_news(talk, opened.uid_next, LONG))


def test_mail_that_arrives_ends_the_waiting() -> None:
    store = Store([User("alice", "secret"), User("bob", "secret")], {"alice": Mail("none", [])})
    with Server(PROTOCOL, store) as server:

        def send() -> None:
            time.sleep(0.3)
            other = errand(Login("alice", "secret"), append, protocol=PROTOCOL, nonce=lambda: "n")
            perform(other, server.host, server.port, protocol=PROTOCOL, timeout=8)

        thread = threading.Thread(target=send)
        thread.start()
        began = time.monotonic()
        script = errand(Login("alice", "secret"), waiting, protocol=PROTOCOL, nonce=lambda: "n0nce")
        outcome = perform(script, server.host, server.port, protocol=PROTOCOL, timeout=8)
        thread.join(10)
    assert outcome.result == [1] and time.monotonic() - began < LONG / SECOND / 2, outcome


def append(talk: Talk) -> Script[None]:
    yield Send((b"b APPEND INBOX {%d+}\r\n%b" % (len(LETTER), LETTER),))


def test_dovecot_ends_the_waiting() -> None:
    """For longer than the limit on silence may a server be silent that is asked for nothing."""
    with dovecot({"alice": "secret"}, imap=True) as server:

        def send() -> None:
            time.sleep(1.5)
            server.deliver("alice", LETTER.replace(b"\r\n", b"\n"))

        thread = threading.Thread(target=send)
        thread.start()
        began = time.monotonic()
        script = errand(Login("alice", "secret", "LOGIN"), waiting, protocol=PROTOCOL, nonce=lambda: "n0nce")
        outcome = perform(script, "127.0.0.1", server.imap_port, protocol=PROTOCOL, timeout=1)
        thread.join(10)
    assert outcome.result == [1] and time.monotonic() - began < LONG / SECOND / 2, outcome


def hears(nanoseconds: int) -> Script[list[bytes]]:
    yield Connect()
    for line in ("x LOGIN alice secret", "y SELECT INBOX", "a IDLE"):
        yield Send.of(line)
    heard: list[bytes] = []
    for _ in range(2):
        heard += [line for one in (yield Listen(nanoseconds)) for line in one.untagged]
    yield CarryOn(b"DONE")
    return heard


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (b"+ go on\r\n", []),
        (b"+ go on\r\n* 1 EXISTS\r\n* 1 RECENT\r\n", [b"1 EXISTS", b"1 RECENT"]),
        (b"+ go on\r\n* 1 EXI", []),
    ],
)
def test_what_is_heard(said: bytes, heard: list[bytes]) -> None:
    answers = {b"a IDLE": said, b"DONE": b"a OK\r\n" if not said.endswith(b"EXI") else b"STS\r\na OK\r\n"}
    with scripted(
        lambda line: answers.get(line, line[:1] + b" OK\r\n"), b"* OK [CAPABILITY IMAP4rev1] x\r\n"
    ) as server:
        began = time.monotonic()
        assert perform(hears(SECOND // 10), "127.0.0.1", server.port, protocol=PROTOCOL, timeout=5) == heard
        assert time.monotonic() - began < 5


def test_a_server_that_hangs_up_while_a_script_listens() -> None:
    def script() -> Script[tuple[list[bytes], str]]:
        yield Connect()
        heard: list[bytes] = []
        try:
            while True:
                heard += [line for one in (yield Listen(LONG)) for line in one.untagged]
        except Disconnected as lost:
            return heard, str(lost)

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"* OK x\r\n")
            time.sleep(0.2)
            connection.sendall(b"* BYE too late\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        heard, told = perform(script(), "127.0.0.1", port, protocol=PROTOCOL, timeout=5)
        thread.join(5)
    assert heard == [b"BYE too late"] and told == "127.0.0.1 closed the connection"
