"""On simulated sessions of POP2, IMAP and SMTP the dissector finds what the octets determine, and never what is false.

The simulation's own record of what the two ends did is the judge; the dissector gets the octets that crossed.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from popsim.capture.dissect import dissection
from popsim.capture.overhear import conversations, overheard, spoken_in
from popsim.timeline import Timeline
from popsim.wire import Scenario
from tests.capture_dissect import family
from tests.capture_dissect.sessions import chopped, claimed, played, value
from tests.capture_dissect.test_simulated import row


def agree(record: Timeline, heard: Timeline, connection: int) -> None:
    """Whether what was dissected is what happened, as far as octets tell."""
    clear = [len(heard.stream(connection, end)) for end in ("client", "server")]  # under TLS nobody reads anything
    true = [e for e in family.said_by_server(record, connection) if family.crossed(record, e) and e.start < clear[1]]
    found = family.said_by_server(heard, connection)
    whole = [a.end == b.end or family.is_news(a) for a, b in zip(true, found, strict=False)]
    assert [e.start for e in found] == [e.start for e in true]
    assert all(whole[:-1])
    for a, b in zip(true, found, strict=True):
        if a.end == b.end:
            assert family.status(a) == family.status(b)
            assert str(value(a, "rule")) in claimed(b)
    states, told = family.standing(record, connection), family.standing(heard, connection)
    for event, is_whole in zip(found, whole, strict=True):
        if is_whole:
            assert set(states[event.start]) <= set(told[event.start]), (event, states, told)
    read, known = family.requests(record, connection), family.requests(heard, connection)
    count = max(len(found) - 1, 0)
    assert known[:count] == read[:count]


@pytest.mark.parametrize("name", sorted(family.SPEECHES))
def test_whatever_the_octets_determine_is_found(name: str) -> None:
    @settings(derandomize=True, deadline=None, max_examples=120)
    @given(scenario=family.scenarios(name))
    def check(scenario: Scenario) -> None:
        record = played(scenario)
        heard = overheard(record)
        for connection in record.connections:
            agree(record, heard, connection)

    check()


@pytest.mark.parametrize("name", sorted(family.SPEECHES))
def test_the_simulated_server_breaks_nothing(name: str) -> None:
    @settings(derandomize=True, deadline=None, max_examples=60)
    @given(scenario=family.scenarios(name))
    def check(scenario: Scenario) -> None:
        record = played(scenario)
        found = dissection(conversations(record), spoken_in(record))
        assert [str(breach) for breach in found.breaches if breach.endpoint == "server"] == []

    check()


@pytest.mark.parametrize("name", sorted(family.SPEECHES))
def test_octet_by_octet_gives_the_same_messages(name: str) -> None:
    @settings(derandomize=True, deadline=None, max_examples=25)
    @given(scenario=family.scenarios(name, most=8))
    def check(scenario: Scenario) -> None:
        record = played(scenario)
        whole, spoken = conversations(record), spoken_in(record)
        one, other = (dissection([chopped(c, size) for c in whole], spoken).timeline for size in (1 << 20, 1))
        if any(family.is_news(event) for event in one.events("message", "Sent")):
            return  # octets do not tell where one piece of news ends and the next begins
        for layer in ("message", "session"):
            assert sorted(map(row, one.events(layer))) == sorted(map(row, other.events(layer)))

    check()
