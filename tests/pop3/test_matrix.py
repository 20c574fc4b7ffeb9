"""The matrices that were transcribed by hand from the RFCs of POP3, held against its table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from popsim.protocols import find
from tests.pop3.matrix import EDITIONS, STATES, Outcome, Row, Unreadable, differences, holes, parse, rows

POP3 = find("pop3")


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_matrix_has_every_state_and_trigger(edition: int) -> None:
    assert holes(rows(edition), edition) == []


@pytest.mark.parametrize("edition", EDITIONS)
def test_matrix_and_table_agree(edition: int) -> None:
    assert differences(rows(edition), POP3.edition(edition), edition) == []


# The comparison itself must be able to fail.


def other_status(row: Row) -> Row:
    status = "-ERR" if row.outcome.status == "+OK" else "+OK"
    framing = "line" if row.outcome.framing == "none" else row.outcome.framing
    return row._replace(outcome=Outcome(status, framing, row.outcome.to))


def other_framing(row: Row) -> Row:
    framing = "line+multi-line" if row.outcome.framing == "line" else "line"
    return row._replace(outcome=row.outcome._replace(framing=framing))


def other_state(row: Row, edition: int) -> Row:
    names = STATES[edition]
    to = names[(names.index(row.outcome.to) + 1) % len(names)]
    return row._replace(outcome=row.outcome._replace(to=to))


def missed(edition: int, change: Callable[[Row], Row]) -> list[str]:
    """The rows that can be changed so without the comparison's finding it."""
    protocol, matrix = POP3.edition(edition), rows(edition)
    found = []
    for n, row in enumerate(matrix):
        wrong = change(row)
        problems = differences((*matrix[:n], wrong, *matrix[n + 1 :]), protocol, edition)
        if not any(problem.startswith(str(wrong)) for problem in problems):
            found.append(str(row))
    return found


def hidden_by_another(edition: int) -> list[Row]:
    """The rows whose outcome with the other status is that of another condition, as LIST's "no such message".

    The conditions of matrix and table are in different words, so a comparison cannot tell; running them does.
    """
    there = {(row.state, row.trigger, row.outcome) for row in rows(edition)}
    wrong = [(row, other_status(row)) for row in rows(edition)]
    return [row for row, other in wrong if (other.state, other.trigger, other.outcome) in there]


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_wrong_status_is_found_in_every_row(edition: int) -> None:
    assert missed(edition, other_status) == [str(row) for row in hidden_by_another(edition)]


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_wrong_framing_is_found_in_every_row(edition: int) -> None:
    assert missed(edition, other_framing) == []


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_wrong_next_state_is_found_in_every_row(edition: int) -> None:
    assert missed(edition, lambda row: other_state(row, edition)) == []


@pytest.mark.parametrize("edition", EDITIONS)
def test_an_outcome_that_only_the_table_has_is_found(edition: int) -> None:
    matrix = rows(edition)
    for row in matrix:
        same = [r for r in matrix if (r.state, r.trigger, r.outcome) == (row.state, row.trigger, row.outcome)]
        without = [r for r in matrix if r not in same]
        problems = differences(without, POP3.edition(edition), edition)
        assert any(p.startswith(f"{row.state} | {row.trigger}: the table's") for p in problems), row


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_wrong_section_is_found_in_every_row_that_the_rfc_has(edition: int) -> None:
    matrix = rows(edition)
    for row in (r for r in matrix if r.exact):
        wrong = [
            r._replace(sections=("§99",)) if (r.state, r.trigger) == (row.state, row.trigger) else r for r in matrix
        ]
        problems = differences(wrong, POP3.edition(edition), edition)
        assert any("cites" in p and p.startswith(f"{row.state} | {row.trigger}:") for p in problems), row


def test_every_edition_of_the_table_has_a_matrix() -> None:
    assert set(EDITIONS) == set(POP3.editions)


def test_the_matrix_of_one_edition_does_not_fit_the_other() -> None:
    assert "command UIDL: not in the table" in differences(rows(1939), POP3.edition(1460), 1939)
    assert "command LAST: not in the table" in differences(rows(1460), POP3.edition(1939), 1460)
    assert "command RPOP user: not in the table" in differences(rows(1225), POP3.edition(1460), 1225)
    new, old = POP3.edition(1939), POP3.edition(1725)
    assert [p for p in differences(rows(1725), new, 1725) if "USER accepted | NOOP" in p] != []
    assert [p for p in differences(rows(1939), old, 1939) if "USER accepted | NOOP" in p] != []


def test_a_hole_in_the_matrix_is_found() -> None:
    matrix = rows(1939)
    assert holes(matrix[1:], 1939) == ["START | opened: not in the matrix"]
    assert holes((*matrix, matrix[0]), 1939) == ["START | opened | always: twice"]
    stray = matrix[0]._replace(state="UPDATE")
    assert holes((*matrix, stray), 1939) == ["UPDATE | opened: cannot happen"]
    lost = matrix[0]._replace(outcome=Outcome("+OK", "line", "ELSEWHERE"))
    assert holes((lost, *matrix[1:]), 1939) == ["START | opened | always: to no state"]


@pytest.mark.parametrize(
    "line",
    [
        "START | opened | always | +OK | line | AUTHORIZATION",
        "START | opened | always | OK | line | AUTHORIZATION | §4",
        "START | opened | always | +OK | lines | AUTHORIZATION | §4",
        "START | opened | always | +OK | none | AUTHORIZATION | §4",
        "START | opened | | +OK | line | AUTHORIZATION | §4",
        "START | opened | always | +OK | line | AUTHORIZATION | reading",
        "START | opened | always | +OK | line | AUTHORIZATION | 4",
    ],
)
def test_a_line_that_is_no_row_is_not_read_over(line: str) -> None:
    with pytest.raises(Unreadable, match="matrix:2: "):
        parse("# a comment\n" + line)
