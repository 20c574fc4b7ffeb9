"""The benchmarks measure what popsim really does: their record is the Lab's, and it opens in the player."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from popsim import Lab, Timeline, pop3, samples
from popsim.views.player import player
from tests.bench import popsim_bench as bench

LINES = [
    "USER bob",
    "PASS secret",
    "STAT",
    "LIST",
    "RETR 1",
    "DELE 1",
    "RETR 6",
    "RSET",
    "DELE 2",
    "UIDL",
    "NOPE",
    "QUIT",
]


def recorded() -> bench.Recorded:
    session = bench.Recorded(samples.inbox())
    session.feed(b"")
    for line in LINES:
        session.feed(line.encode() + b"\r\n")
    return session


def at_server(timeline: Timeline) -> Iterator[tuple[str, str, int, int, Any]]:
    """What happened at the server's end, apart from the wire, which the benchmark has not."""
    for event in timeline:
        if event.endpoint == "server" and event.layer in ("message", "session", "store"):
            yield event.layer, event.kind, event.start, event.end, event.values


def test_the_record_is_the_labs() -> None:
    lab = Lab(pop3, mail=samples.inbox(), users={"bob": "secret"})
    lab.run(*LINES)
    timeline = recorded().timeline
    assert list(at_server(timeline)) == list(at_server(lab.timeline))
    for end in ("client", "server"):
        assert timeline.stream(0, end) == lab.timeline.stream(0, end)


def test_the_record_opens_in_the_player() -> None:
    timeline = recorded().timeline
    shown = player(timeline)
    last = timeline.steps()[-1]
    assert timeline.at(last.index).state() == "CLOSED"
    assert timeline.at(last.index).marks("bob")[2] == "removed"
    assert "CLOSED" in shown.text(len(shown.steps))


def test_recorded_or_not_the_octets_are_the_same() -> None:
    mail = bench.pop3_maildrop([m.octets for m in samples.dots()])
    plain, record = bench.pop3_session(mail), bench.pop3_session_recorded(mail)
    for data in (b"", b"USER bob\r\nPASS secret\r\nRETR 1\r\n", b"TOP 1 0\r\nUI", b"DL\r\nQUIT\r\n"):
        assert plain(data) == record(data)


def test_the_client_reads_what_the_server_wrote() -> None:
    message = samples.dots()[0]
    session = bench.pop3_session(samples.dots())
    session(b"")
    session(b"USER bob\r\nPASS secret\r\n")
    assert bench.client_retr(session(b"RETR 1\r\n")) == message.octets


def test_the_clock_ends_where_the_deliveries_end() -> None:
    assert bench.pingpong(100) == 100 * 50_000_000
    timeline = bench.pingpong_recorded(100)
    assert (len(timeline), timeline.duration) == (100, 100 * 50_000_000)
    assert len(bench.record(5000)) == 5000
