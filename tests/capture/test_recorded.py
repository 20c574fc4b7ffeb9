"""Captures of real sessions: those that the project has recorded itself, and those in the folder POPSIM_CAPTURES."""

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from popsim import Timeline
from popsim.capture.conversation import Conversation
from popsim.capture.file import read
from popsim.timeline.event import CLIENT, SERVER
from tests.capture.record import MESSAGES, RECORDED, SESSIONS, STUFFED
from tests.capture.tshark import fields, streams

VARIABLE = "POPSIM_CAPTURES"
OWN = [RECORDED / name for name in SESSIONS]
_FOLDER = os.environ.get(VARIABLE, "")
FURTHER = sorted(path for path in Path(_FOLDER).rglob("*") if "cap" in path.suffix) if _FOLDER else []
further = pytest.mark.skipif(not _FOLDER, reason=f"{VARIABLE} is not set: it names a folder of further captures")


def test_what_is_committed_is_what_the_script_records() -> None:
    assert sorted(path.name for path in RECORDED.iterdir()) == sorted(SESSIONS)


@further
def test_the_folder_has_captures() -> None:
    assert FURTHER, f"{VARIABLE} names {_FOLDER}, which has no capture in it"


def all_captures() -> Sequence[object]:
    own = [pytest.param(path, id=path.name) for path in OWN]
    named = [pytest.param(path, id=path.name, marks=further) for path in FURTHER]
    return own + (named or [pytest.param(Path(), id="further", marks=further)])


@pytest.mark.parametrize("path", all_captures())
def test_tshark_finds_the_same_conversations(path: Path) -> None:
    found = read(path)
    columns = ["frame.time_relative", "tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "tcp.len", "tcp.flags.syn"]
    rows = fields(path, *columns, only="tcp")
    numbers = sorted({int(row[1]) for row in rows})
    assert len(found.conversations) == len(numbers)
    for number, one in zip(numbers, found.conversations, strict=True):
        own = [row for row in rows if row[1] == str(number)]
        assert len(own) == len(one.segments)
        client = one.client.rpartition(":")[0].strip("[]"), one.client.rpartition(":")[2]
        for row, segment in zip(own, one.segments, strict=True):
            assert abs(float(row[0]) * 10**9 - segment.time) < 10  # it prints nanoseconds, and a float has most of them
            assert ((row[2] or row[3], row[4]) == client) == (segment.endpoint == CLIENT)
            assert row[5] == str(segment.end - segment.start) or segment.start == 0
            assert (row[6] in ("1", "True")) == segment.what.startswith("SYN")


@pytest.mark.parametrize("path", all_captures())
def test_tshark_follows_the_same_octets(path: Path) -> None:
    found = read(path).conversations
    for one, followed in zip(found, streams(path, len(found)), strict=True):
        if one.gaps:
            continue  # it puts words of its own into the octets there
        ends = (CLIENT, SERVER) if one.segments[0].endpoint == CLIENT else (SERVER, CLIENT)
        assert followed == [one.stream(end) for end in ends]


@pytest.mark.parametrize("path", all_captures())
def test_every_capture_becomes_a_timeline_and_a_capture_again(path: Path, tmp_path: Path) -> None:
    timeline = Timeline.load(path)
    assert timeline.events("segment")
    again = Timeline.load(timeline.save(tmp_path / "again.pcapng"))
    assert [[again.wire(n, end) for end in ("client", "server")] for n in timeline.connections] == [
        [timeline.wire(n, end) for end in ("client", "server")] for n in timeline.connections
    ]
    assert [e.time for e in again.events("stream")] == [e.time for e in timeline.events("stream")]


# What is known of the project's own ones, for it is written in the script that recorded them


def only(name: str) -> Conversation:
    [found] = read(RECORDED / name).conversations
    return found


def test_curl_has_read_each_message_in_a_session_of_its_own() -> None:
    found = read(RECORDED / "curl.pcapng").conversations
    assert len(found) == len(MESSAGES)
    for number, (one, message) in enumerate(zip(found, STUFFED, strict=True), 1):
        assert one.stream(CLIENT).endswith(b"RETR %d\r\nQUIT\r\n" % number)
        assert b"octets\r\n" + message in one.stream(SERVER)
        assert (one.begun, one.ending, one.gaps, one.secrets) == (True, "closed", [], ())


def test_fetchmail_has_read_and_deleted_everything() -> None:
    one = only("fetchmail.pcapng")
    assert [one.stream(CLIENT).count(word) for word in (b"RETR", b"DELE", b"QUIT")] == [3, 3, 1]
    assert all(message in one.stream(SERVER) for message in STUFFED)


def test_mpop_has_sent_several_commands_at_once() -> None:
    one = only("mpop-cooked.pcapng")
    assert all(message in one.stream(SERVER) for message in STUFFED)
    senders = [piece.endpoint for piece in one.pieces]
    assert any(a == b == CLIENT for a, b in pairwise(senders)), "no command came before the answer to the one before"


def test_ip6_and_a_pcap() -> None:
    one = only("curl-ip6.pcap")
    assert one.client.startswith("[::1]:") and b"LIST\r\n" in one.stream(CLIENT)


def test_packets_that_were_cut_off_leave_gaps() -> None:
    found = read(RECORDED / "fetchmail-cut-off.pcapng")
    [one] = found.conversations
    assert "were not captured whole" in found.notes[0]
    # Every packet is there: the gaps are what was cut off, and with it the stream is as long as the whole session's.
    missing = sum(stop - start for end, start, stop in one.gaps if end == SERVER)
    assert len(one.stream(SERVER)) + missing == pytest.approx(len(only("fetchmail.pcapng").stream(SERVER)), abs=50)


@pytest.mark.parametrize(
    ("name", "labels"), [("poplib-stls.pcapng", 5), ("poplib-tls.pcapng", 1), ("curl-stls-cooked-2.pcapng", 0)]
)
def test_sessions_over_tls(name: str, labels: int) -> None:
    one = only(name)
    assert len(one.secrets) == labels
    assert b"opensesame" not in one.stream(CLIENT) and STUFFED[1] not in one.stream(SERVER)
    assert (b"STLS\r\n" in one.stream(CLIENT)) == ("stls" in name)
