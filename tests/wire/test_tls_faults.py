"""TLS on a line that is cut, changed or slow, and the forks of a session under TLS."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from popsim import Lab, pop3
from popsim.timeline import Timeline
from popsim.wire import Fault, Scenario, fork, run
from popsim.wire.fork import fork_of
from popsim.wire.simulation import Simulation
from tests.wire.test_tls import AFTER, IMPLICIT, STLS, of, reasons

SCENARIO = replace(STLS, actions=STLS.then(*AFTER).actions)
SIZES = {"client": 784, "server": 2000}
"""The octets that each end puts on the wire in the first session."""
FEW = {end: [*range(0, 80, 9), *range(80, size, 67), size] for end, size in SIZES.items()}
"""Some octets of each end, more where it begins."""
QUIT = 28
"""The octets of QUIT and CRLF in a record."""


def session(*faults: str) -> Timeline:
    return run(replace(SCENARIO, faults=tuple(map(Fault.parse, faults))))


@cache
def whole() -> Timeline:
    return session()


def outcome(timeline: Timeline) -> tuple[dict[int, str], int | None]:
    last = timeline.at(len(timeline) - 1)
    return last.marks("alice"), last.lock("alice")


def quit_was_read(timeline: Timeline) -> bool:
    return b"QUIT\r\n" in [timeline.octets(e) for e in of(timeline, "message", "Delivered", "server")]


def test_the_session_without_a_fault() -> None:
    assert {end: len(whole().wire(0, end)) for end in SIZES} == SIZES
    assert outcome(whole()) == ({1: "removed", 2: "kept"}, None) and not whole().events("stream", "Lost")


@pytest.mark.parametrize("end", SIZES)
def test_a_cut_counts_the_octets_on_the_wire(end: str) -> None:
    for octet in FEW[end]:
        timeline = session(f"cut {end} after {octet}")
        assert timeline.at(len(timeline) - 1).octets(end) == octet
        removed = quit_was_read(timeline)
        assert outcome(timeline) == ({1: "removed" if removed else "kept", 2: "kept"}, None), octet
        assert (b"\r\n+OK 1 200\r\n" if removed else b"\r\n+OK 2 320\r\n") in timeline.stream(1, "server"), octet
        assert [e.endpoint for e in timeline.events("stream", "Lost")] == ["server", "client"]


CHANGED = {
    "client": [*range(7, 600, 41), *range(601, 785, 11)],
    "server": [*range(70, 1100, 97), *range(1101, 2000, 51)],
}


@pytest.mark.parametrize("end", SIZES)
def test_tls_sees_a_changed_octet_and_the_connection_ends(end: str) -> None:
    """Never an exception, never a wrong octet read as if it were right, nothing removed without QUIT."""
    for octet in CHANGED[end]:
        timeline = session(f"corrupt {end} at {octet}")
        check_changed(timeline, end, octet)


@pytest.mark.slow
@pytest.mark.parametrize("end", SIZES)
def test_tls_sees_every_changed_octet(end: str) -> None:
    for octet in range(1, SIZES[end] + 1):
        check_changed(session(f"corrupt {end} at {octet}"), end, octet)


def check_changed(timeline: Timeline, end: str, octet: int) -> None:
    """A record whose content was changed ends the connection; one whose length was, at the latest with the next one."""
    assert timeline.changed(0, end) == (octet - 1,), octet
    clear = 6 if end == "client" else 69
    assert timeline.misread(0, end) == (() if octet > clear else (octet - 1,))
    if octet > clear:  # what is read under TLS is what was said
        for reader in SIZES:
            for event in of(timeline, "message", "Delivered", reader):
                assert timeline.octets(event) == timeline.stream(0, event.sender)[event.start : event.end], octet
        record = next(e for e in of(timeline, "ciphertext", "Sent", end) if e.start < octet <= e.end)
        arrived = [e for e in timeline.events("ciphertext", "Delivered") if e.cause == record.index]
        assert arrived and timeline.octets(arrived[0]) != timeline.octets(record)
        if octet - record.start > 5 and record.end - record.start > 6:  # all but a header, and the lone CCS
            lost = timeline.events("stream", "Lost")
            assert {e.endpoint for e in lost if e.connection == 0} == {"client", "server"}, octet
            assert "\n" not in reasons(timeline)[0]
    removed = quit_was_read(timeline)
    assert "removed" not in outcome(timeline)[0].values() or removed, octet


def test_in_clear_nobody_notices_and_under_tls_both_do() -> None:
    """The same octet of the answer to RETR: POP3 gives the learner another letter, TLS gives it up."""
    lines = ("USER alice", "PASS secret", "RETR 2", "QUIT")
    clear = Scenario.parse("pop3 mail=alice:minimal").then(*lines)
    place = run(clear).stream().index(b"kettle")
    changed = run(replace(clear, faults=(Fault.parse(f"corrupt server at {place + 1}"),)))
    (read,) = [e for e in of(changed, "message", "Delivered", "client") if e.start <= place < e.end]
    sent = changed[read.cause]
    assert b"kettle" in changed.octets(sent) and b"jettle" in changed.octets(read)
    (segment,) = [e for e in of(changed, "segment", "Delivered", "client") if e.start <= place < e.end]
    assert b"jettle" in changed.octets(segment) and b"kettle" in changed.octets(changed[segment.cause])
    assert not changed.events("stream", "Lost") and b"kettle" in changed.stream()

    secure = Scenario.parse("pop3 tls mail=alice:minimal").then(*lines)
    whole = run(secure)
    message = [e for e in of(whole, "message", "Sent", "server") if b"kettle" in whole.octets(e)][0]
    (record,) = [e for e in of(whole, "ciphertext", "Sent", "server") if e.cause == message.index]
    ended = run(replace(secure, faults=(Fault.parse(f"corrupt server at {record.start + 40}"),)))
    assert reasons(ended) == [
        "a record was changed on its way: its authentication tag is wrong (RFC 8446 §5.2)",
        "the other end gave up TLS, with the alert 'bad record mac' (RFC 8446 §6.2)",
    ]
    assert b"QUIT" not in ended.stream(0, "client")
    first, second = ended.events("stream", "Lost")
    assert (first.endpoint, second.endpoint, second.time - first.time) == ("client", "server", 20 * 10**6)
    alert = [e for e in of(ended, "ciphertext", "Delivered", "server")][-1]
    assert second.cause == alert.index and first.time == ended[alert.cause].time


def test_a_stream_that_ends_without_close_notify_was_cut_off() -> None:
    """The length of close_notify's record is changed, so it is never whole: the client can't trust the end."""
    whole = run(IMPLICIT)
    last = of(whole, "ciphertext", "Sent", "server")[-1]
    timeline = run(replace(IMPLICIT, faults=(Fault.parse(f"corrupt server at {last.start + 4}"),)))
    assert reasons(timeline) == ["the stream ended without close_notify: it may have been cut off (RFC 8446 §6.1)"]
    assert timeline.at(len(timeline) - 1).marks("alice") == {1: "removed", 2: "kept"}


@pytest.mark.parametrize("scenario", [STLS, IMPLICIT], ids=["STLS", "implicit"])
def test_a_handshake_that_is_stuck_ends_when_the_server_has_waited_long_enough(scenario: Scenario) -> None:
    """The length of the ClientHello is changed: the server waits for octets that never come, and so do the commands."""
    hello = of(run(scenario), "ciphertext", "Sent", "client")[0]
    timeline = run(replace(scenario, faults=(Fault.parse(f"corrupt client at {hello.start + 7}"),)))
    (arrived,) = of(timeline, "segment", "Delivered", "server")[-1:]
    lost = timeline.events("stream", "Lost")
    assert {e.endpoint for e in lost} == {"client", "server"} and lost[0].time >= arrived.time + 600 * 10**9
    assert reasons(timeline)[0] == (
        "the stream ended before the handshake was done"
        if scenario is STLS
        else "the client did not finish the TLS handshake in time"
    )
    assert timeline.stream(0, "client") == b"STLS\r\n" * (scenario is STLS)


@pytest.mark.parametrize("end", SIZES)
def test_an_alert_that_does_not_arrive(end: str) -> None:
    """The other end loses the connection all the same, at the same moment, and does not know why."""
    changed = "server" if end == "client" else "client"
    fault = f"corrupt {changed} at {700 if changed == 'client' else 1700}"
    told = session(fault)
    mine = [e for e in of(told, "segment", "Sent", end)]
    untold = session(fault, f"lose {end} segment {len(mine)}")
    lost = [[(e.time, e.endpoint) for e in t.events("stream", "Lost")] for t in (told, untold)]
    assert lost[0] == lost[1] and [e for _, e in lost[0]] == [end, changed]
    assert len(reasons(told)) == 2 and reasons(untold) == reasons(told)[:1]
    assert len(untold.events("segment", "Dropped")) > len(told.events("segment", "Dropped"))
    assert outcome(untold)[1] is None


# Forks


def past(timeline: Timeline, at: int) -> list[object]:
    return [(event, timeline.octets(event)) for event in timeline[: at + 1]]


@pytest.mark.parametrize("scenario", [STLS, IMPLICIT], ids=["STLS", "implicit"])
def test_a_fork_of_every_event_has_the_parents_past(scenario: Scenario) -> None:
    """To the octet: what crossed had crossed. What comes after it is encrypted anew."""
    simulation = Simulation(scenario)
    simulation.perform(scenario.actions)
    parent = simulation.timeline
    for at in range(len(parent)):
        child, history = fork_of(simulation, at)
        assert child == fork(scenario, at) if at % 20 == 0 else child.link == scenario.link
        lived = run(child, past=history)
        assert past(lived, at) == past(parent, at), at
        assert list(lived) == list(run(child)) if at % 20 == 0 else True
        for end in SIZES:
            crossed = max(
                (e.end for e in parent[: at + 1] if e.is_wire and e.endpoint == end and e.kind == "Sent"), default=0
            )
            assert lived.wire(0, end)[:crossed] == parent.wire(0, end)[:crossed], at


@pytest.mark.parametrize("scenario", [STLS, IMPLICIT], ids=["STLS", "implicit"])
def test_another_line_instead_under_tls(scenario: Scenario) -> None:
    simulation = Simulation(scenario)
    simulation.perform(scenario.actions)
    parent = simulation.timeline
    begun = [b for b in simulation.begun if b.message >= 0]
    for at in range(begun[0].index, len(parent), 4):
        replaced = [b for b in begun if b.index <= at][-1]
        child, history = fork_of(simulation, at, b"TOP 1 0")
        lived = run(child, past=history)
        assert past(lived, replaced.index - 1) == past(parent, replaced.index - 1)
        assert lived.octets(lived[replaced.index]) == b"TOP 1 0\r\n"
        assert lived == run(Scenario.parse(str(child)))


def test_a_labs_fork_keeps_the_ciphertext_and_its_keys() -> None:
    lab = Lab(pop3, tls=True)
    lab.run("USER alice", "PASS secret", "STAT")
    other = lab.fork(at=len(lab.timeline) - 1, instead="LIST")
    common = [e.end for e in lab.timeline.events("ciphertext", "Sent") if e.endpoint == "client"][-2]
    assert other.timeline.wire(0, "client")[:common] == lab.timeline.wire(0, "client")[:common]
    assert other.timeline.wire(0, "client")[common:] != lab.timeline.wire(0, "client")[common:]
    assert set(lab.timeline.header["secrets"]) < set(other.timeline.header["secrets"])
    again = other.fork(at=len(other.timeline) - 1)
    assert again.timeline.wire() == other.timeline.wire() and again.timeline == other.timeline
    assert again.send("NOOP").status == other.send("NOOP").status == "+OK"


def test_the_past_of_a_session_in_clear_is_empty() -> None:
    simulation = Simulation(Scenario.parse("pop3"))
    simulation.perform(Scenario().then("USER alice").actions)
    _, history = fork_of(simulation, len(simulation.recorder) - 1)
    assert not history.wires and not history.secrets
