"""The learner's copy of each notebook: no solution in it, and it runs to its end however little was filled in."""

import ast
import json
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from popsim.course.student import BEGIN, END, student_copy
from tests.notebooks.shipped import NOTEBOOKS, code_cells, read

BLANK = re.compile(r"^ *(\w+) = \.\.\.", re.MULTILINE)


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> dict[str, Any]:
    return read(request.param)


def test_no_solution_is_left_and_the_code_is_python(notebook: dict[str, Any]) -> None:
    for before, after in zip(notebook["cells"], student_copy(notebook)["cells"], strict=True):
        assert before["id"] == after["id"]
        if BEGIN not in source(before):
            assert source(before) == source(after)
            continue
        solution = ast.parse(dedent(source(before).split(BEGIN)[1].split(END)[0]))
        assert BEGIN not in source(after) and END not in source(after)
        assert BLANK.findall(source(after)) == [ast.unparse(t) for n in solution.body for t in n.targets]  # type: ignore[attr-defined]
        for node in ast.walk(solution):
            if isinstance(node, ast.Assign):
                assert ast.unparse(node) not in source(after)
        ast.parse(source(after))


def test_a_cell_with_a_solution_is_one_for_nbgrader(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        grading = cell["metadata"].get("nbgrader", {})
        assert bool(grading.get("solution")) == (BEGIN in source(cell)), cell["id"]
        assert grading.get("grade_id", cell["id"]) == cell["id"]


def run(notebook: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """The code cells after running all of them, whatever some of them raise."""
    import nbformat
    from nbclient import NotebookClient

    loaded = nbformat.reads(json.dumps(notebook), as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(loaded, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    return code_cells(json.loads(json.dumps(loaded)))


def said(cell: dict[str, Any]) -> str:
    (output,) = cell["outputs"]
    text = output["data"]["text/plain"]
    return "".join(text)


def test_a_blank_cell_says_what_to_do(notebook: dict[str, Any], tmp_path: Path) -> None:
    for cell in run(student_copy(notebook), tmp_path):
        assert [o.get("evalue") for o in cell["outputs"] if o["output_type"] == "error"] == [], cell["id"]
        if BLANK.search(source(cell)):
            assert re.fullmatch(r".*(Your guess first|still blank).*three dots.*", said(cell)), cell["id"]


ANSWERS = {
    "reply": '"none"',
    "state": '"CLOSED"',
    "left": "99",
    "fetched": "99",
    "session": '["QUIT", "QUIT"]',
    "n": "1",
    "numbers": "list(listing)",
}
"""For each name that a learner gives a value: one that can be read and is wrong."""


def wrongly(cell: dict[str, Any]) -> dict[str, Any]:
    """The cell with guesses that are readable and wrong, or an answer that is."""
    filled = BLANK.sub(lambda match: match[0].replace("...", ANSWERS[match[1]]), source(cell))
    return {**cell, "source": filled}


def test_wrong_guesses_never_raise(notebook: dict[str, Any], tmp_path: Path) -> None:
    made = student_copy(notebook)
    made["cells"] = [wrongly(cell) if cell["cell_type"] == "code" else cell for cell in made["cells"]]
    for cell in run(made, tmp_path):
        assert [o.get("evalue") for o in cell["outputs"] if o["output_type"] == "error"] == [], cell["id"]
        if "nbgrader" in cell["metadata"]:
            assert "not so" in said(cell) or "it was CLOSED" in said(cell), cell["id"]
            assert re.search(r"\bRFC ((1460|1939|2595|3501) §\d|937 p\.\d+)\b", said(cell)), cell["id"]
