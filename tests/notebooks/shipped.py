"""The notebooks of the course, as they are shipped."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.project.tree import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path: Path) -> dict[str, Any]:
    """A notebook's JSON."""
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The code cells, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def texts(output: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts of a stored output, by kind: ``stream``, or the MIME type where it is text."""
    if output["output_type"] == "stream":
        yield "stream", "".join(output["text"])
    for kind, data in output.get("data", {}).items():
        if kind.startswith("text/") or kind == "image/svg+xml":
            yield kind, "".join(data)
