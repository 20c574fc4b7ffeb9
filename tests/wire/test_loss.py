"""Segments that are lost, late or held up: worked out by hand, and counted."""

from __future__ import annotations

import pytest

from popsim.timeline import Event, Timeline
from popsim.wire import Link, Scenario, Simulation, fork, run
from popsim.wire.chance import draw, share
from tests.wire.test_link import MAIL, MS, segments, session

SECOND = 10**9
LOGIN = ("USER alice", "PASS secret")


def faulty(*faults: str, lines: tuple[str, ...] = LOGIN, link: str = "'delay=40 ms'") -> Timeline:
    words = " ".join(f"'fault={fault}'" for fault in faults)
    return run(Scenario.parse(f"pop3 mail=alice:{MAIL.digest[:16]} {link} {words}").then(*lines), [MAIL])


def tries(timeline: Timeline, end: str, start: int) -> list[Event]:
    """All that became of the segment of one end that begins at an octet."""
    of_it = [e for e in timeline.events("segment") if (e.start, e.sender) == (start, end) and e.end > start]
    return sorted(of_it, key=lambda e: e.index)


# Loss


def test_1_a_lost_segment_is_sent_again_after_a_second() -> None:
    """The greeting leaves at 120 ms (see test_link) and is lost; at 1,120 ms it leaves again and is there at 1,160."""
    timeline = faulty("lose server segment 2", lines=())
    found = tries(timeline, "server", 0)
    assert [e.kind for e in found] == ["Sent", "Dropped", "Sent", "Delivered"]
    first, dropped, again, arrived = found
    assert [e.time // MS for e in (first, dropped, again, arrived)] == [120, 160, 1120, 1160]
    assert (dropped.endpoint, dropped.cause, again.cause, arrived.cause) == (
        "server",
        first.index,
        dropped.index,
        again.index,
    )
    assert timeline.octets(dropped) == timeline.octets(again) == timeline.octets(arrived) == timeline.stream()
    assert timeline.at(dropped.index).in_flight("server") == 44
    assert [e.time // MS for e in timeline.events("message", "Delivered")] == [1160]


def test_2_a_segment_of_the_handshake_is_sent_again_too() -> None:
    """SYN is lost: 0 -> again at 1 s; SYN ACK at 1.04 s; open at the client at 1.08 s."""
    timeline = faulty("lose client segment 1", lines=())
    assert [e.time // MS for e in timeline.events("stream", "Opened")] == [1080, 1120]


def test_3_the_last_segment_of_all_is_sent_again_too() -> None:
    timeline = faulty("lose client segment 6", lines=(*LOGIN, "QUIT"))  # SYN, ACK, three lines, FIN
    (dropped,) = timeline.events("segment", "Dropped")
    assert (timeline[dropped.cause].values or {}) == {"0.client.segment": "FIN"}
    closed = timeline.events("stream", "Closed")
    assert closed[1].time - closed[0].time == SECOND + 40 * MS and not timeline.events("stream", "Lost")


def test_4_what_comes_behind_a_lost_segment_waits_for_it() -> None:
    """An answer of four segments; the second is lost. The third and fourth are there, and nobody reads them yet."""
    lines = (*LOGIN, "RETR 1")
    whole = session(*lines, delay="40 ms", mss=1000)
    lost = faulty("lose server segment 6", lines=lines, link="'delay=40 ms' mss=1000")  # after SYN ACK and three lines
    start = whole.events("message", "Sent")[-1].start
    sent, first = segments(whole, "server")[-4:], len(segments(whole, "server")) - 4
    assert first == 4 and sent[0][2] == 1000
    arrived = {e.start: e for e in lost.events("segment", "Delivered") if e.sender == "server" and e.start >= start}
    read = lost.events("message", "Delivered")[-1]
    at = [arrived[start + 1000 * n] for n in range(4)]
    assert [e.time - at[0].time for e in at] == [0, SECOND, 0, 0]
    octets = [lost.at(e.index).octets("server") - start for e in at]
    assert octets == [1000, 3020, 1000, 1000]  # the hole is filled: all that had come is there
    assert read.time == at[1].time and read.cause == lost.events("message", "Sent")[-1].index
    assert lost.octets(read) == whole.octets(whole.events("message", "Delivered")[-1])


def test_5_a_line_that_loses_all_is_given_up() -> None:
    """SYN leaves after 0, 1, 3, 7, 15, 31, 63, 123, 183 s; a minute after the ninth time it is over."""
    timeline = run(Scenario(link=Link(loss=1)).then("USER alice"))
    sent = [e.time // SECOND for e in timeline.events("segment", "Sent")]
    assert sent == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    client, server = timeline.events("stream", "Lost")
    assert (client.endpoint, client.time) == ("client", 243 * SECOND) and server.time == client.time + 20 * MS
    assert dict(client.values or {}) == {
        "0.connection": "lost",
        "0.client.reason": "a segment was sent again and again, and never acknowledged",
    }
    assert timeline.stream() == timeline.stream(0, "client") == b""


def test_6_what_is_lost_once_comes_late_and_changes_nothing_else() -> None:
    """Every segment of the client behind the handshake is lost once: each of four lines costs a second."""
    lines = (*LOGIN, "DELE 1", "QUIT")
    timeline, whole = faulty(*(f"lose client segment {n}" for n in range(3, 7)), lines=lines), faulty(lines=lines)
    assert timeline.stream() == whole.stream() and not timeline.events("stream", "Lost")
    ends = [t.events("message", "Delivered")[-1].time for t in (timeline, whole)]
    assert ends[0] - ends[1] == 4 * SECOND


def test_the_share_that_is_lost() -> None:
    """Of many segments, about as many are lost as should be: within four standard deviations."""
    lines = (*LOGIN, *["RETR 1"] * 60)
    scenario = Scenario(mail=(("alice", MAIL.digest[:16]),), link=Link(0, mss=50, loss="5%")).then(*lines)
    timeline = run(scenario, [MAIL])
    sent, dropped = (len(timeline.events("segment", kind)) for kind in ("Sent", "Dropped"))
    assert sent > 3000 and abs(dropped - sent * 0.05) < 4 * (sent * 0.05 * 0.95) ** 0.5
    assert timeline.stream() == run(scenario.__class__(mail=scenario.mail).then(*lines), [MAIL]).stream()


def test_the_seed_decides_what_is_lost() -> None:
    one, two, three = (
        run(Scenario(link=Link(loss="20%"), seed=seed).then(*LOGIN, "LIST", "QUIT")) for seed in (5, 5, 6)
    )
    assert one == two and [e.time for e in one] != [e.time for e in three]


def test_a_fork_has_the_losses_of_its_parent() -> None:
    """What is drawn depends on the segment, not on how much was drawn before."""
    scenario = Scenario(link=Link("30 ms", loss="40%", jitter="20 ms"), seed=11).then(*LOGIN, "STAT", "LIST", "QUIT")
    parent = run(scenario)
    assert parent.events("segment", "Dropped")
    for at in range(0, len(parent), 5):
        assert list(run(fork(scenario, at)))[: at + 1] == list(parent)[: at + 1]


# Jitter


def test_jitter_makes_segments_late_and_keeps_their_order() -> None:
    lines = (*LOGIN, *["RETR 1"] * 20)
    timeline = session(*lines, delay="40 ms", mss=200, jitter="30 ms")
    late = [arrived - left - 40 * MS for left, arrived, _ in segments(timeline, "server")]
    assert all(0 <= more <= 30 * MS for more in late) and len(set(late)) > 50
    assert max(late) > 25 * MS and min(late) < 2 * MS
    arrivals = [arrived for _, arrived, _ in segments(timeline, "server")]
    assert arrivals == sorted(arrivals) and not timeline.events("segment", "Dropped")
    assert timeline.stream() == session(*lines, delay="40 ms").stream()


# Stalls


def test_a_stall_behind_an_octet() -> None:
    """The line rests for 5 s when octet 20 of the greeting has left: 20 octets come at once, 24 come 5 s later."""
    timeline = faulty("stall server after 20 for 5 s", lines=())
    assert segments(timeline, "server")[1:] == [
        (120 * MS, 160 * MS, 20),
        (5120 * MS, 5160 * MS, 24),
    ]


def test_a_stall_behind_the_end_of_a_segment() -> None:
    """It rests from the moment when the octet has left, not from the next octet on."""
    timeline = faulty("stall client after 12 for 100 ms", lines=("USER alice", "+30 ms> pipelined> NOOP"))
    sent = segments(timeline, "client")[-2:]
    said = [e.time for e in timeline.events("message", "Sent") if e.endpoint == "client"]
    assert sent[0][0] == said[0] and sent[1][0] == said[0] + 100 * MS == said[1] + 70 * MS


def test_a_stall_at_a_moment() -> None:
    """From 100 ms to 400 ms nothing leaves the server; the greeting was ready at 120 ms."""
    timeline = faulty("stall server at 100 ms for 300 ms", "stall server at 390 ms for 20 ms", lines=("QUIT",))
    greeting = [s for s in segments(timeline, "server") if s[2]][0]
    assert greeting == (410 * MS, 450 * MS, 44)
    assert segments(timeline, "client")[:2] == segments(faulty(lines=()), "client")[:2]


def test_a_stall_of_another_connection() -> None:
    timeline = faulty("stall server after 20 for 5 s on 1", lines=("connect>",))
    assert timeline.duration == 5120 * MS + 40 * MS + 160 * MS


@pytest.mark.parametrize("end", ["client", "server"])
def test_autologout_during_a_stall(end: str) -> None:
    """Whoever's line is stalled, nothing comes from the client for ten minutes: the session ends, and nothing goes."""
    lines = (*LOGIN, "DELE 1", "STAT", "QUIT")
    said = {"client": 33, "server": 120}[end]  # behind DELE, or in the answer to it
    timeline = run(
        Scenario.parse(f"pop3 mail=alice:minimal 'delay=10 ms' 'fault=stall {end} after {said} for 20min'").then(*lines)
    )
    read = [e for e in timeline.events("message", "Delivered") if e.endpoint == "server"][-1]
    closed = [e for e in timeline.events("session", "Moved") if e.endpoint == "server"][-1]
    assert closed.time - read.time == 600 * SECOND
    last = timeline.at(len(timeline) - 1)
    assert last.marks("alice") == {1: "kept", 2: "kept"} and last.lock("alice") is None


def test_a_stall_that_is_shorter_than_the_servers_patience() -> None:
    lines = (*LOGIN, "DELE 1", "STAT", "QUIT")
    timeline = run(Scenario.parse("pop3 mail=alice:minimal 'fault=stall client after 33 for 9min'").then(*lines))
    assert timeline.at(len(timeline) - 1).marks("alice") == {1: "removed", 2: "kept"}


# Changed octets, in clear


def test_a_changed_octet_is_read_as_it_arrived() -> None:
    """`USER alice` becomes `USER amice` on its way: octet 7 is `l`, 0x6c, and 0x6d is `m`."""
    timeline = faulty("corrupt client at 7", lines=LOGIN)
    (sent,) = [e for e in timeline.events("message", "Sent") if e.endpoint == "client" and e.start == 0]
    (read,) = [e for e in timeline.events("message", "Delivered") if e.cause == sent.index]
    assert (timeline.octets(sent), timeline.octets(read)) == (b"USER alice\r\n", b"USER amice\r\n")
    assert timeline.stream(0, "client").startswith(b"USER alice\r\n") and timeline.changed(0, "client") == (6,)
    assert b"amice" in timeline.stream() or b"-ERR" in timeline.stream()


def test_a_changed_octet_of_a_lost_segment_is_changed_when_it_comes() -> None:
    timeline = faulty("corrupt server at 1", "lose server segment 2", lines=())
    assert [timeline.octets(e)[:3] for e in tries(timeline, "server", 0)] == [b"+OK", b"+OK", b"+OK", b"*OK"]


def test_a_changed_line_end_joins_two_lines() -> None:
    """The LF of `USER alice` becomes VT: the server waits, and reads both lines as one that is none."""
    timeline = faulty("corrupt client at 12", lines=("USER alice", "pipelined> PASS secret"))
    (read,) = [e for e in timeline.events("message", "Delivered") if e.endpoint == "server"]
    assert timeline.octets(read) == b"USER alice\r\x0bPASS secret\r\n"


def test_a_changed_octet_is_kept_in_the_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    timeline = faulty("corrupt client at 7", lines=LOGIN)
    again = Timeline.load(timeline.save(tmp_path_factory.mktemp("changed") / "session.jsonl"))
    assert again == timeline and [again.octets(e) for e in again] == [timeline.octets(e) for e in timeline]
    assert again != faulty("corrupt client at 8", lines=LOGIN) != faulty(lines=LOGIN)


def test_a_timeline_taken_earlier_knows_nothing_of_a_later_change() -> None:
    simulation = Simulation(Scenario.parse("pop3 mail=alice:minimal 'fault=corrupt client at 20'"))
    simulation.perform(Scenario().then("USER alice").actions)
    early = simulation.timeline
    digest = early.digest()
    simulation.perform(Scenario().then("PASS secret").actions)
    assert early.changed(0, "client") == () and early.digest() == digest
    assert simulation.timeline.changed(0, "client") == (19,)


# Chance


def test_chance_is_even_and_depends_on_all_of_its_place() -> None:
    assert len({draw(seed, n) for seed in range(50) for n in range(50)}) == 2500
    assert draw(1, 2) != draw(2, 1) != draw(1, 2, 0) != draw(1)
    counts = [0] * 10
    for n in range(10_000):
        counts[share(7, 9, n)] += 1
    assert all(abs(count - 1000) < 4 * 30 for count in counts)  # a standard deviation is 30
    assert {share(-3, 1, n) for n in range(20)} == {0, 1} and share(5, 0, 1) == 0


def test_chance_is_the_same_everywhere() -> None:
    """Worked out once; another number here would make every old scenario another one."""
    assert [draw(1, 0), draw(1, 1, 2, 3)] == [DRAWN[0], DRAWN[1]]


DRAWN = (17405687883870564846, 8298138445409275468)
