"""`popsim serve` as a process of its own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 30


class Served:
    """A server process that listens.

    Args:
        process: the process.
        first: the first line that it printed.
    """

    def __init__(self, process: subprocess.Popen[str], first: str) -> None:
        self.process = process
        self.first = first
        self.port = int(first.rsplit(":", 1)[-1])
        self.out = self.err = ""

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal, wait for its end, and return its exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        self.out, self.err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


@contextmanager
def served(*options: str | os.PathLike[str]) -> Iterator[Served]:
    """A server with these options; ended at the end of the block if the test has not done so."""
    command = [sys.executable, "-m", "popsim", "serve", "--pop3", "0", *map(str, options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield Served(process, _first_line(process))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout and process.stderr
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    line = process.stdout.readline() if ready else ""
    if not line:
        process.kill()
        raise AssertionError(f"the server did not come up: {process.stderr.read()}")
    return line.rstrip("\n")
