"""The exercise of the wire: what is right, what is wrong, and what each wrong answer is told."""

import ast
import json
import re
from typing import Any

import pytest

from popsim.course.checks import check
from popsim.course.exercises import Checked
from popsim.course.feedback import Hint
from popsim.course.student import BEGIN, END
from tests.project.tree import ROOT

LESSON = ROOT / "notebooks" / "07-passwords.ipynb"
LOGIN = ["USER alice", "PASS secret"]
PLAIN = "AUTH PLAIN AGFsaWNlAHNlY3JldA=="

FETCHED, PASSWORD, LETTER = (
    "message 3 is fetched",
    "the password can be read on the wire",
    "message 3 can be read on the wire",
)
IN_CLEAR = "It crossed in the clear (RFC 1939 §13)."


def solution() -> list[str]:
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    source = "".join(next(cell["source"] for cell in cells if cell["id"] == "exercise-wire"))
    (assignment,) = ast.parse(source.split(BEGIN)[1].split(END)[0]).body
    assert isinstance(assignment, ast.Assign)
    found: list[str] = ast.literal_eval(assignment.value)
    return found


def checked(session: object) -> Checked:
    feedback = check("7.1", session)
    assert isinstance(feedback, Checked), feedback
    return feedback


def test_the_solution_solves_it() -> None:
    assert str(checked(solution())).splitlines() == [
        "Exercise 7.1: solved.",
        "   message 3 is fetched                   expected yes         came yes   right",
        "   the password can be read on the wire   expected no          came no    right",
        "   message 3 can be read on the wire      expected no          came no    right",
        "   command lines                          expected 5 at most   came 5     right",
    ]


@pytest.mark.parametrize(
    "session",
    [
        ["stls", "user alice", "pass secret", "retr 3"],
        ["STLS", PLAIN, "RETR 3", "QUIT"],  # what hides nothing is hidden in TLS
        ["STLS", "AUTH LOGIN", "YWxpY2U=", "c2VjcmV0", "RETR 3"],
        ["CAPA", "STLS", *LOGIN, "RETR 3"],
        ["STLS", *LOGIN, "TOP 3 99", "QUIT"],
    ],
)
def test_another_right_answer(session: list[str]) -> None:
    assert checked(session).right


# A session, what was not right of it, and what the feedback says.
WRONG: dict[str, tuple[list[str], dict[str, str], list[str]]] = {
    "all in clear": (
        [*LOGIN, "RETR 3", "QUIT"],
        {PASSWORD: "yes", LETTER: "yes"},
        [
            f"Line 2 has the password as it is. {IN_CLEAR}",
            f"The answer to line 3 is the message as it is. {IN_CLEAR}",
        ],
    ),
    "base64": (
        [PLAIN, "RETR 3", "QUIT"],
        {PASSWORD: "yes", LETTER: "yes"},
        [
            "Line 1 has the password in base64. Everybody can read that (RFC 4616 §5).",
            f"The answer to line 2 is the message as it is. {IN_CLEAR}",
        ],
    ),
    "base64, line by line": (
        ["AUTH LOGIN", "YWxpY2U=", "c2VjcmV0", "RETR 3", "QUIT"],
        {PASSWORD: "yes", LETTER: "yes"},
        [
            "Line 3 has the password in base64. Everybody can read that (RFC 4616 §5).",
            f"The answer to line 4 is the message as it is. {IN_CLEAR}",
        ],
    ),
    "TLS too late": (
        [*LOGIN, "STLS", "RETR 3", "QUIT"],
        {PASSWORD: "yes", LETTER: "yes"},
        [
            "Line 3 was refused. In TRANSACTION: command not allowed here (RFC 1939 §3).",
            f"Line 2 has the password as it is. {IN_CLEAR}",
            f"The answer to line 4 is the message as it is. {IN_CLEAR}",
        ],
    ),
    "TLS between name and password": (
        ["USER alice", "STLS", "PASS secret", "RETR 3", "QUIT"],
        {FETCHED: "no"},
        ["Line 3 was refused. In AUTHORIZATION: command not allowed here (RFC 1939 §3)."],
    ),
    "TLS and no login": (
        ["STLS", "RETR 3", "QUIT"],
        {FETCHED: "no"},
        ["Line 2 was refused. In AUTHORIZATION: command not allowed here (RFC 1939 §3)."],
    ),
    "TLS after the password was refused once": (
        ["PASS secret", "STLS", *LOGIN, "RETR 3"],
        {PASSWORD: "yes"},
        [
            "Line 1 was refused. In AUTHORIZATION: command not allowed here (RFC 1939 §3).",
            f"Line 1 has the password as it is. {IN_CLEAR}",
        ],
    ),
    "nothing fetched": (["STLS", *LOGIN, "QUIT"], {FETCHED: "no"}, ["Message 3 was never asked for (RFC 1939 §5)."]),
    "another message": (["STLS", *LOGIN, "RETR 2"], {FETCHED: "no"}, ["Message 3 was never asked for (RFC 1939 §5)."]),
    "the end is in the middle": (
        ["STLS", *LOGIN, "QUIT", "RETR 3"],
        {FETCHED: "no"},
        [
            "Line 5 was not sent: line 4 had closed the connection (RFC 1939 §6).",
            "Message 3 was never asked for (RFC 1939 §5).",
        ],
    ),
    "too many lines": (
        ["CAPA", "STLS", *LOGIN, "RETR 3", "QUIT"],
        {"command lines": "6"},
        ["It does what was asked, and 5 lines can do it. Which of yours could be spared?"],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_gets_its_feedback(name: str) -> None:
    session, came, reasons = WRONG[name]
    feedback = checked(session)
    assert feedback.title == "Exercise 7.1: not yet."
    assert {finding.what: finding.came for finding in feedback.findings if not finding.right} == came
    assert list(feedback.reasons) == reasons


@pytest.mark.parametrize("name", WRONG)
def test_no_feedback_gives_the_answer_away(name: str) -> None:
    session = WRONG[name][0]
    missing = {line.split()[0] for line in solution()} - {line.split()[0] for line in session}
    assert not missing & set(re.findall(r"[A-Z]+", str(checked(session))))


@pytest.mark.parametrize(
    ("session", "words"),
    [
        (..., "Exercise 7.1: still blank: write a list of command lines in place of the three dots."),
        ("STLS", "got a text without brackets around it."),
        ([], "expected 1 to 50 command lines in the list; got 0."),
        (["STLS\r\nUSER alice"], "has a line end in it"),
    ],
)
def test_what_is_no_session_gets_one_line(session: Any, words: str) -> None:
    feedback = check("7.1", session)
    assert isinstance(feedback, Hint) and words in str(feedback) and "\n" not in str(feedback)


def test_one_can_listen_to_the_answer() -> None:
    heard = str(checked(solution()).lab.overheard())
    assert "STLS" in heard and "secret" not in heard and "sledge" not in heard and "TLS application data" in heard
    assert "PASS secret" in str(checked([*LOGIN, "RETR 3"]).lab.overheard())
