"""The tests of the wire and of the timeline can fail: each mistake planted here is seen by one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from popsim.engine.server import ServerEngine
from popsim.timeline import Snapshot, Timeline
from popsim.timeline.recorder import Recorder
from popsim.wire import Link, Scenario, fork
from popsim.wire.scenario import Action
from popsim.wire.transport import Connection
from tests.lab import test_lab
from tests.timeline import test_causes, test_file, test_fold
from tests.timeline.recordings import session
from tests.wire import test_faults, test_fork, test_link, test_runs, test_scenario

Patch = pytest.MonkeyPatch
Mutant = tuple[Callable[[Patch], None], Callable[[], None]]


def sets(target: object, name: str, value: object) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(target, name, value)


def rounds_down(self: Link, octets: int) -> int:
    return (octets + 40) * 8 * 10**9 // self.rate if self.rate else 0


def takes_it_for_quit(self: ServerEngine) -> None:
    """Removes at any end of a session."""
    self._buffer.clear()
    self.receive(b"QUIT\r\n")


def forgets_the_server(self: Connection, end: int) -> None:
    """Tells the client of a lost line, and not the server, which keeps the lock."""
    self.condition = "lost"
    self.client.lost()


def one_event_late(self: Timeline, index: int) -> Snapshot:
    found = ORIGINAL_AT(self, index)
    return Snapshot(index, found.time, {**ORIGINAL_AT(self, min(index + 1, len(self) - 1)).values})


def grows(self: Timeline) -> int:
    """A timeline that is a view of its recording, not a prefix of it."""
    return len(self._values)


def keeps_no_time(self: Recorder, row: Any) -> int:
    return ORIGINAL_WRITE(self, (0, *row[1:]))


def causes_nothing(self: Recorder, row: Any) -> int:
    return ORIGINAL_WRITE(self, (*row[:2], -1, *row[3:]))


def forgets_a_line(*given: Any) -> Scenario:
    """Keeps all that the clients had begun but the last of it."""
    child = fork(*given)
    return replace(child, actions=child.actions[:-1])


def reads_marks_only_once(text: str) -> Action:
    return Action(ORIGINAL_PARSE(text).line)


ORIGINAL_AT, ORIGINAL_WRITE = Timeline.at, Recorder.write
ORIGINAL_PARSE = Action.parse

MUTANTS: dict[str, Mutant] = {
    "a part of a nanosecond is lost": (
        sets(Link, "serialisation", rounds_down),
        test_link.test_7_a_slow_line_and_no_distance,
    ),
    "headers take no time": (
        sets(Link, "serialisation", lambda self, octets: octets * 8000),
        test_link.test_2_the_handshake_over_a_megabit,
    ),
    "a lost line is taken for QUIT": (
        sets(ServerEngine, "lost", takes_it_for_quit),
        lambda: test_faults.test_cut_at_every_octet("client"),
    ),
    "the server hears of no lost line": (
        sets(Connection, "_lose", forgets_the_server),
        lambda: test_faults.test_cut_at_every_octet("server"),
    ),
    "a fork forgets a line": (
        sets(test_fork, "fork", forgets_a_line),
        lambda: test_fork.test_a_fork_of_every_event_has_the_same_past("a whole session"),
    ),
    "a scenario forgets the marks": (
        sets(Action, "parse", reads_marks_only_once),
        lambda: test_scenario.test_how_an_action_is_written("1> QUIT", Action(b"QUIT", 1)),
    ),
    "something of the machine gets into the record": (
        sets(Scenario, "__str__", lambda self: f"scenario at {id(self)}"),
        test_runs.test_this_process_gives_it_too_and_again,
    ),
    "a snapshot is one event late": (sets(Timeline, "at", one_event_late), test_fold.test_what_a_snapshot_tells),
    "a timeline grows with its recording": (
        sets(Timeline, "__len__", grows),
        test_lab.test_a_timeline_taken_earlier_does_not_change,
    ),
    "time is not written down": (
        sets(Recorder, "write", keeps_no_time),
        test_file.test_the_digest_is_that_of_the_content,
    ),
    "causes are not written down": (
        sets(Recorder, "write", causes_nothing),
        lambda: afresh("a whole session", test_causes.test_what_arrives_was_sent),
    ),
}


def afresh(name: str, check: Callable[[str], None]) -> None:
    """Check a session that is run now, and leave none behind for others."""
    session.cache_clear()
    try:
        check(name)
    finally:
        session.cache_clear()


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mistake_is_seen(name: str, monkeypatch: Patch) -> None:
    mutate, check = MUTANTS[name]
    check()  # sound as it is
    mutate(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        check()
