"""The tests of the wire and of the timeline can fail: each mistake planted here is seen by one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from popsim.engine.client import ClientEngine
from popsim.engine.server import ServerEngine
from popsim.protocols.model import Occurrence
from popsim.timeline import Snapshot, Timeline, file
from popsim.timeline.recorder import Recorder
from popsim.wire import Link, Scenario, fork, past, path
from popsim.wire.chance import share
from popsim.wire.past import Past
from popsim.wire.path import Path, Segment
from popsim.wire.patience import Patience
from popsim.wire.scenario import Action
from popsim.wire.secure import Tls
from popsim.wire.transport import Connection
from tests.lab import test_lab
from tests.timeline import test_causes, test_file, test_fold
from tests.timeline.recordings import session
from tests.wire import (
    test_any_weather,
    test_faults,
    test_fork,
    test_link,
    test_loss,
    test_runs,
    test_scenario,
    test_tls,
    test_tls_faults,
)

NUMBERS = count(12345, 7919 * 10**14)
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


def forgets_the_server(self: Connection, end: int, reason: str = "") -> None:
    """Tells the client of a lost line, and not the server, which keeps the lock."""
    self.condition, self.is_over = "lost", True
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


def reads_on(self: ClientEngine) -> None:
    """Takes what came in clear behind the answer to STLS for answers under TLS."""
    self.securing = False
    self._responses += self.receive(b"")
    while not self._buffer.empty and self._next():
        pass


def obeys_what_came_in_clear(self: ServerEngine) -> None:
    rest, self._awaits = self._buffer.line(100), None
    self._occur(Occurrence.SECURED)
    self.receive(rest or b"")


def delivers_as_it_comes(self: Path, segment: Segment, sent: int) -> None:
    """Hands a segment over although one before it is missing."""
    self._expected = segment.number
    self._deliver(segment, sent)


def forgets_the_delay(self: Path, segment: Segment) -> None:
    """Lets a segment arrive before the one that left before it."""
    self._latest = 0
    ORIGINAL_QUEUE(self, segment)


def waits_a_second(self: Link, tries: int) -> int:
    return 10**9


def compares_ciphertext(timeline: Timeline, compared: bool = False) -> Iterator[str]:
    return ORIGINAL_LINES(timeline)


def has_nothing(*given: object) -> None:
    return None


ORIGINAL_QUEUE, ORIGINAL_LINES = Path._queue, file.lines
ORIGINAL_AT, ORIGINAL_WRITE = Timeline.at, Recorder.write
ORIGINAL_PARSE = Action.parse

MUTANTS: dict[str, Mutant] = {
    "what came in clear is answered under TLS": (
        sets(ServerEngine, "secured", obeys_what_came_in_clear),
        test_tls.test_a_command_behind_stls_is_thrown_away,
    ),
    "what came in clear is read under TLS": (
        sets(ClientEngine, "secured", reads_on),
        lambda: test_tls.test_a_client_reads_nothing_behind_the_answer_to_stls(43),
    ),
    "nobody says close_notify": (
        sets(Tls, "close", has_nothing),
        lambda: test_tls.test_both_ends_say_close_notify_before_they_close("implicit"),
    ),
    "TLS gives up without an alert": (
        sets(Tls, "bid_farewell", has_nothing),
        test_tls_faults.test_in_clear_nobody_notices_and_under_tls_both_do,
    ),
    "a fork has ciphertext of its own": (
        sets(Past, "of", lambda self, connection: {}),
        test_tls_faults.test_a_labs_fork_keeps_the_ciphertext_and_its_keys,
    ),
    "a fork keeps no keys": (
        sets(past, "SECRETS", "nothing"),
        test_tls_faults.test_a_labs_fork_keeps_the_ciphertext_and_its_keys,
    ),
    "ciphertext is compared": (
        sets(file, "lines", compares_ciphertext),
        lambda: test_tls.test_a_fresh_process_gives_the_same_digest_and_other_ciphertext("implicit"),
    ),
    "a server waits for a handshake for ever": (
        sets(Patience, "length", None),
        lambda: test_tls.test_autologout_in_the_middle_of_a_handshake("tls", 517, 0),
    ),
    "a lost segment is never sent again": (
        sets(Path, "_again", has_nothing),
        test_loss.test_1_a_lost_segment_is_sent_again_after_a_second,
    ),
    "the timeout does not grow": (
        sets(Link, "timeout", waits_a_second),
        test_loss.test_5_a_line_that_loses_all_is_given_up,
    ),
    "segments are read as they come": (
        sets(Path, "_arrive", delivers_as_it_comes),
        test_loss.test_4_what_comes_behind_a_lost_segment_waits_for_it,
    ),
    "jitter changes the order": (
        sets(Path, "_queue", forgets_the_delay),
        test_loss.test_jitter_makes_segments_late_and_keeps_their_order,
    ),
    "chance has no seed": (
        sets(path, "share", lambda seed, most, *place: share(0, most, *place)),
        test_loss.test_the_seed_decides_what_is_lost,
    ),
    "chance depends on how much was drawn": (
        sets(path, "share", lambda seed, most, *place: next(NUMBERS) % (most + 1)),
        test_loss.test_a_fork_has_the_losses_of_its_parent,
    ),
    "a stall is none": (
        sets(Path, "_stall", has_nothing),
        test_loss.test_a_stall_behind_an_octet,
    ),
    "what is stalled is not watched": (
        sets(Connection, "watch", has_nothing),
        lambda: test_loss.test_autologout_during_a_stall("server"),
    ),
    "a changed octet arrives as it was": (
        sets(Recorder, "arrived", lambda self, c, e, start, end: self.wire(c, e).octets(start, end)),
        test_loss.test_a_changed_octet_is_read_as_it_arrived,
    ),
    "a changed octet is not written down": (
        sets(Recorder, "change", has_nothing),
        lambda: test_tls_faults.test_tls_sees_a_changed_octet_and_the_connection_ends("client"),
    ),
    "a lost line is taken for QUIT, in any weather": (
        sets(ServerEngine, "lost", takes_it_for_quit),
        lambda: test_any_weather.test_in_some_weather("STLS"),
    ),
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
