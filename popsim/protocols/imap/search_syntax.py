"""How it is written what to search for (RFC 3501 §6.4.4) and what to say of what was found (RFC 4731 §3.1)."""

from __future__ import annotations

import re
from collections.abc import Callable

from popsim.protocols.imap import item_table as items
from popsim.protocols.imap.fetch_syntax import fitted, known
from popsim.protocols.imap.items import SearchKey
from popsim.protocols.imap.syntax import (
    UTF8_EDITION,
    Reader,
    astring,
    atom,
    day,
    keyword,
    listed,
    number,
    numbers_in,
    string,
    wide_astring,
    wide_number,
)
from popsim.protocols.kind import NotRead, Syntax

DEEPEST = 50
"""The most brackets and NOTs and ORs inside each other."""
MOST = 500
"""The most keys of one search: each is held against every message, and nobody else is served meanwhile."""

_WORDS = f"keys such as {items.KEY_UNSEEN} or ({items.KEY_FROM} alice {items.KEY_SINCE} 1-Feb-1994)"
_CHARSET_WORDS = f"{items.CHARSET} and the name of a character set"
_RETURN_WORDS = f"{items.RETURN} and results in brackets"
_NAME = re.compile(rb"[A-Za-z]+(?![^ )])")
_NUMBERS = re.compile(rb"[0-9*$]")
_ENTRY = re.compile(rb'"(/flags/(?:[^"\\\r\n]|\\["\\])+)" (priv|shared|all) ', re.IGNORECASE)
_RETURN = re.compile(items.RETURN.encode() + rb" (?=\()", re.IGNORECASE)
_CHARSET = re.compile(items.CHARSET.encode() + rb" ", re.IGNORECASE)
_Arguments = Callable[[bytes, int, int], tuple[tuple[object, ...], int]]


def _one(read: Reader[object]) -> _Arguments:
    """One argument that has nothing inside."""

    def arguments(text: bytes, place: int, depth: int) -> tuple[tuple[object, ...], int]:
        value, place = read(text, place)
        return (value,), place

    return arguments


def _change(text: bytes, place: int) -> tuple[int, int]:
    """The number of a change; before it may stand the flag that has changed, and whose (RFC 7162 §3.1.5)."""
    match = _ENTRY.match(text, place)
    return wide_number(text, match.end() if match else place)


class _Search:
    """Reads search keys, as a protocol has them that is made of these RFCs."""

    def __init__(self, rfcs: tuple[int, ...] | None) -> None:
        self._keys = known(items.SEARCH_KEYS, rfcs)
        self._numbers = numbers_in(rfcs)
        wide = rfcs is None or UTF8_EDITION in rfcs
        text: Reader[bytes] = wide_astring if wide else astring
        size: Reader[int] = wide_number if wide else number
        readers: dict[str, _Arguments] = {
            "text": _one(text),
            "date": _one(day),
            "flag": _one(keyword),
            "number": _one(size),
            "numbers": _one(self._numbers),
            "key": lambda octets, place, depth: self._inside(octets, place, depth, 1),
            "key key": lambda octets, place, depth: self._inside(octets, place, depth, 2),
            "field text": lambda octets, place, depth: _field(text, octets, place),
        }
        self._readers = {word.mark: readers[word.takes] for word in items.SEARCH_KEYS if word.takes}
        self._readers[items.KEY_MODSEQ.mark] = _one(_change)

    def read(self, text: bytes, place: int) -> tuple[SearchKey, int]:
        """All keys to the end: one, or those that must all fit as ``KEY_ALL_OF``."""
        first, place = self._key(text, place, 0)
        found = [first]
        while text[place : place + 1] == b" ":
            key, place = self._key(text, place + 1, 0)
            found.append(key)
        if sum(map(_count, found)) > MOST:
            raise NotRead(f"at most {MOST} keys")
        return (SearchKey(items.KEY_ALL_OF.mark, tuple(found)) if len(found) > 1 else first), place

    def _key(self, text: bytes, place: int, depth: int) -> tuple[SearchKey, int]:
        if depth > DEEPEST:
            raise NotRead(f"keys not more than {DEEPEST} deep inside each other")
        opening = text[place : place + 1]
        if opening == b"(":
            keys, place = listed(lambda t, p: self._key(t, p, depth + 1), text, place, _WORDS)
            return SearchKey(items.KEY_ALL_OF.mark, tuple(keys)), place
        if _NUMBERS.match(opening):
            numbers, place = self._numbers(text, place)
            return SearchKey(items.KEY_NUMBERS.mark, (numbers,)), place
        match = _NAME.match(text, place)
        name = self._keys.get(match[0].upper()) if match else None
        if match is None or name is None:
            raise NotRead(_WORDS)
        place = match.end()
        if name not in self._readers:
            return SearchKey(name), place
        if text[place : place + 1] != b" ":
            raise NotRead(f"{name} and what it looks for")
        arguments, place = self._readers[name](text, place + 1, depth)
        return SearchKey(name, arguments), place

    def _inside(self, text: bytes, place: int, depth: int, count: int) -> tuple[tuple[object, ...], int]:
        keys: list[SearchKey] = []
        for n in range(count):
            if n:
                if text[place : place + 1] != b" ":
                    raise NotRead(f"{count} keys")
                place += 1
            key, place = self._key(text, place, depth + 1)
            keys.append(key)
        return tuple(keys), place


def _count(key: SearchKey) -> int:
    """How many keys there are in a key, itself among them."""
    return 1 + sum(_count(one) for one in key.arguments if isinstance(one, SearchKey))


def _field(read: Reader[bytes], text: bytes, place: int) -> tuple[tuple[object, ...], int]:
    name, place = astring(text, place)
    if text[place : place + 1] != b" ":
        raise NotRead("a header field's name and a text")
    value, place = read(text, place + 1)
    return (name, value), place


def _charset(text: bytes, place: int) -> tuple[str, int]:
    """The name of a character set, in capitals; it may be quoted (RFC 3501 §9 has an astring there)."""
    match = _CHARSET.match(text, place)
    if match is None:
        raise NotRead(_CHARSET_WORDS)
    read = string if text[match.end() : match.end() + 1] in (b'"', b"{") else atom
    name, place = read(text, match.end())
    return name.decode("ascii", "replace").upper(), place


def _returned(rfcs: tuple[int, ...] | None) -> Reader[tuple[str, ...]]:
    """What is to be said of what was found; nothing in the brackets is all numbers (RFC 4731 §3.1)."""
    marks = known(items.RESULTS, rfcs)

    def one(text: bytes, place: int) -> tuple[str, int]:
        match = _NAME.match(text, place)
        mark = marks.get(match[0].upper()) if match else None
        if match is None or mark is None:
            raise NotRead(f"results such as {', '.join(marks.values())}")
        return mark, match.end()

    def read(text: bytes, place: int) -> tuple[tuple[str, ...], int]:
        match = _RETURN.match(text, place)
        if match is None:
            raise NotRead(_RETURN_WORDS)
        found, place = listed(one, text, match.end(), "results in brackets", may_be_empty=True)
        return tuple(dict.fromkeys(found)) or (items.RETURN_ALL.mark,), place

    return read


SEARCH_KEYS = fitted("search-keys", _WORDS, lambda rfcs: _Search(rfcs).read)
CHARSET = Syntax(f"{items.CHARSET} charset", _CHARSET_WORDS, _charset)
RETURNED = fitted(f"{items.RETURN} (results)", _RETURN_WORDS, _returned)
