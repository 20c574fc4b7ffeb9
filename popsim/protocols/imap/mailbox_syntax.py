"""How the names of mailboxes are written: in modified UTF-7 (RFC 3501 §5.1.3), or in UTF-8 (RFC 9051 §5.1)."""

from __future__ import annotations

import re

from popsim.protocols.imap import names
from popsim.protocols.imap.syntax import (
    ATOM,
    STRING_WORDS,
    WIDE_STRING_WORDS,
    Reader,
    astring,
    edition_kind,
    listed,
    wide_astring,
    word_or_string,
)
from popsim.protocols.kind import Syntax

_PATTERN = re.compile(rb"(?:" + ATOM + rb"|[\]%*])+")
_WORDS = "a mailbox's name; % and * stand for any part of one"


def _heard(read: Reader[bytes], is_utf8: bool, is_whole: bool) -> Reader[str]:
    """The reader of a name; a whole one gets the one spelling that it has."""

    def name(text: bytes, place: int) -> tuple[str, int]:
        octets, place = read(text, place)
        found = names.heard(octets, is_utf8)
        return (names.canonical(found) if is_whole else found), place

    return name


def _kind(name: str, words: str, usual: Reader[bytes], wide: Reader[bytes], is_whole: bool) -> Syntax:
    return edition_kind(
        name,
        f"{words} in modified UTF-7: a word, {STRING_WORDS}",
        _heard(usual, False, is_whole),
        f"{words}: a word, {WIDE_STRING_WORDS}",
        _heard(wide, True, is_whole),
    )


MAILBOX = _kind("mailbox", "a mailbox's name", astring, wide_astring, True)
REFERENCE = _kind("reference", "the beginning of a name", astring, wide_astring, False)
_USUAL, _WIDE = word_or_string(_PATTERN, _WORDS), word_or_string(_PATTERN, _WORDS, wide=True)
LIST_MAILBOX = _kind("list-mailbox", "a name with or without % and *", _USUAL, _WIDE, False)


def _several(one: Reader[str]) -> Reader[tuple[str, ...]]:
    """The reader of one pattern, or of several in parentheses (RFC 9051 §9, mbox-or-pat; RFC 5258 §6)."""

    def patterns(text: bytes, place: int) -> tuple[tuple[str, ...], int]:
        if text[place : place + 1] == b"(":
            found, place = listed(one, text, place, "names in parentheses, each with or without % and *")
            return tuple(dict.fromkeys(found)), place
        pattern, place = one(text, place)
        return (pattern,), place

    return patterns


PATTERNS = edition_kind(
    "mbox-or-pat",
    "a name with or without % and *, or several in parentheses",
    _several(_heard(_USUAL, False, False)),
    "a name with or without % and *, or several in parentheses",
    _several(_heard(_WIDE, True, False)),
)
