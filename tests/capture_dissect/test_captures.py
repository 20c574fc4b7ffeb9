"""Captures: what is saved is dissected alike, and tshark finds the same sessions, commands and replies."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from popsim import Lab, pop3
from popsim.capture.dissect import dissection
from popsim.capture.dissect_guess import likely
from popsim.capture.file import conversations
from popsim.timeline import Timeline
from popsim.views.transcript import transcript
from tests.capture_dissect.sessions import claimed, moves, replies, value

CAPTURES = "POPSIM_CAPTURES"
SUFFIXES = {".pcap", ".pcapng", ".cap"}
NO_COMMAND = ("", "")


def captures() -> list[Path]:
    folder = os.environ.get(CAPTURES, "")
    return sorted(path for path in Path(folder).iterdir() if path.suffix in SUFFIXES) if folder else []


FOUND = captures()
given = pytest.mark.skipif(not FOUND, reason=f"{CAPTURES} names no folder with captures")


def tshark(program: str, path: Path) -> dict[int, tuple[list[tuple[str, str]], list[str]]]:
    """The commands and the statuses in each TCP connection that tshark takes for POP3."""
    names = ["tcp.stream", "pop.request.command", "pop.request.parameter", "pop.response.indicator"]
    fields = [word for name in names for word in ("-e", name)]
    command = [program, "-r", str(path), "-Y", "pop", "-T", "fields", "-E", "separator=/t", *fields]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    found: dict[int, tuple[list[tuple[str, str]], list[str]]] = {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        stream, keyword, parameter, status = line.split("\t")
        commands, statuses = found.setdefault(int(stream), ([], []))
        if keyword:
            commands.append((keyword, parameter))
        if status:
            statuses.append(status)
    return found


def said(path: Path) -> dict[int, tuple[list[tuple[str, str]], list[str]]]:
    """The same as the dissector has it."""
    found = {}
    for number, one in enumerate(conversations(path)):
        if likely(one) != "POP3" or not one.pieces:
            continue
        timeline = dissection([one]).timeline
        lines = [timeline.octets(e) for e in timeline.events("message", "Sent") if e.endpoint == "client"]
        words = [line.decode("utf-8", "replace").rstrip("\r\n").partition(" ") for line in lines]
        statuses = [str(value(e, "reply")) for e in replies(timeline, 0)]
        commands = [(keyword, parameter) for keyword, _, parameter in words]
        found[number] = commands, [status for status in statuses if status in ("+OK", "-ERR")]
    return found


@given
@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_it_opens_and_can_be_read(path: Path) -> None:
    timeline = Timeline.load(path)
    assert str(transcript(timeline))
    for one in conversations(path):
        found = dissection([one])
        assert [str(breach) for breach in found.breaches if breach.endpoint == "server"] == []
        if likely(one) == "POP3":
            assert value(moves(found.timeline, 0)[-1], "state") == "CLOSED"
            assert all(len(claimed(reply)) >= 1 for reply in replies(found.timeline, 0))


@given
@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_tshark_finds_the_same_sessions(path: Path, require_program: Callable[..., str]) -> None:
    assert said(path) == tshark(require_program("tshark", package="tshark"), path)


@pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
def test_a_lab_that_was_saved(tmp_path: Path, suffix: str, require_program: Callable[..., str]) -> None:
    lab = Lab(pop3.extended(), mail=None)
    lab.run("USER alice", "PASS secret", "LIST", "RETR 1", "RETR 2", "DELE 1", "DELE 99", "UIDL", "FOO", "QUIT")
    path = lab.timeline.save(tmp_path / f"lab{suffix}")
    loaded = Timeline.load(path)
    heard = lab.overheard().timeline
    for one, other in zip(replies(heard, 0), replies(loaded, 0), strict=True):
        assert heard.octets(one) == loaded.octets(other) and claimed(one) == claimed(other)
    states = [[value(e, "state") for e in moves(timeline, 0)] for timeline in (heard, loaded)]
    assert states[0] == states[1]
    assert [value(e, "state") for e in moves(lab.timeline, 0)] == states[0]
    assert said(path) == tshark(require_program("tshark", package="tshark"), path)
