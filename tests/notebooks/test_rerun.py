"""The command that runs notebooks again and stores what they show."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from popsim.course.rerun import LANGUAGE, main, stored
from popsim.views.rich import WIDGET_VIEW


def notebook(*sources: str) -> dict[str, Any]:
    code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [{**code, "id": f"cell-{place}", "source": source} for place, source in enumerate(sources)]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_two_runs_store_the_same_and_nothing_of_the_run(tmp_path: Path) -> None:
    path = tmp_path / "lesson.ipynb"
    path.write_text(json.dumps(notebook("import ipywidgets", "ipywidgets.HTML('hello')", "1 + 1")), encoding="utf-8")
    command = [sys.executable, "-m", "popsim.course.rerun", path.name]
    texts = []
    for _ in range(2):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stdout) == (0, "lesson.ipynb\n"), done.stderr
        texts.append(path.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    made = json.loads(texts[0])
    assert [cell["execution_count"] for cell in made["cells"]] == [1, 2, 3]
    assert [output["data"] for output in made["cells"][2]["outputs"]] == [{"text/plain": ["2"]}]
    (widget,) = made["cells"][1]["outputs"]
    assert list(widget["data"]) == ["text/plain"]
    assert set(made["metadata"]) == {"kernelspec", "language_info"} and made["metadata"]["language_info"] == LANGUAGE
    assert all(cell["metadata"] == {} for cell in made["cells"])


def test_what_is_stored() -> None:
    given = notebook("x")
    given["metadata"] = {"widgets": {}, "signature": "1", "title": "kept"}
    given["cells"][0]["metadata"] = {"execution": {"iopub.execute_input": "2026"}, "nbgrader": {}}
    shown = {WIDGET_VIEW: {"model_id": "1a2b"}, "text/plain": "x"}
    given["cells"][0]["outputs"] = [{"data": shown, "output_type": "display_data"}]
    made = json.loads(stored(given))
    assert made["metadata"]["title"] == "kept" and "widgets" not in made["metadata"]
    assert made["cells"][0]["metadata"] == {"nbgrader": {}}
    assert made["cells"][0]["outputs"][0]["data"] == {"text/plain": "x"}


def test_what_was_printed_in_pieces_is_stored_as_one() -> None:
    given = notebook("x")
    pieces = [("stdout", "a\nb"), ("stdout", "c\n"), ("stderr", "d"), ("stdout", "e")]
    given["cells"][0]["outputs"] = [{"output_type": "stream", "name": n, "text": t} for n, t in pieces]
    outputs = json.loads(stored(given))["cells"][0]["outputs"]
    assert [(output["name"], "".join(output["text"])) for output in outputs] == [
        ("stdout", "a\nbc\n"),
        ("stderr", "d"),
        ("stdout", "e"),
    ]


def test_bad_input_is_one_line(tmp_path: Path, capsys: Any) -> None:
    assert main([]) == 2
    assert main([str(tmp_path / "none.ipynb")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2
