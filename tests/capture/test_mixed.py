"""A capture of a run in which several protocols are spoken: each connection goes to the port of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from popsim import Lab, imap, pop2, pop3, samples, smtp
from popsim.protocols import spoken
from popsim.timeline import Timeline
from tests.programs import require_program


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lab = Lab(imap, mail=samples.four())
    lab.run("a1 LOGIN alice {6}", "secret", "a2 SELECT INBOX", "a3 FETCH 1:* (FLAGS BODY[])")
    post, old, older = lab.connect(smtp), lab.connect(pop3, tls=True), lab.connect(pop2)
    lab.run(f"{post}> HELO x", f"{post}> MAIL FROM:<a@x.example>", f"{post}> RCPT TO:<alice@popsim.example>")
    lab.run(f"{post}> DATA", f"{post}> Subject: a\\r\\n\\r\\nb\\r\\n.", f"{post}> QUIT")
    lab.run(f"{old}> USER alice", f"{old}> QUIT")
    lab.run(f"{older}> HELO alice secret", f"{older}> READ", f"{older}> RETR", f"{older}> ACKS", f"{older}> QUIT")
    lab.run("a4 LOGOUT")
    path = tmp_path_factory.mktemp("mixed") / "mixed.pcapng"
    lab.timeline.save(path)
    return path


def test_what_is_read_again_speaks_what_was_spoken(saved: Path) -> None:
    read = Timeline.load(saved)
    assert [spoken(read.header, number).name for number in read.connections] == ["imap", "smtp", "pop3", "pop2"]


def test_tshark_knows_each_by_its_port(saved: Path) -> None:
    tshark = require_program("tshark", package="tshark")
    fields = [
        option for name in ("tcp.stream", "tcp.dstport", "imap.request", "smtp.req.command") for option in ("-e", name)
    ]
    command = [tshark, "-n", "-r", str(saved), "-T", "fields", *fields]
    rows = [
        row.split("\t")
        for row in subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    ]
    assert {row[0]: row[1] for row in reversed(rows)} == {"0": "143", "1": "25", "2": "995", "3": "109"}
    assert [row[2].split()[0] for row in rows if row[2]] == ["a1", "secret", "a2", "a3", "a4"]
    assert [row[3] for row in rows if row[3]] == ["HELO", "MAIL", "RCPT", "DATA", "QUIT"]
