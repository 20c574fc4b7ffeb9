"""SMTP and POP2 clients that behave as badly as they can: bounded memory, a clear answer or end, others undisturbed."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.sockets import abuse
from tests.sockets.abuse import MEGABYTE, Scene, ends, said, sending, talk
from tests.sockets.clients import Raw


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with abuse.scene(tmp_path_factory.mktemp("smtp")) as found:
        yield found


@pytest.fixture
def good(server: Scene) -> Iterator[Scene]:
    with abuse.undisturbed(server):
        yield server


TO_TEXT = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<bad@popsim.example>\r\nDATA\r\n"
NOISE: dict[str, bytes] = {
    "chance": random.Random(5).randbytes(200_000),
    "NUL": b"\0" * 100_000 + b"\r\n" + b"NOOP\0\r\nEHLO \0\r\n" * 500,
    "CR and LF": b"\r" * 50_000 + b"\n" * 2000,
    "eight bits": b"MAIL FROM:<\xff@\xfe>\r\n\xff\r\nEHLO \xff\r\nVRFY \xe9\r\n" * 500,
    "a line of 1 MB": b"NOOP " + b"A" * MEGABYTE + b"\r\n",
    "a path of 1 MB": b"MAIL FROM:<" + b"a." * 500_000 + b"@b>\r\n",
    "a path that is almost one": (b"MAIL FROM:<" + b"a-" * 200 + b"@" + b"a-" * 30 + b"\r\n") * 500,
    "a route": (b"RCPT TO:<" + b"@a," * 150 + b"x@popsim.example>\r\n") * 500,
    "quotes": (b'MAIL FROM:<"' + b"\\a" * 200 + b"@b>\r\n") * 500,
    "EHLO": b"EHLO client.example\r\n" * 10_000,
    "RCPT": b"MAIL FROM:<>\r\n" + b"RCPT TO:<bad@popsim.example>\r\n" * 10_000,
    "RCPT of nobody": b"MAIL FROM:<>\r\n" + b"RCPT TO:<x@y.example>\r\n" * 5000,
    "parameters": (b"MAIL FROM:<>" + b" A=B" * 100 + b"\r\n") * 500,
    "SASL": b"AUTH PLAIN " + b"=" * MEGABYTE + b"\r\n*\r\n",
    "SASL answers": b"AUTH PLAIN\r\n" + b"A" * MEGABYTE + b"\r\n" + b"AUTH LOGIN\r\n=\r\n=\r\n" * 50,
    "a text line of 1 MB": TO_TEXT + b"A" * MEGABYTE + b"\r\n.\r\nNOOP\r\n",
    "bare line ends": TO_TEXT + b"a\n.\nb\r.\r" * 5000 + b"\r\n.\r\nNOOP\r\n",
    "dots": TO_TEXT + b"..\r\n" * 100_000 + b".\r\nNOOP\r\n",
    "NUL in a text": TO_TEXT + b"\0" * 500 + b"\r\n.\r\n",
    "fields": TO_TEXT + b"Received: x\r\n" * 5000 + b"\r\n.\r\nNOOP\r\n",
}


@pytest.mark.parametrize("kind", NOISE)
def test_noise_for_smtp(good: Scene, kind: str) -> None:
    with good.smtp() as client:
        lines = talk(client, NOISE[kind] + b"\r\n").split(b"\r\n")
        assert lines and all(re.match(rb"[2-5][0-9]{2}[ -]", line) for line in lines[:-1]), lines[:3]
        assert lines[-1] == b""


def test_a_text_beyond_every_limit(good: Scene) -> None:
    """It is read to its end and thrown away as it comes; then the table says 552, and the session goes on."""
    with good.smtp() as client:
        client.send(TO_TEXT)
        assert [client.line()[:3] for _ in range(3)] == [b"250", b"250", b"354"]
        for _ in range(40):
            client.socket.sendall((b"x" * 998 + b"\r\n") * 1000)
        client.send(b".\r\nNOOP\r\n")
        assert client.line().startswith(b"552") and client.line().startswith(b"250")


def test_a_text_without_end(good: Scene) -> None:
    before = held(good)
    with ExitStack() as stack:
        for _ in range(10):
            client = stack.enter_context(good.smtp())
            client.send(TO_TEXT)
            sending(client, b"x\r\n" * 300_000)
        time.sleep(0.3)
    assert held(good) == before


def held(good: Scene) -> bytes:
    """How many messages bad has."""
    with good.imap("bad") as reader:
        reader.send(b"n STATUS INBOX (MESSAGES)\r\n")
        return reader.line()


def test_slow_clients(good: Scene) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(good.smtp()) for _ in range(30)]
        for number, client in enumerate(clients):
            for octet in (b"MAIL FR", b"EHL", b"AUTH PL", b"NO")[number % 4]:
                client.send(bytes([octet]))
        clients[3].send(b"OP\r\n")
        assert clients[3].line().startswith(b"250")


def test_what_is_put_behind_starttls_is_never_done(good: Scene) -> None:
    for count in (1, 1000):
        with good.smtp() as client:
            client.send(b"STARTTLS\r\n" + TO_TEXT * count + b"injected\r\n.\r\n")
            assert client.line().startswith(b"220")
            assert ends(client, 0.3) == b""
    with good.imap("bad", "INBOX") as reader:
        assert said(reader, "n SEARCH BODY injected").startswith(b"n OK") and b"* SEARCH\r\n" in reader.got


POP2_NOISE: dict[str, bytes] = {
    "chance": random.Random(5).randbytes(200_000),
    "NUL": b"HELO bad\0 secret\r\n" * 100,
    "a line of 1 MB": b"HELO " + b"A" * MEGABYTE + b"\r\n",
    "numbers": b"HELO bad secret\r\nREAD 99999999999999999999999\r\n" * 100,
    "18 digits": b"HELO bad secret\r\nREAD 999999999999999999\r\nRETR\r\n",
    "folders": b"HELO bad secret\r\n" + b"FOLD nowhere\r\nFOLD INBOX\r\n" * 2000,
    "everything at once": b"HELO bad secret\r\n" + b"READ 1\r\nRETR\r\nACKS\r\n" * 2000 + b"QUIT\r\n",
    "quotes": b"HELO bad " + b"\\" * 400 + b"\r\n",
}


@pytest.mark.parametrize("kind", POP2_NOISE)
def test_noise_for_pop2(good: Scene, kind: str) -> None:
    """It answers, or ends the session with an error line (RFC 937 p.12); what it holds is free again."""
    with Raw(good.ports["pop2"]) as client:
        assert client.greeting.startswith(b"+ POP2")
        talk(client, POP2_NOISE[kind] + b"\r\n")
    end = time.monotonic() + 10
    while True:
        with Raw(good.ports["pop2"]) as client:
            if client.say("HELO bad secret").startswith(b"#"):
                return
        assert time.monotonic() < end
        time.sleep(0.05)
