"""Quoting in the arguments of commands: a backslash makes any octet behind it an ordinary one (RFC 937 p.6, p.15)."""

from __future__ import annotations

import re

from popsim.protocols.kind import NotRead

_PAIR = re.compile(rb"\\([\x00-\x7f])", re.DOTALL)
_WORD = re.compile(rb"(?:[\x21-\x5b\x5d-\x7e]|\\[\x00-\x7f])+")
_STRING = re.compile(rb"(?:[\x20-\x5b\x5d-\x7e]|\\[\x00-\x7f])+")
_SPECIAL = re.compile(rb"[\x00-\x1f\\\x7f]")
_LINE_END = re.compile(rb"[\r\n]")

WORD = r"one word of ASCII, in which '\ ' stands for a space and '\\' for a backslash"
STRING = r"text of ASCII, in which '\\' stands for a backslash"


def word(text: bytes, place: int) -> tuple[bytes, int]:
    """Read a word (a name, a password): it ends at a space that is not quoted.

    Returns:
        The octets that are meant, and the place behind the word.

    Raises:
        NotRead: no word begins there.
    """
    return _read(_WORD, WORD, text, place)


def string(text: bytes, place: int) -> tuple[bytes, int]:
    """Read a string (a mailbox), in which spaces are ordinary: see :func:`word`."""
    return _read(_STRING, STRING, text, place)


def _read(pattern: re.Pattern[bytes], words: str, text: bytes, place: int) -> tuple[bytes, int]:
    match = pattern.match(text, place)
    if match is None:
        raise NotRead(words)
    return _PAIR.sub(rb"\1", match[0]), match.end()


def quoted(meant: str, spaces: bool = False) -> str:
    """An argument as it crosses.

    Args:
        meant: what is meant.
        spaces: whether spaces are ordinary in it, as in a mailbox's name.

    Raises:
        ValueError: it can't cross: it is empty, not ASCII, or a line end is in it, which ends the command even when
            it is quoted.
    """
    octets = meant.encode("ascii", "replace")
    if not meant or not meant.isascii() or _LINE_END.search(octets):
        raise ValueError(f"expected ASCII without line ends, which is all that POP2 can carry, got {meant!r}")
    octets = _SPECIAL.sub(rb"\\\g<0>", octets)
    return (octets if spaces else octets.replace(b" ", b"\\ ")).decode()
