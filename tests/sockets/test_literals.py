"""Long octets on sockets: literals and texts in whatever pieces, clients that stall inside them, and silence."""

from __future__ import annotations

import smtplib
import socket
import time
from collections.abc import Iterator

import pytest

from popsim.mail.collection import Mail
from popsim.mail.store import Store, User
from tests.sockets.clients import Raw
from tests.sockets.several import Reader, Several, several

LETTER = b"Subject: large\r\n\r\n" + b"0123456789abcdef" * 4 + b"\r\n"
MEGABYTES = LETTER + (b"x" * 70 + b"\r\n") * 70_000
"""5 MB of lines, as mail is."""
ENDLESS = LETTER + b"y" * 5_000_000 + b"\r\n"


def store() -> Store:
    return Store([User("alice", "secret")], {"alice": Mail("nothing", [])})


@pytest.fixture
def running() -> Iterator[Several]:
    with several(store()) as found:
        yield found


def held(running: Several) -> list[bytes]:
    """What alice has."""
    return running.ask(lambda: [item.message.octets for item in running.reception.store.accounts["alice"].inbox.items])


@pytest.mark.parametrize("plus", ["", "+"], ids=["waits", "at once"])
@pytest.mark.parametrize("text", [MEGABYTES, ENDLESS, b""], ids=["lines", "one line", "nothing"])
def test_append(running: Several, text: bytes, plus: str) -> None:
    with Reader(running.ports["imap"]) as client:
        client.send(b"b APPEND INBOX (\\Seen) {%d%b}\r\n" % (len(text), plus.encode()))
        if not plus:
            assert client.line().startswith(b"+ ")
        client.send(text + b"\r\nc NOOP\r\n")
        lines = [client.line()]
        while not lines[-1].startswith(b"c "):
            lines.append(client.line())
        assert b"b OK [APPENDUID 1 1]" in b"\r\n".join(lines) and lines[-1].startswith(b"c OK")
        assert held(running) == [text]
        client.ask("NOOP")
        client.send(b"d FETCH 1 BODY.PEEK[]\r\n")
        got = bytearray()
        while not got.endswith(b"\r\nd OK fetched\r\n"):
            assert (data := client.socket.recv(1 << 20))
            got += data
        assert text in got


def test_while_a_large_message_comes_the_others_are_served(running: Several) -> None:
    with Reader(running.ports["imap"]) as uploads, Reader(running.ports["imap"]) as others:
        uploads.send(b"b APPEND INBOX {%d+}\r\n" % (len(MEGABYTES) * 3))
        slowest = 0.0
        for _ in range(3):
            uploads.send(MEGABYTES[:-10])
            begun = time.monotonic()
            others.ask("NOOP")
            slowest = max(slowest, time.monotonic() - begun)
            uploads.send(MEGABYTES[-10:])
        assert slowest < 1, slowest
        uploads.send(b"\r\n")
        while not uploads.line().startswith(b"b OK"):
            pass
        assert held(running) == [MEGABYTES * 3]


def test_one_octet_after_the_other(running: Several) -> None:
    said = b"a LOGIN {5}\r\nalice {6}\r\nsecret\r\nb APPEND INBOX {%d}\r\n%b\r\n" % (len(LETTER), LETTER)
    with Reader(running.ports["imap"], "") as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in said:
            client.send(bytes([octet]))
        lines = [client.line() for _ in range(5)]
        assert [line[:4] for line in lines if not line.startswith(b"*")] == [
            b"+ go",
            b"+ go",
            b"a OK",
            b"+ go",
            b"b OK",
        ]
    assert held(running) == [LETTER]


def test_what_was_refused_is_not_read_as_commands(running: Several) -> None:
    with Reader(running.ports["imap"]) as client:
        trap = b"x LOGOUT\r\n" * 10
        client.send(b"b APPEND Nowhere {%d+}\r\n%b\r\nc LOGIN x {99999999+}\r\n" % (len(trap), trap))
        assert client.line().startswith(b"b NO [TRYCREATE]")
        assert client.line().startswith(b"c ")
        client.send(b"x" * 1_000_000)
        assert client.socket.fileno() >= 0
    assert held(running) == []


def test_a_text_of_5_megabytes(running: Several) -> None:
    with smtplib.SMTP("127.0.0.1", running.ports["smtp"], timeout=20) as client:
        client.sendmail("bob@popsim.example", ["alice@popsim.example"], MEGABYTES)
    (kept,) = held(running)
    assert kept.endswith(MEGABYTES)


@pytest.mark.parametrize("inside", ["literal", "text", "IDLE", "LOGIN"])
def test_who_stalls_is_logged_out_and_nothing_is_kept(inside: str) -> None:
    with several(store(), idle=0.7) as running:
        begun = time.monotonic()
        client = Raw(running.ports["smtp"]) if inside == "text" else Reader(running.ports["imap"])
        with client:
            if inside == "text":
                for line in ("EHLO c.example", "MAIL FROM:<>", "RCPT TO:<alice@localhost>"):
                    client.say(line)
                client.send(b"DATA\r\nSubject: half\r\n")
            else:
                begin = {
                    "literal": b"b APPEND INBOX {100}\r\nSubject",
                    "IDLE": b"b IDLE\r\n",
                    "LOGIN": b"b LOGIN {5}\r\n",
                }
                client.send(begin[inside])
            last = client.rest()
            assert 0.5 < time.monotonic() - begun < 8
        lines = last.split(b"\r\n")
        assert lines[-2].startswith(b"421 " if inside == "text" else b"* BYE "), lines
        assert held(running) == []


def test_a_sign_of_life_is_one_in_the_middle_of_a_literal() -> None:
    with several(store(), idle=0.8) as running, Reader(running.ports["imap"]) as client:
        client.send(b"b APPEND INBOX {%d}\r\n" % len(LETTER))
        for start in range(0, len(LETTER), 14):
            client.send(LETTER[start : start + 14])
            time.sleep(0.2)
        client.send(b"\r\n")
        lines = [client.line() for _ in range(4)]
        assert lines[-1].startswith(b"b OK")
        assert held(running) == [LETTER]


def test_a_client_that_is_gone_inside_of_it(running: Several) -> None:
    for begin in (b"b APPEND INBOX {100}\r\nSubject", b"b APPEND INBOX {100+}\r\nSubject", b"b IDLE\r\n"):
        client = Reader(running.ports["imap"])
        client.send(begin)
        client.close()
    sends = Raw(running.ports["smtp"])
    sends.send(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<alice@localhost>\r\nDATA\r\nSubject: half\r\n\r\n.\r")
    sends.close()
    end = time.monotonic() + 5
    while running.ask(lambda: running.reception.present) and time.monotonic() < end:
        time.sleep(0.01)
    assert running.ask(lambda: running.reception.present) == 0
    assert held(running) == []
