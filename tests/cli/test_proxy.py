"""`popsim proxy` as a program: what it says, what it saves, and real clients on both kinds of line."""

from __future__ import annotations

import imaplib
import poplib
import signal
import smtplib
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from popsim import samples
from popsim.timeline import Timeline
from tests.cli.running import complaint, popsim
from tests.sockets.clients import Raw
from tests.sockets.nasty import MESSAGES, write
from tests.sockets.running import Served, _line, served, serving


@contextmanager
def joined(port: int, save: Path, *options: str | Path) -> Iterator[Served]:
    command = [sys.executable, "-m", "popsim", "proxy", "--listen", "0", "--to", f"127.0.0.1:{port}"]
    command += ["--save", str(save), *map(str, options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield Served(process, [_line(process)])
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(30)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


@pytest.mark.parametrize("suffix", [".pcapng", ".jsonl"])
def test_a_session_is_saved(tmp_path: Path, suffix: str) -> None:
    save = tmp_path / f"s{suffix}"
    wanted = write(tmp_path / "box", MESSAGES)
    with served("--mail", tmp_path / "box") as server, joined(server.port, save) as between:
        assert between.first == f"proxy 127.0.0.1:{between.port}"
        reader = poplib.POP3("127.0.0.1", between.port, timeout=20)
        reader.user("alice")
        reader.pass_("secret")
        for number, octets in enumerate(wanted, 1):
            assert b"".join(line + b"\r\n" for line in reader.retr(number)[1]) == octets
        reader.dele(1)
        reader.quit()
        assert between.end(signal.SIGINT) == 0
    assert between.err.splitlines()[-1] == f"saved: {save}"
    assert stat.S_IMODE(save.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["box", save.name]
    timeline = Timeline.load(save)
    assert timeline.stream(0, "client").startswith(b"USER alice\r\nPASS secret\r\nRETR 1\r\n")
    assert timeline.stream(0, "server").count(b"\r\n.\r\n") == len(wanted)
    last = timeline.at(len(timeline) - 1)
    assert (last.state("server"), last.state("client")) == ("CLOSED", "CLOSED")
    assert "DELE 1" in popsim("show", save).stdout


def test_stls_passes_untouched_and_is_recorded_as_it_crossed(tmp_path: Path) -> None:
    save = tmp_path / "s.pcapng"
    with served("--mail", "four", "--pop3s", "0") as server:
        with joined(server.ports[0], save) as between:
            reader = poplib.POP3("127.0.0.1", between.port, timeout=20)
            reader.stls(ssl._create_unverified_context())
            reader.user("alice")
            reader.pass_("secret")
            assert b"\r\n".join(reader.retr(3)[1]) + b"\r\n" == samples.four()[2].octets
            reader.quit()
            assert between.end() == 0
        octets = save.read_bytes()
        assert b"STLS\r\n" in octets and b"\x16\x03\x01" in octets
        assert b"secret" not in octets and b"Subject: Snow" not in octets
        timeline = Timeline.load(save)
        assert timeline.wire(0, "client").startswith(b"CAPA\r\nSTLS\r\n\x16\x03")


def test_curl_through_a_slow_line(tmp_path: Path, require_program: Callable[..., str]) -> None:
    curl = require_program("curl", package="curl")
    save = tmp_path / "s.jsonl"
    with served("--mail", "four") as server:
        with joined(server.port, save, "--delay", "50 ms", "--rate", "256 kbit/s", "--jitter", "5 ms") as between:
            begun = time.monotonic()
            command = [curl, "-sS", "--user", "alice:secret", f"pop3://127.0.0.1:{between.port}/3"]
            done = subprocess.run(command, capture_output=True, timeout=30)
            assert done.stdout == samples.four()[2].octets, done.stderr
            assert time.monotonic() - begun > 0.5
            between.end()
    assert b"RETR 3\r\n" in Timeline.load(save).stream(0, "client")


def test_a_fault_on_the_line(tmp_path: Path) -> None:
    save = tmp_path / "s.jsonl"
    with served("--mail", "four") as server, joined(server.port, save, "--fault", "cut before QUIT") as between:
        reader = poplib.POP3("127.0.0.1", between.port, timeout=20)
        reader.user("alice")
        reader.pass_("secret")
        reader.dele(1)
        with pytest.raises((poplib.error_proto, OSError)):
            reader.quit()
        reader.close()
        again = poplib.POP3("127.0.0.1", between.port, timeout=20)
        again.user("alice")
        again.pass_("secret")
        assert again.stat()[0] == 4
        again.quit()
        between.end()
    timeline = Timeline.load(save)
    assert timeline.connections == [0, 1]
    assert timeline.at(len(timeline) - 1).values["0.connection"] == "lost"


@pytest.mark.parametrize("suffix", [".pcapng", ".jsonl"])
def test_sessions_of_other_protocols_are_saved_and_read(tmp_path: Path, suffix: str) -> None:
    """What is spoken is told by the greeting: neither end's port says it."""
    boxes, door = tmp_path / f"boxes{suffix}", tmp_path / f"door{suffix}"
    with serving("--mail", "four", "--imap", "0", "--smtp", "0") as server:
        with joined(server.by_name["imap"], boxes) as between:
            with imaplib.IMAP4("127.0.0.1", between.port, timeout=20) as reader:
                reader.login("alice", "secret")
                reader.select()
                reader.fetch("1:2", "(FLAGS BODY[HEADER])")
            between.end()
        with joined(server.by_name["smtp"], door) as between:
            with smtplib.SMTP("127.0.0.1", between.port, timeout=20) as sender:
                sender.sendmail("b@c.example", ["alice@popsim.example"], "Subject: x\r\n\r\nhello\r\n")
            between.end()
    for path, title, line in ((boxes, "IMAP", "SELECT INBOX"), (door, "SMTP", "250 ")):
        told = popsim("read", path).stdout
        assert f"  {title}  " in told and line in told and "no line breaks the protocol" in told
        assert "-> CLOSED" in told or "Logout" in told


def test_a_killed_proxy_leaves_a_capture(tmp_path: Path) -> None:
    save = tmp_path / "s.pcapng"
    with served("--mail", "four") as server, joined(server.port, save) as between, Raw(between.port) as client:
        client.login()
        time.sleep(0.1)
        between.end(signal.SIGKILL)
    assert Timeline.load(save).stream(0, "client") == client.sent


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with joined(port, tmp_path / "s.jsonl") as between:
        with Raw(between.port, greeted=False) as client:
            assert client.rest() == b""
        assert between.end() == 0
    lines = between.err.splitlines()
    assert lines[1] == (
        f"popsim proxy: cannot reach 127.0.0.1:{port}: Connection refused; the client's connection is closed"
    )
    assert lines[-1] == "nothing saved: no client came through to the server"
    assert list(tmp_path.iterdir()) == []


CASES: list[tuple[list[str], list[str]]] = [
    (["--listen", "0", "--to", "127.0.0.1"], ["--to", "HOST:PORT", "'127.0.0.1'"]),
    (["--listen", "0", "--to", "a:99999"], ["--to", "1 to 65535"]),
    (["--listen", "x", "--to", "a:1"], ["--listen", "'x'"]),
    (["--listen", "0", "--to", "a:1", "--delay", "soon"], ["--delay", "'soon'"]),
    (["--listen", "0", "--to", "a:1", "--loss", "much"], ["--loss", "'much'"]),
    (["--listen", "0", "--to", "a:1", "--fault", "cut me"], ["--fault", "'cut me'", "stall"]),
    (["--listen", "0", "--to", "a:1", "--fault", "keep alice 2"], ["--fault", "'keep alice 2'"]),
]


@pytest.mark.parametrize(("options", "words"), CASES, ids=[" ".join(case[0]) for case in CASES])
def test_one_line(tmp_path: Path, options: list[str], words: list[str]) -> None:
    said = complaint(popsim("proxy", *options, "--save", tmp_path / "s.pcapng"), 2)
    assert [word for word in words if word not in said] == [], said
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_replaced_and_a_port_may_be_taken(tmp_path: Path) -> None:
    save = tmp_path / "s.pcapng"
    save.write_bytes(b"older")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = ["proxy", "--listen", str(taken.getsockname()[1]), "--to", "127.0.0.1:1", "--save"]
        assert "exists" in complaint(popsim(*options, save), 2)
        assert "another program" in complaint(popsim(*options, tmp_path / "t.jsonl"), 1)
    assert [path.name for path in tmp_path.iterdir()] == ["s.pcapng"] and save.read_bytes() == b"older"
