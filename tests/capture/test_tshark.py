"""tshark reads what popsim writes: nothing malformed, no bad checksum, no warning, the same commands and replies."""

from pathlib import Path

import pytest

from popsim import Timeline
from popsim.capture.file import conversations
from popsim.timeline.event import CLIENT, SERVER
from tests.capture.lossy import lossy
from tests.capture.scenarios import ENCRYPTED, LOSSY, SCENARIOS, timeline
from tests.capture.tshark import complaints, fields, streams

POP = (
    "tcp.stream",
    "pop.request.command",
    "pop.request.parameter",
    "pop.response.indicator",
    "pop.response.description",
)


@pytest.mark.parametrize(("name", "suffix"), [*((name, ".pcapng") for name in SCENARIOS), ("long message", ".pcap")])
def test_nothing_to_complain_of(tmp_path: Path, name: str, suffix: str) -> None:
    path = timeline(name).save(tmp_path / f"session{suffix}")
    assert complaints(path) == []


def test_it_would_complain(tmp_path: Path) -> None:
    """The judge's own test: an octet that is changed is found."""
    path = timeline("plain").save(tmp_path / "session.pcapng")
    octets = bytearray(path.read_bytes())
    octets[octets.index(b"USER alice\r\n")] = ord("L")
    path.write_bytes(octets)
    assert len(complaints(path)) == 1


def said(timeline: Timeline, connection: int) -> list[tuple[str, str]]:
    """The commands and replies of a session as popsim has them: which word, and what follows it.

    In the order in which the client sent and heard them.
    """
    found = []
    for event in timeline.events("message"):
        if (event.connection, event.endpoint) == (connection, "client"):
            line = timeline.octets(event).partition(b"\r\n")[0].decode("latin-1")
            word, _, rest = line.partition(" ")
            found.append((word, rest))
    return found


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - {"small segments", "stalled"}))
def test_the_same_commands_and_replies(tmp_path: Path, name: str) -> None:
    """In the same order. Where lines are cut over segments tshark shows the parts, so those two are not for it."""
    saved = timeline(name)
    rows = fields(saved.save(tmp_path / "session.pcapng"), *POP, only="pop")
    for connection in saved.connections:
        found = []
        for stream, command, parameter, indicator, description in rows:
            if int(stream) == connection and (command or indicator):
                found.append((command or indicator, parameter or description))
        expected = said(saved, connection)
        assert found[: len(expected)] == expected
        assert len(found) == len(expected) + (name == "cut")  # of that answer the first part came


def test_what_was_lost_is_what_it_warns_of(tmp_path: Path) -> None:
    path = lossy().save(tmp_path / "lossy.pcapng")
    rows = fields(path, "frame.time_relative", "tcp.analysis.flags", "_ws.expert.message", only="tcp.analysis.flags")
    noted = {round(float(row[0]) * 1000): row[2] for row in rows}
    assert sorted(noted) == [300, 430, 710]  # sent again; the one behind the loss; the lost one, at last
    assert "retransmission" in noted[300] and "not captured" in noted[430] and "retransmission" in noted[710]


@pytest.mark.parametrize("name", LOSSY)
def test_where_something_was_lost_the_numbers_are_right_all_the_same(tmp_path: Path, name: str) -> None:
    path = timeline(name).save(tmp_path / "session.pcapng")
    rows = fields(path, "tcp.checksum.status", "ip.checksum.status", "_ws.malformed", "tcp.analysis.ack_lost_segment")
    assert {tuple(row) for row in rows} == {("1", "1", "", "")}
    [one] = conversations(path)
    assert streams(path, 1) == [[one.stream(CLIENT), one.stream(SERVER)]]


@pytest.mark.parametrize("name", ENCRYPTED)
def test_it_reads_what_was_encrypted_with_the_keys_in_the_file(tmp_path: Path, name: str) -> None:
    saved = timeline(name)
    path = saved.save(tmp_path / "session.pcapng")
    if "loss" not in name:
        assert complaints(path) == []
    assert fields(path, "tcp.dstport", only="tcp.flags.syn==1 && tcp.flags.ack==0")[0] == [
        "995" if name == "TLS" else "110"
    ]
    # By default it does not wait for what comes in another order.
    rows = fields(path, *POP, only="tls && pop", options=("-o", "tcp.reassemble_out_of_order:TRUE"))
    found = [(command or indicator, parameter or description) for _, command, parameter, indicator, description in rows]
    expected = said(saved, 0)
    inside = expected[expected.index(("USER", "alice")) :]
    assert [pair for pair in found if pair in inside] == inside
    without = saved.save(tmp_path / "session.pcap")
    assert fields(without, *POP, only="tls && pop") == []


def test_what_was_recorded_in_connections(tmp_path: Path) -> None:
    path = timeline("several connections").save(tmp_path / "session.pcapng")
    rows = fields(
        path, "ip.src", "tcp.srcport", "tcp.dstport", "tcp.stream", only="tcp.flags.syn==1 && tcp.flags.ack==0"
    )
    assert rows == [["192.0.2.2", "40000", "110", "0"], ["192.0.2.2", "40001", "110", "1"]]
    times = [row[0] for row in fields(path, "frame.time_epoch")]
    segments = [s.time for one in conversations(path) for s in one.segments]
    assert sorted(round(float(time) * 10**9) for time in times) == sorted(segments)
