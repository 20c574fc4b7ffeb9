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
NAMES = ("pop2", "pop3", "pop3s", "imap", "imaps", "smtp", "smtps")
"""What can be served: an option for each."""
EVERYTHING = [word for name in NAMES for word in (f"--{name}", "0")]


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
        self.by_name = {line.split()[0]: port for line, port in zip(lines, self.ports, strict=True)}
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
    """A POP3 server with these options; ended at the end of the block if the test has not done so."""
    with serving("--pop3", "0", *options) as server:
        yield server


@contextmanager
def serving(*options: str | os.PathLike[str]) -> Iterator[Served]:
    """A server with these options, which name its ports; ended as :func:`served` is."""
    command = [sys.executable, "-m", "popsim", "serve", *map(str, options)]
    ports = sum(word.removeprefix("--") in NAMES for word in command if word.startswith("--"))
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
