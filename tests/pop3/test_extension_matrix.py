"""What the extensions add, transcribed by hand from their RFCs, held against the table of POP3 in both directions."""

from __future__ import annotations

import pytest

from tests.pop3.extension_matrix import BASED, Whole, differences, holes, parse
from tests.pop3.matrix import Outcome, Row, Unreadable

WHOLES = [Whole(edition, numbers) for edition, numbers in BASED]
ALL = Whole(1939, (2449, 3206, 5034, 2595, 6856))
OLD = Whole(1725, (1734,))


@pytest.mark.parametrize("whole", WHOLES, ids=str)
def test_the_matrix_has_every_state_and_trigger(whole: Whole) -> None:
    assert holes(whole, whole.rows) == []


@pytest.mark.parametrize("whole", WHOLES, ids=str)
def test_matrix_and_table_agree(whole: Whole) -> None:
    assert differences(whole, whole.rows, whole.protocol) == []


def test_every_extension_of_the_table_has_its_rows() -> None:
    told = {number for whole in WHOLES for number in whole.numbers}
    assert told == set(ALL.protocol.table.extensions)
    assert set(ALL.numbers) == set(ALL.protocol.enabled)


# The comparison must be able to fail.


def other_status(row: Row) -> Row:
    framing = "line" if row.outcome.framing == "none" else row.outcome.framing
    return row._replace(outcome=Outcome("-ERR" if row.outcome.status != "-ERR" else "+OK", framing, row.outcome.to))


def other_framing(row: Row) -> Row:
    framing = "line+multi-line" if row.outcome.framing != "line+multi-line" else "line"
    return row._replace(outcome=row.outcome._replace(framing=framing))


def other_state(row: Row) -> Row:
    return row._replace(outcome=row.outcome._replace(to="START" if row.outcome.to != "START" else "CLOSED"))


def no_such_section(row: Row) -> Row:
    return row._replace(sections=("§99@2449",))


@pytest.mark.parametrize("change", [other_framing, other_state])
@pytest.mark.parametrize("whole", [ALL, OLD], ids=str)
def test_a_wrong_row_is_found(whole: Whole, change: object) -> None:
    assert callable(change)
    for row in whole.added:
        wrong = change(row)
        rows = [wrong if one == row else one for one in whole.rows]
        assert any(p.startswith(str(row)) for p in differences(whole, rows, whole.protocol)), row


@pytest.mark.parametrize("whole", [ALL, OLD], ids=str)
def test_a_wrong_status_is_found(whole: Whole) -> None:
    """But for a row whose outcome would then be another row's: to tell those apart is the runs' affair."""
    there = {(row.state, row.trigger, row.outcome) for row in whole.rows}
    for row in whole.added:
        wrong = other_status(row)
        rows = [wrong if one == row else one for one in whole.rows]
        hidden = (wrong.state, wrong.trigger, wrong.outcome) in there
        assert any(p.startswith(str(row)) for p in differences(whole, rows, whole.protocol)) != hidden, row


def test_an_outcome_that_only_the_table_has_is_found() -> None:
    for row in ALL.added:
        without = [r for r in ALL.rows if (r.state, r.trigger, r.outcome) != (row.state, row.trigger, row.outcome)]
        pair = f"{row.state} | {row.trigger}"
        assert any(p.startswith(f"{pair}: the table's") for p in differences(ALL, without, ALL.protocol)), row


def test_a_wrong_section_is_found_in_every_row_that_an_rfc_has() -> None:
    for row in (r for r in ALL.added if r.exact):
        wrong = [no_such_section(r) if (r.state, r.trigger) == (row.state, row.trigger) else r for r in ALL.rows]
        found = differences(ALL, wrong, ALL.protocol)
        assert any("cites" in p and p.startswith(f"{row.state} | {row.trigger}:") for p in found), row


def test_the_additions_of_one_extension_do_not_fit_another() -> None:
    tls, mechanisms = Whole(1939, (2449, 2595)), Whole(1939, (2449, 5034))
    assert "command STLS" in differences(tls, tls.rows, mechanisms.protocol)
    assert "state AUTH exchange" in differences(tls, tls.rows, mechanisms.protocol)


def test_a_hole_is_found() -> None:
    rows = ALL.rows
    assert holes(ALL, rows[:-1]) == []  # one of two about STLS in "USER accepted"
    assert holes(ALL, [r for r in rows if r.state != "AUTH exchange" or r.trigger != "continued"]) == [
        "AUTH exchange | continued: not in the matrix"
    ]
    stray = rows[0]._replace(state="TLS handshake", trigger="XTND")
    assert holes(ALL, [*rows, stray]) == ["TLS handshake | XTND: cannot happen"]


@pytest.mark.parametrize(
    "line",
    [
        "START | CAPA | always | +OK | line | AUTHORIZATION",
        "START | CAPA | always | OK | line | AUTHORIZATION | §4@2449",
        "START | CAPA | always | +OK | lines | AUTHORIZATION | §4@2449",
        "START | CAPA | always | +OK | none | AUTHORIZATION | §4@2449",
        "START | CAPA | always | +OK | line | AUTHORIZATION | reading",
        "START | CAPA | always | +OK | line | AUTHORIZATION | §4",
    ],
)
def test_a_line_that_is_no_row_is_not_read_over(line: str) -> None:
    with pytest.raises(Unreadable, match="matrix:2: "):
        parse("# a comment\n" + line)
