"""What a timeline is as a capture: read again it has the same octets, times and segments."""

from pathlib import Path

import pytest

from popsim import Timeline
from popsim.capture.conversation import Conversation
from popsim.capture.file import conversations, read
from popsim.timeline.event import CLIENT, ENDPOINTS, SERVER, segment_key
from tests.capture.lossy import lossy
from tests.capture.scenarios import ENCRYPTED, EVERYTHING, SCENARIOS, timeline

Row = tuple[int, int, str, int, int]  # time, sender, kind, octets


def passed(timeline: Timeline, connection: int) -> list[Row]:
    """What the client saw of a connection's segments, from the events."""
    what: dict[int, str] = {}
    found = []
    for event in timeline.events("segment"):
        if event.kind == "Sent":
            what[event.index] = (event.values or {})[segment_key(event.connection, event.endpoint)]
        if event.connection == connection and event.endpoint == "client" and event.kind in ("Sent", "Delivered"):
            kind = what[event.index if event.kind == "Sent" else event.cause]
            found.append((event.time, ENDPOINTS.index(event.sender), kind, event.start, event.end))
    return found


def seen(one: Conversation) -> list[Row]:
    """The same from a conversation, without the places of segments that have no octets."""
    return [(s.time, s.endpoint, s.what, *((s.start, s.end) if s.start < s.end else (0, 0))) for s in one.segments]


def without_acknowledgements(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[2] != "ACK"]


def arrived(timeline: Timeline, connection: int) -> bytes:
    """What the client received, from the events."""
    found: dict[int, bytes] = {}
    for event in timeline.events("segment", "Delivered"):
        if (event.connection, event.endpoint) == (connection, "client") and event.start < event.end:
            found[event.start] = timeline.octets(event)
    return b"".join(found[start] for start in sorted(found))


@pytest.mark.parametrize("suffix", [".pcapng", ".pcap"])
@pytest.mark.parametrize("name", EVERYTHING)
def test_a_simulated_session_read_again(tmp_path: Path, name: str, suffix: str) -> None:
    saved = timeline(name)
    path = saved.save(tmp_path / f"session{suffix}")
    found = conversations(path)
    assert len(found) == len(saved.connections)
    for number, one in enumerate(found):
        assert one.stream(CLIENT) == saved.wire(number, "client")
        assert one.stream(SERVER) == arrived(saved, number)
        rows = passed(saved, number)
        assert without_acknowledgements(seen(one)) == without_acknowledgements(rows)
        assert set(seen(one)) >= set(rows)  # with acknowledgements that no timeline has
        assert one.gaps == [] and one.begun
        assert any(s.again for s in one.segments) <= (name not in SCENARIOS)
        assert one.epoch == 0  # virtual time begins with 1970
        assert sorted(one.segments, key=lambda segment: segment.time) == one.segments
        assert bool(one.secrets) == (name in ENCRYPTED and suffix == ".pcapng")
    assert len({one.client for one in found}) == len(found)
    if name not in ENCRYPTED:  # its octets are those of one run
        assert path.read_bytes() == timeline(name).save(tmp_path / f"again{suffix}").read_bytes()


@pytest.mark.parametrize("name", EVERYTHING)
def test_how_it_ended(tmp_path: Path, name: str) -> None:
    endings = {"cut": "", "cut by the client": "", "still open": ""}
    for one in conversations(timeline(name).save(tmp_path / "session.pcapng")):
        assert one.ending == endings.get(name, "closed")


def test_lost_segments_are_seen_as_the_client_sees_them(tmp_path: Path) -> None:
    """A segment of the client that is lost passes twice; one of the server is seen when it is sent again."""
    saved = lossy()
    [one] = conversations(saved.save(tmp_path / "lossy.pcapng"))
    assert without_acknowledgements(seen(one)) == without_acknowledgements(passed(saved, 0))
    assert one.stream(CLIENT) == saved.wire(0, "client") and one.stream(SERVER) == saved.wire(0, "server")
    assert [(s.endpoint, s.start, s.time) for s in one.segments if s.again and s.what == "data"] == [
        (CLIENT, 0, 300_000_000)
    ]
    pieces = [(piece.time, piece.start) for piece in one.pieces if piece.endpoint == SERVER]
    assert pieces == [(410_000_000, 0), (710_000_000, 5), (710_000_000, 10)]


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    path = timeline("plain").save(tmp_path / "session.pcapng")
    assert read(path).comments == [str(timeline("plain").header["scenario"])]
    assert path.read_bytes()[28:32] != b"" and b"popsim" in path.read_bytes()[:500]


@pytest.mark.parametrize("name", ["long message", "burst"])
def test_an_acknowledgement_for_every_second_segment(tmp_path: Path, name: str) -> None:
    [one] = conversations(timeline(name).save(tmp_path / "session.pcapng"))
    owed = 0
    for segment in one.segments[3:]:
        if segment.endpoint == SERVER:
            owed += segment.what == "data"
            assert owed <= 3  # the third is seen together with the acknowledgement of the two before it
        else:
            owed = 0
    assert sum(segment.what == "ACK" and segment.endpoint == CLIENT for segment in one.segments) > 5


def test_addresses_and_the_date_where_they_are_known(tmp_path: Path) -> None:
    saved = timeline("plain")
    saved.header = {**saved.header, "addresses": [["[2001:db8::5]:4711", "[2001:db8::1]:1110"]], "epoch": 10**18 + 1}
    for suffix in (".pcap", ".pcapng"):
        [one] = conversations(saved.save(tmp_path / f"session{suffix}"))
        assert (one.client, one.server, one.port) == ("[2001:db8::5]:4711", "[2001:db8::1]:1110", 1110)
        assert one.epoch == 10**18 + 1
    for odd in ([], [["nowhere", "nowhere"]], [["", ":0"]], ["x"], None):
        saved.header = {**saved.header, "addresses": odd or []}
        [one] = conversations(saved.save(tmp_path / "session.pcapng"))
        assert (one.client, one.server) == ("192.0.2.2:40000", "192.0.2.1:110")
