"""`popsim lab` runs JupyterLab on the loopback, without its news, and a signal ends it."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from popsim.course import folder as course
from popsim.course.folder import CourseError, launch
from tests.lab_server import LabServer


@pytest.fixture
def server(tmp_path: Path) -> LabServer:
    (tmp_path / "desk").mkdir()
    (tmp_path / "home").mkdir()
    return LabServer(tmp_path / "desk", tmp_path / "home")


def listened_on(process: psutil.Process) -> set[str]:
    """The addresses that a process listens on; none where it has ended in the meantime, as some children do."""
    try:
        connections = process.net_connections("inet")
    except psutil.NoSuchProcess:
        return set()
    return {connection.laddr.ip for connection in connections if connection.status == psutil.CONN_LISTEN}


def test_jupyterlab_runs_and_one_sigint_ends_it(server: LabServer) -> None:
    try:
        page = server.get("/lab").decode()
        found = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)
        listening = {
            address
            for process in psutil.Process(server.process.pid).children(recursive=True)
            for address in listened_on(process)
        }
    finally:
        code = server.stop(signal.SIGINT)
    assert found and json.loads(found[1])["disabledExtensions"] == [
        "@jupyterlab/apputils-extension:announcements"
    ]
    assert listening == {"127.0.0.1"}
    assert code == 0
    assert "Traceback" not in server.log.read_text()


def test_without_jupyterlab_there_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CourseError) as caught:
        launch(tmp_path)
    assert str(caught.value) == "JupyterLab is missing from this Python: python -m pip install jupyterlab"


def test_the_command_names_the_folder_the_port_and_the_first_notebook(tmp_path: Path) -> None:
    command = course._command(tmp_path, 8899, False, ("--debug",))
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert {"--ServerApp.ip=127.0.0.1", "--ServerApp.port=8899", "--ServerApp.port_retries=0"} <= set(command)
    assert "--LabApp.default_url=/lab/tree/00-start-here.ipynb" in command
    assert command[-1] == "--debug" and "--no-browser" in command
    assert "--no-browser" not in course._command(tmp_path, None, True, ())


def test_the_exit_code_is_jupyters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "_command", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"])
    assert launch(tmp_path) == 3
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    monkeypatch.setattr(course, "_command", lambda *_: [sys.executable, "-c", killed])
    assert launch(tmp_path) == 128 + signal.SIGKILL


def test_the_users_own_jupyter_configuration_stays_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "mine")
    first, second = course._environment()["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert (Path(first) / "labconfig" / "page_config.json").is_file()
    assert second == "mine"


def test_importing_the_launcher_starts_nothing_heavy() -> None:
    code = "import popsim.course.folder, sys; sys.exit(bool({'subprocess', 'jupyterlab'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == 0
