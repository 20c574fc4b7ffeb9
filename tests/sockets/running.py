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
        lines: the lines that it printed, one for each port.
    """

    def __init__(self, process: subprocess.Popen[str], lines: list[str]) -> None:
        self.process = process
        self.lines = lines
        self.first = first = lines[0]
        self.ports = [int(line.rsplit(":", 1)[-1]) for line in lines]
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
    ports = sum(word in ("--pop3", "--pop3s") for word in command)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield Served(process, [_line(process) for _ in range(ports)])
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def _line(process: subprocess.Popen[str]) -> str:
    """The next line on stdout, read octet by octet: what waits in a buffer could not be waited for."""
    assert process.stdout and process.stderr
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        octet = os.read(process.stdout.fileno(), 1) if ready else b""
        if not octet:
            process.kill()
            raise AssertionError(f"the server did not come up: {process.stderr.read()}")
        line += octet
    return line.decode().rstrip("\n")
