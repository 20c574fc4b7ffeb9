"""The matrices that were transcribed by hand from the RFCs of IMAP, held against its table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from popsim.protocols.audit import audit
from tests.imap.matrix import EXTENSIONS, IMAP, OTHER, Matrix, Outcome, Row, Unreadable, parse

ALONE = [(edition, ()) for edition in (3501, 9051)]
WITH_ONE = [(edition, (number,)) for edition in (3501, 9051) for number in EXTENSIONS]
WITH_ALL = [(edition, EXTENSIONS) for edition in (3501, 9051)]
SETS = [*ALONE, *WITH_ONE, *WITH_ALL]


@pytest.fixture(scope="module")
def known() -> dict[tuple[int, tuple[int, ...]], Matrix]:
    return {(edition, numbers): Matrix(edition, numbers) for edition, numbers in [*ALONE, *WITH_ALL]}


@pytest.mark.parametrize(("edition", "numbers"), SETS, ids=str)
def test_matrix_and_table_agree(edition: int, numbers: tuple[int, ...]) -> None:
    assert Matrix(edition, numbers).differences() == []


@pytest.mark.parametrize(("edition", "numbers"), SETS, ids=str)
def test_the_table_is_sound(edition: int, numbers: tuple[int, ...]) -> None:
    protocol = IMAP.edition(edition).extended(*numbers) if numbers else IMAP.edition(edition)
    assert [str(finding) for finding in audit(protocol)] == []


def test_every_edition_and_extension_has_a_matrix() -> None:
    assert set(IMAP.editions) == {3501, 9051}
    assert set(IMAP.table.extensions) == set(EXTENSIONS)
    assert IMAP.number == 3501


# The comparison itself must be able to fail.


def other_status(row: Row) -> Row:
    status = {"OK": "NO", "NO": "PREAUTH", "BAD": "PREAUTH", "PREAUTH": "OK"}.get(row.outcome.status, "PREAUTH")
    return row._replace(outcome=row.outcome._replace(status=status))


def other_sending(row: Row) -> Row:
    return row._replace(outcome=row.outcome._replace(sent="data" if row.outcome.sent != "data" else "none"))


def other_state(row: Row) -> Row:
    to = {"Selected": "Authenticated", "Authenticated": "Logout"}.get(row.outcome.to, "Selected")
    return row._replace(outcome=row.outcome._replace(to=to))


@pytest.mark.parametrize(("edition", "numbers"), [*ALONE, *WITH_ALL], ids=["3501", "9051", "3501+all", "9051+all"])
@pytest.mark.parametrize("change", [other_status, other_sending, other_state])
def test_a_wrong_cell_is_found_in_every_row(
    known: dict[tuple[int, tuple[int, ...]], Matrix],
    edition: int,
    numbers: tuple[int, ...],
    change: Callable[[Row], Row],
) -> None:
    matrix = known[edition, numbers]
    right = matrix.rows
    missed = []
    for row in right:
        wrong, pair = change(row), (row.state, row.trigger)
        same = [r for r in right if (r.state, r.trigger) == pair]
        there = {r.outcome for r in same}
        found = list(matrix._pair(*pair, [wrong if r is row else r for r in same]))
        if not found and wrong.outcome not in there:
            missed.append(str(row))
    assert missed == []


@pytest.mark.parametrize("edition", [3501, 9051])
def test_an_outcome_that_only_the_table_has_is_found(
    known: dict[tuple[int, tuple[int, ...]], Matrix], edition: int
) -> None:
    matrix = known[edition, ()]
    for row in matrix.rows:
        pair = (row.state, row.trigger)
        left = [r for r in matrix.rows if (r.state, r.trigger) == pair and r.outcome != row.outcome]
        assert any("is not in the matrix" in problem for problem in matrix._pair(*pair, left)), row


@pytest.mark.parametrize("edition", [3501, 9051])
def test_a_wrong_section_is_found_in_every_row_that_the_rfc_has(
    known: dict[tuple[int, tuple[int, ...]], Matrix], edition: int
) -> None:
    matrix = known[edition, ()]
    for row in (row for row in matrix.rows if row.exact):
        same = [r for r in matrix.rows if (r.state, r.trigger) == (row.state, row.trigger)]
        wrong = [r._replace(sections=((edition, "§99"),)) if r.outcome == row.outcome else r for r in same]
        assert any("cites" in problem for problem in matrix._pair(row.state, row.trigger, wrong)), row


def test_what_one_of_the_two_lacks_is_found() -> None:
    rows = Matrix(3501).written
    without = Matrix(3501, rows=[row for row in rows if row.trigger != "CHECK"])
    assert without.differences() == ["command CHECK: in the table, not in the matrix"]
    stranger = Matrix(3501, rows=[*rows, rows[-1]._replace(trigger="XYZZY")])
    assert stranger.differences() == ["command XYZZY: not in the table"]
    stray = rows[0]._replace(state="Selected")
    assert "Selected | opened: cannot happen" in Matrix(3501, rows=[*rows, stray]).differences()


def test_the_matrix_of_one_edition_does_not_fit_the_other() -> None:
    new, old = Matrix(9051), Matrix(3501)
    assert {"LSUB reference pattern", "CHECK"} == set(old.commands) - set(new.commands)
    assert "IDLE" in set(new.commands) - set(old.commands)


def test_any_other_command_is_every_one_without_a_row() -> None:
    spelled = Matrix(3501).rows
    assert not [row for row in spelled if row.trigger == OTHER]
    (fetch,) = [row for row in spelled if (row.state, row.trigger) == ("Authenticated", "FETCH numbers items")]
    assert fetch.outcome == Outcome("BAD", "line", "Authenticated")


@pytest.mark.parametrize(
    "line",
    [
        "Selected | NOOP | completed | OK | data+line | stays",
        "Selected | NOOP | completed | +OK | data+line | stays | §1",
        "Selected | NOOP | completed | OK | lines | stays | §1",
        "Selected | NOOP | completed | OK | none | stays | §1",
        "Selected | NOOP | | OK | line | stays | §1",
        "Selected | NOOP | completed | OK | line | stays | reading",
        "Selected | NOOP | completed | OK | line | stays | 6.1.2",
    ],
)
def test_a_line_that_is_no_row_is_not_read_over(line: str) -> None:
    with pytest.raises(Unreadable, match="matrix:2: "):
        parse("# a comment\n" + line, 3501)
