"""Literals: octets inside a command, announced by the line before them (RFC 3501 §4.3, RFC 7888 §4)."""

from __future__ import annotations

import re
from typing import NamedTuple

_LITERAL = re.compile(rb"\{([0-9]{1,10})(\+?)\}\Z")


class Announced(NamedTuple):
    """A literal that a line announces (RFC 3501 §4.3).

    Args:
        size: how many octets follow the line.
        waits: whether the client waits to be asked for them; else they are on their way (RFC 7888 §4).
    """

    size: int
    waits: bool


def announced(line: bytes) -> Announced | None:
    """The literal that a line without its CRLF announces, or None."""
    match = _LITERAL.search(line) if line.endswith(b"}") else None
    return Announced(int(match[1]), not match[2]) if match else None
