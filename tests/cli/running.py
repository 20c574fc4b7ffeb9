"""The command `popsim` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "popsim"]
ROOT = Path(__file__).resolve().parents[2]


def environment(**more: str) -> dict[str, str]:
    """This process's environment, in which popsim is found from any folder."""
    found = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **more}
    found.pop("POPSIM_TRACEBACK", None)
    return found


def popsim(
    *arguments: str | os.PathLike[str], cwd: Path | None = None, given: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command line to its end; ``more`` goes into its environment."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        env=environment(**more),
    )


def complaint(done: subprocess.CompletedProcess[str], code: int) -> str:
    """What a command that failed said: one line on stderr, nothing on stdout."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    assert done.stderr.endswith("\n") and done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("popsim") and "Traceback" not in done.stderr
    return done.stderr
