"""Runs notebooks and stores what they show, in the form in which the project keeps them.

    python -m popsim.course.rerun notebooks/*.ipynb

What differs from run to run or from machine to machine is not stored: times, versions, the pieces in which a text was
printed, and the numbers of widgets, which mean nothing without a kernel. Their text twins stay.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from popsim.views.rich import WIDGET_VIEW

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
_TIMEOUT = 300  # seconds, for one cell


def rerun(path: Path) -> None:
    """Run a notebook in its folder and write it back.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised.
    """
    import nbformat
    from nbclient import NotebookClient

    # The kernel of this Python, not one of the same name that another Python once installed for the user.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        timeout=_TIMEOUT,
        kernel_name=KERNEL["name"],
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    path.write_text(stored(json.loads(text)), encoding="utf-8")


def stored(notebook: dict[str, Any]) -> str:
    """The text in which a notebook is kept: as Jupyter spells it, without what is not to be stored."""
    metadata = {name: value for name, value in notebook["metadata"].items() if name not in ("widgets", "signature")}
    notebook["metadata"] = {**metadata, "kernelspec": KERNEL, "language_info": LANGUAGE}
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)
        if "outputs" in cell:
            cell["outputs"] = _joined(cell["outputs"])
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs in which what was printed in pieces is one: into how many it falls differs from run to run."""
    made: list[dict[str, Any]] = []
    for output in outputs:
        if made and output["output_type"] == made[-1]["output_type"] == "stream" and output["name"] == made[-1]["name"]:
            text = "".join(made[-1]["text"]) + "".join(output["text"])
            made[-1] = {**output, "text": text.splitlines(keepends=True)}
        else:
            made.append(output)
    return made


def main(paths: list[str]) -> int:
    """Run the notebooks of the command line, and say which were run."""
    if not paths:
        print("usage: python -m popsim.course.rerun NOTEBOOK...", file=sys.stderr)
        return 2
    for path in map(Path, paths):
        if not path.is_file():
            print(f"{path}: there is no such file", file=sys.stderr)
            return 1
        rerun(path)
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
