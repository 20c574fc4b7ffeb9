"""How the arguments of IMAP's commands are written (RFC 3501 §9): atoms, strings, numbers, dates and flags.

Every reader takes a command's text and a place and returns a value and the place behind it, or raises NotRead. It goes
once over what it reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from popsim.mail.dates import month_of, second_of
from popsim.protocols.imap import item_table as items
from popsim.protocols.imap.items import LAST, Numbers
from popsim.protocols.kind import NotRead, Syntax

T = TypeVar("T")
Reader = Callable[[bytes, int], tuple[T, int]]

ATOM = rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]"  # RFC 3501 §9, ATOM-CHAR
_ATOM = re.compile(ATOM + rb"+")
_ASTRING = re.compile(rb"(?:" + ATOM + rb"|\])+")
_QUOTED = re.compile(rb'"((?:[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f]|\\["\\])*)"')
_WIDE_QUOTED = re.compile(rb'"((?:[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f\x80-\xff]|\\["\\])*)"')
_ESCAPED = re.compile(rb'\\(["\\])')
_LITERAL = re.compile(rb"\{([0-9]{1,10})\+?\}\r\n")
_NUMBER = re.compile(rb"[0-9]{1,20}(?![0-9])")
_RANGE = rb"(?:[1-9][0-9]{0,9}|\*)(?::(?:[1-9][0-9]{0,9}|\*))?"
_NUMBERS = re.compile(_RANGE + rb"(?:," + _RANGE + rb")*")
_FLAG = re.compile(rb"\\?" + ATOM + rb"+")
_DATE = re.compile(rb'("?)([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})\1')
_MOMENT = re.compile(
    rb'"([ 0-9][0-9])-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"'
)
_NIL = re.compile(rb"nil(?![^ )])", re.IGNORECASE)
HIGHEST = 2**32 - 1
"""The highest message number, unique identifier or size (RFC 3501 §9, number)."""
HIGHEST_CHANGE = 2**63 - 1
"""The highest number of a change (RFC 7162 §7, mod-sequence-value), or of octets (RFC 9051 §9, number64)."""
UTF8_EDITION = 9051
"""The edition in which names and quoted strings are UTF-8."""

_FLAG_WORDS = f"flags in parentheses such as ({items.SEEN})"
_KNOWN_FLAGS = {word.mark.lower(): word.mark for word in items.FLAGS}


# Words and strings


def atom(text: bytes, place: int) -> tuple[bytes, int]:
    """A word without special characters."""
    match = _ATOM.match(text, place)
    if match is None:
        raise NotRead("a word without special characters")
    return match[0], match.end()


def octets(text: bytes, place: int) -> tuple[bytes, int]:
    """A literal."""
    match = _LITERAL.match(text, place)
    if match is None:
        raise NotRead("a literal such as {5} and five octets on the next line")
    end = match.end() + int(match[1])
    found = text[match.end() : end]
    if len(found) < end - match.end():
        raise NotRead("a literal with all its octets")
    if b"\0" in found:
        raise NotRead("a literal without NUL (RFC 3501 section 4.3)")
    return found, end


def _string(text: bytes, place: int, wide: bool = False) -> tuple[bytes, int]:
    opening = text[place : place + 1]
    if opening == b"{":
        return octets(text, place)
    match = (_WIDE_QUOTED if wide else _QUOTED).match(text, place) if opening == b'"' else None
    if match is None:
        raise NotRead("a string in double quotes, or a literal")
    found = match[1]
    if wide and not _is_utf8(found):
        raise NotRead("a string of UTF-8")
    return (_ESCAPED.sub(rb"\1", found) if b"\\" in found else found), match.end()


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def string(text: bytes, place: int) -> tuple[bytes, int]:
    """A string in double quotes, or a literal."""
    return _string(text, place)


def word_or_string(pattern: re.Pattern[bytes], words: str, wide: bool = False) -> Reader[bytes]:
    """The reader of a word that fits a pattern, or of a string; ``wide`` allows UTF-8 in double quotes."""

    def read(text: bytes, place: int) -> tuple[bytes, int]:
        match = pattern.match(text, place)
        if match:
            return match[0], match.end()
        if text[place : place + 1] not in (b'"', b"{"):
            raise NotRead(words)
        return _string(text, place, wide)

    return read


astring = word_or_string(_ASTRING, "a word, a string in double quotes or a literal")
wide_astring = word_or_string(_ASTRING, "a word, a string of UTF-8 in double quotes or a literal", wide=True)


def nstring(text: bytes, place: int) -> tuple[bytes | None, int]:
    """A string, or NIL."""
    match = _NIL.match(text, place)
    return (None, match.end()) if match else _string(text, place)


def nil(text: bytes, place: int) -> int:
    """The place behind a NIL, or -1."""
    match = _NIL.match(text, place)
    return match.end() if match else -1


# Numbers


def number(text: bytes, place: int, highest: int = HIGHEST) -> tuple[int, int]:
    """A number from 0 on."""
    match = _NUMBER.match(text, place)
    if match is None or int(match[0]) > highest:
        raise NotRead(f"a number of 0 to {highest}")
    return int(match[0]), match.end()


def wide_number(text: bytes, place: int) -> tuple[int, int]:
    """A number of 63 bits."""
    return number(text, place, HIGHEST_CHANGE)


def _numbers(text: bytes, place: int) -> tuple[Numbers, int]:
    match = _NUMBERS.match(text, place)
    if match is None:
        raise NotRead("numbers such as 1 or 2,4:7,9:*")
    ranges = []
    for part in match[0].split(b","):
        first, _, end = part.partition(b":")
        low = _bound(first)
        ranges.append((low, _bound(end) if end else low))
    return Numbers(tuple(ranges)), match.end()


def _bound(word: bytes) -> int:
    value = LAST if word == b"*" else int(word)
    if value > HIGHEST:
        raise NotRead(f"numbers of 1 to {HIGHEST}")
    return value


def _numbers_or_saved(text: bytes, place: int) -> tuple[Numbers, int]:
    if text[place : place + 1] == b"$" and text[place + 1 : place + 2] in (b"", b" ", b")"):
        return Numbers(saved=True), place + 1
    return _numbers(text, place)


def numbers_in(rfcs: tuple[int, ...] | None) -> Reader[Numbers]:
    """The reader of a set of numbers; ``$`` is one where a search can be saved."""
    return _numbers_or_saved if items.RETURN_SAVE.reference(rfcs or (UTF8_EDITION,)) else _numbers


# Days and moments


def day(text: bytes, place: int) -> tuple[date, int]:
    """A day such as 1-Feb-1994, in double quotes or without."""
    match = _DATE.match(text, place)
    if match is None:
        raise NotRead("a day such as 1-Feb-1994")
    try:
        return date(int(match[4]), month_of(match[3].decode()), int(match[2])), match.end()
    except ValueError:
        raise NotRead("a day that there is, such as 1-Feb-1994") from None


def moment(text: bytes, place: int) -> tuple[int, int]:
    """A date with time and zone; the value is in seconds since 1970."""
    match = _MOMENT.match(text, place)
    if match is None:
        raise NotRead('a date such as " 7-Feb-1994 21:52:25 -0800"')
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
    time, zone = (int(hour), int(minute), int(second)), (sign.decode(), int(hours), int(minutes))
    try:
        return second_of(int(year), month_of(month.decode()), int(day), time, zone), match.end()
    except ValueError:
        raise NotRead("a date and time that there is") from None


# Flags


def flag(text: bytes, place: int) -> tuple[str, int]:
    """A flag; one that every server knows gets the spelling of the table. What a client can't set is none."""
    match = _FLAG.match(text, place)
    name = match[0].decode() if match else ""
    name = _KNOWN_FLAGS.get(name.lower(), name)
    if match is None or name == items.RECENT.mark:
        raise NotRead(f"a flag such as {items.SEEN} or $Forwarded")
    return name, match.end()


def keyword(text: bytes, place: int) -> tuple[str, int]:
    """A flag that a client has made up."""
    found, place = atom(text, place)
    return found.decode(), place


def listed(read: Reader[T], text: bytes, place: int, words: str, may_be_empty: bool = False) -> tuple[list[T], int]:
    """Things in parentheses, one space between them."""
    if text[place : place + 1] != b"(":
        raise NotRead(words)
    if may_be_empty and text[place + 1 : place + 2] == b")":
        return [], place + 2
    found: list[T] = []
    while text[place : place + 1] != b")":
        if text[place : place + 1] not in (b"(" if not found else b" "):
            raise NotRead(words)
        value, place = read(text, place + 1)
        found.append(value)
    return found, place + 1


def flags(text: bytes, place: int) -> tuple[tuple[str, ...], int]:
    """Flags in parentheses, or none in them."""
    found, place = listed(flag, text, place, _FLAG_WORDS, may_be_empty=True)
    return tuple(dict.fromkeys(found)), place


def edition_kind(name: str, words: str, usual: Reader[T], other_words: str, other: Reader[T]) -> Syntax:
    """A kind of which the edition with UTF-8 has its own form; by itself it reads what either of them allows."""
    kinds = {False: Syntax(name, words, usual), True: Syntax(name, other_words, other)}
    return Syntax(name, words, other, lambda rfcs: kinds[UTF8_EDITION in rfcs])


# The kinds

STRING_WORDS = "a string in double quotes or a literal"
WIDE_STRING_WORDS = "a string of UTF-8 in double quotes or a literal"
ASTRING = edition_kind("astring", f"a word, {STRING_WORDS}", astring, f"a word, {WIDE_STRING_WORDS}", wide_astring)
ATOM_WORD = Syntax("atom", "a word without special characters", atom)
_PLAIN_NUMBERS = Syntax("sequence-set", "numbers such as 1 or 2,4:7,9:*", _numbers)
_NUMBERS_OR_SAVED = Syntax("sequence-set", "numbers such as 1 or 2,4:7,9:*, or $", _numbers_or_saved)
NUMBERS = Syntax(
    "sequence-set",
    _PLAIN_NUMBERS.words,
    _numbers_or_saved,
    lambda rfcs: _NUMBERS_OR_SAVED if items.RETURN_SAVE.reference(rfcs) else _PLAIN_NUMBERS,
)
FLAGS = Syntax("flag-list", _FLAG_WORDS, flags)
MOMENT = Syntax("date-time", 'a date such as " 7-Feb-1994 21:52:25 -0800"', moment)
LITERAL = Syntax("literal", "a literal such as {5} and five octets on the next line", octets)
