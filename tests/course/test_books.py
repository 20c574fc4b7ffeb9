"""The exercise of the mail reader's book: the solution passes, and each wrong answer gets its own feedback."""

import ast
import json
from collections.abc import Callable
from textwrap import dedent, indent
from typing import Any

import pytest

from popsim.course.checks import check
from popsim.course.exercises import Checked
from popsim.course.feedback import Hint
from popsim.course.student import BEGIN, END
from tests.project.tree import ROOT

LESSON = ROOT / "notebooks" / "06-leave-on-server.ipynb"
Listing = dict[int, str]
Kept = list[str]
Answer = Callable[[Listing, Kept], Any]

RIGHT = ["1, 2, 4", "none", "5, 6", "none", "5, 6, 7, 8"]


def solution() -> Answer:
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    source = "".join(next(cell["source"] for cell in cells if cell["id"] == "exercise-book"))
    body = dedent(source.split(BEGIN)[1].split(END)[0]).strip()
    ast.parse(body)
    held: dict[str, Any] = {}
    exec(f"def to_fetch(listing, book):\n{indent(body, '    ')}\n    return numbers", held)
    answer: Answer = held["to_fetch"]
    return answer


def checked(answer: object) -> Checked:
    feedback = check("6.1", answer)
    assert isinstance(feedback, Checked), feedback
    return feedback


def test_the_solution_solves_it() -> None:
    assert str(checked(solution())).splitlines() == [
        "Exercise 6.1: solved.",
        "   visit 1 (message 3 is in the book already)        expected 1, 2, 4      fetched 1, 2, 4      right",
        "   visit 2 (nothing has happened)                    expected none         fetched none         right",
        "   visit 3 (two messages have come)                  expected 5, 6         fetched 5, 6         right",
        "   visit 4 (messages 1 and 2 were removed at work)   expected none         fetched none         right",
        "   visit 5 (four messages have come)                 expected 5, 6, 7, 8   fetched 5, 6, 7, 8   right",
        "   Whatever happened between the visits, the unique-ids stayed the same (RFC 1939 §7).",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        lambda listing, book: {number for number in listing if listing[number] not in book},
        lambda listing, book: tuple(reversed([number for number in listing if listing[number] not in set(book)])),
    ],
)
def test_another_way_of_writing_it_solves_it_too(answer: Answer) -> None:
    assert checked(answer).right


def highest(listing: Listing, book: Kept) -> list[int]:
    """What LAST would say: all above the highest number that is in the book."""
    return [n for n in listing if n > max((m for m, uid in listing.items() if uid in book), default=0)]


def by_count(listing: Listing, book: Kept) -> list[int]:
    return [number for number in listing if number > len(book)]


def remembered() -> Answer:
    """The reader that keeps numbers in its book."""
    seen = {3}

    def answer(listing: Listing, book: Kept) -> list[int]:
        new = [number for number in listing if number not in seen]
        seen.update(new)
        return new

    return answer


def is_in_the_book(visit: int, number: int) -> str:
    return f"Visit {visit}: message {number} is in the book already: its unique-id is (RFC 1939 §7)."


def is_new(visit: int, number: int) -> str:
    return f"Visit {visit}: message {number} is new, for its unique-id is not in the book (RFC 1939 §7)."


ANEW = "Numbers are given anew in each session (RFC 1939 §4): which ones does the server list now?"

# An answer, what it fetched in each visit, and what the feedback says of the first visit that went wrong.
WRONG: dict[str, tuple[Answer, list[str], list[str]]] = {
    "everything": (
        lambda listing, book: list(listing),
        ["1, 2, 3, 4", "1, 2, 3, 4", "1, 2, 3, 4, 5, 6", "1, 2, 3, 4", "1, 2, 3, 4, 5, 6, 7, 8"],
        [is_in_the_book(1, 3)],
    ),
    "nothing": (lambda listing, book: [], ["none"] * 5, [is_new(1, 1)]),
    "as LAST": (highest, ["4", "none", "5, 6", "none", "5, 6, 7, 8"], [is_new(1, 1)]),
    "by the length of the book": (
        by_count,
        ["2, 3, 4", "none", "5, 6", "none", "7, 8"],
        [is_in_the_book(1, 3), is_new(1, 1)],
    ),
    "numbers are compared with names": (
        lambda listing, book: [number for number in listing if number not in book],  # type: ignore[comparison-overlap]
        ["1, 2, 3, 4", "1, 2, 3, 4", "1, 2, 3, 4, 5, 6", "1, 2, 3, 4", "1, 2, 3, 4, 5, 6, 7, 8"],
        [is_in_the_book(1, 3)],
    ),
    "those that are in the book": (
        lambda listing, book: [number for number in listing if listing[number] in book],
        ["3", "1, 2, 3, 4", "1, 2, 3, 4", "1, 2, 3, 4", "1, 2, 3, 4"],
        [is_in_the_book(1, 3), is_new(1, 1)],
    ),
    "numbers in the book": (remembered(), ["1, 2, 4", "none", "5, 6", "none", "7, 8"], [is_new(5, 5), ANEW]),
    "the first one twice": (
        lambda listing, book: [n for n in listing if listing[n] not in book] + [1] * (3 in listing and len(book) == 1),
        ["1, 1, 2, 4", "none", "5, 6", "none", "5, 6, 7, 8"],
        ["Visit 1: message 1 was fetched more than once."],
    ),
    "one that is not there": (
        lambda listing, book: [n for n in listing if listing[n] not in book] + [9] * (not set(listing) - {1, 2, 3, 4}),
        ["1, 2, 4, 9", "9", "5, 6", "9", "5, 6, 7, 8"],
        ["Visit 1: there is no message 9: the server lists 1, 2, 3, 4."],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_gets_its_feedback(name: str) -> None:
    answer, fetched, reasons = WRONG[name]
    feedback = checked(answer)
    assert feedback.title == "Exercise 6.1: not yet."
    assert [finding.came for finding in feedback.findings] == fetched
    assert [finding.right for finding in feedback.findings] == [a == b for a, b in zip(fetched, RIGHT, strict=True)]
    assert list(feedback.reasons) == reasons


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (..., "expected the name of your function; got `Ellipsis`."),
        ([1, 2], "expected the name of your function; got a value of type list."),
        (lambda listing, book: ..., "still blank: write your code in place of the three dots."),
        (lambda listing, book: None, "your function gave back nothing: does it end with `return`?"),
        (lambda listing, book: 3, "expected a list of message-numbers, such as `[1, 2]`; got `3`."),
        (lambda listing, book: "1, 2", "expected a list of message-numbers, such as `[1, 2]`; got `'1, 2'`."),
        (lambda listing, book: listing, "such as `[1, 2]`; got a value of type dict."),
        (lambda listing, book: ["1"], "expected message-numbers in the list, such as `1`; got `'1'`."),
        (lambda listing, book: [True], "got `True`."),
        (lambda listing, book: list(listing.values()), "got `'997ac9bb24778073e8fcda96'`, which is a unique-id."),
        (lambda listing, book: 1 // 0, "in visit 1 your function raised ZeroDivisionError: integer division or modulo"),
        (lambda listing: [], "in visit 1 your function raised TypeError: "),
    ],
)
def test_what_is_no_answer_gets_one_line(answer: object, words: str) -> None:
    feedback = check("6.1", answer)
    assert isinstance(feedback, Hint)
    assert str(feedback).startswith("Exercise 6.1: ") and words in str(feedback) and "\n" not in str(feedback)


def test_a_function_may_spoil_what_it_is_given() -> None:
    def spoiling(listing: Listing, book: Kept) -> list[int]:
        new: list[int] = solution()(listing, book)
        listing.clear()
        book.clear()
        return new

    assert checked(spoiling).right


def test_the_visits_can_be_stepped_through() -> None:
    feedback = checked(solution())
    said = str(feedback.lab.transcript())
    assert said.count("UIDL") == 5 and said.count("RETR") == 9 and said.count("DELE") == 2
    assert "C: DELE 1" in said and "C: DELE 2" in said  # as the row of the fourth visit has it
    assert str(check("6.1", solution())) == str(feedback)
