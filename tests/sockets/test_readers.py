"""Mail readers that nobody here wrote fetch a nasty mailbox from `popsim serve`, octet for octet."""

from __future__ import annotations

import hashlib
import os
import poplib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from popsim.timeline import Timeline
from popsim.views.ladder import ladder
from popsim.views.player import player
from popsim.views.transcript import transcript
from tests.sockets.nasty import ENDLESS, MESSAGES, write
from tests.sockets.running import served


def joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\r\n" for line in lines)


def fingerprint(path: Path) -> tuple[str, int, int]:
    state = path.stat()
    return hashlib.sha256(path.read_bytes()).hexdigest(), state.st_mtime_ns, state.st_size


def reader(port: int) -> poplib.POP3:
    return poplib.POP3("127.0.0.1", port, timeout=20)


def test_poplib(tmp_path: Path) -> None:
    box, record = tmp_path / "nasty.mbox", tmp_path / "session.jsonl"
    wanted = write(box, MESSAGES)
    os.utime(box, (1, 1))
    before = fingerprint(box)
    with served("--user", "alice:secret", "--mail", box, "--record", record) as server:
        client = reader(server.port)
        client.user("alice")
        client.pass_("secret")
        assert client.stat() == (len(wanted), sum(map(len, wanted)))
        assert client.list()[1] == [b"%d %d" % (n, len(m)) for n, m in enumerate(wanted, 1)]
        assert b"2 %d" % len(wanted[1]) in client.list(2)
        uids = [line.split(b" ") for line in client.uidl()[1]]
        assert [number for number, _ in uids] == [b"%d" % n for n in range(1, len(wanted) + 1)]
        assert len({uid for _, uid in uids}) == len(wanted)
        for number, octets in enumerate(wanted, 1):
            assert joined(client.retr(number)[1]) == octets, MESSAGES[number - 1][:30]
        assert joined(client.top(2, 1)[1]) == b".Dot: first octet\r\nSubject: dots\r\n\r\n.\r\n"
        client.dele(1)
        client.dele(3)
        with pytest.raises(poplib.error_proto, match="marked as deleted"):
            client.retr(3)
        client.rset()
        client.dele(2)
        client.quit()

        again = reader(server.port)
        again.user("alice")
        again.pass_("secret")
        assert again.stat() == (len(wanted) - 1, sum(map(len, wanted)) - len(wanted[1]))
        assert joined(again.retr(2)[1]) == wanted[2]
        again.quit()
        assert server.end() == 0
    assert fingerprint(box) == before
    recorded(record, len(wanted))


def recorded(path: Path, count: int) -> None:
    """The record tells the session that `test_poplib` had, and every view can show it."""
    timeline = Timeline.load(path)
    assert timeline.connections == [0, 1]
    assert timeline.header["scenario"] == "" and len(timeline.header["mail"]["alice"]) == count
    last = timeline.at(len(timeline) - 1)
    assert [last.state("server", n) for n in (0, 1)] == ["CLOSED", "CLOSED"]
    assert last.marks("alice") == {n: "removed" if n == 2 else "kept" for n in range(1, count + 1)}
    assert last.lock("alice") is None

    states = [s for e in timeline.events("session") for s in (e.values or {}).values() if "|" not in s]
    one = ["AUTHORIZATION", "USER accepted", "TRANSACTION", "UPDATE", "CLOSED"]
    assert states == one + one
    marks = [timeline.at(e.index).marks("alice") for e in timeline.events("store") if e.kind != "Unlocked"]
    deleted = [sorted(n for n, mark in now.items() if mark == "deleted") for now in marks]
    assert deleted == [[], [1], [1, 3], [], [2], [], []]  # locked, DELE 1, DELE 3, RSET, DELE 2, removed, locked

    text = str(transcript(timeline))
    assert "C: USER alice" in text and "C: RETR 12" in text and "UPDATE -> CLOSED" in text
    assert "RETR 12" in str(ladder(timeline, 0))
    shown = player(timeline)
    for step in range(len(shown.steps) + 1):
        assert shown.text(step)


def test_poplib_by_digest(tmp_path: Path) -> None:
    wanted = write(tmp_path / "box", MESSAGES[:2])
    with served("--user", "mrose:tanstaaf:APOP", "--mail", tmp_path / "box") as server:
        for _ in range(2):
            client = reader(server.port)
            client.apop("mrose", "tanstaaf")
            assert joined(client.retr(2)[1]) == wanted[1]
            client.quit()
        client = reader(server.port)
        with pytest.raises(poplib.error_proto):
            client.apop("mrose", "wrong")
        client.close()


@pytest.mark.parametrize("user", ["alice:secret", "alice:secret:APOP"])
def test_curl(tmp_path: Path, require_program: Callable[..., str], user: str) -> None:
    curl = require_program("curl", package="curl")
    wanted = write(tmp_path / "box", [*MESSAGES, ENDLESS])
    with served("--user", user, "--mail", tmp_path / "box") as server:
        command = [curl, "--silent", "--show-error", "--max-time", "20", "--user", "alice:secret"]
        for number in range(1, len(wanted) + 1):
            url = f"pop3://127.0.0.1:{server.port}/{number}"
            command += ["--output", str(tmp_path / str(number)), url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert (done.returncode, done.stderr) == (0, "")
        for number, octets in enumerate(wanted, 1):
            assert (tmp_path / str(number)).read_bytes() == octets, [*MESSAGES, ENDLESS][number - 1][:30]


def test_poplib_reads_an_older_edition(tmp_path: Path) -> None:
    with served("--mail", "four", "--edition", "rfc1460") as server:
        client = reader(server.port)
        client.user("alice")
        client.pass_("secret")
        client.retr(3)
        assert client._shortcmd("LAST") == b"+OK 3"  # type: ignore[attr-defined]
        with pytest.raises(poplib.error_proto, match="UIDL"):
            client.uidl()
        client.quit()
