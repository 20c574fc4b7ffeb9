"""The learner's copy of a notebook: what stands between the marks of a solution is replaced by blanks.

The marks are nbgrader's. Inside them each assignment keeps its names and the comment at its end, and three dots stand
for its value; everything else goes::

    ### BEGIN SOLUTION
    reply = "+OK"  # the status              reply = ...  # the status
    ### END SOLUTION

A solution may be indented, as in a function: its blanks are indented like the mark at its end.
"""

from __future__ import annotations

import ast
import copy
import io
import tokenize
from collections.abc import Iterator, Mapping
from textwrap import dedent
from typing import Any

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_BLANK = "..."


class SolutionError(ValueError):
    """The marks of a solution don't pair, or what is between them is no Python; the message names the cell."""


def student_copy(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """A notebook without its solutions and without outputs; the one given stays as it is.

    Args:
        notebook: the JSON of a notebook.

    Raises:
        SolutionError: see there.
    """
    made: dict[str, Any] = copy.deepcopy(dict(notebook))
    made["metadata"].pop("widgets", None)
    for cell in made["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = cell["source"]
        try:
            blank = without_solutions(source if isinstance(source, str) else "".join(source))
        except SolutionError as error:
            raise SolutionError(f"cell {cell.get('id', '?')}: {error}") from None
        cell["source"] = blank if isinstance(source, str) else blank.splitlines(keepends=True)
        cell["outputs"] = []
        cell["execution_count"] = None
        cell["metadata"].pop("execution", None)
    return made


def without_solutions(source: str) -> str:
    """The source of a cell with blanks in place of its solutions.

    Raises:
        SolutionError: see there.
    """
    lines: list[str] = []
    region: list[str] | None = None
    for line in source.split("\n"):
        mark = line.strip()
        if mark not in (BEGIN, END):
            (lines if region is None else region).append(line)
        elif (mark == BEGIN) is not (region is None):
            raise SolutionError(f"expected {BEGIN if region is None else END!r}, got {mark!r}")
        elif mark == BEGIN:
            region = []
        else:
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + blank for blank in _blanks(dedent("\n".join(region or [])))]
            region = None
    if region is not None:
        raise SolutionError(f"there is no {END!r}")
    return "\n".join(lines)


def _blanks(solution: str) -> Iterator[str]:
    """A line for each assignment of a solution; a single blank where there is none."""
    try:
        statements = ast.parse(solution).body
        comments = _comments(solution)
    except (SyntaxError, tokenize.TokenError) as error:
        raise SolutionError(f"the solution is no Python: {error}") from None
    assignments = [node for node in statements if isinstance(node, ast.Assign)]
    for node in assignments:
        comment = comments.get(node.end_lineno or 0, "")
        yield from (f"{_name(target)} = {_BLANK}{comment}" for target in node.targets)
    if not assignments:
        yield f"{_BLANK}  # your code"


def _name(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    # Three dots can't be unpacked: such a blank would not run.
    raise SolutionError(f"a solution assigns to one name at a time, not to {ast.unparse(target)}")


def _comments(source: str) -> dict[int, str]:
    """The comments that end a line with something before them, by line."""
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(source + "\n").readline):
        if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
            found[token.start[0]] = f"  {token.string}"
    return found
