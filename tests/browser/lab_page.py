"""A notebook open in JupyterLab in a browser, and what a test does with it."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.lab_server import TOKEN, LabServer

SCREENSHOTS = "POPSIM_SCREENSHOTS"
OPENS_WITHIN = 60_000  # milliseconds, as all limits here
RUNS_WITHIN = 120_000
ACTS_WITHIN = 20_000

NOTEBOOK_IS_SHOWN = "() => window.jupyterapp?.shell && document.querySelector('.jp-Notebook .jp-Cell')"

# A notebook that is shown has no kernel yet, and cells run then are not executed.
KERNEL_IS_READY = """
const app = window.jupyterapp;
await app.restored;
const panel = app.shell.currentWidget;
await panel.context.ready;
await panel.sessionContext.ready;
await panel.sessionContext.session.kernel.info;
return panel.sessionContext.session.kernel.id;
"""
RUN_ALL = "return await window.jupyterapp.commands.execute('notebook:run-all-cells');"
RUN_CELL = """
const panel = window.jupyterapp.shell.currentWidget;
panel.content.activeCellIndex = INDEX;
return await window.jupyterapp.commands.execute('notebook:run-cell');
"""
SHUT_DOWN = "await window.jupyterapp.shell.currentWidget.sessionContext.shutdown(); return true;"
SAVE = "await window.jupyterapp.shell.currentWidget.context.save(); return true;"
CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"


class LabPage:
    """One notebook in one browser page. `page` is Playwright's, for all that is not here.

    Every wait has a limit and raises Playwright's TimeoutError after it.
    """

    def __init__(self, page: Page, server: LabServer, path: str) -> None:
        """Open the notebook at `path` (relative to the server's folder) and wait for its kernel."""
        self.page = page
        self.console_errors: list[str] = []
        self._server = server
        self._asked = 0
        page.set_default_timeout(ACTS_WITHIN)
        page.on("console", lambda m: self.console_errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        page.goto(f"{server.url}/doc/tree/{path}?token={TOKEN}&reset", timeout=OPENS_WITHIN)
        page.wait_for_function(NOTEBOOK_IS_SHOWN, timeout=OPENS_WITHIN)
        self._kernel = self._settle(KERNEL_IS_READY, OPENS_WITHIN)

    def run_all(self, timeout: float = RUNS_WITHIN) -> None:
        """Run all cells and wait for the last to end; an error in one fails the test, with its traceback."""
        self._settle(RUN_ALL, timeout)
        self._raise_errors()
        waiting = [i for i, cell in enumerate(self.cells()) if _is_code(cell) and cell["execution_count"] is None]
        assert not waiting, f"cells {waiting} were not executed"

    def run_cell(self, index: int, timeout: float = RUNS_WITHIN) -> list[dict[str, Any]]:
        """Run one cell, wait until it is done, and return its outputs."""
        self._settle(RUN_CELL.replace("INDEX", str(index)), timeout)
        self._raise_errors()
        outputs: list[dict[str, Any]] = self.cells()[index]["outputs"]
        return outputs

    def cells(self) -> list[dict[str, Any]]:
        """The notebook's cells as JSON, with their outputs as they are now."""
        cells: list[dict[str, Any]] = self.page.evaluate(CELLS)
        return cells

    def shut_down_kernel(self) -> None:
        """Shut the kernel down and wait until the server has none of its name; the page stays open."""
        self._settle(SHUT_DOWN, ACTS_WITHIN)
        end = time.monotonic() + ACTS_WITHIN / 1000
        while any(kernel["id"] == self._kernel for kernel in self._server.kernels()):
            assert time.monotonic() < end, "the kernel was shut down and is still there"
            time.sleep(0.1)

    def save(self) -> None:
        """Save the notebook into the server's folder."""
        self._settle(SAVE, ACTS_WITHIN)

    def screenshot(self, name: str, selector: str | None = None) -> None:
        """A picture of the page or of the first match of a selector, into the folder POPSIM_SCREENSHOTS."""
        folder = os.environ.get(SCREENSHOTS)
        if not folder:
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        path = Path(folder) / f"{re.sub(r'[^A-Za-z0-9.-]+', '-', name)}.png"
        if selector is None:
            self.page.screenshot(path=path)
        else:
            self.page.locator(selector).first.screenshot(path=path)

    def _settle(self, body: str, timeout: float) -> Any:
        """Run the body of an async function in the page and wait for what it returns.

        The page keeps the promise and is asked until it is settled: an evaluation that returned the promise
        itself would wait for ever when it never settles.
        """
        self._asked += 1
        place = f"window.popsimTest{self._asked}"
        self.page.evaluate(
            f"""() => {{
                {place} = null;
                (async () => {{ {body} }})().then(
                    (value) => {{ {place} = {{ value: value ?? null }}; }},
                    (error) => {{ {place} = {{ error: String(error?.stack ?? error) }}; }});
                return 1;
            }}"""
        )
        self.page.wait_for_function(f"() => {place} !== null", timeout=timeout)
        answer = json.loads(self.page.evaluate(f"() => JSON.stringify({place})"))
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def _raise_errors(self) -> None:
        """Fail with the traceback of the first cell that raised without being marked as one that does."""
        for cell in filter(_is_code, self.cells()):
            if "raises-exception" in cell["metadata"].get("tags", []):
                continue
            for output in cell["outputs"]:
                if output["output_type"] == "error":
                    traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
                    raise AssertionError(f"{output['ename']}: {output['evalue']}\n{traceback}")


def _is_code(cell: dict[str, Any]) -> bool:
    """A code cell with something in it: an empty one is never executed."""
    return cell["cell_type"] == "code" and bool("".join(cell["source"]).strip())
