"""A server that says what a test wants it to say."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 10.0
Answers = Callable[[bytes], "bytes | None"]
"""Gives the octets that answer a line, its CRLF cut off; None closes the connection."""


class Scripted:
    """What the server has heard.

    Args:
        port: on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.heard: list[bytes] = []


@contextmanager
def scripted(answers: Answers, greeting: bytes = b"+OK here\r\n") -> Iterator[Scripted]:
    """A server that takes one connection after another and answers each line.

    Args:
        answers: what it says to a line.
        greeting: what it says first; nothing, and it waits.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    server = Scripted(listener.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(PATIENCE)
                _talk(connection, server, answers, greeting)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def _talk(connection: socket.socket, server: Scripted, answers: Answers, greeting: bytes) -> None:
    connection.sendall(greeting)
    waiting = b""
    while True:
        line, end, rest = waiting.partition(b"\r\n")
        if end:
            waiting = rest
            server.heard.append(line)
            answer = answers(line)
            if answer is None:
                return
            connection.sendall(answer)
            if line == b"QUIT":
                return
            continue
        data = connection.recv(65536)
        if not data:
            return
        waiting += data


class Maildrop:
    """The answers of a small server, which a test changes where it likes.

    Args:
        messages: octets by message-number, dots not yet doubled.
        uids: unique-ids by message-number; None for a server that has none.
        changed: answers to single lines, in place of the usual ones.
    """

    def __init__(
        self,
        messages: dict[int, bytes],
        uids: dict[int, bytes] | None = None,
        changed: dict[bytes, bytes | None] | None = None,
    ) -> None:
        self.messages, self.uids, self.changed = dict(messages), uids, changed or {}
        self._marked: set[int] = set()

    def __call__(self, line: bytes) -> bytes | None:
        if line in self.changed:
            return self.changed[line]
        word, *numbers = line.split(b" ")
        number = int(numbers[0]) if numbers and numbers[0].isdigit() else 0
        match word:
            case b"USER" | b"PASS":
                self._marked.clear()
                return b"+OK\r\n"
            case b"LIST":
                return self._lines({n: b"%d" % len(octets) for n, octets in self.messages.items()})
            case b"UIDL" if self.uids is not None:
                return self._lines({n: uid for n, uid in self.uids.items() if n in self.messages})
            case b"RETR" if number in self.messages:
                return b"+OK\r\n" + self.messages[number].replace(b"\r\n.", b"\r\n..") + b".\r\n"
            case b"DELE" if number in self.messages:
                self._marked.add(number)
                return b"+OK\r\n"
            case b"QUIT":
                for gone in self._marked:
                    self.messages.pop(gone, None)
                return b"+OK\r\n"
        return b"-ERR\r\n"

    def _lines(self, rows: dict[int, bytes]) -> bytes:
        return b"+OK\r\n" + b"".join(b"%d %s\r\n" % row for row in sorted(rows.items())) + b".\r\n"
