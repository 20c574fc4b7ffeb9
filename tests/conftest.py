"""What all tests share: fixtures for real programs, and a machine made ready for the notebooks."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests import programs


@pytest.fixture(scope="session")
def require_program() -> Callable[..., str]:
    """`require_program("tshark", package="tshark")` is its path, or skips the test, or fails it in CI."""
    return programs.require_program


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium or a Chrome; see `require_program`."""
    return programs.require_chromium()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where notebooks are to be run, have matplotlib's font cache ready before the first.

    In a fresh environment matplotlib builds it at its first import, and on a slow machine says so on stderr,
    which nbval would compare. A backend chosen in the caller's environment would change the pictures.
    """
    if any(item.path.suffix == ".ipynb" for item in items):
        os.environ.pop("MPLBACKEND", None)
        warm = [sys.executable, "-c", "import matplotlib.font_manager"]
        subprocess.run(warm, check=False, capture_output=True, timeout=120)
