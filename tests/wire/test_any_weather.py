"""Whatever the line does to a session, in clear or under TLS, some things stay true."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popsim import pop3
from popsim.timeline import Timeline
from popsim.wire import Fault, Link, Scenario, run

LINES = ("USER alice", "PASS secret", "DELE 1", "RETR 2", "pipelined> STAT", "+1 s> NOOP", "QUIT")
AFTER = ("connect>", "1> USER alice", "1> PASS secret", "1> STAT", "1> QUIT")
ENDS = ("client", "server")
MINUTE = 60 * 10**9

_ends = st.sampled_from(ENDS)
_octets = st.integers(1, 2500)
_times = st.sampled_from([1, 10**6, 10**9, 5 * MINUTE, 11 * MINUTE])
_faults = st.one_of(
    st.builds(Fault, st.just("cut after"), _ends, _octets),
    st.builds(Fault, st.just("cut before"), st.sampled_from(["QUIT", "RETR", "STAT"])),
    st.builds(Fault, st.just("lose"), _ends, st.integers(1, 25)),
    st.builds(Fault, st.just("stall after"), _ends, _octets, st.just(0), _times),
    st.builds(Fault, st.just("stall at"), _ends, st.integers(0, 3 * 10**9), st.just(0), _times),
)
_links = st.builds(
    Link,
    st.sampled_from([0, 10**6, 40 * 10**6, 2 * 10**9]),
    st.sampled_from([0, 9600, 10**6]),
    st.sampled_from([1, 40, 536, 1460]),
    st.sampled_from([0, 0.02, 0.2, 0.6, 1]),
    st.sampled_from([0, 10**6, 300 * 10**6, 3 * 10**9]),
)
WEATHER = {
    "link": _links,
    "seed": st.integers(-5, 10**6),
    "faults": st.lists(_faults, max_size=3).map(tuple),
    "begins": st.sampled_from(["clear", "STLS", "tls"]),
}


def session(link: Link, seed: int, faults: tuple[Fault, ...], begins: str) -> Scenario:
    """A session with one deletion, and another one that looks what is left, over a line of some kind."""
    if begins != "clear" and link.mss == 1:
        link = replace_mss(link)  # thousands of segments show nothing more
    scenario = Scenario(mail=(("alice", "minimal"),), link=link, seed=seed, faults=faults, tls=begins == "tls")
    if begins == "STLS":
        return replace(scenario, extensions=pop3.extended(2595).enabled).then("STLS", *LINES, *AFTER)
    return scenario.then(*LINES, *AFTER)


def replace_mss(link: Link) -> Link:
    return Link(link.delay, link.rate, 40, link.loss / 10**6, link.jitter)


def check(scenario: Scenario) -> None:
    """What must be true of any run; a run that does not end would never come here."""
    timeline = run(scenario)
    check_time_and_order(timeline)
    for connection in timeline.connections:
        for end in ENDS:
            check_stream(timeline, connection, end)
    check_removals(timeline)
    assert run(Scenario.parse(str(scenario))) == timeline


def check_time_and_order(timeline: Timeline) -> None:
    times = [event.time for event in timeline]
    assert times == sorted(times)
    assert all(event.cause < event.index for event in timeline)
    assert len(timeline) < 40_000
    arrivals = [e.cause for e in timeline.events("segment", "Delivered")]
    assert len(arrivals) == len(set(arrivals)), "a segment arrives at most once"


def check_stream(timeline: Timeline, connection: int, end: str) -> None:
    """What was read is what was said, from its beginning on, and what is counted is what came."""
    reader = ENDS[1 - ENDS.index(end)]
    place = 0
    for event in timeline.events("message", "Delivered"):
        if (event.connection, event.endpoint) == (connection, reader):
            assert event.start == place and event.end > place
            assert timeline.octets(event) == timeline.stream(connection, end)[place : event.end]
            place = event.end
    came = sent = 0
    wire = timeline.wire(connection, end)
    for event in timeline:
        values = event.values or {}
        sent = int(values.get(f"{connection}.{end}.sent", sent))
        now = int(values.get(f"{connection}.{end}.delivered", came))
        assert came <= now <= sent <= len(wire), event
        came = now
    pieces = {
        (e.start, e.end)
        for e in timeline.events("segment", "Delivered")
        if (e.connection, e.sender) == (connection, end)
    }
    covered = 0
    for start, stop in sorted(pieces):
        if start <= covered:
            covered = max(covered, stop)
    assert covered >= came, "what is counted as arrived has arrived, without a hole"


def check_removals(timeline: Timeline) -> None:
    """Nothing is removed without a QUIT that arrived, and no lock outlives its session."""
    last = timeline.at(len(timeline) - 1)
    quits = [
        e
        for e in timeline.events("message", "Delivered")
        if e.endpoint == "server" and timeline.octets(e) == b"QUIT\r\n"
    ]
    removed = timeline.events("store", "Removed")
    assert not removed or any(e.index < removed[0].index and e.connection == 0 for e in quits)
    assert last.marks("alice")[2] == "kept"
    for event in timeline.events("stream"):
        if event.kind in ("Lost", "Closed") and event.endpoint == "server":
            assert last.lock("alice") != event.connection
    # Whoever gives up, the other one hears of it.
    for connection in timeline.connections:
        lost = {e.endpoint for e in timeline.events("stream", "Lost") if e.connection == connection}
        closed = {e.endpoint for e in timeline.events("stream", "Closed") if e.connection == connection}
        assert not lost or lost | closed == set(ENDS)


@settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(**WEATHER)
def test_in_any_weather(link: Link, seed: int, faults: tuple[Fault, ...], begins: str) -> None:
    check(session(link, seed, faults, begins))


@pytest.mark.parametrize("begins", ["clear", "STLS", "tls"])
def test_in_some_weather(begins: str) -> None:
    """A few of them without a search, for the mutants."""
    for seed in range(4):
        check(session(Link("40 ms", loss="20%", jitter="30 ms"), seed, (), begins))
        check(session(Link("40 ms", "64 kbit/s", 100), seed, (Fault("cut before", "QUIT"),), begins))


@pytest.mark.slow
@settings(deadline=None, max_examples=3000, suppress_health_check=list(HealthCheck))
@given(**WEATHER)
def test_in_much_more_weather(link: Link, seed: int, faults: tuple[Fault, ...], begins: str) -> None:
    check(session(link, seed, faults, begins))
