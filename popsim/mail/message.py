"""One message as exact octets (RFC 1939 §11: the size counts each line end as two octets)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from popsim.mail.header import value
from popsim.mail.unique_ids import check

_T = TypeVar("_T")

# Measured: with its literal prefix this pattern runs at 2 GB/s, bytes.replace at 1 GB/s, and
# (?m)^\. (which would need no case for the first line) at 0.2 GB/s.  Without a dotted line,
# sub returns its argument uncopied.
_DOTTED_LINE = re.compile(rb"\n\.")

END = b".\r\n"
"""The line that ends a multi-line response (RFC 1939 §3)."""


class _Derived:
    """What is computed once from the octets, and shared by all copies of a message."""

    __slots__ = ("digest", "dot_stuffed", "made")

    def __init__(self) -> None:
        self.dot_stuffed: bytes | None = None
        self.digest: str | None = None
        self.made: dict[object, object] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """A message that never changes.

    Args:
        octets: the message as it travels: every line, the last one too, ends in CR LF.  Octets above
            127, NUL and a bare CR stay as they are.  No octets at all is a message as well.
        uid: the unique-id, 1 to 70 characters from 0x21 to 0x7E (RFC 1939 §7); None lets the
            maildrop that takes the message choose one.

    Raises:
        TypeError: `octets` is not bytes.
        ValueError: a line does not end in CR LF (`Message.of` mends that), or `uid` is no unique-id.
    """

    octets: bytes
    uid: str | None = None
    size: int = field(init=False, compare=False)
    """Octets in the message; dots that are stuffed on the way do not count (RFC 1939 §11)."""
    _derived: _Derived = field(init=False, compare=False)

    def __post_init__(self) -> None:
        octets = self.octets
        if not isinstance(octets, bytes):
            raise TypeError(f"a message is made of bytes, not {type(octets).__name__}: use text.encode()")
        if octets and not octets.endswith(b"\r\n") or octets.count(b"\n") != octets.count(b"\r\n"):
            raise ValueError("every line of a message ends in CR LF (RFC 5322 §2.3); Message.of(data) mends that")
        if self.uid is not None:
            check(self.uid)
        object.__setattr__(self, "size", len(octets))
        object.__setattr__(self, "_derived", _Derived())

    @classmethod
    def of(cls, data: bytes, uid: str | None = None) -> Message:
        """The message in data whose lines may end in LF.

        A bare LF becomes CR LF, and a last line without an end gets one (a multi-line response
        could not carry it otherwise).  Nothing else is changed; no data is the message of no octets.
        """
        octets = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if octets and not octets.endswith(b"\r\n"):
            octets += b"\r\n"
        return cls(octets, uid)

    def with_uid(self, uid: str) -> Message:
        """The same octets under another unique-id; what was computed from them is shared.

        Raises:
            ValueError: `uid` is no unique-id.
        """
        if uid == self.uid:
            return self
        check(uid)
        return self._named(uid)

    def without_uid(self) -> Message:
        """The same octets without a unique-id: where they come to lie next, they get one."""
        return self if self.uid is None else self._named(None)

    def _named(self, uid: str | None) -> Message:
        twin = object.__new__(Message)  # not by the constructor: the octets were checked once
        for name, content in (
            ("octets", self.octets), ("uid", uid), ("size", self.size), ("_derived", self._derived)
        ):  # fmt: skip
            object.__setattr__(twin, name, content)
        return twin

    @property
    def dot_stuffed(self) -> bytes:
        """The message as the rest of a multi-line response (RFC 1939 §3).

        Each line that begins with the termination octet has a second one before it, and the line
        with a single one ends it.  Computed at the first use, then shared by every session.
        """
        stuffed = self._derived.dot_stuffed
        if stuffed is None:
            stuffed = _DOTTED_LINE.sub(b"\n..", self.octets) + END
            if self.octets.startswith(b"."):
                stuffed = b"." + stuffed
            self._derived.dot_stuffed = stuffed
        return stuffed

    @property
    def digest(self) -> str:
        """SHA-256 of the octets, 64 hexadecimal digits."""
        digest = self._derived.digest
        if digest is None:
            import hashlib  # loads OpenSSL: not before it is needed

            digest = self._derived.digest = hashlib.sha256(self.octets).hexdigest()
        return digest

    def once(self, make: Callable[[Message], _T]) -> _T:
        """What `make` makes of the octets: at the first use, then kept for all copies of the message."""
        made = self._derived.made
        if made is None:
            made = self._derived.made = {}
        found = made.get(make)
        if found is None:
            found = made[make] = make(self)
        return cast("_T", found)

    def _body(self) -> int:
        """Where the body begins: after the first blank line, or at the end if there is none."""
        if self.octets.startswith(b"\r\n"):
            return 2
        blank = self.octets.find(b"\r\n\r\n")
        return self.size if blank < 0 else blank + 4

    def top(self, count: int) -> Message:
        """The header lines, the blank line and the first lines of the body (RFC 1939 §7, TOP).

        Args:
            count: how many lines of the body; with more than there are it is the whole message.

        Raises:
            ValueError: `count` is less than 0.
        """
        if count < 0:
            raise ValueError(f"a number of lines is 0 or more, not {count} (RFC 1939 §7, TOP)")
        end = self._body()
        while count and end < self.size:
            end = self.octets.index(b"\n", end) + 1
            count -= 1
        return self if end == self.size else Message(self.octets[:end])

    def header(self, name: str) -> str:
        """The first header field of that name, to show to people, or "" if there is none.

        It is unfolded (RFC 5322 §2.2.3), its encoded words are decoded (RFC 2047), and it has one line.
        """
        return value(self.octets[: self._body()], name)

    @property
    def has_utf8_header(self) -> bool:
        """Whether the header is UTF-8 and more than ASCII (RFC 6532): octets that are no UTF-8 make no such header."""
        head = self.octets[: self._body()]
        if head.isascii():
            return False
        try:
            head.decode()
        except UnicodeDecodeError:
            return False
        return True

    def __repr__(self) -> str:
        uid = "" if self.uid is None else f" uid={self.uid}"
        return f"<Message{uid} of {self.size} octets: {self.header('Subject') or 'no subject'}>"
