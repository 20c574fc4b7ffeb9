"""Exercises: the solution of the lesson passes, and each wrong answer gets the feedback that it must get."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from popsim import Lab, pop3, samples
from popsim.course.checks import check
from popsim.course.exercises import EXERCISES, Checked
from popsim.course.feedback import Hint
from popsim.course.student import BEGIN, END
from tests.project.tree import ROOT

LESSON = ROOT / "notebooks" / "03-three-states.ipynb"
LOGIN = ["USER alice", "PASS secret"]


def solution(cell_id: str) -> Any:
    """The value that a solution in the lesson assigns."""
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    source = "".join(next(cell["source"] for cell in cells if cell["id"] == cell_id))
    (assignment,) = ast.parse(source.split(BEGIN)[1].split(END)[0]).body
    assert isinstance(assignment, ast.Assign)
    return ast.literal_eval(assignment.value)


def findings(feedback: object) -> dict[str, tuple[str, bool]]:
    assert isinstance(feedback, Checked)
    return {finding.what: (finding.came, finding.right) for finding in feedback.findings}


def test_the_solution_solves_it() -> None:
    feedback = check("3.1", solution("exercise-session"))
    assert isinstance(feedback, Checked) and feedback.right
    assert str(feedback).splitlines() == [
        "Exercise 3.1: solved.",
        "   gone            expected message 2             came message 2             right",
        "   message 3       expected marked, still there   came marked, still there   right",
        "   command lines   expected 6 at most             came 6                     right",
        "   Message 2: marked by line 5 (RFC 1460 §5), removed by line 6 (RFC 1460 §6).",
        "   Message 3: marked by line 3 (RFC 1460 §5), unmarked by line 4 (RFC 1460 §5).",
    ]


@pytest.mark.parametrize(
    "session",
    [
        ["user alice", "pass secret", "dele 3", "rset", "dele 2", "quit"],
        tuple(solution("exercise-session")),
        ["USER alice", "PASS secret", "DELE 3", "RSET", "DELE 02", "QUIT"],
    ],
)
def test_another_spelling_of_it_solves_it_too(session: Any) -> None:
    feedback = check("3.1", session)
    assert isinstance(feedback, Checked) and feedback.right


# An answer, what was not right in it, and what the feedback says about that.
WRONG: dict[str, tuple[list[str], dict[str, str], list[str | re.Pattern[str]]]] = {
    "marks are taken back too late": (
        [*LOGIN, "DELE 2", "DELE 3", "RSET", "QUIT"],
        {"gone": "none"},
        ["Message 2: marked by line 3 (RFC 1460 §5), unmarked by line 5 (RFC 1460 §5)."],
    ),
    "marks are never taken back": (
        [*LOGIN, "DELE 2", "DELE 3", "QUIT"],
        {"gone": "messages 2, 3", "message 3": "marked, gone"},
        ["Message 3: marked by line 4 (RFC 1460 §5), removed by line 5 (RFC 1460 §6)."],
    ),
    "message 3 is left alone": (
        [*LOGIN, "DELE 2", "QUIT"],
        {"message 3": "never marked, still there"},
        ["Message 3: never marked (RFC 1460 §5)."],
    ),
    "no end": (
        [*LOGIN, "DELE 3", "RSET", "DELE 2"],
        {"gone": "none"},
        [
            "The session was never in UPDATE: at the end it is still in TRANSACTION. Nothing is removed before "
            "(RFC 1460 §6).",
            "Message 2: marked by line 5 (RFC 1460 §5).",
        ],
    ),
    "no login": (
        ["DELE 3", "RSET", "DELE 2", "QUIT"],
        {"gone": "none", "message 3": "never marked, still there"},
        [
            re.compile(r"Line 1 was refused\. In AUTHORIZATION: command not allowed here \(RFC 1460 §3: .*\)\."),
            "The session was never in UPDATE: it ended in AUTHORIZATION. Nothing is removed before (RFC 1460 §6).",
        ],
    ),
    "no password": (
        ["USER alice", "DELE 3", "RSET", "DELE 2", "QUIT"],
        {"gone": "none", "message 3": "never marked, still there"},
        [
            re.compile(r"Line 2 was refused\. In USER accepted: command not allowed here \(RFC 1460 §3: .*\)\."),
            "The session was never in UPDATE: it ended in USER accepted. Nothing is removed before (RFC 1460 §6).",
        ],
    ),
    "a wrong password": (
        ["USER alice", "PASS secrets", "DELE 3", "RSET", "DELE 2", "QUIT"],
        {"gone": "none", "message 3": "never marked, still there"},
        [
            "Line 2 was refused. In USER accepted: name or secret is wrong (RFC 1460 §4).",
            "The session was never in UPDATE: it ended in login refused. Nothing is removed before (RFC 1460 §6).",
        ],
    ),
    "the end is in the middle": (
        [*LOGIN, "DELE 3", "QUIT", "DELE 2", "QUIT"],
        {"gone": "message 3", "message 3": "marked, gone", "command lines": "6, of which 4 were sent"},
        [
            "Line 5 was not sent: line 4 had closed the connection (RFC 1460 §6).",
            "Message 3: marked by line 3 (RFC 1460 §5), removed by line 4 (RFC 1460 §6).",
        ],
    ),
    "a command of the learner's own": (
        [*LOGIN, "DELE 3", "UNDELE 3", "DELE 2", "QUIT"],
        {"gone": "messages 2, 3", "message 3": "marked, gone"},
        [
            re.compile(r"Line 4 was refused\. In TRANSACTION: unrecognized command \(RFC 1460 §3: .*\)\."),
            "Message 3: marked by line 3 (RFC 1460 §5), removed by line 6 (RFC 1460 §6).",
        ],
    ),
    "the wrong message": (
        [*LOGIN, "DELE 3", "RSET", "DELE 4", "QUIT"],
        {"gone": "message 4"},
        [
            "Message 2: never marked (RFC 1460 §5).",
            "Message 4: marked by line 5 (RFC 1460 §5), removed by line 6 (RFC 1460 §6).",
        ],
    ),
    "one message too many": (
        [*LOGIN, "DELE 3", "RSET", "DELE 1", "DELE 2", "QUIT"],
        {"gone": "messages 1, 2", "command lines": "7"},
        ["Message 1: marked by line 5 (RFC 1460 §5), removed by line 7 (RFC 1460 §6)."],
    ),
    "too many lines": (
        [*LOGIN, "DELE 2", "DELE 3", "RSET", "DELE 2", "QUIT"],
        {"command lines": "7"},
        [
            "Message 2: marked by line 3 (RFC 1460 §5), unmarked by line 5 (RFC 1460 §5), "
            "marked by line 6 (RFC 1460 §5), removed by line 7 (RFC 1460 §6).",
            "Message 3: marked by line 4 (RFC 1460 §5), unmarked by line 5 (RFC 1460 §5).",
            "It does what was asked, and 6 lines can do it. Which of yours could be spared?",
        ],
    ),
}


@pytest.mark.parametrize("answer", WRONG)
def test_a_wrong_answer_gets_its_feedback(answer: str) -> None:
    session, came, reasons = WRONG[answer]
    feedback = check("3.1", session)
    assert isinstance(feedback, Checked)
    assert str(feedback).startswith("Exercise 3.1: not yet.")
    assert {what: said for what, (said, right) in findings(feedback).items() if not right} == came
    assert len(feedback.reasons) == len(reasons)
    for said, wanted in zip(feedback.reasons, reasons, strict=True):
        assert wanted.fullmatch(said) if isinstance(wanted, re.Pattern) else said == wanted


@pytest.mark.parametrize("answer", WRONG)
def test_no_feedback_gives_the_answer_away(answer: str) -> None:
    session = WRONG[answer][0]
    missing = {line.split()[0] for line in solution("exercise-session")} - {line.split()[0] for line in session}
    words = set(re.findall(r"[A-Z]+", str(check("3.1", session))))
    assert not missing & words


NO_ANSWERS = [
    (..., "still blank: write a list of command lines in place of the three dots."),
    ("USER alice", 'such as `["NOOP", "QUIT"]`; got a text without brackets around it.'),
    (None, "got `None`."),
    (6, "got `6`."),
    ({"USER alice"}, "got a value of type set."),
    ([], "expected 1 to 50 command lines in the list; got 0."),
    (["NOOP"] * 51, "expected 1 to 50 command lines in the list; got 51."),
    (["USER alice", 2], "line 2: expected a text in quotes; got `2`."),
    ([b"USER alice"], "line 1: expected a text in quotes; got a value of type bytes."),
    ([["USER alice"]], "line 1: expected a text in quotes; got a value of type list."),
    (["USER alice", " "], "line 2 is empty: expected a command."),
    (["USER alice\r\nPASS secret"], "line 1 has a line end in it: expected one command, without its end."),
]


@pytest.mark.parametrize(("session", "words"), NO_ANSWERS, ids=[words for _, words in NO_ANSWERS])
def test_what_is_no_answer_gets_one_line(session: Any, words: str) -> None:
    feedback = check("3.1", session)
    assert isinstance(feedback, Hint)
    assert str(feedback).startswith("Exercise 3.1: ") and str(feedback).endswith(words)
    assert "\n" not in str(feedback)


def test_an_exercise_that_there_is_not() -> None:
    assert str(check("9.9", [])).startswith("There is no exercise '9.9'; there is `3.1`, `5.1`")


@pytest.mark.parametrize("line", ["2> NOOP", "cut>", "pipelined> NOOP", "connect>", "\x00\xff", "A" * 600])
def test_marks_of_a_scenario_and_noise_are_only_lines(line: str) -> None:
    feedback = check("3.1", [*LOGIN, line, "QUIT"])
    assert isinstance(feedback, Checked)
    assert feedback.reasons[0].startswith("Line 3 was refused. In TRANSACTION: ")
    assert feedback.lab.timeline.connections == [0]


def test_the_session_can_be_stepped_through() -> None:
    feedback = check("3.1", solution("exercise-session"))
    assert isinstance(feedback, Checked)
    assert "RSET" in str(feedback.lab.player().text(-1))


def test_each_check_begins_afresh() -> None:
    session = solution("exercise-session")
    assert str(check("3.1", session)) == str(check("3.1", session))


def shortest(wanted: dict[int, str], spared: int) -> Iterator[list[str]]:
    """Every shortest session that brings the wanted marks about with `spared` marked once, by trying them all."""
    words = [*LOGIN, "DELE 2", "DELE 3", "RSET", "QUIT", "RETR 3", "STAT"]
    front: dict[tuple[Any, ...], list[str]] = {("AUTHORIZATION",): []}
    seen = set(front)
    while front:
        following: dict[tuple[Any, ...], list[str]] = {}
        for done in front.values():
            for line in words:
                lab = Lab(pop3.edition(1460).minimal(), mail=samples.four())
                lab.run(*done, line)
                marks = lab.timeline.at(len(lab.timeline) - 1).marks("alice")
                was_marked = any(
                    (e.values or {}).get(f"mail.alice.{spared}") == "deleted" for e in lab.timeline.events("store")
                )
                place = (lab.state, *marks.values(), was_marked)
                if marks == wanted and was_marked:
                    yield [*done, line]
                if place not in seen and lab.state != "CLOSED":
                    following[place] = [*done, line]
        seen |= set(following)
        front = following


def test_the_number_of_lines_that_are_enough_is_the_smallest() -> None:
    (exercise,) = EXERCISES
    found = next(shortest({1: "kept", 2: "removed", 3: "kept", 4: "kept"}, spared=3))
    assert len(found) == exercise.enough == len(solution("exercise-session"))
