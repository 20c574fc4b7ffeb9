"""Real TLS between two ends that know no socket."""

from __future__ import annotations

import os
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from popsim.tls import FIXED, HOST, Certificate, KeyLog, TlsEnd, TlsError, client_context, records, server_context
from tests.tls.sessions import WHOLE, Pair

LONG = bytes(range(256)) * 300


@pytest.mark.parametrize("piece", [1, 7, 1000, WHOLE])
@pytest.mark.parametrize("version", ["1.2", "1.3", None])
def test_what_one_says_the_other_reads(version: str | None, piece: int) -> None:
    pair = Pair(piece, version=version)
    assert pair.client.established and pair.server.established
    assert pair.client.version == pair.server.version == f"TLSv{version or '1.3'}"
    assert pair.client.cipher == pair.server.cipher != ""
    pair.server.send(b"+OK ready\r\n")
    pair.client.send(LONG)
    pair.client.send(b"")
    pair.carry()
    assert pair.read == {"client": b"+OK ready\r\n", "server": LONG}
    crossed = b"".join(octets for _, octets in pair.crossed)
    assert b"+OK" not in crossed and LONG[:64] not in crossed


def test_close_notify_is_said_and_heard() -> None:
    pair = Pair()
    pair.server.send(b"bye")
    pair.server.close()
    pair.server.close()
    pair.carry()
    assert pair.client.closed and pair.read["client"] == b"bye" and not pair.server.closed
    pair.client.ended()  # all is well: nothing was cut off
    pair.client.close()
    pair.carry()
    assert pair.server.closed
    assert pair.client.receive(b"anything") == b""
    with pytest.raises(TlsError, match="^nothing can be sent: TLS is closed$"):
        pair.server.send(b"more")


def test_data_that_was_under_way_is_read_after_ones_own_close() -> None:
    pair = Pair()
    pair.client.send(b"QUIT\r\n")
    pair.server.close()
    pair.carry()
    assert pair.read["server"] == b"QUIT\r\n" and pair.client.closed


def test_a_stream_that_ends_without_close_notify_may_have_been_cut() -> None:
    pair = Pair()
    with pytest.raises(TlsError, match=r"^the stream ended without close_notify: .*\(RFC 8446 §6.1\)$"):
        pair.client.ended()


def test_before_the_handshake_nothing_can_be_sent() -> None:
    pair = Pair(shaken=False)
    pair.client.begin()
    assert pair.client.version == pair.client.cipher == ""
    with pytest.raises(TlsError, match="^the handshake is not done yet$"):
        pair.client.send(b"USER alice\r\n")
    pair.client.close()  # says nothing, for nothing is encrypted yet
    assert len(records(pair.client.take())) == 1


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_lengths_repeat(version: str) -> None:
    """Only the octets differ: what a timeline compares is the same each time."""
    pairs = [Pair(version=version, repeats=True) for _ in range(20)]
    for pair in pairs:
        pair.server.send(LONG)
        pair.server.close()
        pair.carry()
    sizes = {tuple((who, *map(len, records(octets))) for who, octets in pair.crossed) for pair in pairs}
    assert len(sizes) == 1
    assert len({pair.crossed[0][1] for pair in pairs}) == len(pairs)


def test_a_message_is_cut_into_records_of_16_kibioctets() -> None:
    pair = Pair(repeats=True)
    pair.server.send(bytes(40_000))
    found = records(pair.server.take())
    assert [len(record) for record in found] == [16_384 + 22, 16_384 + 22, 40_000 - 32_768 + 22]
    assert [len(part) for part in records(found[0] + found[1][:100])] == [16_406, 100]


# What goes wrong


@pytest.mark.parametrize("place", [0, 1, 3, 5, 20, -1])
def test_a_record_that_was_changed_is_found(place: int) -> None:
    pair = Pair()
    pair.server.send(b"+OK 2 messages\r\n")
    octets = bytearray(pair.server.take())
    octets[place] ^= 1
    with pytest.raises(TlsError) as caught:
        pair.client.receive(bytes(octets))
        pair.client.receive(bytes(300))  # a changed length asks for more
    assert "\n" not in str(caught.value) and not caught.value.alert
    if place in (5, 20, -1):
        assert str(caught.value).startswith("a record was changed on its way: its authentication tag is wrong")
    with pytest.raises(TlsError, match="^the other end gave up TLS, with the alert '.+'") as heard:
        pair.server.receive(pair.client.take())
    assert heard.value.alert


@pytest.mark.parametrize("garbage", [b"USER alice\r\nPASS secret\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\0" * 40])
def test_octets_in_clear_are_no_handshake(garbage: bytes) -> None:
    server = TlsEnd(server_context(FIXED), server_side=True)
    server.begin()
    with pytest.raises(TlsError, match="^(expected TLS, got octets that are none|TLS failed)") as caught:
        server.receive(garbage)
    assert "\n" not in str(caught.value) and not server.established
    client = TlsEnd(client_context(FIXED), server_side=False, hostname=HOST)
    client.begin()
    with pytest.raises(TlsError, match="^expected TLS, got octets that are none"):
        client.receive(b"+OK POP3 server ready\r\n")


def handshake(client: TlsEnd, server: TlsEnd) -> None:
    client.begin()
    for _ in range(4):
        server.receive(client.take())
        client.receive(server.take())


def test_a_server_nobody_knows() -> None:
    from popsim.tls import fresh_certificate

    stranger = server_context(fresh_certificate(HOST))
    with pytest.raises(TlsError, match="^expected a certificate of a known authority for this name, got one that"):
        handshake(TlsEnd(client_context(FIXED), server_side=False, hostname=HOST), TlsEnd(stranger, server_side=True))
    with pytest.raises(TlsError, match="^expected a certificate of a known authority"):
        handshake(
            TlsEnd(client_context(FIXED), server_side=False, hostname="other.example"),
            TlsEnd(server_context(FIXED), server_side=True),
        )
    trusting = TlsEnd(client_context(verify=False), server_side=False)
    handshake(trusting, TlsEnd(stranger, server_side=True))
    assert trusting.established


def test_no_version_in_common() -> None:
    with pytest.raises(TlsError, match="^the two ends have no TLS version in common"):
        handshake(
            TlsEnd(client_context(FIXED, version="1.2"), server_side=False, hostname=HOST),
            TlsEnd(server_context(FIXED, version="1.3"), server_side=True),
        )
    with pytest.raises(ValueError, match="^expected a version of TLS, 1.3 or 1.2, got '1.1'$"):
        server_context(FIXED, version="1.1")


def test_a_client_that_checks_needs_a_name() -> None:
    with pytest.raises(TlsError, match="^a client that checks certificates needs the server's name: give a hostname$"):
        TlsEnd(client_context(FIXED), server_side=False)


def test_a_key_of_another_certificate() -> None:
    from popsim.tls import fresh_certificate

    one, two = fresh_certificate("a"), fresh_certificate("b")
    with pytest.raises(TlsError, match="^the certificate and the private key do not belong together$"):
        server_context(Certificate(one.certificate, two.key))


# Secrets


def test_the_secrets_are_those_of_the_session(tmp_path: Path) -> None:
    keys = KeyLog()
    contexts = client_context(FIXED, keys=keys), server_context(FIXED)
    ends = [(TlsEnd(contexts[0], server_side=False, hostname=HOST, keys=keys), TlsEnd(contexts[1], server_side=True))]
    ends += [(TlsEnd(contexts[0], server_side=False, hostname=HOST, keys=keys), TlsEnd(contexts[1], server_side=True))]
    for client, server in ends:
        handshake(client, server)
    first, second = (client.secrets() for client, _ in ends)
    assert {line.split()[0] for line in first} >= {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"}
    assert len({line.split()[1] for line in first}) == 1
    assert {line.split()[1] for line in first} != {line.split()[1] for line in second}
    assert ends[0][0].secrets() == []  # handed out once


def test_a_server_has_the_same_secrets() -> None:
    keys, seen = KeyLog(), KeyLog()
    client = TlsEnd(client_context(FIXED, keys=keys), server_side=False, hostname=HOST, keys=keys)
    server = TlsEnd(server_context(FIXED, keys=seen), server_side=True, keys=seen)
    handshake(client, server)
    assert sorted(client.secrets()) == sorted(server.secrets()) != []


def test_the_file_behind_the_secrets_is_private_and_goes_away() -> None:
    keys = KeyLog()
    path = keys._path  # noqa: SLF001 - the hidden file itself
    assert os.name != "posix" or stat.S_IMODE(path.stat().st_mode) == 0o600
    client_context(FIXED, keys=keys)
    keys.close()
    assert not path.exists() and keys.of(bytes(32)) == []
    gone = KeyLog()
    path = gone._path  # noqa: SLF001
    del gone
    assert not path.exists()


# Without ssl

PROGRAM = """
import sys
for name in ("ssl", "_ssl", "cryptography", "tempfile"):
    sys.modules[name] = None
from popsim.tls import FIXED, TlsError, server_context
try:
    server_context(FIXED)
except TlsError as error:
    print(error)
"""


def test_a_python_without_tls_says_so() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == (
        "TLS needs Python's ssl module, which this Python lacks; a session in clear works without it"
    ), done.stderr


def test_the_standard_library_agrees() -> None:
    """The other side is Python's own SSLObject, not one of ours."""
    context = ssl.create_default_context(cadata=FIXED.certificate)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    other = context.wrap_bio(incoming, outgoing, server_hostname=HOST)
    server = TlsEnd(server_context(FIXED), server_side=True)
    for _ in range(3):
        try:
            other.do_handshake()
        except ssl.SSLWantReadError:
            pass
        server.receive(outgoing.read())
        incoming.write(server.take())
    server.send(b"+OK\r\n")
    incoming.write(server.take())
    assert server.established and other.read() == b"+OK\r\n"
