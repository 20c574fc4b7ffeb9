"""TLS on sockets: STLS and implicit TLS with clients that nobody here wrote, and what is recorded of it."""

from __future__ import annotations

import poplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from popsim import pop3, samples
from popsim.mail.store import Store, User
from popsim.sockets import Server, connection
from popsim.sockets.credentials import Credentials
from popsim.timeline import Timeline
from popsim.tls import Certificate, TlsError, fresh_certificate
from tests.sockets.clients import Raw
from tests.sockets.test_server import LARGE, left, now, states, until

FULL = pop3.extended()
CERTIFICATE = fresh_certificate("localhost", "127.0.0.1")


@pytest.fixture(scope="module")
def credentials() -> Credentials:
    return Credentials(CERTIFICATE)


def trusting() -> ssl.SSLContext:
    """A client's settings that trust this certificate and no other."""
    return ssl.create_default_context(cadata=CERTIFICATE.certificate)


@contextmanager
def serving(credentials: Credentials, *, secure: bool = False, **options: Any) -> Iterator[Server]:
    store = Store([User("alice", "secret"), User("bob", "word")], {"alice": samples.inbox(), "bob": LARGE})
    with Server(FULL, store, credentials=credentials, is_secure=secure, **options).start() as server:
        yield server


def secured(client: Raw) -> Raw:
    """The client after STLS, its socket under TLS; what it sends and gets is plaintext then."""
    assert client.say("STLS").startswith(b"+OK")
    return wrapped(client)


def wrapped(client: Raw) -> Raw:
    client.socket = trusting().wrap_socket(client.socket, server_hostname="localhost")
    return client


def test_stls(credentials: Credentials) -> None:
    with serving(credentials) as server:
        reader = poplib.POP3("localhost", server.port, timeout=10)
        assert "STLS" in reader.capa()
        reader.stls(trusting())
        assert "STLS" not in reader.capa()
        reader.user("alice")
        reader.pass_("secret")
        for number, message in enumerate(samples.inbox(), 1):
            assert b"".join(line + b"\r\n" for line in reader.retr(number)[1]) == message.octets
        reader.dele(1)
        reader.quit()
        until(lambda: "closed" in now(server).values.values())
        assert left(server) == 7
    timeline = server.timeline
    names = "AUTHORIZATION|TLS handshake|AUTHORIZATION|USER accepted|TRANSACTION|UPDATE|CLOSED"
    assert "|".join(states(timeline)) == names
    recorded(timeline, 0)
    assert timeline.wire(0, "client").startswith(b"CAPA\r\nCAPA\r\nSTLS\r\n\x16\x03")
    assert not timeline.is_secured(1)


def test_implicit_tls(credentials: Credentials) -> None:
    with serving(credentials, secure=True) as server:
        reader = poplib.POP3_SSL("localhost", server.port, timeout=10, context=trusting())
        assert "STLS" not in reader.capa()
        with pytest.raises(poplib.error_proto, match="encrypted already"):
            reader._shortcmd("STLS")  # type: ignore[attr-defined]
        reader.user("bob")
        reader.pass_("word")
        _, lines, _ = reader.retr(1)
        assert b"".join(line + b"\r\n" for line in lines) == LARGE[0].octets
        reader.quit()
        until(lambda: "closed" in now(server).values.values())
    recorded(server.timeline, 0)
    assert server.timeline.wire(0, "client").startswith(b"\x16\x03")


def recorded(timeline: Timeline, number: int) -> None:
    """The record has the plaintext, the ciphertext and the keys, and one leads to the other."""
    said = {end: timeline.stream(number, end) for end in ("client", "server")}
    crossed = {end: timeline.wire(number, end) for end in ("client", "server")}
    assert b"PASS " in said["client"] and b"PASS " not in crossed["client"]
    assert b"+OK" in said["server"] and b"Subject" not in crossed["server"]
    assert timeline.is_secured(number) and len(timeline.header["secrets"]) >= 4
    assert all(len(line.split()) == 3 for line in timeline.header["secrets"])
    events = [e for e in timeline if e.connection == number]
    for end in ("client", "server"):
        for layer, octets in (("segment", crossed), ("message", said)):
            found = [e for e in events if e.layer == layer and e.sender == end]
            assert b"".join(map(timeline.octets, found)) == octets[end], (end, layer)
        found = [e for e in events if e.layer == "ciphertext" and e.sender == end]
        assert crossed[end].endswith(b"".join(map(timeline.octets, found)))
    assert [e.kind for e in events if e.layer == "stream"] == ["Opened", "Secured", "Closed"]
    (secured,) = [e for e in events if e.kind == "Secured"]
    for e in events:
        if e.layer == "ciphertext" and e.kind == "Sent" and e.index > secured.index + 3:
            cause = timeline[e.cause]
            assert (cause.layer, cause.kind) in (("message", "Sent"), ("ciphertext", "Delivered"))
    assert all(timeline[e.cause].layer == "ciphertext" for e in events if e.kind == "Sent" and e.layer == "segment"
               and e.index > secured.index)  # fmt: skip


def test_what_was_said_before_the_handshake_is_forgotten(credentials: Credentials) -> None:
    """What somebody on the wire puts behind STLS is never carried out: RFC 2595 §4."""
    with serving(credentials) as server, Raw(server.port) as client:
        client.say("USER alice")
        client.send(b"STLS\r\nUSER alice\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n")
        assert client.line().startswith(b"+OK")
        wrapped(client)
        assert client.say("PASS secret").startswith(b"-ERR")  # the name is forgotten
        assert client.say("STAT").startswith(b"-ERR")  # and nothing of the rest was done
        assert client.login().startswith(b"+OK") and client.say("STAT").split()[1] == b"8"
        assert client.say("QUIT").startswith(b"+OK")
    assert server.timeline.stream(0, "client").count(b"PASS") == 3  # sent, and thrown away


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("noise", [b"QUIT\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 100_000, b"GET / HTTP/1.0\r\n\r\n"])
def test_garbage_in_place_of_a_handshake(credentials: Credentials, secure: bool, noise: bytes) -> None:
    with serving(credentials, secure=secure) as server, Raw(server.port, greeted=not secure) as client:
        if not secure:
            client.say("STLS")
        try:
            client.send(noise)
            rest = client.rest()
        except ConnectionError:
            rest = b""
        assert b"+OK" not in rest and len(rest) < 100
        until(lambda: "lost" in now(server).values.values())
        assert not server._listener._connections


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("dribble", [False, True])
def test_a_handshake_that_is_never_finished(
    credentials: Credentials, secure: bool, dribble: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HANDSHAKE", 0.4)
    with serving(credentials, secure=secure) as server, Raw(server.port, greeted=not secure) as client:
        if not secure:
            client.say("STLS")
        end = time.monotonic() + 5
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
        client.socket.settimeout(0.05)
        for place in range(len(hello)):
            try:
                if dribble:
                    client.send(hello[place : place + 1])
                if client.socket.recv(100) == b"":
                    break
            except TimeoutError:
                pass
            except ConnectionError:
                break
            assert time.monotonic() < end
        until(lambda: not server._listener._connections)


def test_a_client_that_closes_tls_without_quit_removes_nothing(credentials: Credentials) -> None:
    with serving(credentials) as server:
        with Raw(server.port) as client:
            secured(client).login()
            client.say("DELE 1")
            assert isinstance(client.socket, ssl.SSLSocket)
            client.socket.unwrap()  # close_notify, which is answered; the connection itself stays open
            until(lambda: not server._listener._connections)
        assert left(server) == 8


def test_a_client_that_never_reads_under_tls(credentials: Credentials) -> None:
    with serving(credentials) as server, Raw(server.port) as client:
        secured(client).login("bob", "word")
        client.socket.setblocking(False)
        asked = 0
        try:
            while asked < 4_000_000:
                asked += client.socket.send(b"RETR 1\r\n" * 500)
        except (BlockingIOError, ssl.SSLWantWriteError):
            pass
        time.sleep(0.3)
        (served,) = server._listener._connections
        assert served._transport.get_write_buffer_size() < 1_000_000 and len(served._unread) < 1_000_000
        assert left(server) == 8


def test_pipelined_under_tls_and_in_any_pieces(credentials: Credentials) -> None:
    with serving(credentials) as server, Raw(server.port) as client:
        secured(client)
        for octet in b"USER alice\r\nPASS secret\r\n":
            client.send(bytes([octet]))
        client.line(), client.line()
        client.send(b"NOOP\r\n" * 3000 + b"QUIT\r\n")
        assert client.rest().count(b"+OK") == 3001


def test_without_a_certificate_there_is_no_stls() -> None:
    store = Store([User("alice", "secret")], {})
    with Server(FULL, store).start() as server, Raw(server.port) as client:
        assert client.say("STLS").startswith(b"-ERR")
        client.say("CAPA")
        assert b"STLS" not in client.lines()
    assert server.timeline.header["without"] == ["STLS"]
    with pytest.raises(ValueError, match="certificate"):
        Server(FULL, store, is_secure=True)


def test_a_certificate_that_is_none() -> None:
    other = fresh_certificate("localhost")
    with pytest.raises(TlsError, match="do not belong together"):
        Credentials(Certificate(CERTIFICATE.certificate, other.key))


def test_a_reset_in_the_handshake(credentials: Credentials) -> None:
    with serving(credentials, secure=True) as server:
        for octets in (b"", b"\x16", b"\x16\x03\x01\x02\x00"):
            with Raw(server.port, greeted=False) as client:
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.send(octets) if octets else None
        until(lambda: list(now(server).values.values()).count("lost") == 3)


def test_a_recording_under_tls_is_saved_and_loaded(credentials: Credentials, tmp_path: Path) -> None:
    with serving(credentials) as server:
        with Raw(server.port) as client:
            secured(client).login()
            client.say("QUIT")
        until(lambda: "closed" in now(server).values.values())
    loaded = Timeline.load(server.timeline.save(tmp_path / "tls.jsonl"))
    assert loaded == server.timeline and loaded.header["secrets"]
