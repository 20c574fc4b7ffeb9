"""The lines of an answer of a protocol whose data have literals: each with the literals that are in it."""

from __future__ import annotations

import re
from typing import NamedTuple

from popsim.engine.framing import literal
from popsim.protocols.request import NO_TAG

_UNTAGGED = NO_TAG + b" "
_DATA = re.compile(rb"\* (?:([0-9]{1,10}) )?([A-Za-z]+)")
_BEHIND = (b" ", b")", b"\r", b"\n", b"<", b"]")


class Line(NamedTuple):
    """A line of data, or the last one, which has a status.

    Args:
        start: where it begins.
        octets: what it is, with the literals in it and its end.
        number: the number before its word, or -1.
        word: what it tells of, in upper case; empty where it is no data.
        is_closed: whether the line goes on behind each literal as it may: literals had as many octets as announced.
    """

    start: int
    octets: bytes
    number: int
    word: str
    is_closed: bool


def lines_of(octets: bytes) -> list[Line]:
    """The lines of an answer, in their order."""
    found = []
    place = 0
    while place < len(octets):
        end, is_closed = _end(octets, place)
        match = _DATA.match(octets, place)
        number = int(match[1]) if match and match[1] else -1
        word = match[2].decode("ascii").upper() if match else ""
        found.append(Line(place, octets[place:end], number, word, is_closed))
        place = end
    return found


def _end(octets: bytes, place: int) -> tuple[int, bool]:
    """Where a line ends, and whether it goes on behind each of its literals as it may."""
    is_data, is_closed = octets.startswith(_UNTAGGED, place), True
    while True:
        end = octets.find(b"\n", place) + 1 or len(octets)
        size = literal(octets[place:end].rstrip(b"\r\n")) if is_data else -1
        if size < 0 or end + size > len(octets):
            return end, is_closed
        place = end + size
        is_closed = is_closed and octets[place : place + 1] in _BEHIND
