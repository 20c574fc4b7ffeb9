"""`import popsim` loads nothing of Jupyter, matplotlib or Graphviz, and no socket or thread."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

HEAVY = {
    "IPython",
    "anywidget",
    "asyncio",
    "click",
    "email.message",
    "graphviz",
    "http",
    "ipywidgets",
    "jupyterlab",
    "mailbox",
    "matplotlib",
    "multiprocessing",
    "nbformat",
    "numpy",
    "pygraphviz",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "traitlets",
}
PAIRS = 9


def loaded(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running the code."""
    listing = f"{code}\nimport sys; modules = sorted(sys.modules)\nimport json; print(json.dumps(modules))"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, check=True, timeout=60)
    return set(json.loads(done.stdout))


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    return time.perf_counter() - start


def test_importing_popsim_loads_nothing_heavy() -> None:
    assert (loaded("import popsim") - loaded("")) & HEAVY == set()


def test_what_importing_popsim_takes_is_measured(record_property: Callable[[str, object], None]) -> None:
    """Printed with `-s`, and put into a JUnit report; how long it may take depends on the machine."""
    seconds("import popsim")  # compiles it
    pairs = [(seconds(""), seconds("import popsim")) for _ in range(PAIRS)]
    over = 1000 * statistics.median(with_popsim - bare for bare, with_popsim in pairs)
    bare = 1000 * statistics.median(bare for bare, _ in pairs)
    record_property("import popsim, ms over a bare interpreter", round(over, 1))
    print(f"import popsim: {over:.1f} ms over a bare interpreter's {bare:.1f} ms (median of {PAIRS} pairs)")


@pytest.mark.parametrize("name", ["numpy", "asyncio", "socket"])
def test_a_heavy_import_would_be_seen(name: str) -> None:
    assert name in (loaded(f"import {name}") - loaded("")) & HEAVY
