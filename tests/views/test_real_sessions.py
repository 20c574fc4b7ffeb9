"""All views of sessions as the simulated wire has them: faults, pipelining, two connections, sample mail."""

from __future__ import annotations

import re

import pytest

from popsim.timeline import Timeline
from popsim.views.ladder import ladder
from popsim.views.octets import octets
from popsim.views.reading import Reading
from popsim.views.transcript import transcript
from popsim.views.wording import describe, format_time, said
from popsim.wire.scenario import Scenario
from popsim.wire.simulation import run
from tests.views import shown
from tests.views.test_ladder import check_distances, check_picture
from tests.views.test_traffic import check_sums

_SETTINGS = 'pop3 user=alice:secret mail=alice:inbox "delay=40 ms"'
_LOGIN = '"USER alice" "PASS secret"'
SCENARIOS = {
    "plain": f'{_SETTINGS} -- {_LOGIN} STAT LIST "RETR 2" "DELE 1" QUIT',
    "pipelined": f'{_SETTINGS} "rate=1 Mbit/s" -- {_LOGIN} "RETR 6" "pipelined>LIST 2" "pipelined>QUIT" '
    '"pipelined>NOOP"',
    "cut in an answer": f'{_SETTINGS} "rate=100 kbit/s" "fault=cut server after 20000" -- '
    f'{_LOGIN} "+30s>STAT" "RETR 6"',
    "cut before QUIT": f'{_SETTINGS} "fault=cut before QUIT" -- {_LOGIN} "DELE 1" QUIT',
    "two": f'{_SETTINGS} -- {_LOGIN} "connect>" "1>USER alice" "1>PASS secret" "cut>" "1>QUIT"',
    "noise": f'{_SETTINGS} edition=1460 -- "<b>" "LIST" {_LOGIN} "RETR x" "LAST" "UIDL" "RETR 99"',
}


@pytest.fixture(scope="module", params=SCENARIOS)
def timeline(request: pytest.FixtureRequest) -> Timeline:
    return run(Scenario.parse(SCENARIOS[request.param]))


def test_the_transcript(timeline: Timeline) -> None:
    made = transcript(timeline)
    rows = str(made).split("\n")
    assert [r.replace("→", "->") for r in shown.lines(made.html())] == shown.squeezed(rows)
    reading = Reading(timeline)
    for event in timeline.events("session", "Moved"):
        if event.endpoint == "server":
            assert any(r.endswith(f"-> {event.values[f'{event.connection}.server.state']}") for r in rows)  # type: ignore[index]
    told = [event for event in timeline.events("message", "Sent")]
    assert len([r for r in rows if re.match(r".{11}  (\[\d\] )?[CS]: ", r)]) == len(told)
    for event in told:
        mark = "C: " if event.endpoint == "client" else "S: "
        assert any(mark + said(event, reading, 200) in row for row in rows)


def test_the_ladder(timeline: Timeline) -> None:
    check_picture(timeline)
    check_distances(timeline)
    made = str(ladder(timeline))
    for event in timeline.events("message"):
        assert format_time(event.time) in made
    assert made.count("SYN ACK") == len(timeline.connections)


def test_the_octets_of_every_message(timeline: Timeline) -> None:
    for event in timeline.events("message"):
        made = octets(timeline, event.index)
        assert shown.lines(made.html()) == shown.squeezed(str(made).split("\n"))
        assert {entry.name for entry in made.legend} >= {"CRLF"}


def test_the_traffic(timeline: Timeline) -> None:
    check_sums(timeline)


def test_every_event_has_words(timeline: Timeline) -> None:
    reading = Reading(timeline)
    assert all(describe(event, reading).isprintable() for event in timeline)


def test_saying_what_became_of_messages() -> None:
    text = str(ladder(run(Scenario.parse(SCENARIOS["pipelined"]))))
    assert "NOOP (arrived, never read)" in text
    text = str(ladder(run(Scenario.parse(SCENARIOS["cut in an answer"]))))
    assert "(lost on its way: 19,856 of 50,115 octets arrived)" in text
