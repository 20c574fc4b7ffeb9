"""How it is written what to fetch and what to store (RFC 3501 §6.4.5, §6.4.6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from popsim.protocols.imap import item_table as items
from popsim.protocols.imap.items import FetchItem, FlagChange, Section
from popsim.protocols.imap.syntax import Reader, astring, flag, flags, listed, wide_number
from popsim.protocols.kind import NotRead, Syntax
from popsim.protocols.model import Word

_NAME = re.compile(rb"[A-Za-z0-9.]+")
_PART = re.compile(rb"[1-9][0-9]{0,9}(?:\.[1-9][0-9]{0,9})*")
_TEXT = re.compile(rb"[A-Za-z.]+")
_PARTIAL = re.compile(rb"<([0-9]{1,19})\.([0-9]{1,19})>")
_STORE = re.compile(rb"([+-]?)([A-Za-z]+)(\.[A-Za-z]+)?")
DEEPEST = 100
"""The most numbers in the name of a part."""
MOST = 100
"""The most items of one command: the answer is made of so many for each message."""

_EXAMPLE = f"({items.ITEM_UID} {items.ITEM_BODY}[{items.SECTION_HEADER}])"
_FETCH_WORDS = f"what to fetch, such as {items.ITEM_FLAGS} or {_EXAMPLE}"
_WITH_FIELDS = {items.SECTION_FIELDS.mark, items.SECTION_FIELDS_NOT.mark}
_MACROS = {macro.mark.encode(): tuple(FetchItem(word.mark) for word in words) for macro, words in items.MACROS.items()}


def known(words: Iterable[Word], rfcs: tuple[int, ...] | None) -> dict[bytes, str]:
    """The marks that these RFCs have of some words, by their octets; without RFCs, all of them."""
    return {word.mark.encode(): word.mark for word in words if rfcs is None or word.reference(rfcs)}


def fitted(name: str, words: str, reader: Callable[[tuple[int, ...] | None], Reader[object]]) -> Syntax:
    """A kind in which some words differ from one RFC to another.

    Args:
        name, words: see :class:`Syntax`.
        reader: makes what reads it, of the RFCs that a protocol is made of; of None, for whatever any of them allows.
    """
    return Syntax(name, words, reader(None), lambda rfcs: Syntax(name, words, reader(rfcs)))


class _Fetch:
    """Reads what to fetch, as a protocol has it that is made of these RFCs."""

    def __init__(self, rfcs: tuple[int, ...] | None) -> None:
        self._items = known(items.FETCH_ITEMS, rfcs)

    def read(self, text: bytes, place: int) -> tuple[tuple[FetchItem, ...], int]:
        """All that is to be fetched: a macro, one item, or several in parentheses."""
        if text[place : place + 1] == b"(":
            found, place = listed(self._item, text, place, _FETCH_WORDS)
            items_asked = tuple(dict.fromkeys(found))
            if len(items_asked) > MOST:
                raise NotRead(f"at most {MOST} things to fetch")
            return items_asked, place
        match = _NAME.match(text, place)
        macro = _MACROS.get(match[0].upper()) if match else None
        if match and macro:
            return macro, match.end()
        item, place = self._item(text, place)
        return (item,), place

    def _item(self, text: bytes, place: int) -> tuple[FetchItem, int]:
        match = _NAME.match(text, place)
        written = match[0].upper() if match else b""
        peek = written.endswith(items.PEEK.encode())
        name = self._items.get(written[: -len(items.PEEK)] if peek else written)
        if match is None or name is None:
            raise NotRead(_FETCH_WORDS)
        place = match.end()
        has_section = text[place : place + 1] == b"["
        if has_section != (name in _SECTIONED and (peek or name != items.ITEM_BODY.mark or has_section)):
            raise NotRead(_FETCH_WORDS)
        if peek and name not in _PEEKING:
            raise NotRead(_FETCH_WORDS)
        if not has_section:
            return FetchItem(name), place
        section, place = _section(text, place, name == items.ITEM_BODY.mark)
        partial: tuple[int, int] | None = None
        if text[place : place + 1] == b"<" and name in _PEEKING:
            partial, place = _partial(text, place)
        return FetchItem(name, section, partial, peek), place


_PEEKING = {items.ITEM_BODY.mark, items.ITEM_BINARY.mark}
_SECTIONED = _PEEKING | {items.ITEM_BINARY_SIZE.mark}
_SECTION_TEXTS = known(items.SECTION_TEXTS, None)


def _section(text: bytes, place: int, has_texts: bool) -> tuple[Section, int]:
    """What stands in square brackets; ``place`` is that of the opening one."""
    place += 1
    numbers: tuple[int, ...] = ()
    part = _PART.match(text, place)
    if part:
        numbers, place = _part(part[0]), part.end()
    what = ""
    fields: tuple[bytes, ...] = ()
    if has_texts and text[place : place + 1] != b"]":
        if numbers:
            if text[place : place + 1] != b".":
                raise NotRead(f"a section such as [1.2.{items.SECTION_HEADER}]")
            place += 1
        what, fields, place = _section_text(text, place, bool(numbers))
    if text[place : place + 1] != b"]":
        raise NotRead(f"a section such as [1.2.{items.SECTION_HEADER}], with a ] at its end")
    return Section(numbers, what, fields), place + 1


def _part(written: bytes) -> tuple[int, ...]:
    numbers = tuple(int(one) for one in written.split(b"."))
    if len(numbers) > DEEPEST:
        raise NotRead(f"a part named by at most {DEEPEST} numbers")
    return numbers


def _section_text(text: bytes, place: int, in_part: bool) -> tuple[str, tuple[bytes, ...], int]:
    match = _TEXT.match(text, place)
    what = _SECTION_TEXTS.get(match[0].upper()) if match else None
    if match is None or what is None or (what == items.SECTION_MIME.mark and not in_part):
        raise NotRead(f"a section such as [], [{items.SECTION_BODY}] or [{items.SECTION_FIELDS} (DATE FROM)]")
    place = match.end()
    if what not in _WITH_FIELDS:
        return what, (), place
    words = "names of header fields such as (DATE FROM)"
    if text[place : place + 1] != b" ":
        raise NotRead(words)
    fields, place = listed(astring, text, place + 1, words)
    return what, tuple(fields), place


def _partial(text: bytes, place: int) -> tuple[tuple[int, int], int]:
    match = _PARTIAL.match(text, place)
    if match is None or int(match[2]) == 0:
        raise NotRead("first octet and number of octets, such as <0.2048>")
    return (int(match[1]), int(match[2])), match.end()


# What to store

_STORE_WORDS = f"what to store, such as +{items.STORE_FLAGS} ({items.SEEN})"


def _change(text: bytes, place: int) -> tuple[FlagChange, int]:
    match = _STORE.match(text, place)
    if match is None or match[2].upper() != items.STORE_FLAGS.mark.encode():
        raise NotRead(_STORE_WORDS)
    silent = match[3] is not None
    if silent and match[3].upper() != items.SILENT.encode():
        raise NotRead(_STORE_WORDS)
    place = match.end()
    if text[place : place + 1] != b" ":
        raise NotRead(_STORE_WORDS)
    place += 1
    if text[place : place + 1] == b"(":
        wanted, place = flags(text, place)
        return FlagChange(match[1].decode(), silent, wanted), place
    found: list[str] = []
    while not found or text[place : place + 1] == b" ":
        one, place = flag(text, place + bool(found))
        found.append(one)
    return FlagChange(match[1].decode(), silent, tuple(dict.fromkeys(found))), place


# Modifiers in parentheses


def modifier(word: Word, lowest: int) -> Syntax:
    """The kind of a modifier that takes the number of a change.

    Args:
        word: the modifier.
        lowest: the lowest number that it takes (RFC 7162 §7: 0 may be stored, not fetched by).
    """
    words = f"({word} number)"
    opening = re.compile(rb"\(" + word.mark.encode() + rb" ", re.IGNORECASE)

    def read(text: bytes, place: int) -> tuple[int, int]:
        match = opening.match(text, place)
        if match is None:
            raise NotRead(words)
        value, place = wide_number(text, match.end())
        if value < lowest or text[place : place + 1] != b")":
            raise NotRead(words)
        return value, place + 1

    return Syntax(words, f"{words}, the number of a change", read)


def word_list(name: str, words: str, group: Iterable[Word], *, may_be_empty: bool = False) -> Syntax:
    """The kind of a list of words in parentheses, each at most once in its value."""
    every = tuple(group)

    def reading(rfcs: tuple[int, ...] | None) -> Reader[tuple[str, ...]]:
        marks = known(every, rfcs)

        def one(text: bytes, place: int) -> tuple[str, int]:
            match = _NAME.match(text, place)
            mark = marks.get(match[0].upper()) if match else None
            if match is None or mark is None:
                raise NotRead(f"{words} such as ({' '.join(list(marks.values())[:2])})")
            return mark, match.end()

        def read(text: bytes, place: int) -> tuple[tuple[str, ...], int]:
            found, place = listed(one, text, place, f"{words} in parentheses", may_be_empty)
            return tuple(dict.fromkeys(found)), place

        return read

    return fitted(name, words, reading)


FETCH_ITEMS = fitted("fetch-items", _FETCH_WORDS, lambda rfcs: _Fetch(rfcs).read)
CHANGE = Syntax("store-item", _STORE_WORDS, _change)
CHANGED_SINCE = modifier(items.CHANGED_SINCE, 1)
UNCHANGED_SINCE = modifier(items.UNCHANGED_SINCE, 0)
SELECT_PARAMETERS = word_list("(parameters)", "parameters of opening", (items.PARAMETER_CONDSTORE,))
STATUS_ITEMS = word_list("status-items", "status items", items.STATUS_ITEMS)
