"""The linter and the type checker have nothing to say."""

import subprocess
import sys

import pytest

from tests.project.tree import ROOT


def complaints(*arguments: str) -> str:
    """What a tool says when it fails, or nothing."""
    tool = [sys.executable, "-m", *arguments]
    done = subprocess.run(tool, cwd=ROOT, capture_output=True, text=True, timeout=300)
    return done.stdout + done.stderr if done.returncode else ""


def test_ruff() -> None:
    assert complaints("ruff", "check", "--quiet", "--output-format=concise", ".") == ""


@pytest.mark.slow
def test_mypy() -> None:
    assert complaints("mypy", "--no-error-summary") == ""
