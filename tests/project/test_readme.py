"""The README's commands and its five minutes of use: they run as they stand there."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.project.tree import ROOT, command


def test_the_course_command_makes_an_environment_installs_and_starts_the_course() -> None:
    venv, install, start = command("course").split(" && ")
    assert venv == "python3 -m venv .venv"
    assert install.startswith(".venv/bin/pip install ")
    assert start == ".venv/bin/popsim lab"


def test_the_test_command_makes_an_environment_installs_and_runs_pytest() -> None:
    venv, install, test = command("test").split(" && ")
    assert venv == "python3 -m venv .venv"
    assert install.startswith(".venv/bin/pip install ") and "[test]" in install
    assert test.startswith(".venv/bin/pytest")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    shown = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run"), "--show-command"], capture_output=True, text=True, timeout=30
    )
    assert (shown.returncode, shown.stdout) == (0, command("test") + "\n")


def test_the_five_minutes_of_use_run_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks:  # as in a notebook: what one cell has made is there in the next
        exec(compile(block, "README.md", "exec"), names)
    assert "EXISTS" in str(names["lab"])  # a4 tells of the mail that came
    assert (tmp_path / "session.jsonl").exists()
