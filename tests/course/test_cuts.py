"""The exercise of the broken line: the solution passes, and each wrong answer gets the feedback that it must get."""

import json
from typing import Any

import pytest

from popsim.course.checks import check
from popsim.course.exercises import Checked
from popsim.course.feedback import Hint
from popsim.course.student import BEGIN, END
from tests.project.tree import ROOT

LINES = ("USER alice", "PASS secret", "DELE 1", "NOOP", "DELE 4", "QUIT")
LESSON = ROOT / "notebooks" / "05-deletion.ipynb"


def solution() -> int:
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    source = "".join(next(cell["source"] for cell in cells if cell["id"] == "exercise-cut"))
    held: dict[str, Any] = {}
    exec(source.split(BEGIN)[1].split(END)[0], held)
    found = held["n"]
    assert isinstance(found, int)
    return found


def test_the_solution_solves_it() -> None:
    assert solution() == sum(len(line) + 2 for line in LINES)
    assert str(check("5.1", solution())).splitlines() == [
        "Exercise 5.1: solved.",
        "   messages 1 and 4 after octet 53   expected gone          came gone          right",
        "   messages 1 and 4 after octet 52   expected still there   came still there   right",
        "   Octet 53 is the last octet of line 6, its CR and LF counted.",
    ]


@pytest.mark.parametrize("place", range(1, 53))
def test_too_early(place: int) -> None:
    feedback = check("5.1", place)
    assert isinstance(feedback, Checked) and not feedback.right
    assert [(finding.came, finding.right) for finding in feedback.findings] == [
        ("still there", False),
        ("still there", True),
    ]
    assert feedback.reasons[-1] == "The server was never in UPDATE: nothing is removed before (RFC 1939 §6)."
    assert "53" not in str(feedback)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (..., "Exercise 5.1: still blank: write a whole number in place of the three dots."),
        ("53", "Exercise 5.1: expected a whole number without quotes; got `'53'`."),
        (True, "Exercise 5.1: expected a whole number without quotes; got `True`."),
        (53.0, "Exercise 5.1: expected a whole number without quotes; got `53.0`."),
        (0, "Exercise 5.1: expected a number from 1 to 53, the reader's octets; got 0."),
        (54, "Exercise 5.1: expected a number from 1 to 53, the reader's octets; got 54."),
    ],
)
def test_what_is_no_place_gets_one_line(answer: object, text: str) -> None:
    assert check("5.1", answer) == Hint(text)


def test_the_places_are_named_line_by_line() -> None:
    said = {place: str(check("5.1", place)).splitlines()[-2].strip() for place in (1, 12, 13, 46)}
    assert said == {
        1: "Octet 1 is octet 1 of 12 of line 1, its CR and LF counted.",
        12: "Octet 12 is the last octet of line 1, its CR and LF counted.",
        13: "Octet 13 is octet 1 of 13 of line 2, its CR and LF counted.",
        46: "Octet 46 is octet 7 of 8 of line 5, its CR and LF counted.",
    }


def test_the_feedback_has_the_lab_to_look_into() -> None:
    feedback = check("5.1", 20)
    assert isinstance(feedback, Checked)
    assert "the connection is lost" in str(feedback.lab.transcript())
