"""The learner's copy: blanks in place of solutions, and nothing else changed."""

import ast
from typing import Any

import pytest

from popsim.course.student import SolutionError, student_copy, without_solutions

SOLVED = """\
lab.send("DELE 2")
### BEGIN SOLUTION
# the server only marks it
reply = "+OK"  # "+OK" or "-ERR"
state = "TRANSACTION"
left = 2 + 2  # how many messages
### END SOLUTION
predict(lab, "DELE 2", reply=reply, state=state, left=left)"""

BLANK = """\
lab.send("DELE 2")
reply = ...  # "+OK" or "-ERR"
state = ...
left = ...  # how many messages
predict(lab, "DELE 2", reply=reply, state=state, left=left)"""


def notebook(source: Any) -> dict[str, Any]:
    output = {"output_type": "stream", "name": "stdout", "text": ["right"]}
    code = {"cell_type": "code", "id": "guess", "execution_count": 3, "outputs": [output], "source": source}
    text = {"cell_type": "markdown", "id": "text", "metadata": {}, "source": ["### BEGIN SOLUTION of nothing"]}
    nbgrader = {"solution": True, "grade_id": "guess"}
    code["metadata"] = {"nbgrader": nbgrader, "execution": {"iopub.status.busy": "2026"}}
    return {"cells": [code, text], "metadata": {"widgets": {}}, "nbformat": 4, "nbformat_minor": 5}


def test_assignments_keep_their_names_and_comments() -> None:
    assert without_solutions(SOLVED) == BLANK
    assert without_solutions(BLANK) == BLANK


def test_a_value_of_several_lines_is_one_blank() -> None:
    source = '### BEGIN SOLUTION\nsession = [\n    "USER alice",  # no hint\n    "QUIT",\n]  # a list\n### END SOLUTION'
    assert without_solutions(source) == "session = ...  # a list"


def test_a_hash_in_a_text_is_no_comment() -> None:
    assert without_solutions('### BEGIN SOLUTION\nx = "# not this"\n### END SOLUTION') == "x = ..."


def test_a_solution_without_a_name_is_one_blank() -> None:
    source = "### BEGIN SOLUTION\nlab.run('QUIT')\n### END SOLUTION\nlab.player()"
    assert without_solutions(source) == "...  # your code\nlab.player()"


def test_a_solution_in_a_function_is_a_blank_in_it() -> None:
    solution = "    y = [\n        x,\n    ]  # a list"
    source = f"def f(x):\n    ### BEGIN SOLUTION\n{solution}\n    ### END SOLUTION\n    return y"
    assert without_solutions(source) == "def f(x):\n    y = ...  # a list\n    return y"


def test_several_regions() -> None:
    one = "### BEGIN SOLUTION\na = 1\n### END SOLUTION"
    assert without_solutions(f"{one}\ncheck(a)\n{one}") == "a = ...\ncheck(a)\na = ..."


def test_code_without_marks_stays_to_the_character() -> None:
    for source in ("", "x = 1\n", "\n\nx = '''\n### BEGIN\n'''  # c\n"):
        assert without_solutions(source) == source


@pytest.mark.parametrize("form", [str, lambda text: text.splitlines(keepends=True)])
def test_a_notebook(form: Any) -> None:
    given = notebook(form(SOLVED))
    made = student_copy(given)
    code, text = made["cells"]
    assert code["source"] == form(BLANK)
    assert (code["outputs"], code["execution_count"]) == ([], None)
    assert code["metadata"] == {"nbgrader": {"solution": True, "grade_id": "guess"}}
    assert text == given["cells"][1] and made["metadata"] == {}
    assert given == notebook(form(SOLVED)), "the notebook given has changed"
    assert ast.parse("".join(code["source"]))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("### END SOLUTION", "cell guess: expected '### BEGIN SOLUTION', got '### END SOLUTION'"),
        ("### BEGIN SOLUTION\nx = 1", "there is no '### END SOLUTION'"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "expected '### END SOLUTION'"),
        ("### BEGIN SOLUTION\na, b = 1, 2\n### END SOLUTION", "assigns to one name at a time"),
        ("### BEGIN SOLUTION\nx = (\n### END SOLUTION", "the solution is no Python"),
    ],
)
def test_marks_that_do_not_pair_name_the_cell(source: str, words: str) -> None:
    with pytest.raises(SolutionError, match="^cell guess: ") as caught:
        student_copy(notebook(source))
    assert words in str(caught.value)
