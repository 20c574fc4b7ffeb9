"""Octets as the strings of an IMAP answer (RFC 3501 §4.3): quoted where they can be, literals where they must be."""

from __future__ import annotations

import re
from collections.abc import Iterable

NIL = b"NIL"
_NEEDS_LITERAL = re.compile(rb'[\r\n"\\\x80-\xff]')
LONGEST_QUOTED = 500
"""A longer string is a literal: readers bound the length of their lines (RFC 2683 §3.2.1.5)."""


def bearable(octets: bytes) -> bytes:
    """The octets without NUL, which no string of IMAP can carry (RFC 3501 §9, CHAR8): 0x80 stands for each.

    The length stays what it was, so that sizes and partial fetches agree. Octets without NUL are not copied.
    """
    return octets.replace(b"\0", b"\x80") if b"\0" in octets else octets


def literal(octets: bytes) -> bytes:
    """The octets after their count."""
    return b"{%d}\r\n%b" % (len(octets), bearable(octets))


def string(octets: bytes) -> bytes:
    """The octets as a quoted string; as a literal where they have a quote, a backslash, CR, LF or more than 7 bits."""
    octets = bearable(octets)
    if len(octets) > LONGEST_QUOTED or _NEEDS_LITERAL.search(octets):
        return b"{%d}\r\n%b" % (len(octets), octets)
    return b'"%b"' % octets


def nstring(octets: bytes | None) -> bytes:
    """A string, or NIL for None."""
    return NIL if octets is None else string(octets)


def listed(strings: Iterable[bytes]) -> bytes:
    """Values that are written already, in parentheses with spaces between them; NIL where there are none."""
    inside = b" ".join(strings)
    return b"(%b)" % inside if inside else NIL
