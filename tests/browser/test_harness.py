"""The harness: a widget is clicked, works on without a kernel, and what leaves the machine is caught."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import TimeoutError

from tests.browser.chromium import Watched, refuse_outside
from tests.browser.conftest import OpenNotebook
from tests.browser.lab_page import SCREENSHOTS

COUNTER = '''
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    _esm = """
    export default { render({ model, el }) {
      const button = document.createElement("button");
      const show = () => { button.textContent = "count " + model.get("count"); };
      button.className = "counter";
      button.onclick = () => { model.set("count", model.get("count") + 1); show(); };
      show();
      el.appendChild(button);
    } };
    """
    count = traitlets.Int(0).tag(sync=True)

Counter()
'''


def notebook(*sources: str) -> dict[str, Any]:
    """A notebook of code cells, none of them run."""
    code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [{**code, "id": f"cell-{i}", "source": source} for i, source in enumerate(sources)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def test_a_widget_is_clicked_with_a_kernel_and_without(
    lab_page: OpenNotebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lab = lab_page(notebook(COUNTER, "print(6 * 7)", ""))
    lab.run_all()
    assert lab.cells()[1]["outputs"] == [{"output_type": "stream", "name": "stdout", "text": "42\n"}]
    lab.page.locator("button.counter").click()
    lab.page.get_by_text("count 1").wait_for()
    lab.shut_down_kernel()
    lab.page.locator("button.counter").click()
    lab.page.get_by_text("count 2").wait_for()
    lab.screenshot("harness")

    monkeypatch.delenv(SCREENSHOTS, raising=False)
    lab.screenshot("none")
    monkeypatch.setenv(SCREENSHOTS, str(tmp_path / "pictures"))
    lab.screenshot("a page / whole")
    lab.screenshot("a cell", ".jp-Cell")
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == [
        "a-cell.png",
        "a-page-whole.png",
    ]


def test_a_request_that_leaves_the_machine_is_refused_and_listed(browser: Watched) -> None:
    context = browser.browser.new_context()
    refused = refuse_outside(context)
    page = context.new_page()
    page.goto("about:blank")
    page.set_content('<img src="http://example.org/a.png"><script>new WebSocket("ws://example.org/b")</script>')
    page.wait_for_timeout(200)
    context.close()
    assert sorted(refused) == ["http://example.org/a.png", "ws://example.org/b"]


def test_what_goes_wrong_in_a_page_fails_the_test_in_time(lab_page: OpenNotebook) -> None:
    lab = lab_page(notebook("1 / 0"))
    with pytest.raises(AssertionError, match="ZeroDivisionError: division by zero"):
        lab.run_all()
    with pytest.raises(AssertionError, match="Error: no such thing"):
        lab._settle("throw new Error('no such thing')", 1000)
    with pytest.raises(TimeoutError):
        lab._settle("await new Promise(() => {})", 300)
