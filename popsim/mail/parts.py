"""The parts of a message as ranges of its octets (RFC 2045, RFC 2046).

No octet is copied or rewritten: a part says where it begins and ends in the message as it is stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from popsim.mail.fields import Field, Parameters, content_type, fields
from popsim.mail.message import Message

DEEPEST = 100
"""How many parts may stand one inside the other; what is deeper is not looked into."""
MOST = 10_000
"""How many parts a message may have; the last one holds what follows."""

_MULTIPART, _MESSAGE, _RFC822, _DIGEST, _BOUNDARY = b"multipart", b"message", b"rfc822", b"digest", b"boundary"
_PLAIN = (b"text", b"plain", ((b"charset", b"us-ascii"),))
_ENCLOSED: tuple[bytes, bytes, Parameters] = (_MESSAGE, _RFC822, ())
_UNREAD: tuple[bytes, bytes, Parameters] = (b"application", b"octet-stream", ())


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a message, or the message itself.

    Args:
        octets: the whole message.
        start: where the header of the part begins.
        body: where its body begins.
        end: where its body ends; the line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
        kind, subtype: of its Content-Type, as they were written, or the default (RFC 2045 §5.2, RFC 2046 §5.1.5).
        parameters: of its Content-Type.
        children: the parts of a multipart, or the one message in a message/rfc822.
    """

    octets: bytes = field(repr=False)
    start: int
    body: int
    end: int
    kind: bytes
    subtype: bytes
    parameters: Parameters
    children: tuple[Part, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """What a multipart is made of, one part at least: where none was found, one of no octets stands for it.

        A reader is told so (RFC 3501 §9, body-type-mpart); only a multipart has them.
        """
        return self.children or (Part(self.octets, self.end, self.end, self.end, *_PLAIN, ()),)

    @property
    def size(self) -> int:
        """Octets in the body, in its transfer encoding."""
        return self.end - self.body

    @property
    def lines(self) -> int:
        """Line ends in the body."""
        return self.octets.count(b"\n", self.body, self.end)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields of its header."""
        return tuple(fields(self.octets, self.start, self.body))

    @property
    def is_multipart(self) -> bool:
        """Whether its body is made of parts, be it of none."""
        return self.kind.lower() == _MULTIPART

    @property
    def is_message(self) -> bool:
        """Whether its body is a message with its own header (message/rfc822)."""
        return self.kind.lower() == _MESSAGE and self.subtype.lower() == _RFC822

    @property
    def is_text(self) -> bool:
        """Whether its body is text of any subtype."""
        return self.kind.lower() == b"text"

    def field(self, name: bytes) -> bytes | None:
        """The body of the first field of that name (in lower case), None where there is none."""
        return next((one.body for one in self.fields if one.name == name), None)

    def parameter(self, name: bytes) -> bytes | None:
        """The first parameter of that name (in lower case), None where there is none."""
        return next((value for key, value in self.parameters if key.lower() == name), None)

    def walk(self) -> Iterator[Part]:
        """This part and all that are inside it, in the order of their octets."""
        yield self
        for child in self.children:
            yield from child.walk()


def structure(message: Message) -> Part:
    """The message as a tree of parts; split at the first use and kept with the message."""
    return message.once(_split)


def _split(message: Message) -> Part:
    return _Splitter(message.octets).part(0, _PLAIN, 0)[0]


def header_end(octets: bytes, start: int = 0, limit: int | None = None) -> int:
    """Where the header that begins at `start` ends: after its first blank line, or at the limit if there is none."""
    if limit is None:
        limit = len(octets)
    if start < limit and octets.startswith(b"\r\n", start):
        return start + 2
    blank = octets.find(b"\r\n\r\n", start, limit)
    return limit if blank < 0 else blank + 4


def ends_blank(octets: bytes, start: int, body: int) -> bool:
    """Whether a header ends in a blank line."""
    return octets.endswith(b"\r\n\r\n", start, body) or body - start == 2 and octets.startswith(b"\r\n", start)


class _Hit(NamedTuple):
    """A boundary line: whose it is (its place among the open multiparts), where it stands, whether it is the last."""

    level: int
    start: int
    after: int
    closes: bool


class _Splitter:
    """One run over the octets.

    A line that begins with a boundary is that boundary, whatever follows (RFC 2046 §5.1.1); where it begins with
    several, the longest counts, since one may be the beginning of another. A boundary of an outer multipart ends what
    is inside as well.
    """

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._open: list[bytes] = []
        self._prefixes: tuple[bytes, ...] = ()
        self._count = 0

    def part(self, start: int, default: tuple[bytes, bytes, Parameters], depth: int) -> tuple[Part, _Hit | None]:
        """The part that begins here, and the boundary that ends it."""
        self._count += 1
        hit = self._next(start)
        limit = len(self._octets) if hit is None else hit.start
        body = header_end(self._octets, start, limit)
        kind, subtype, parameters = self._type(start, body, default)
        children: tuple[Part, ...] = ()
        large, small = kind.lower(), subtype.lower()
        if large == _MULTIPART and depth < DEEPEST:
            boundary = next((value for name, value in parameters if name.lower() == _BOUNDARY), None)
            if boundary is not None and ends_blank(self._octets, start, body):
                enclosed = _ENCLOSED if small == _DIGEST else _PLAIN
                children, hit = self._children(body, boundary, enclosed, depth)
        elif (large, small) == (_MESSAGE, _RFC822) and depth < DEEPEST:
            inner, hit = self.part(body, _PLAIN, depth + 1)
            children = (inner,)
        elif large == _MULTIPART or (large, small) == (_MESSAGE, _RFC822):
            kind, subtype, parameters = _UNREAD
        # The line end before a boundary belongs to it (RFC 2046 §5.1.1), be it the blank line after the header.
        end = len(self._octets) if hit is None else max(start, hit.start - 2)
        return Part(self._octets, start, min(body, end), end, kind, subtype, parameters, children), hit

    def _children(
        self, start: int, boundary: bytes, default: tuple[bytes, bytes, Parameters], depth: int
    ) -> tuple[tuple[Part, ...], _Hit | None]:
        """The parts between the boundaries, and the outer boundary that ends the multipart."""
        level = len(self._open)
        self._set([*self._open, b"--" + boundary])
        found: list[Part] = []
        hit = self._next(start)
        while hit is not None and hit.level == level and not hit.closes and self._count < MOST:
            part, hit = self.part(hit.after, default, depth + 1)
            found.append(part)
        self._set(self._open[:level])
        if hit is not None and hit.level >= level:  # the epilogue, where this boundary means nothing any more
            hit = self._next(hit.after)
        return tuple(found), hit

    def _set(self, boundaries: list[bytes]) -> None:
        self._open, self._prefixes = boundaries, tuple(boundaries)

    def _next(self, start: int) -> _Hit | None:
        """The next boundary line from here on, where a line begins."""
        octets, prefixes = self._octets, self._prefixes
        if not prefixes:
            return None
        shared = b"\n" + (prefixes[0] if len(prefixes) == 1 else b"--")
        place = octets.find(shared, max(start - 1, 0))
        while place >= 0:
            if octets.startswith(prefixes, place + 1):
                return self._hit(place + 1)
            place = octets.find(shared, place + 1)
        return None

    def _hit(self, start: int) -> _Hit:
        after = self._octets.index(b"\n", start) + 1
        best, rest = -1, b""
        for level in range(len(self._open) - 1, -1, -1):
            boundary = self._open[level]
            if (best < 0 or len(boundary) > len(self._open[best])) and self._octets.startswith(boundary, start):
                best, rest = level, self._octets[start + len(boundary) : after].rstrip()
                if rest in (b"", b"--"):
                    break
        return _Hit(best, start, after, rest.startswith(b"--"))

    def _type(self, start: int, body: int, default: tuple[bytes, bytes, Parameters]) -> tuple[bytes, bytes, Parameters]:
        for one in fields(self._octets, start, body):
            if one.name == b"content-type":
                return content_type(one.body) or _PLAIN
        return default
