"""`popsim serve` as a program: how it begins, how it ends, and what it leaves."""

from __future__ import annotations

import signal
import smtplib
import stat
from pathlib import Path

import pytest

from popsim.timeline import Timeline
from tests.cli.running import complaint, popsim
from tests.sockets.clients import Raw
from tests.sockets.running import served, serving


def test_the_first_line_says_where() -> None:
    with served("--user", "ana:x", "--mail", "dots") as server:
        assert server.first == f"pop3 127.0.0.1:{server.port}"
        with Raw(server.port) as client:
            assert client.login("ana", "x").startswith(b"+OK")
        assert server.end() == 0
        assert server.out == ""  # the first line was all
        lines = server.err.splitlines()
        assert lines[0].startswith("ana: 4 messages, ") and lines[0].endswith("(dots)")
        assert lines[1] == "the disk is never written: what clients change lasts until the server stops (Ctrl-C)"
        assert lines[2].startswith("certificate made on the spot, SHA-256 ") and len(lines[2].split()[-1]) == 64
        assert lines[3:] == ["stopped after 1 connection"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("clients", [0, 3])
def test_a_signal_ends_it(tmp_path: Path, number: int, clients: int) -> None:
    record = tmp_path / "record.jsonl"
    with served("--mail", "minimal", "--record", record) as server:
        connected = [Raw(server.port) for _ in range(clients)]
        for client in connected[:1]:
            client.login()
            client.say("DELE 1")
        assert server.end(number) == 0
        for client in connected:
            assert client.rest() == b""
            client.close()
    timeline = Timeline.load(record)
    last = timeline.at(len(timeline) - 1)
    title = timeline.header["title"]
    assert title.startswith("POP3 (RFC 1939 + 2449 + 3206 + 5034 + 2595)")
    assert title.endswith(f" on 127.0.0.1:{server.port}")
    assert [last.state("server", n) for n in range(clients)] == ["CLOSED"] * clients
    assert last.marks("alice") == {1: "kept", 2: "kept"}  # no QUIT, no removal
    assert last.lock("alice") is None
    for client, n in zip(connected, range(clients), strict=True):
        assert timeline.stream(n, "client") == client.sent
        assert timeline.stream(n, "server") == client.got
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    shown = popsim("show", record)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert ("DELE 1" in shown.stdout) == bool(clients)


def test_two_signals_end_it_once(tmp_path: Path) -> None:
    with served("--record", tmp_path / "r.jsonl") as server:
        server.process.send_signal(signal.SIGINT)
        server.process.send_signal(signal.SIGTERM)
        assert server.wait() == 0
    assert Timeline.load(tmp_path / "r.jsonl").connections == [0]


def test_a_file_that_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    for name in ("r.jsonl", "r.pcapng"):
        record = tmp_path / name
        record.write_text("older", encoding="ascii")
        said = complaint(popsim("serve", "--pop3", "0", "--record", record), 2)
        assert "exists: choose another name, or add --overwrite" in said
        assert record.read_text(encoding="ascii") == "older"
        with served("--record", record, "--overwrite") as server:
            with Raw(server.port) as client:
                client.say("QUIT")
            assert server.end() == 0
        assert Timeline.load(record).stream(0, "client") == b"QUIT\r\n"
        assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.jsonl", "r.pcapng"]


def test_each_user_has_mail_of_their_own(tmp_path: Path) -> None:
    options = ["--user", "alice:secret", "--user", "bob:word", "--user", "eve:apple", "--mail", "four"]
    with served(*options, "--mail", "bob:minimal") as server:
        for name, secret, count in (("alice", "secret", b"4"), ("bob", "word", b"2"), ("eve", "apple", b"0")):
            with Raw(server.port) as client:
                client.login(name, secret)
                assert client.say("STAT").split()[1] == count


def test_an_address_of_the_other_kind() -> None:
    try:
        with served("--host", "::1") as server:
            assert server.first == f"pop3 [::1]:{server.port}"
            assert server.end() == 0
    except AssertionError as error:
        if "cannot listen" in str(error):
            pytest.skip("this machine has no IPv6")
        raise


def test_the_first_lines_name_each_port(tmp_path: Path) -> None:
    with serving("--smtp", "0", "--imaps", "0", "--imap", "0", "--pop2", "0", "--mail", "empty") as server:
        assert [line.split()[0] for line in server.lines] == ["pop2", "imap", "imaps", "smtp"]
        greetings = {}
        for name in ("pop2", "imap", "smtp"):
            with Raw(server.by_name[name]) as client:
                greetings[name] = client.greeting.split()[0]
        assert greetings == {"pop2": b"+", "imap": b"*", "smtp": b"220"}
        assert server.end() == 0
        assert server.err.splitlines()[-1] == "stopped after 3 connections"


def test_the_domain_that_smtp_takes_mail_for() -> None:
    with serving("--smtp", "0", "--imap", "0", "--mail", "empty", "--domain", "mail.example.org") as server:
        with Raw(server.by_name["smtp"]) as client:
            assert client.greeting.startswith(b"220 mail.example.org ")
            assert client.say("HELO c.example") == b"250 mail.example.org"
            assert client.say("MAIL FROM:<>").startswith(b"250")
            assert client.say("RCPT TO:<alice@popsim.example>").startswith(b"550")
            assert client.say("RCPT TO:<alice@MAIL.example.org>").startswith(b"250")
            assert client.say("RCPT TO:<alice@localhost>").startswith(b"250")
        assert server.end() == 0


@pytest.mark.parametrize("name", ["two words", "-x.example", "a..b", "é.example", "x" * 64])
def test_a_domain_that_is_none(name: str) -> None:
    said = complaint(popsim("serve", "--smtp", "0", "--domain", name), 2)
    assert "expected the name of a domain, such as mail.example.org" in said


def test_a_port_that_another_of_them_has_taken() -> None:
    with serving("--imap", "0") as server:
        said = complaint(popsim("serve", "--pop3", "0", "--smtp", str(server.port)), 1)
        assert f"cannot listen on port {server.port} of '127.0.0.1': another program listens there" in said


def test_the_first_message_of_a_server_without_mail_is_in_the_record(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with serving("--smtp", "0", "--mail", "empty", "--record", record) as server:
        with smtplib.SMTP("127.0.0.1", server.port, timeout=20) as client:
            client.sendmail("a@b.example", ["alice@popsim.example"], b"Subject: first\r\n\r\nHello.\r\n")
        assert server.end() == 0
    (row,) = Timeline.load(record).header["mail"]["alice"]
    assert (row[0], row[-1]) == (1, "first")
