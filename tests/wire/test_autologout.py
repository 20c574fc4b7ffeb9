"""A client that says nothing for ten minutes is sent away: without a reply, and without a removal (RFC 1939 §3)."""

from __future__ import annotations

import pytest

from popsim import Lab, samples
from popsim.timeline import Timeline
from popsim.wire import Link, NotConnected, Scenario, run

MINUTE = 60 * 10**9
LOGIN = ("USER alice", "PASS secret", "DELE 1")


def session(*lines: str, edition: int = 1939) -> Timeline:
    scenario = Scenario(edition=edition, mail=(("alice", "minimal"),), link=Link("10 ms"))
    return run(scenario.then(*LOGIN, *lines))


@pytest.mark.parametrize("edition", [1939, 1725, 1460, 1225, 1081])
def test_ten_minutes_of_silence_end_the_session(edition: int) -> None:
    timeline = session("+10min> STAT", edition=edition)
    end = timeline.at(len(timeline) - 1)
    (deleted,) = (e for e in timeline.events("message", "Delivered") if timeline.octets(e) == b"DELE 1\r\n")
    moved = timeline.events("session", "Moved")[-2:]
    assert [e.time for e in moved] == [deleted.time + 10 * MINUTE, deleted.time + 10 * MINUTE + 10_000_000]
    assert end.state("server") == end.state("client") == "CLOSED"
    assert timeline.stream(0, "server").count(b"\r\n") == 4  # greeting, three answers, and nothing more
    assert b"STAT" not in timeline.stream(0, "client")
    assert end.marks("alice") == {1: "kept", 2: "kept"} and end.lock("alice") is None
    assert not any("UPDATE" in str(e.values) for e in timeline)


def test_a_command_in_time_winds_the_clock_up_again() -> None:
    timeline = session("+9min> NOOP", "+9min> NOOP", "QUIT")
    assert timeline.at(len(timeline) - 1).marks("alice") == {1: "removed", 2: "kept"}


def test_a_command_on_its_way_in_the_last_moment_counts() -> None:
    timeline = session("+599.985s> NOOP", "QUIT")  # the answer to DELE took 10 ms, and NOOP takes 10 ms to arrive
    assert timeline.at(len(timeline) - 1).marks("alice") == {1: "kept", 2: "kept"}
    timeline = session("+599.975s> NOOP", "QUIT")
    assert timeline.at(len(timeline) - 1).marks("alice") == {1: "removed", 2: "kept"}


def test_each_connection_has_a_clock_of_its_own() -> None:
    timeline = session("connect>", "1> USER alice", "+9min> NOOP", "+2min> NOOP")
    end = timeline.at(len(timeline) - 1)
    assert (end.state(connection=0), end.state(connection=1)) == ("TRANSACTION", "CLOSED")


def test_a_lab_says_that_the_connection_is_closed() -> None:
    lab = Lab(mail=samples.minimal())
    lab.run(*LOGIN)
    lab.run("+11min> NOOP")
    assert lab.state == "CLOSED"
    with pytest.raises(NotConnected, match="^connection 0 is closed: nothing can be sent; open another one$"):
        lab.send("NOOP")
