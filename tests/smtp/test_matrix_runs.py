"""Every row of the matrices, brought about on the server engine with real octets."""

from __future__ import annotations

import pytest

from tests.smtp.matrix import Outcome, Row, rows
from tests.smtp.plays import play

CASES = [(5321, False), (5321, True), (821, False)]
CANNOT = {
    ("TEXT", "unrecognized command"): "no line of a text is a command",
    ("TEXT", "bad arguments"): "no line of a text is a command",
    ("AUTH exchange", "unrecognized command"): "no line of an exchange is a command",
    ("TLS handshake", "unrecognized command"): "the engine reads nothing then",
    ("TLS handshake", "bad arguments"): "the engine reads nothing then",
    ("TLS handshake", "line too long"): "the engine reads nothing then",
}
"""Rows that no octets bring about; the audit wants them all the same."""
HEAVY = {"large", "line too long"}


def fault(row: Row, edition: int, extended: bool) -> str:
    """What goes another way than the row says, or nothing."""
    staged = play(row, edition, extended)
    if staged.session.state != row.state:
        return f"{row}: the session is in {staged.session.state}"
    sent = staged.act()
    lines = sent.decode("latin-1").splitlines()
    code = lines[0][:3] if lines else "-"
    framing = "none" if not lines else "line" if len(lines) == 1 else "lines"
    if row.outcome.framing == "lines" and lines and all(line[3] == "-" for line in lines[:-1]):
        framing = "lines"
    elif framing == "line" and row.outcome.framing != "lines":
        framing = {"354": "line+text", "334": "line+answer"}.get(code, "line")
    came = Outcome(code, framing, staged.session.state)
    return "" if came == row.outcome else f"{row}: {came}, not {row.outcome}"


def playable(edition: int, extended: bool) -> list[Row]:
    found = [row for row in rows(edition, extended) if (row.state, row.trigger) not in CANNOT]
    if not extended:  # without extensions no parameter is known, and nobody can be challenged
        found = [row for row in found if not (row.trigger.endswith("parameters") and row.condition in NEEDS_MORE)]
    return found


NEEDS_MORE = ("taken", "path too long")


@pytest.mark.parametrize(("edition", "extended"), CASES)
def test_the_engine_does_what_every_row_says(edition: int, extended: bool) -> None:
    assert [found for row in playable(edition, extended) if (found := fault(row, edition, extended))] == []


# The runs must be able to fail.


@pytest.mark.parametrize(("edition", "extended"), CASES)
def test_a_wrong_row_fails(edition: int, extended: bool) -> None:
    for row in playable(edition, extended):
        if row.condition in HEAVY or row.trigger in HEAVY:
            continue
        outcome = row.outcome
        to = "CLOSED" if outcome.to != "CLOSED" else "READY"
        for wrong in (outcome._replace(code="299"), outcome._replace(framing="?"), outcome._replace(to=to)):
            assert fault(row._replace(outcome=wrong), edition, extended), row


def test_a_row_that_nobody_can_play_is_an_error() -> None:
    with pytest.raises(KeyError):
        fault(rows(5321)[0]._replace(state="READY", trigger="BDAT size"), 5321, False)
