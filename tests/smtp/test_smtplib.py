"""Python's own smtplib talks to the engine, on a pair of sockets and without a network."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from popsim.engine.server import ServerEngine
from popsim.protocols.protocol import Protocol
from tests.smtp.stage import HERE, OLD, SMTP, WHOLE, Stage, stage

LONGEST = 20
"""Seconds after which a test that hangs is given up."""


class Client(smtplib.SMTP):
    """smtplib on a socket that is there already."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(local_hostname="client.example", timeout=LONGEST)
        self.sock = end
        code, _ = self.getreply()
        assert code == 220
        self._host = HERE


def serve(engine: ServerEngine, end: socket.socket) -> None:
    with end:
        engine.opened()
        end.sendall(b"".join(engine.take()))
        while not engine.closed and (data := end.recv(65_536)):
            engine.receive(data)
            end.sendall(b"".join(engine.take()))


@contextmanager
def client(server: Stage) -> Iterator[Client]:
    here, there = socket.socketpair()
    there.settimeout(LONGEST)
    here.settimeout(LONGEST)
    session = server.connect(opened=False)
    thread = threading.Thread(target=serve, args=(session.engine, there), daemon=True)
    thread.start()
    with here, Client(here) as talks:
        yield talks
    thread.join(LONGEST)
    assert not thread.is_alive() and session.state == "CLOSED"


@pytest.mark.parametrize("protocol", [SMTP, WHOLE, OLD, SMTP.extended(1870)], ids=str)
def test_a_message_with_dots_arrives(protocol: Protocol) -> None:
    server = stage(protocol)
    text = b"Subject: dots\r\n\r\n.\r\n..\r\n.one\r\nlast\r\n"
    with client(server) as talks:
        refused = talks.sendmail("carol@client.example", [f"alice@{HERE}", f"nobody@{HERE}", f"bob@{HERE}"], text)
    assert {who: code for who, (code, _) in refused.items()} == {f"nobody@{HERE}": 550}
    assert all(server.mail(user)[0].endswith(b"\r\n" + text) for user in ("alice", "bob"))


def test_what_was_announced() -> None:
    with client(stage(WHOLE)) as talks:
        talks.ehlo()
        assert talks.esmtp_features["size"] == "10485760"
        assert talks.esmtp_features["auth"].split() == ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"]
        assert {"pipelining", "8bitmime", "starttls", "help"} < set(talks.esmtp_features)


@pytest.mark.parametrize(
    ("policy", "mechanism"), [("sasl:CRAM-MD5", "CRAM-MD5"), ("sasl:PLAIN", "PLAIN"), ("sasl:LOGIN", "LOGIN")]
)
def test_logins(policy: str, mechanism: str) -> None:
    from popsim.mail.policy import Policy

    server = stage(WHOLE, policy=Policy.parse(policy))
    with client(server) as talks:
        assert talks.login("alice", "secret")[0] == 235
        assert talks.login("alice", "secret")[0] == 503  # once is enough: RFC 4954 §4
        assert talks.verify("bob")[0] == 250
        talks.sendmail(f"alice@{HERE}", f"bob@{HERE}", b"Subject: x\r\n\r\n")
    assert b" with ESMTPA id " in server.mail("bob")[0], mechanism
    with client(server) as talks, pytest.raises(smtplib.SMTPAuthenticationError):
        talks.login("alice", "guess")


def test_eight_bits_and_sizes() -> None:
    server = stage(WHOLE)
    text = "Subject: é\r\n\r\n".encode()
    with client(server) as talks:
        talks.sendmail("a@b.example", f"alice@{HERE}", text, mail_options=["BODY=8BITMIME"])
        assert talks.mail("a@b.example", ["SIZE=99999999"])[0] == 552
        with pytest.raises(smtplib.SMTPSenderRefused, match="555"):
            talks.sendmail("a@b.example", f"alice@{HERE}", text, mail_options=["RET=FULL"])
    assert len(server.mail()) == 1
