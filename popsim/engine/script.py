"""What a mail reader does, as a script: steps out, answers in. Whoever performs it has the wire, real or simulated.

A script is a generator. It yields a step and gets what came of it, so one script runs in virtual time, on a socket and
in a test::

    def login(name: str, password: str) -> Script[bool]:
        answers = yield Send.of(f"USER {name}")
        answers = yield Send.of(f"PASS {password}")
        return answers[0].positive
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from popsim.engine.response import Response

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a connection; what comes of it is the greeting. ``secure``: with the TLS handshake first (RFC 8314 §3)."""

    secure: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """Send command lines (without CRLF) at once and wait for the answer to each; more than one are pipelined.

    Where an answer leads to a TLS handshake, it is done before the script goes on.
    """

    lines: tuple[bytes, ...]

    @classmethod
    def of(cls, *lines: str | bytes) -> Send:
        """The step that sends these lines; text goes as UTF-8."""
        return cls(tuple(line.encode() if isinstance(line, str) else line for line in lines))


@dataclass(frozen=True, slots=True)
class CarryOn:
    """Send the next line (without CRLF) of an exchange that the last answer asked for, and wait for the answer."""

    line: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass, in nanoseconds; nothing comes of it."""

    nanoseconds: int


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for what the server says unasked, at most so many nanoseconds; whatever has come is what comes of it.

    It ends as soon as something has come, and with nothing where nothing has: an IMAP server tells news to a client
    that is idle (RFC 2177 §3).
    """

    nanoseconds: int


@dataclass(frozen=True, slots=True)
class Hang:
    """Wait until the server has closed the connection, or close it where it does not; nothing comes of it."""


Step = Connect | Send | CarryOn | Wait | Listen | Hang
Script = Generator[Step, list[Response], T]


class Disconnected(ConnectionError):
    """The connection was lost while a script waited for an answer: it is thrown into the script at that step.

    Args:
        text: what was lost and when, in words.
        responses: the answers that had come before.
    """

    def __init__(self, text: str, responses: tuple[Response, ...] = ()) -> None:
        super().__init__(text)
        self.responses = responses
