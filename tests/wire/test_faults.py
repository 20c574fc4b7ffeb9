"""What goes wrong goes wrong cleanly: no message is removed without QUIT, and no lock outlives its session."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from popsim.timeline import Timeline
from popsim.wire import Fault, NotConnected, Scenario, Simulation, run

LINES = ("USER alice", "PASS secret", "DELE 1", "RETR 2", "QUIT")
AFTER = ("connect>", "1> USER alice", "1> PASS secret", "1> STAT", "1> QUIT")
SENT = b"".join(line.encode() + b"\r\n" for line in LINES)


def session(*faults: str, lines: Iterable[str] = (*LINES, *AFTER)) -> Timeline:
    """A short session, then another one that sees what is left."""
    scenario = Scenario.parse("pop3 mail=alice:minimal mss=60")
    return run(Scenario(mail=scenario.mail, link=scenario.link, faults=tuple(map(Fault.parse, faults))).then(*lines))


WHOLE = session()
SIZES = {end: len(WHOLE.stream(0, end)) for end in ("client", "server")}


def test_the_session_without_a_fault() -> None:
    assert WHOLE.stream(0, "client") == SENT and SIZES["client"] == 47
    assert WHOLE.at(len(WHOLE) - 1).marks("alice") == {1: "removed", 2: "kept"}
    assert b"\r\n+OK 1 200\r\n" in WHOLE.stream(1, "server")


@pytest.mark.parametrize("end", ["client", "server"])
def test_cut_at_every_octet(end: str) -> None:
    for octet in range(SIZES[end] + 1):
        timeline = session(f"cut {end} after {octet}")
        last = timeline.at(len(timeline) - 1)
        arrived = timeline.stream(0, "client")[: last.octets("client")]
        assert last.octets(end) == octet, octet
        quitted = arrived == SENT  # nothing but QUIT, read by the server in TRANSACTION, removes anything
        assert last.marks("alice") == {1: "removed" if quitted else "kept", 2: "kept"}, octet
        assert last.lock("alice") is None
        assert [last.state(e) for e in ("client", "server")] == ["CLOSED", "CLOSED"]
        assert (b"\r\n+OK 1 200\r\n" if quitted else b"\r\n+OK 2 320\r\n") in timeline.stream(1, "server")
        assert [e.endpoint for e in timeline.events("stream", "Lost")] == ["server", "client"], octet
        if not quitted:
            assert all((e.values or {}).get("0.server.state") != "UPDATE" for e in timeline)


def test_a_cut_behind_the_end_does_not_happen() -> None:
    for end, size in SIZES.items():
        timeline = session(f"cut {end} after {size + 1}")
        assert list(timeline) == list(WHOLE)


def test_marks_are_taken_back_when_the_line_is_cut() -> None:
    timeline = session("cut client after 35")
    (lost,) = [e for e in timeline.events("stream", "Lost") if e.endpoint == "server"]
    assert timeline.at(lost.index - 1).marks("alice")[1] == "deleted"
    unmarked, unlocked, moved = timeline[lost.index + 1 : lost.index + 4]
    assert [e.kind for e in (unmarked, unlocked, moved)] == ["Unmarked", "Unlocked", "Moved"]
    assert {e.cause for e in (unmarked, unlocked, moved)} == {lost.index}


def test_the_earlier_of_two_cuts_happens() -> None:
    for faults in (("cut server after 90", "cut server after 50"), ("cut server after 50", "cut server after 90")):
        timeline = session(*faults)
        assert timeline.at(len(timeline) - 1).octets("server") == 50


def test_what_is_said_behind_a_cut_never_leaves() -> None:
    """Pipelined commands after the cut one are said by the client, but the line carries nothing any more."""
    lines = (LINES[0], *(f"pipelined> {line}" for line in LINES[1:]))
    timeline = session("cut client after 20", lines=lines)
    last = timeline.at(len(timeline) - 1)
    assert timeline.stream(0, "client") == SENT and last.octets("client") == 20 and last.in_flight("client") == 0
    carried = [e.end for e in timeline.events("segment", "Sent") if e.endpoint == "client" and e.end]
    assert carried == [12, 20]


@pytest.mark.parametrize("line", ["QUIT", "quit", "Quit"])
def test_cut_before_a_command(line: str) -> None:
    timeline = session("cut before QUIT", lines=(*LINES[:-1], line, *AFTER))
    assert timeline.stream(0, "client") == SENT[:-6]
    assert timeline.at(len(timeline) - 1).marks("alice") == {1: "kept", 2: "kept"}
    assert b"\r\n+OK 2 320\r\n" in timeline.stream(1, "server")
    first, second = timeline.events("stream", "Lost")
    assert [first.endpoint, second.endpoint] == ["client", "server"]
    assert second.time - first.time == 20_000_000  # the news takes its time


def test_cut_before_an_argument() -> None:
    timeline = session("cut before RETR 2")
    assert timeline.stream(0, "client").endswith(b"DELE 1\r\n")
    assert session("cut before RETR 1").stream(0, "client") == SENT
    assert session("cut before RET").stream(0, "client") == SENT


def test_a_fault_of_the_second_connection() -> None:
    timeline = session("cut before STAT on 1")
    assert timeline.stream(0, "client") == SENT and timeline.stream(1, "client").endswith(b"PASS secret\r\n")


def test_a_message_that_can_not_be_removed() -> None:
    timeline = session("keep alice 1")
    assert timeline.at(len(timeline) - 1).marks("alice") == {1: "kept", 2: "kept"}
    assert b"-ERR could not remove message 1" in timeline.stream(0, "server")
    assert list(session("keep alice 9")) == list(WHOLE)  # there is no such message


def test_a_client_cuts_the_line_itself() -> None:
    timeline = session(lines=(*LINES[:3], "pipelined> cut>", *AFTER))
    last = timeline.at(len(timeline) - 1)
    assert last.octets("client") < len(SENT[:33]) and timeline.events("segment", "Dropped")
    assert last.marks("alice") == {1: "kept", 2: "kept"} and last.lock("alice") is None


def test_on_a_lost_connection_nothing_is_sent() -> None:
    simulation = Simulation(Scenario(faults=(Fault.parse("cut before STAT"),)))
    undone = simulation.perform(Scenario().then("USER alice", "STAT", "NOOP", "1> NOOP").actions)
    assert [action.line for action in undone] == [b"NOOP", b"NOOP"]
    with pytest.raises(NotConnected, match="^connection 0 is lost: nothing can be sent; open another one$"):
        simulation.check(0)
    with pytest.raises(NotConnected, match="^there is no connection 1; there are 0 to 0$"):
        simulation.check(1)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("cut server after 120", Fault("cut after", "server", 120)),
        ("cut client after 0 on 1", Fault("cut after", "client", 0, 1)),
        ("cut before QUIT", Fault("cut before", "QUIT")),
        ("cut before RETR 1 on 2", Fault("cut before", "RETR 1", 0, 2)),
        ("keep alice 2", Fault("keep", "alice", 2)),
        ("lose server segment 3", Fault("lose", "server", 3)),
        ("lose client segment 1 on 2", Fault("lose", "client", 1, 2)),
        ("corrupt client at 7", Fault("corrupt", "client", 7)),
        ("corrupt server at 120 on 1", Fault("corrupt", "server", 120, 1)),
        ("stall server after 120 for 5 s", Fault("stall after", "server", 120, 0, 5 * 10**9)),
        ("stall client after 1 for 20 ms on 3", Fault("stall after", "client", 1, 3, 20 * 10**6)),
        ("stall client at 2 s for 5 s", Fault("stall at", "client", 2 * 10**9, 0, 5 * 10**9)),
        ("stall server at 1500 ms for 1 ns on 1", Fault("stall at", "server", 15 * 10**8, 1, 1)),
    ],
)
def test_how_a_fault_is_written(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault and str(fault) == text


def test_times_are_read_in_any_unit() -> None:
    assert Fault.parse("stall server after 12 for 10min") == Fault("stall after", "server", 12, 0, 600 * 10**9)
    assert str(Fault.parse("stall server at 0.5 s for 1.5s")) == "stall server at 500 ms for 1500 ms"


@pytest.mark.parametrize(
    "text",
    [
        "lose server segment 0",
        "lose segment 3",
        "lose middle segment 3",
        "corrupt server at 0",
        "corrupt server after 3",
        "stall server after 0 for 5 s",
        "stall server after 5",
        "stall server at 5 for 5 s",
        "stall server after 5 for 5 parsecs",
        "rain",
        "cut server after 5 ",
        "",
    ],
)
def test_what_is_no_fault(text: str) -> None:
    with pytest.raises(ValueError, match="^expected a (fault as 'cut server after 120', |time such as ).* got '.*'$"):
        Fault.parse(text)


def test_segments_that_wait_for_the_line_never_leave_a_cut_one() -> None:
    """On a slow line the last segments of a long answer are still waiting when it is cut."""
    scenario = Scenario.parse("pop3 mail=alice:inbox 'rate=8 kbit/s' 'delay=10 ms' mss=500 'fault=cut client after 30'")
    lines = ("USER alice", "PASS secret", "pipelined> RETR 6", "pipelined> NOOP")
    timeline = run(scenario.then(*lines))
    last = timeline.at(len(timeline) - 1)
    assert last.octets("client") == 30 and last.lock("alice") is None
    lost = next(e for e in timeline.events("stream", "Lost"))
    assert all(e.index < lost.index for e in timeline.events("segment", "Sent"))


def test_a_client_cuts_the_line_in_the_middle_of_an_answer() -> None:
    """The 50,131 octets of message 6 take a minute at 8 kbit/s, 1 ms an octet; after two seconds it is over."""
    lines = ("USER alice", "PASS secret", "RETR 6", "+2 s> pipelined> cut>")
    timeline = run(Scenario.parse("pop3 mail=alice:inbox 'rate=8 kbit/s' 'delay=10 ms' mss=100").then(*lines))
    asked = [e.time for e in timeline.events("message", "Sent") if e.endpoint == "client"][-1]
    client, server = timeline.events("stream", "Lost")
    assert (client.endpoint, client.time - asked, server.time - client.time) == ("client", 2 * 10**9, 10**7)
    last = timeline.at(len(timeline) - 1)
    came = last.octets() - sum(len(line) + 2 for line in timeline.stream(0).split(b"\r\n")[:3])
    # RETR took 48 + 10 ms to be read; then a segment of 100 octets came every 140 ms: 13 in 1,932 ms.
    assert came == 1300
    assert last.lock("alice") is None and timeline.events("segment", "Dropped")
