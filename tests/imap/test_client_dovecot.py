"""popsim's mail reader of IMAP on a socket, with a Dovecot at the other end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from popsim.engine.script import Script
from popsim.engine.visit import Ending, Visit
from popsim.protocols.imap.client import Login, Outcome, errand, reader, visit
from popsim.protocols.imap.client_exchange import Talk
from popsim.protocols.imap.client_mailbox import await_news, fetch, file, find_from, open_mailbox, remove
from popsim.protocols.protocol import Protocol
from popsim.sockets.dial import perform
from popsim.sockets.trust import Trust
from tests.imap.nasty import NASTY
from tests.imap.said import Session
from tests.imap.test_client import ALICE, BARE, MODERN, Folder
from tests.judges.dovecot import Dovecot, dovecot

# What has a NUL in it can't cross as it is (RFC 3501 §4.3.1).
LETTERS = [octets for octets in NASTY.values() if b"\0" not in octets]


def _visit(server: Dovecot, folder: Folder, name: str, login: Login = ALICE, **more: Any) -> Visit:
    protocol: Protocol = more.pop("protocol", MODERN)
    secure: bool = more.pop("secure", False)
    script = visit(
        reader(name, **more), login, folder, protocol=protocol, now=lambda: 0, nonce=lambda: "n0nce", secure=secure
    )
    port = server.secure_imap_port if secure else server.imap_port
    return perform(script, "127.0.0.1", port, protocol=protocol, trust=Trust(authority=str(server.authority)))


def _do(server: Dovecot, work: Callable[[Talk], Script[Any]], protocol: Protocol) -> Outcome[Any]:
    script = errand(ALICE, work, protocol=protocol, nonce=lambda: "n0nce")
    return perform(script, "127.0.0.1", server.imap_port, protocol=protocol)


@pytest.mark.parametrize("protocol", [BARE, MODERN], ids=["bare", "extended"])
def test_all_mail_comes_and_goes(protocol: Protocol) -> None:
    with dovecot({"alice": "secret"}, imap=True) as server:
        for octets in LETTERS:
            server.deliver("alice", octets)
        folder = Folder()
        came = _visit(server, folder, "leave on server", protocol=protocol, pipelined=True)
        assert came.complete and list(folder.kept.values()) == LETTERS, str(came)
        assert len(_visit(server, folder, "leave on server", protocol=protocol).skipped) == len(LETTERS)
        came = _visit(server, folder, "download and delete", protocol=protocol)
        assert came.complete and len(came.deleted) == len(LETTERS) and server.messages("alice") == [], str(came)


@pytest.mark.parametrize("way", ["", "LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-256"])
def test_logins_and_tls(way: str) -> None:
    with dovecot({"alice": "secret"}, imap=True) as server:
        server.deliver("alice", LETTERS[0])
        for tls, secure in (("never", False), ("always", False), ("never", True)):
            login = Login("alice", "secret", way, tls)
            came = _visit(server, Folder(), "headers only", login, secure=secure)
            assert came.complete and came.secured is (secure or tls == "always") and len(came.fetched) == 1, str(came)
        wrong = _visit(server, Folder(), "headers only", Login("alice", "wrong", way))
        assert wrong.ending is Ending.REFUSED and wrong.code == "AUTHENTICATIONFAILED"


@pytest.mark.parametrize("protocol", [BARE, MODERN], ids=["bare", "extended"])
def test_finding_deleting_filing_and_waiting(protocol: Protocol) -> None:
    letters = [b"From: %b@x\r\n\r\n%b\r\n" % (name, name) for name in (b"smith", b"jones", b"brown")]

    def work(talk: Talk) -> Script[Any]:
        opened = yield from open_mailbox(talk)
        smiths, browns = (yield from find_from(talk, "SMITH@")), (yield from find_from(talk, "brown"))
        octets = yield from fetch(talk, smiths)
        yield from remove(talk, smiths)
        yield from file(talk, browns, "Täglich")
        other.ask(b"APPEND INBOX {%d}" % len(letters[0]), letters[0])
        news = yield from await_news(talk, opened.uid_next, 50_000_000, 20)
        return opened.count, octets, news

    with dovecot({"alice": "secret"}, imap=True) as server:
        for octets in letters:
            server.deliver("alice", octets)
        other = Session(server.imap_port)
        other.ask(b"LOGIN alice secret")
        other.ask(b"CREATE T&AOQ-glich")
        outcome = _do(server, work, protocol)
        assert outcome.ending is Ending.DONE, outcome.problem
        assert outcome.result == (3, {1: letters[0]}, [4])
        other.ask(b"SELECT T&AOQ-glich")
        (filed,) = other.fetch("BODY.PEEK[]")
        assert filed[b"BODY[]"] == letters[2]
        other.close()
