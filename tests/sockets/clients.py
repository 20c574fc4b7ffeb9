"""A client that keeps every octet that crosses its socket."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import TypeVar

PATIENCE = 10.0
R = TypeVar("R", bound="Raw")


class Raw:
    """A connection to a server, octet by octet.

    Args:
        port: on 127.0.0.1.
        greeted: whether to read the greeting at once.
    """

    def __init__(self, port: int, greeted: bool = True) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.name = self.socket.getsockname()
        self.sent = self.got = b""
        self._read = 0
        self.greeting = self.line() if greeted else b""

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)
        self.sent += octets

    def line(self) -> bytes:
        """The next line, without its CRLF; whatever there is at the end of the stream."""
        return self._until(b"\r\n").removesuffix(b"\r\n")

    def lines(self) -> bytes:
        """What follows the line of a multi-line answer, the lone dot included."""
        start = self._read
        while self._until(b"\r\n") not in (b".\r\n", b""):
            pass
        return self.got[start : self._read]

    def say(self, line: str) -> bytes:
        """Send a command and read the line that answers it."""
        self.send(line.encode() + b"\r\n")
        return self.line()

    def login(self, name: str = "alice", secret: str = "secret") -> bytes:
        self.say(f"USER {name}")
        return self.say(f"PASS {secret}")

    def rest(self) -> bytes:
        """Everything up to the end of the stream."""
        start = self._read
        while data := self.socket.recv(65536):
            self.got += data
        self._read = len(self.got)
        return self.got[start:]

    def close(self) -> None:
        self.socket.close()

    def _until(self, end: bytes) -> bytes:
        start = self._read
        while (at := self.got.find(end, start)) < 0:
            data = self.socket.recv(65536)
            if not data:
                self._read = len(self.got)
                return self.got[start:]
            self.got += data
        self._read = at + len(end)
        return self.got[start : self._read]

    def __enter__(self: R) -> R:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
