"""A recording goes into its file as it is made: it can be read at any moment, and needs no room in memory."""

from __future__ import annotations

import asyncio
import os
import poplib
import resource
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from popsim import pop3, samples
from popsim.mail.store import Store, User
from popsim.sockets import Listener
from popsim.sockets.live_file import LiveFile
from popsim.sockets.reception import Reception
from popsim.sockets.recording import Bound
from popsim.timeline import Timeline
from popsim.views.transcript import transcript
from tests.cli.running import popsim
from tests.sockets.clients import Raw
from tests.sockets.nasty import MESSAGES, write
from tests.sockets.running import served


@pytest.mark.parametrize("suffix", [".jsonl", ".pcapng"])
def test_a_killed_server_leaves_a_file_that_can_be_read(tmp_path: Path, suffix: str) -> None:
    record, box = tmp_path / f"r{suffix}", tmp_path / "box"
    write(box, MESSAGES)
    people: list[str | Path] = ["--user", "alice:secret", "--user", "bob:word", "--mail", box, "--mail", f"bob:{box}"]
    with served(*people, "--record", record) as server:
        clients = [Raw(server.port) for _ in range(2)]
        for client, name, secret in zip(clients, ("alice", "bob"), ("secret", "word"), strict=True):
            client.login(name, secret)
            client.say("RETR 12")
            client.lines()
            client.say("DELE 1")
        time.sleep(0.1)  # an answer goes out a turn of the event loop before it is in the file
        assert server.end(signal.SIGKILL) == -signal.SIGKILL
    timeline = Timeline.load(record)
    for number, client in enumerate(clients):
        assert timeline.stream(number, "client") == client.sent
        assert timeline.stream(number, "server") == client.got
        client.close()
    assert timeline.at(len(timeline) - 1).state("server", 0) == "TRANSACTION"
    assert popsim("show", record).returncode == 0


def test_the_file_holds_what_memory_would(tmp_path: Path) -> None:
    """The same server records into memory and into a file: the two timelines are equal but for the times."""

    async def session(path: Path | None) -> Timeline:
        store = Store([User("alice", "secret")], {"alice": samples.inbox()})
        reception = Reception(store, pop3)
        live = reception.record(path, f"{pop3} here") if path else None
        async with Listener(pop3, store, reception=reception) as listener:
            reader, writer = await asyncio.open_connection(listener.host, listener.port)
            writer.write(b"USER alice\r\nPASS secret\r\nRETR 6\r\nDELE 2\r\n\xff\x00\r\nQUIT\r\n")
            await reader.read()
            writer.close()
            while reception.present:
                await asyncio.sleep(0.01)
            if live:
                live.close()
                assert live.count > 10 and path
                return Timeline.load(path)
            return listener.timeline

    memory, file = asyncio.run(session(None)), asyncio.run(session(tmp_path / "r.jsonl"))
    assert [(e.layer, e.kind, e.cause, e.start, e.end, e.values) for e in memory] == [
        (e.layer, e.kind, e.cause, e.start, e.end, e.values) for e in file
    ]
    assert memory.stream(0, "server") == file.stream(0, "server")
    assert {k: v for k, v in memory.header.items() if k not in ("title", "epoch")} == {
        k: v for k, v in file.header.items() if k not in ("title", "epoch")
    }
    assert "RETR 6" in str(transcript(file))


@pytest.mark.parametrize("suffix", [".jsonl", ".pcapng"])
def test_tls_is_recorded_with_its_keys(tmp_path: Path, suffix: str, require_program: Callable[..., str]) -> None:
    record = tmp_path / f"r{suffix}"
    with served("--pop3s", "0", "--mail", "four", "--record", record) as server:
        assert [line.split()[0] for line in server.lines] == ["pop3", "pop3s"]
        context = ssl._create_unverified_context()
        for number in range(2):
            reader = (
                poplib.POP3("127.0.0.1", server.ports[0], timeout=10)
                if number == 0
                else poplib.POP3_SSL("127.0.0.1", server.ports[1], timeout=10, context=context)
            )
            if number == 0:
                reader.stls(context)
            reader.user("alice")
            reader.pass_("secret")
            reader.retr(3)
            reader.quit()
        server.end()
    timeline = Timeline.load(record)
    for number in timeline.connections:
        assert timeline.is_secured(number) and b"PASS secret" not in timeline.wire(number, "client")
    assert record.read_bytes().count(b"SERVER_TRAFFIC_SECRET_0 ") == 2
    if suffix == ".jsonl":
        assert timeline.connections == [0, 1]
        assert b"PASS secret\r\n" in timeline.stream(1, "client")
        record = timeline.save(tmp_path / "saved.pcapng")
    tshark = require_program("tshark", package="tshark")
    # The second connection's port says nothing: tshark is told what is in it.
    ports = sorted({int(port) for port in _fields(tshark, record, "tcp.dstport") if port})
    decode = [word for port in ports for word in ("-d", f"tcp.port=={port},tls")]
    found = _fields(tshark, record, "tls.handshake.type", *decode)
    assert "1" in ",".join(found).split(",")
    assert "PASS secret" in _run(tshark, "-r", record, *decode, "-q", "-z", "follow,tls,ascii,1")


def _fields(tshark: str, record: Path, field: str, *options: str) -> list[str]:
    return _run(tshark, "-r", record, *options, "-T", "fields", "-e", field).split("\n")


def _run(*command: str | Path) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_mail_that_comes_while_it_runs_is_in_the_file(tmp_path: Path) -> None:
    record, box = tmp_path / "r.jsonl", tmp_path / "box"
    write(box, MESSAGES[:2])
    with served("--mail", box, "--record", record) as server:
        for _ in range(2):
            with Raw(server.port) as client:
                client.login()
                count = int(client.say("STAT").split()[1])
                client.say("QUIT")
            with box.open("ab") as file:
                file.write(b"\nFrom x\nSubject: late\n\n")
        assert count == 3
        server.end()
    timeline = Timeline.load(record)
    assert [row[0] for row in timeline.header["mail"]["alice"]] == [1, 2, 3]
    assert timeline.header["mail"]["alice"][2][4] == "late"
    assert timeline.at(len(timeline) - 1).marks("alice") == {1: "kept", 2: "kept", 3: "kept"}


@pytest.mark.parametrize("suffix", [".jsonl", ".pcapng"])
def test_a_disk_that_is_full_ends_the_recording_and_nothing_else(tmp_path: Path, suffix: str) -> None:
    record = tmp_path / f"r{suffix}"
    code = "import resource, sys; from popsim.cli import main; import signal; "
    code += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000)); "
    code += "main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "serve", "--pop3", "0", "--record", str(record)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout and process.stderr
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            for _ in range(3):
                with Raw(port) as client:
                    client.login()
                    for _ in range(3):
                        assert client.say("RETR 6").startswith(b"+OK")
                        client.lines()
                    assert client.say("QUIT").startswith(b"+OK")
        finally:
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=20)
    assert process.returncode == 0
    (line,) = [line for line in told.splitlines() if "recording ends" in line]
    assert "File too large: the recording ends here, all else goes on" in line and "saved" not in told
    assert record.stat().st_size <= 60000 == resource.RLIM_INFINITY * 0 + 60000
    timeline = Timeline.load(record)
    assert timeline.stream(0, "client").startswith(b"USER alice\r\n")


def test_a_live_file_ends_behind_what_was_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    file = LiveFile(tmp_path / "f", replaces=False, report=told.append)
    file.write(b"whole\n")
    real, room = os.write, [3]

    def full(handle: int, data: bytes) -> int:
        if not room:
            raise OSError(28, "No space left on device")
        return real(handle, bytes(data[: room.pop()]))

    monkeypatch.setattr(os, "write", full)
    file.write(b"cut in the middle\n")
    file.write(b"never\n")
    file.close()
    assert (tmp_path / "f").read_bytes() == b"whole\n"
    assert len(told) == 1 and "No space left on device" in told[0]
    with pytest.raises(FileExistsError):
        LiveFile(tmp_path / "f", replaces=False, report=told.append)


def test_in_a_loop_it_is_written_once_a_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    real = os.write

    def count(handle: int, data: bytes) -> int:
        writes.append(len(data))
        return real(handle, data)

    async def turns() -> None:
        file = LiveFile(tmp_path / "f", replaces=False, report=print)
        for _ in range(2):
            for _ in range(100):
                file.write(b"0123456789")
            await asyncio.sleep(0)
        file.close()

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", count)
        asyncio.run(turns())
    assert [size for size in writes if size >= 10] == [1000, 1000]


def test_memory_stays_the_same_however_long_it_records(tmp_path: Path) -> None:
    """In the file there is far more than memory may grow by."""
    import psutil

    record = tmp_path / "r.pcapng"
    with served("--record", record) as server:
        process = psutil.Process(server.process.pid)

        def fetch(times: int) -> int:
            with Raw(server.port) as client:
                client.login()
                client.send(b"RETR 6\r\n" * times + b"QUIT\r\n")
                while client.socket.recv(1 << 20):
                    pass
            return int(process.memory_info().rss)

        before = fetch(20)
        after = fetch(500)
        assert record.stat().st_size > 20_000_000
        assert after - before < 8_000_000


def test_memory_has_a_bound_where_there_is_no_file() -> None:
    assert Bound() == Bound(200_000, 64 * 1024 * 1024)
