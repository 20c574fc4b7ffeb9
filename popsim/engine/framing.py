"""How octets are cut into units: lines, dot-ended text, counted octets. No unit is ever guessed."""

from __future__ import annotations

import re
import sys
from abc import ABC, abstractmethod
from typing import NamedTuple, Protocol

from popsim.protocols.literal import announced

CRLF = b"\r\n"
END = b".\r\n"
"""What ends a multi-line response: a lone dot (RFC 1939 §3)."""

_DOTTED_LINE = re.compile(rb"\r\n\.")  # a literal prefix makes it ten times as fast as (?m)^
_LITERAL = re.compile(rb"\{(\d{1,10})\}\Z")


class Payload(Protocol):
    """What follows a reply's line: a message or a listing, in both forms that a unit may need."""

    @property
    def octets(self) -> bytes:
        """The octets themselves, for a counted unit."""

    @property
    def dot_stuffed(self) -> bytes:
        """The same as dot-ended lines, the end included, for a multi-line unit."""


class Listing(NamedTuple):
    """A payload of lines that begin with a number, so that no line needs a dot added."""

    octets: bytes

    @property
    def dot_stuffed(self) -> bytes:
        return self.octets + END


def unstuffed(text: bytes) -> bytes:
    """The lines of a multi-line unit as they were before dots were added, without the end (RFC 1939 §3).

    A bare LF ends no line, so a dot that follows one was not added.
    """
    return _DOTTED_LINE.sub(b"\r\n", text[1:] if text.startswith(b".") else text)


def literal(line: bytes) -> int:
    """How many octets follow a server's line that ends with ``{12}`` or the like (RFC 3501 §4.3); -1: none."""
    found = announced(line)
    return found.size if found and found.waits else -1  # with a + in it, it is a client's


class Buffer:
    """Octets that have come and are not read yet. Every cut of the input gives the same units.

    A line that is longer than its limit is thrown away as it comes, so memory stays bounded.
    """

    __slots__ = ("_octets", "_place", "_end", "_dropped", "size", "whole")

    def __init__(self) -> None:
        self._octets = b""
        self._place = 0
        self._end = 0
        self._dropped = 0
        self.size = 0
        """How many octets the last line had, its end included, those thrown away included."""
        self.whole = True
        """Whether the last line was whole: false for one that was longer than its limit and was thrown away."""

    def feed(self, data: bytes) -> None:
        """Add octets that came."""
        self._octets = self._octets[self._place :] + data if self._place < self._end else data
        self._place = 0
        self._end = len(self._octets)

    @property
    def empty(self) -> bool:
        """Whether all that has come is read."""
        return self._place == self._end

    def line(self, limit: int) -> bytes | None:
        """The next line with its end, or None while it is not whole.

        Args:
            limit: the most octets that it may have, with its CRLF.
        """
        start = self._place
        end = self._octets.find(b"\n", start) + 1
        if not end:
            self._drop_beyond(limit)
            return None
        self._place = end
        size = self.size = end - start + self._dropped
        self.whole = size <= limit
        self._dropped = 0
        return self._octets[start:end] if self.whole else b""

    def part(self, reader: Part) -> bool:
        """Let a reader of something that is no line take what belongs to it; False while its end has not come."""
        while True:
            place = min(self._place + reader.most, self._end)  # what is not its own is not copied again and again
            used = reader.feed(self._octets[self._place : place])
            self._place = place if used < 0 else self._place + used
            if used >= 0 or self.empty:
                return used >= 0

    def run(self, pattern: re.Pattern[bytes]) -> bytes:
        """Take what a pattern matches of the octets that come next: nothing, or lines that are whole."""
        match = pattern.match(self._octets, self._place)
        if match is None:
            return b""
        self._place = match.end()
        return match[0]

    def clear(self) -> int:
        """Throw away whatever has come and was not read, and return how many octets that was."""
        size = self._dropped + self._end - self._place
        self._octets, self._place, self._end, self._dropped = b"", 0, 0, 0
        return size

    def _drop_beyond(self, limit: int) -> None:
        waiting = self._end - self._place
        if self._dropped or waiting > limit:
            self._dropped += waiting
            self._octets, self._place, self._end = b"", 0, 0


class Part(ABC):
    """What is read as one unit and is no line. It comes piece by piece, and no octet is copied before its end.

    Args:
        limit: the most octets to keep; beyond it the unit is read to its end and thrown away.
    """

    __slots__ = ("_pieces", "_limit", "size", "too_long")

    def __init__(self, limit: int) -> None:
        self._pieces: list[bytes] = []
        self._limit = limit
        self.size = 0
        """How many octets were read, the end included."""
        self.too_long = False

    @property
    def most(self) -> int:
        """The most octets that it can take at once."""
        return sys.maxsize

    @abstractmethod
    def feed(self, data: bytes) -> int:
        """Take octets and return how many belong to the unit, or -1 while its end has not come."""

    def text(self) -> bytes:
        """What was read, without what marks its end; nothing where it was too long."""
        return b"".join(self._pieces)

    def _keep(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._limit:
            self.too_long = True
            self._pieces.clear()
        else:
            self._pieces.append(data)


class Counted(Part):
    """Reads octets whose number is known.

    Args:
        count: how many.
        limit: as in :class:`Part`.
    """

    __slots__ = ("_missing",)

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(limit)
        self._missing = count

    @property
    def most(self) -> int:
        return self._missing

    def feed(self, data: bytes) -> int:
        """Take octets: see :meth:`Part.feed`."""
        used = min(self._missing, len(data))
        self._missing -= used
        self._keep(data[:used])
        return -1 if self._missing else used


class Literal(Part):
    """Reads a literal and the rest of the line behind it, in which the command goes on (RFC 3501 §4.3).

    Args:
        count: how many octets the literal has.
        limit: as in :class:`Part`, for the literal.
        line_limit: the most octets of the line, with its CRLF; a longer one is read to its end and thrown away.
    """

    __slots__ = ("line", "_missing", "_line_limit", "_line_size")

    def __init__(self, count: int, limit: int, line_limit: int) -> None:
        super().__init__(limit)
        self.line = b""
        """The line with its end, or nothing where it is too long."""
        self._missing = count
        self._line_limit = line_limit
        self._line_size = 0

    @property
    def most(self) -> int:
        return self._missing or sys.maxsize

    def feed(self, data: bytes) -> int:
        """Take octets: see :meth:`Part.feed`."""
        used = min(self._missing, len(data))
        if used:
            self._missing -= used
            self._keep(data[:used])
        if self._missing or used == len(data):
            return -1
        end = data.find(b"\n", used) + 1
        line = data[used : end or len(data)]
        self.size += len(line)
        self._line_size += len(line)
        self.line = self.line + line if self._line_size <= self._line_limit else b""
        return end or -1


class DotEnded(Part):
    """Reads lines up to a lone dot, without looking at any octet twice."""

    __slots__ = ("_tail",)

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._tail = CRLF

    def feed(self, data: bytes) -> int:
        """Take octets: see :meth:`Part.feed`."""
        window = self._tail + data
        at = window.find(CRLF + END)
        if at < 0:
            self._keep(data)
            self._tail = window[-4:]
            return -1
        used = at + len(CRLF + END) - len(self._tail)
        self._keep(data[:used])
        return used

    def text(self) -> bytes:
        """The text that was read, dots removed, without the end."""
        return b"" if self.too_long else unstuffed(super().text()[: -len(END)])
