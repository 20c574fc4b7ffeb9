"""Every row of the matrices, brought about on the server engine with real octets."""

from __future__ import annotations

import pytest

from popsim.protocols import find
from tests.pop3.matrix import EDITIONS, STATES, Outcome, Row, rows
from tests.pop3.plays import plays
from tests.pop3.running import faults

POP3 = find("pop3")
PLACES = [(edition, state) for edition in EDITIONS for state in STATES[edition]]


@pytest.mark.parametrize(("edition", "state"), PLACES)
def test_the_engine_does_what_every_row_says(edition: int, state: str) -> None:
    protocol = POP3.edition(edition)
    of_state = [row for row in rows(edition) if row.state == state]
    assert [fault for row in of_state for fault in faults(row, protocol, edition)] == []


# The runs must be able to fail.


def wrong_status(row: Row) -> Row:
    status = "-ERR" if row.outcome.status == "+OK" else "+OK"
    return row._replace(outcome=Outcome(status, row.outcome.framing, row.outcome.to))


def wrong_framing(row: Row) -> Row:
    framing = "line+multi-line" if row.outcome.framing == "line" else "line"
    return row._replace(outcome=row.outcome._replace(framing=framing))


def wrong_state(row: Row) -> Row:
    to = "START" if row.outcome.to != "START" else "CLOSED"
    return row._replace(outcome=row.outcome._replace(to=to))


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("change", [wrong_status, wrong_framing, wrong_state])
def test_a_wrong_row_fails(edition: int, change: object) -> None:
    assert callable(change)
    protocol = POP3.edition(edition)
    wrong = [change(row) for row in rows(edition)]
    assert [str(row) for row in wrong if next(faults(row, protocol, edition), None) is None] == []


def test_a_row_that_nobody_can_play_is_an_error() -> None:
    stray = rows(1939)[0]._replace(state="AUTHORIZATION", trigger="XTND name")
    with pytest.raises(KeyError):
        list(plays(stray, 1939))
    unknown = rows(1939)[0]._replace(state="login refused", trigger="NOOP")
    with pytest.raises(KeyError):
        list(plays(unknown, 1939))
