"""JupyterLab and Chromium for the tests in this folder.

    def test_something(lab_page):
        lab = lab_page(Path("notebooks/00-start-here.ipynb"))
        lab.run_all()
        lab.page.get_by_role("button", name="Forward").click()
        lab.shut_down_kernel()

The server is one for the session. The browser is one for a module and is closed with it: as long as
Playwright's synchronous interface is open, nothing else in the process can run an asyncio loop.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import Watched, chromium_browser, refuse_outside
from tests.browser.lab_page import LabPage
from tests.lab_server import LabServer

HERE = Path(__file__).parent
TEST_ENDS_WITHIN = 300.0  # seconds

OpenNotebook = Callable[..., LabPage]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is marked `browser`."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def lab_server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """A JupyterLab on an empty folder."""
    server = LabServer(tmp_path_factory.mktemp("folder"), tmp_path_factory.mktemp("home"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Watched]:
    """A headless Chromium."""
    with chromium_browser(chromium) as watched:
        yield watched


@pytest.fixture
def lab_page(lab_server: LabServer, browser: Watched, tmp_path: Path) -> Iterator[OpenNotebook]:
    """Opens a notebook: a path, of which the server gets a copy, or a notebook's JSON as a dict.

    After the test no request of any page may have gone anywhere but 127.0.0.1.
    """
    folder = lab_server.folder / tmp_path.name
    folder.mkdir()
    contexts = []
    refused = []

    def open_notebook(
        notebook: Path | Mapping[str, Any],
        *,
        width: int = 1300,
        height: int = 1000,
        name: str = "notebook.ipynb",
    ) -> LabPage:
        if isinstance(notebook, Path):
            name = notebook.name
            shutil.copy(notebook, folder / name)
        else:
            (folder / name).write_text(json.dumps(notebook), encoding="utf-8")
        context = browser.browser.new_context(
            viewport={"width": width, "height": height}, locale="en-US", service_workers="block"
        )
        contexts.append(context)
        refused.append(refuse_outside(context))
        return LabPage(context.new_page(), lab_server, f"{folder.name}/{name}")

    with browser.for_at_most(TEST_ENDS_WITHIN):
        yield open_notebook
        for context in contexts:
            context.close()
    lab_server.end_kernels()
    assert not any(refused), f"the page asked for what is not on this machine: {refused}"
