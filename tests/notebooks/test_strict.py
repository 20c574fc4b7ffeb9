"""The stored outputs are complete, nothing keeps the validator from comparing them, and it does compare them."""

import copy
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from popsim.course.rerun import LANGUAGE, stored
from popsim.views.rich import WIDGET_VIEW
from tests.notebooks.shipped import NOTEBOOKS, code_cells, read, texts
from tests.project.tree import ROOT

ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}|\bobject at\b", re.IGNORECASE)
ALARM = re.compile(r"\b\w*Warning\b|\bTraceback\b|\bDeprecated\b")
MARKER = re.compile(r"nbval|raises.exception|PYTEST_VALIDATE", re.IGNORECASE)
RUNS_WITHIN = 300  # seconds


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> dict[str, Any]:
    return read(request.param)


def test_there_are_notebooks() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS][:2] == ["00", "03"]


def test_every_code_cell_was_executed_in_order(notebook: dict[str, Any]) -> None:
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_every_output_has_a_text_twin(notebook: dict[str, Any]) -> None:
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            assert output["output_type"] in ("stream", "execute_result", "display_data"), cell["id"]
            if "data" in output:
                assert "".join(output["data"].get("text/plain", "")).strip(), cell["id"]


def test_no_cell_has_two_outputs(notebook: dict[str, Any]) -> None:
    # So that each output that is altered below fails by itself.
    assert [cell["id"] for cell in code_cells(notebook) if len(cell["outputs"]) > 1] == []


def test_no_output_speaks_of_addresses_or_warnings(notebook: dict[str, Any]) -> None:
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            assert output.get("name", "stdout") == "stdout", cell["id"]
            for kind, text in texts(output):
                assert not ADDRESS.search(text), (cell["id"], kind)
                assert not ALARM.search(text), (cell["id"], kind)


def test_nothing_marks_a_cell_for_the_validator(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        assert not MARKER.search("".join(cell["source"])), cell["id"]
        assert "tags" not in cell["metadata"], cell["id"]


def test_the_validator_is_asked_for_every_character() -> None:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '"--nbval",' in settings
    assert "--nbval-lax" not in settings and "sanitize" not in settings


def test_what_differs_from_run_to_run_is_not_stored(notebook: dict[str, Any]) -> None:
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["language_info"] == LANGUAGE
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"nbgrader"}, cell["id"]
        assert all(WIDGET_VIEW not in output.get("data", {}) for output in cell.get("outputs", ())), cell["id"]
    assert stored(copy.deepcopy(notebook)) == stored(notebook)


def test_cells_have_readable_names(notebook: dict[str, Any]) -> None:
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9-]{2,40}", name)] == []


# What is altered in a copy: each kind of text in a copy of its own, for one kind must not hide another.
KINDS = {"plain": ("text/plain", "stream"), "rich": ("text/html", "text/markdown", "image/svg+xml")}


def altered(notebook: dict[str, Any], kinds: tuple[str, ...]) -> tuple[dict[str, Any], list[bool]]:
    """A copy in which one character of each output of these kinds is another one, and which code cells have some."""
    made = copy.deepcopy(notebook)
    touched = []
    for cell in code_cells(made):
        outputs = [output for output in cell["outputs"] if any(kind in kinds for kind, _ in texts(output))]
        touched.append(bool(outputs))
        for output in outputs:
            for kind, text in texts(output):
                if kind in kinds:
                    place = output if kind == "stream" else output["data"]
                    place["text" if kind == "stream" else kind] = one_character(text)
    return made, touched


def one_character(text: str) -> str:
    """The text with its middle letter or digit replaced by another."""
    places = [place for place, character in enumerate(text) if character.isalnum()]
    place = places[len(places) // 2]
    return f"{text[:place]}{'b' if text[place] == 'a' else 'a'}{text[place + 1 :]}"


def validate(folder: Path) -> dict[str, dict[int, bool]]:
    """Run the validator as the project does on the notebooks of a folder: whether each cell passed, by file."""
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-p", "no:cacheprovider"]
    command += [f"--junitxml={report}", f"--rootdir={folder}", str(folder)]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=RUNS_WITHIN, check=False)
    found: dict[str, dict[int, bool]] = {}
    for case in ET.parse(report).iter("testcase"):
        name = case.attrib["classname"].split(".")[0]
        number = int(case.attrib["name"].removeprefix("Cell "))
        found.setdefault(name, {})[number] = case.find("failure") is None and case.find("error") is None
    return found


def test_one_character_of_an_output_is_enough_to_fail(tmp_path: Path) -> None:
    expected = {}
    for path in NOTEBOOKS:
        for name, kinds in KINDS.items():
            made, touched = altered(read(path), kinds)
            (tmp_path / f"{path.stem}-{name}.ipynb").write_text(json.dumps(made), encoding="utf-8")
            expected[f"{path.stem}-{name}"] = {number: not is_ for number, is_ in enumerate(touched)}
    assert any(not passes for cells in expected.values() for passes in cells.values())
    assert validate(tmp_path) == expected
