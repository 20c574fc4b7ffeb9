"""The kinds of argument that a command may have."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

# RFC 3629 §4: what is UTF-8 and not ASCII. No overlong forms, no surrogates, nothing beyond U+10FFFF.
_WIDE = (
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)


class Kind(Enum):
    """The kinds of argument, each with the octets that it may have and the words for a message about it."""

    NUMBER = (rb"[0-9]{1,19}", "a message-number such as 1")
    COUNT = (rb"[0-9]{1,19}", "a number of lines, 0 or more")
    WORD = (rb"[\x21-\x7e]+", "one word of printable ASCII")
    STRING = (rb"[\x20-\x7e]+", "text of printable ASCII, spaces included")
    DIGEST = (rb"[0-9a-f]{32}", "32 lower-case hexadecimal digits")
    WIDE_WORD = (rb"(?:[\x21-\x7e]|" + _WIDE + rb")+", "one word of printable ASCII or UTF-8")
    WIDE_STRING = (rb"(?:[\x20-\x7e]|" + _WIDE + rb")+", "text of printable ASCII or UTF-8, spaces included")

    def __init__(self, pattern: bytes, words: str) -> None:
        self.pattern = re.compile(pattern)
        self.words = words
        self.numeric = pattern.startswith(rb"[0-9]{")
        """Whether the argument's value is an integer (else octets)."""


class NotRead(ValueError):
    """An argument is not what its kind wants; the text says what was expected, as in ``a mailbox's name``."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """A kind of argument that no pattern describes, such as a list in parentheses: it finds its own end.

    Args:
        name: what stands in its place where a command is printed.
        words: what it is, for a message about it.
        read: takes the command's text and the place where the argument begins, and returns its value and the place
            behind it. The text of a command with literals has them inside, as they crossed: ``{5}``, CR LF, five
            octets. Raises NotRead.
        fit: where what may stand in it differs from one RFC to another: the same kind as a protocol has it that is
            made of these RFCs. The kind itself then reads whatever any of them allows.
    """

    name: str
    words: str
    read: Callable[[bytes, int], tuple[object, int]]
    fit: Callable[[tuple[int, ...]], Syntax] | None = None
    numeric = False
