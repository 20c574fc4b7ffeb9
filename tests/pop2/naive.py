"""A POP2 client and server that somebody might write in an hour from RFC 937: they know nothing of popsim."""

from __future__ import annotations

from collections.abc import Callable

Exchange = Callable[[bytes], bytes]
"""Sends octets, and returns all that comes back."""


class NaiveClient:
    """Fetches all mail over anything that carries octets.

    Args:
        exchange: sends octets, and returns all that comes back.
        greeting: what came first.
    """

    def __init__(self, exchange: Exchange, greeting: bytes) -> None:
        self.exchange = exchange
        assert greeting.startswith(b"+ POP2 "), greeting

    def command(self, text: str) -> tuple[str, int]:
        """Send a command; the reply's first character and the number behind it."""
        reply = self.exchange(text.encode() + b"\r\n")
        assert reply.endswith(b"\r\n") and reply.count(b"\r\n") == 1, reply
        first = chr(reply[0])
        return first, int(reply[1:].split()[0]) if first in "#=" else 0

    def all(self, user: str, password: str, acknowledge: str = "ACKS", folder: str = "") -> list[bytes]:
        """Log in, fetch each message by its count of octets, acknowledge it, and say goodbye."""
        first, number = self.command(f"HELO {user} {password}")
        assert first == "#", first
        if folder:
            first, number = self.command(f"FOLD {folder}")
            assert first == "#", first
        messages = []
        if number:
            first, length = self.command("READ")
            while first == "=" and length:
                data = self.exchange(b"RETR\r\n")
                assert len(data) == length, (len(data), length)
                messages.append(data)
                first, length = self.command(acknowledge)
        assert self.command("QUIT")[0] == "+"
        assert len(messages) == number
        return messages


class NaiveServer:
    """Serves one mailbox of messages; it looks at the first word of a line and nothing else."""

    def __init__(self, messages: list[bytes]) -> None:
        self.messages: list[bytes | None] = list(messages)
        self.marked: set[int] = set()
        self.current = 0
        self.is_over = False

    def length(self) -> bytes:
        """The reply that tells the length of the current message."""
        there = 0 <= self.current < len(self.messages) and self.current not in self.marked
        return b"=%d bytes\r\n" % len((self.messages[self.current] or b"") if there else b"")

    def line(self, line: bytes) -> bytes:
        """What a line is answered by."""
        word, _, rest = line.strip().partition(b" ")
        if word == b"HELO":
            return b"#%d\r\n" % len(self.messages) if rest == b"alice secret" else self.error()
        if word == b"FOLD":
            return b"#%d\r\n" % len(self.messages)
        if word == b"READ":
            self.current = int(rest) - 1 if rest else self.current
            return self.length()
        if word == b"RETR":
            return self.messages[self.current] or b""
        if word in (b"ACKS", b"ACKD", b"NACK"):
            self.marked |= {self.current} if word == b"ACKD" else set()
            self.current += word != b"NACK"
            return self.length()
        if word == b"QUIT":
            self.messages = [m for n, m in enumerate(self.messages) if n not in self.marked]
            self.is_over = True
            return b"+ so long\r\n"
        return self.error()

    def error(self) -> bytes:
        """Anything wrong is the end."""
        self.is_over = True
        return b"- bad\r\n"
