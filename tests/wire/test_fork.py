"""A fork has its parent's past up to an event, and a future of its own."""

from __future__ import annotations

import pytest

from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.timeline import Timeline
from popsim.wire import Scenario, Simulation, fork, run
from tests.timeline.recordings import SCENARIOS


def past(timeline: Timeline, at: int) -> list[object]:
    """Everything that is known of the events up to one of them."""
    return [(event, timeline.octets(event)) for event in timeline[: at + 1]]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fork_of_every_event_has_the_same_past(name: str) -> None:
    scenario = Scenario.parse(SCENARIOS[name])
    timeline = run(scenario)
    for at in range(len(timeline)):
        child = fork(scenario, at)
        lived = run(child)
        assert len(lived) > at and past(lived, at) == past(timeline, at), at
        assert child.actions == scenario.actions[: len(child.actions)]
    assert fork(scenario, len(timeline) - 1) == scenario


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fork_goes_on_in_another_way(name: str) -> None:
    scenario = Scenario.parse(SCENARIOS[name])
    timeline = run(scenario)
    for at in range(0, len(timeline), 3):
        child = fork(scenario, at).then("connect>", "+1 s> NOOP", "QUIT")
        lived = run(child)
        assert past(lived, at) == past(timeline, at)
        assert list(lived) != list(timeline)
        assert run(Scenario.parse(str(child))) == lived


@pytest.mark.parametrize("name", SCENARIOS)
def test_another_line_instead(name: str) -> None:
    """The past is the same up to the moment when the line was begun; then the other line leaves, and only that."""
    scenario = Scenario.parse(SCENARIOS[name])
    simulation = Simulation(scenario)
    simulation.perform(scenario.actions)
    timeline = simulation.timeline
    begun = [b for b in simulation.begun if b.message >= 0]
    for at in range(begun[0].index, len(timeline)):
        replaced = [b for b in begun if b.index <= at][-1]
        child = fork(scenario, at, b"TOP 1 0")
        lived = run(child)
        assert past(lived, replaced.index - 1) == past(timeline, replaced.index - 1)
        said = lived[replaced.index]
        if (said.layer, said.kind) == ("message", "Sent"):  # else a fault took the line away
            assert lived.octets(said) == b"TOP 1 0\r\n" and said.connection == replaced.action.connection
        assert run(Scenario.parse(str(child))) == lived


def test_a_line_that_a_fault_took_away_can_be_replaced() -> None:
    """The line is cut instead of QUIT; with NOOP in its place there is nothing to cut."""
    scenario = Scenario.parse('pop3 mail=alice:minimal "fault=cut before QUIT" -- "USER alice" QUIT')
    timeline = run(scenario)
    assert timeline.stream(0, "client") == b"USER alice\r\n"
    child = run(fork(scenario, len(timeline) - 1, b"CAPA"))
    assert child.stream(0, "client") == b"USER alice\r\nCAPA\r\n"


def test_the_last_edit_of_a_line_holds() -> None:
    scenario = Scenario.parse('pop3 mail=alice:minimal -- "USER alice" "PASS secret"')
    once = fork(scenario, len(run(scenario)) - 1, b"PASS wrong")
    twice = fork(once, len(run(once)) - 1, b"PASS guess")
    assert run(once).stream(0, "client").endswith(b"PASS wrong\r\n")
    assert run(twice).stream(0, "client") == b"USER alice\r\nPASS guess\r\n"
    assert [str(edit) for edit in twice.edits] == ["0.1:PASS wrong", "0.1:PASS guess"]


def test_only_lines_that_left_can_be_replaced() -> None:
    """What was to be sent on a lost connection never left: the line before it is the last one."""
    scenario = Scenario.parse('pop3 mail=alice:minimal -- "USER alice" cut> STAT LIST')
    child = fork(scenario, len(run(scenario)) - 1, b"NOOP")
    assert [str(edit) for edit in child.edits] == ["0.0:NOOP"]


@pytest.mark.parametrize("at", [-1, 10**6])
def test_an_event_that_is_not_there(at: int) -> None:
    scenario = Scenario.parse("pop3 -- QUIT")
    count = len(run(scenario))
    with pytest.raises(ValueError, match=rf"^the timeline has the events 0 to {count - 1}, not {at}$"):
        fork(scenario, at)


def test_no_line_to_replace() -> None:
    with pytest.raises(ValueError, match="^nothing had been sent before that event: there is no line to replace$"):
        fork(Scenario.parse("pop3 -- QUIT"), 3, b"NOOP")


def test_a_fork_needs_the_parents_mail() -> None:
    mail = Mail("own", [Message(b"x\r\n")])
    scenario = Scenario(mail=(("alice", mail.digest[:16]),)).then("USER alice", "PASS secret", "RETR 1")
    with pytest.raises(ValueError, match="^the scenario needs the mail '.{16}', which is no sample"):
        fork(scenario, 0)
    assert run(fork(scenario, 5, mail=[mail]), [mail])[5] == run(scenario, [mail])[5]
