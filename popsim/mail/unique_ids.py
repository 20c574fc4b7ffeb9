"""Unique-ids: the names that messages keep from session to session (RFC 1939 §7, UIDL)."""

from __future__ import annotations

import re

_UNIQUE_ID = re.compile(r"[!-~]{1,70}")
_DIGITS = 24  # 96 bits of the hash: short enough to read in a lesson


def fits(name: str) -> bool:
    """Whether a name can be a unique-id: 1 to 70 characters, each from 0x21 to 0x7E (RFC 1939 §7)."""
    return _UNIQUE_ID.fullmatch(name) is not None


def check(uid: str) -> None:
    """Accept 1 to 70 characters, each from 0x21 to 0x7E (RFC 1939 §7).

    Raises:
        ValueError: it is anything else.
    """
    if not fits(uid):
        raise ValueError(f"a unique-id has 1 to 70 characters from 0x21 to 0x7E (RFC 1939 §7), not {uid[:80]!r}")


class UniqueIds:
    """Every unique-id that one maildrop has ever given.

    None is given twice, not even after its message is gone ("The server should never reuse an
    unique-id", RFC 1939 §7).
    """

    __slots__ = ("_given", "_copies")

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._copies: dict[str, int] = {}

    def reserve(self, uid: str) -> None:
        """Take a unique-id that came with its message.

        Raises:
            ValueError: it was given before.
        """
        if uid in self._given:
            raise ValueError(f"two messages with the unique-id {uid}: it is given once (RFC 1939 §7)")
        self._given.add(uid)

    def remember(self, uid: str) -> None:
        """Take a unique-id that came with its message, or came back with it."""
        self._given.add(uid)

    def choose(self, digest: str) -> str:
        """A new unique-id for the message with this hash: the hash's first 24 hexadecimal digits.

        A second copy of the same octets gets "-2" after them, a third "-3", and so on.  (RFC 1939
        §7 would let copies share one; here a unique-id names one message.)
        """
        stem = digest[:_DIGITS]
        copies = self._copies.get(stem, 0)
        while True:
            copies += 1
            uid = stem if copies == 1 else f"{stem}-{copies}"
            if uid not in self._given:
                break
        self._copies[stem] = copies
        self._given.add(uid)
        return uid
