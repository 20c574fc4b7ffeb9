"""The README's course command in a fresh copy, nothing else installed: it comes up and the course runs."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.lab_server import environment
from tests.project import tree

INSTALLS_WITHIN = 600.0  # seconds
ENDS_WITHIN = 30.0
RUNS_WITHIN = 300


@contextmanager
def course(clone: Path, home: Path) -> Iterator[dict[str, Any]]:
    """Run the course command in `clone`; what the JupyterLab that it starts says of itself."""
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", tree.command("course")],
            cwd=clone,
            # The browser that JupyterLab opens is a program that does nothing.
            env=environment(home) | {"BROWSER": "true", "PIP_QUIET": "2"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _server(process, home)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(ENDS_WITHIN)


def _server(process: subprocess.Popen[bytes], home: Path) -> dict[str, Any]:
    end = time.monotonic() + INSTALLS_WITHIN
    while time.monotonic() < end and process.poll() is None:
        for path in (home / "runtime").glob("jpserver-*.json"):
            with suppress(ValueError):  # half written
                found: dict[str, Any] = json.loads(path.read_bytes())
                return found
        time.sleep(0.5)
    raise AssertionError(f"JupyterLab did not come up:\n{(home / 'log').read_text()[-4000:]}")


def answers(server: dict[str, Any], path: str) -> dict[str, Any]:
    """What the server's interface answers for a path, asked for as long as it is still starting."""
    request = urllib.request.Request(
        server["url"] + path, headers={"Authorization": f"token {server['token']}"}
    )
    for _ in range(60):
        with suppress(ConnectionError, urllib.error.URLError):
            with urllib.request.urlopen(request, timeout=10) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        time.sleep(0.5)
    raise AssertionError(f"no answer for {path}")


@pytest.mark.slow
def test_the_course_command_brings_up_the_course_and_its_notebooks_run(tmp_path: Path) -> None:
    clone, home = tmp_path / "clone", tmp_path / "home"
    tree.copy(clone)
    home.mkdir()
    with course(clone, home) as server:
        shown = answers(server, "api/contents/")
        assert "00-start-here.ipynb" in [entry["name"] for entry in shown["content"]]
    log = (home / "log").read_text()
    assert "Traceback" not in log, log[-4000:]

    notebooks = sorted(str(path) for path in (clone / "popsim-course").glob("*.ipynb"))
    run = [str(clone / ".venv" / "bin" / "jupyter"), "execute", *notebooks]
    done = subprocess.run(
        run, cwd=home, env=environment(home), capture_output=True, text=True, timeout=RUNS_WITHIN
    )
    assert done.returncode == 0, done.stderr[-4000:]
