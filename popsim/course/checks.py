"""Every exercise of the course by its name."""

from __future__ import annotations

from popsim.course.books import BOOKS, Book
from popsim.course.cuts import CUTS, Cut
from popsim.course.exercises import EXERCISES, Checked, Exercise
from popsim.course.feedback import Hint
from popsim.course.wires import WIRES, Wire

ALL: dict[str, Exercise | Cut | Book | Wire] = {
    exercise.name: exercise for exercise in (*EXERCISES, *CUTS, *BOOKS, *WIRES)
}


def check(name: str, answer: object) -> Checked | Hint:
    """Check an answer to the exercise of that name.

    Args:
        name: how the lesson calls it, such as ``3.1``.
        answer: what the exercise asks for: a list of command lines, say, a number or a function.

    Returns:
        What was expected, what came and why, with the section of each rule; or a hint of one line where the answer is
        blank or of the wrong kind, or where there is no such exercise.
    """
    if str(name) in ALL:
        return ALL[str(name)].check(answer)
    known = ", ".join(f"`{known}`" for known in ALL)
    return Hint(f"There is no exercise {name!r}; there is {known}.")
