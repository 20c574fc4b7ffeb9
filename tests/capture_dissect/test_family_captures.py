"""Captures of IMAP and SMTP: tshark finds the same commands and statuses as the dissector; what a lab saves is read."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from popsim import Lab, imap, pop2
from popsim.capture.dissect import dissection
from popsim.capture.dissect_guess import likely
from popsim.capture.file import conversations
from popsim.timeline import Timeline
from popsim.views.transcript import transcript
from tests.capture_dissect.sessions import moves, replies, value
from tests.capture_dissect.test_captures import FOUND, given

FIELDS = {
    "IMAP": ("imap.request_tag", "imap.request.command", "imap.response_tag", "imap.response.status"),
    "SMTP": ("smtp.req.command", "smtp.response.code"),
}
Rows = list[tuple[str, ...]]


def tshark(program: str, path: Path, title: str) -> Rows:
    """What tshark finds in each packet: of several values in one, the last; IMAP's data have no status there."""
    fields = [word for name in FIELDS[title] for word in ("-e", name)]
    command = [program, "-r", str(path), "-Y", title.lower(), "-T", "fields", "-E", "separator=/t", *fields]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    rows = [tuple(cell.split(",")[-1] for cell in line.split("\t")) for line in lines]
    return [row for row in rows if any(row[-1:]) or any(row[:1])]


def said(path: Path, title: str) -> Rows:
    """The same as the dissector has it."""
    found: Rows = []
    for one in conversations(path):
        messages = [m for text in dissection([one]).said if text for m, is_read in text.order if not is_read]
        for message in messages:
            request, mark = message.request, message.mark
            keyword = request.keyword.rpartition(" ")[2] if request else ""
            if title == "SMTP":
                found += [(keyword, mark)] if mark or (keyword and message.part is None) else []
            elif request:
                found.append((request.tag.decode(), keyword, "", ""))
            elif mark and message.tag != b"*":
                found.append(("", "", message.tag.decode(), mark))
    return found


@given
@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_tshark_finds_the_same_commands_and_statuses(path: Path, require_program: Callable[..., str]) -> None:
    titles = {likely(one) for one in conversations(path)} & set(FIELDS)
    for title in titles:
        assert said(path, title) == tshark(require_program("tshark", package="tshark"), path, title)


@pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
def test_a_lab_with_several_protocols_that_was_saved(tmp_path: Path, suffix: str) -> None:
    lab = Lab.of("smtp extension=2920 extension=4954 extension=3207 mail=alice:minimal")
    lab.connect(imap.extended())
    for line in (
        "EHLO a.example",
        "MAIL FROM:<b@c.example>",
        "RCPT TO:<alice@popsim.example>",
        "DATA",
        "Subject: x",
        ".",
    ):
        lab.send(line)
    for line in ("a LOGIN alice secret", "b SELECT INBOX", "c FETCH 1:* (FLAGS BODY[])", "d LOGOUT"):
        lab.send(line, 1)
    lab.connect(pop2)
    for line in ("HELO alice secret", "READ", "RETR", "ACKS", "QUIT"):
        lab.send(line, 2)
    lab.send("QUIT")
    path = lab.timeline.save(tmp_path / f"lab{suffix}")
    heard = lab.overheard().timeline
    loaded = Timeline.load(path)
    for number in lab.timeline.connections:
        true = [value(event, "state") for event in moves(lab.timeline, number)]
        assert [value(event, "state") for event in moves(heard, number)] == true
        assert [value(event, "state") for event in moves(loaded, number)] == true
        one, other = ([timeline.octets(e) for e in replies(timeline, number)] for timeline in (heard, loaded))
        assert one == other == [lab.timeline.octets(e) for e in replies(lab.timeline, number)]
    assert "SELECT INBOX" in str(transcript(loaded))
    assert [likely(one) for one in conversations(path)] == ["SMTP", "IMAP", "POP2"]
