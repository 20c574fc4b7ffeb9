"""What a server writes down as it runs, in a file of its own or in a timeline that is saved afterwards."""

import poplib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from popsim import Timeline, pop3, samples
from popsim.capture.conversation import Conversation
from popsim.capture.file import conversations, read
from popsim.capture.writer import DELAYED, MSS, PcapngWriter
from popsim.mail.store import Store, User
from popsim.timeline.event import CLIENT, ENDPOINTS, SERVER
from tests.project.tree import ROOT

# The writer on its own


def written(say: Callable[[PcapngWriter], None], path: Path) -> list[Conversation]:
    with path.open("wb") as file:
        writer = PcapngWriter(file, ["a test"], epoch=10**18)
        say(writer)
        return conversations(path)  # all is in the file, though nobody has closed it


def test_a_recording_as_it_runs(tmp_path: Path) -> None:
    def say(writer: PcapngWriter) -> None:
        writer.opened(0, 0, ("127.0.0.1", 51_000), ("127.0.0.1", 1100))
        writer.said(5, 0, SERVER, b"hello\r\n")
        writer.opened(6, 1, ("::1", 51_001), ("::1", 1100))
        writer.said(7, 0, CLIENT, memoryview(b"x" * 4000))
        writer.said(8, 1, SERVER, b"hello\r\n")
        writer.closed(9, 0)
        writer.said(7 + DELAYED, 1, CLIENT, b"y")
        writer.said(9 + 2 * DELAYED, 1, SERVER, b"late\r\n")
        writer.lost(10 + 2 * DELAYED, 1)
        writer.finish()

    found = written(say, tmp_path / "live.pcapng")
    assert [(one.client, one.server, one.ending) for one in found] == [
        ("127.0.0.1:51000", "127.0.0.1:1100", "closed"),
        ("[::1]:51001", "[::1]:1100", "reset"),
    ]
    assert [one.stream(end) for one in found for end in (0, 1)] == [
        b"x" * 4000,
        b"hello\r\n",
        b"y",
        b"hello\r\nlate\r\n",
    ]
    assert [(s.time, s.what) for s in found[1].segments if s.endpoint == SERVER] == [
        (6, "SYN ACK"),
        (8, "data"),
        (7 + 2 * DELAYED, "ACK"),  # nothing went back in time to carry it
        (9 + 2 * DELAYED, "data"),
    ]


def test_places_beyond_the_last_sequence_number(tmp_path: Path) -> None:
    """Of many connections some begin close to the last number, and their streams go over it."""

    def say(writer: PcapngWriter) -> None:
        for number in range(700):
            writer.opened(number, number)
            writer.said(number, number, SERVER, bytes([number % 256]) * 20_000_000 if number == 352 else b"z" * 2000)
            writer.closed(number, number)

    found = written(say, tmp_path / "many.pcapng")
    assert len(found) == 700 and all(one.gaps == [] and one.ending == "closed" for one in found)
    assert [len(one.stream(SERVER)) for one in found if one.stream(SERVER) != b"z" * 2000] == [20_000_000]


KILLED = """
import os, sys, signal
from popsim.capture.writer import PcapngWriter
from popsim.timeline.event import SERVER
writer = PcapngWriter(open(sys.argv[1], "wb"))
writer.opened(0, 0)
for n in range(50):
    writer.said(n, 0, SERVER, b"line %02d\\r\\n" % n)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_a_program_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "killed.pcapng"
    ended = subprocess.run([sys.executable, "-c", KILLED, path], cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == -9
    found = read(path)
    assert found.notes == []
    assert found.conversations[0].stream(SERVER) == b"".join(b"line %02d\r\n" % n for n in range(50))


# What was recorded on sockets


def served(commands: Callable[[poplib.POP3], object]) -> Timeline:
    from popsim.sockets import Server

    store = Store((User("alice", "secret"),), {"alice": samples.inbox()})
    with Server(pop3, store) as server:
        client = poplib.POP3(server.host, server.port, timeout=10)
        commands(client)
        client.close()
    return server.timeline


def whole(client: poplib.POP3) -> None:
    client.user("alice")
    client.pass_("secret")
    client.retr(8)
    client.quit()


def broken_off(client: poplib.POP3) -> None:
    client.user("alice")


@pytest.mark.parametrize(("commands", "ending"), [(whole, "closed"), (broken_off, "reset")])
def test_what_a_server_recorded(tmp_path: Path, commands: Callable[[poplib.POP3], object], ending: str) -> None:
    """Only the server's end was recorded, and octets rather than segments: these are made, and not too long."""
    saved = served(commands)
    [one] = conversations(saved.save(tmp_path / "session.pcapng"))
    assert [one.stream(end) for end in (CLIENT, SERVER)] == [saved.wire(0, end) for end in ENDPOINTS]
    assert (one.begun, one.ending, one.gaps) == (True, ending, [])
    assert [segment.what for segment in one.segments[:3]] == ["SYN", "SYN ACK", "ACK"]
    assert max(segment.end - segment.start for segment in one.segments) <= MSS
    first = one.segments[0].time
    for end in (CLIENT, SERVER):
        assert {piece.time - first for piece in one.pieces if piece.endpoint == end} == {
            event.time - saved[0].time for event in saved.events("segment") if ENDPOINTS.index(event.sender) == end
        }
    again = Timeline.load(tmp_path / "session.pcapng")
    assert again.stream(0, "client") == saved.stream(0, "client")
