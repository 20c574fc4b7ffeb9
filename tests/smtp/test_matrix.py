"""The matrices that were transcribed by hand from RFC 5321, RFC 821 and the extensions, held against SMTP's table."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from popsim.protocols import find
from popsim.protocols.audit import audit
from popsim.protocols.protocol import Protocol
from tests.smtp.matrix import EDITIONS, Row, Unreadable, differences, holes, parse, rows

SMTP = find("smtp")
CASES = [(5321, False), (5321, True), (821, False)]


def protocol(edition: int, extended: bool) -> Protocol:
    return SMTP.edition(edition).extended() if extended else SMTP.edition(edition)


@pytest.mark.parametrize(("edition", "extended"), CASES)
def test_the_matrix_has_every_state_and_trigger(edition: int, extended: bool) -> None:
    assert holes(rows(edition, extended), protocol(edition, extended)) == []


@pytest.mark.parametrize(("edition", "extended"), CASES)
def test_matrix_and_table_agree(edition: int, extended: bool) -> None:
    assert differences(rows(edition, extended), protocol(edition, extended)) == []


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_table_is_sound_with_every_set_of_extensions(edition: int) -> None:
    plain = SMTP.edition(edition)
    sets = [some for size in range(6) for some in combinations(SMTP.table.extensions, size)]
    protocols = [plain.extended(*some) if some else plain for some in sets]
    assert len(protocols) == 2**5
    assert [f"{p}: {finding}" for p in protocols for finding in audit(p)] == []


# The comparison itself must be able to fail.


def other_code(row: Row) -> Row:
    return row._replace(outcome=row.outcome._replace(code="299", framing="line"))


def other_framing(row: Row) -> Row:
    return row._replace(outcome=row.outcome._replace(framing="lines" if row.outcome.framing == "line" else "line"))


def other_state(row: Row) -> Row:
    return row._replace(outcome=row.outcome._replace(to="CLOSED" if row.outcome.to != "CLOSED" else "READY"))


@pytest.mark.parametrize(("edition", "extended"), CASES)
@pytest.mark.parametrize("change", [other_code, other_framing, other_state])
def test_a_wrong_row_is_found(edition: int, extended: bool, change: Callable[[Row], Row]) -> None:
    matrix, spoken = rows(edition, extended), protocol(edition, extended)
    missed = []
    for place, row in enumerate(matrix):
        wrong = change(row)
        problems = differences((*matrix[:place], wrong, *matrix[place + 1 :]), spoken)
        if not any(problem.startswith(str(wrong)) for problem in problems):
            missed.append(str(row))
    assert missed == []


@pytest.mark.parametrize(("edition", "extended"), CASES)
def test_an_outcome_that_only_the_table_has_is_found(edition: int, extended: bool) -> None:
    matrix, spoken = rows(edition, extended), protocol(edition, extended)
    for row in matrix:
        rest = [r for r in matrix if (r.state, r.trigger, r.outcome) != (row.state, row.trigger, row.outcome)]
        assert any(p.startswith(f"{row.state} | {row.trigger}: the table's") for p in differences(rest, spoken)), row


@pytest.mark.parametrize(("edition", "extended"), CASES)
def test_a_wrong_section_is_found_in_every_row_that_the_rfc_has(edition: int, extended: bool) -> None:
    matrix, spoken = rows(edition, extended), protocol(edition, extended)
    for row in (row for row in matrix if row.exact):
        wrong = [
            r._replace(sections=("§99@1",)) if r[:2] == row[:2] and r.outcome == row.outcome else r for r in matrix
        ]
        if all(r.exact for r in matrix if r[:2] == row[:2] and r.outcome == row.outcome):
            problems = differences(wrong, spoken)
            assert any("cites" in p and p.startswith(f"{row.state} | {row.trigger}:") for p in problems), row


def test_the_matrix_of_one_edition_does_not_fit_the_other() -> None:
    for edition, other in ((5321, 821), (821, 5321)):
        assert differences(rows(edition), SMTP.edition(other)) != []
        assert holes(rows(edition), SMTP.edition(other)) != []


def test_a_hole_in_the_matrix_is_found() -> None:
    matrix = rows(5321)
    assert holes(matrix[1:], SMTP) == ["START | opened: not in the matrix"]
    assert holes((*matrix, matrix[0]), SMTP) == ["START | opened | always: twice"]
    stray = matrix[0]._replace(state="TEXT")
    assert holes((*matrix, stray), SMTP) == ["TEXT | opened: cannot happen"]


@pytest.mark.parametrize(
    "line",
    [
        "READY | QUIT | always | 221 | line | CLOSED",
        "READY | QUIT | always | 2 | line | CLOSED | §4",
        "READY | QUIT | always | 221 | two | CLOSED | §4",
        "READY | QUIT | always | 221 | none | CLOSED | §4",
        "READY | QUIT | | 221 | line | CLOSED | §4",
        "READY | QUIT | always | 221 | line | CLOSED | reading",
    ],
)
def test_a_line_that_is_no_row_is_not_read_over(line: str) -> None:
    with pytest.raises(Unreadable, match="matrix:2: "):
        parse("# a comment\n" + line, 5321)
