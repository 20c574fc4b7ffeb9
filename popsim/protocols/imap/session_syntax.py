"""How the other lists are written: who a client is, what it switches on, and which mailboxes it wants to see."""

from __future__ import annotations

import re

from popsim.protocols.imap import item_table as items
from popsim.protocols.imap.fetch_syntax import STATUS_ITEMS, fitted, known
from popsim.protocols.imap.items import Choices
from popsim.protocols.imap.syntax import Reader, atom, listed, nil, nstring, string
from popsim.protocols.kind import NotRead, Syntax

MOST_FIELDS = 30
"""The most fields in a client's description of itself (RFC 2971 §3.3)."""
LONGEST_FIELD, LONGEST_VALUE = 30, 1024
"""The most octets of a field's name and of its value (RFC 2971 §3.3)."""

_RETURN_WORDS = f"{items.RETURN} and options such as ({items.LIST_WITH_CHILDREN})"
_CHOICE_WORDS = f"choices such as ({items.LIST_SUBSCRIBED})"
_NAME = re.compile(rb"[A-Za-z-]+")
_RETURN = re.compile(items.RETURN.encode() + rb" (?=\()", re.IGNORECASE)
_Description = tuple[tuple[bytes, bytes | None], ...]


def _field(text: bytes, place: int) -> tuple[tuple[bytes, bytes | None], int]:
    name, place = string(text, place)
    if text[place : place + 1] != b" ":
        raise NotRead('pairs such as ("name" "popsim")')
    value, place = nstring(text, place + 1)
    if len(name) > LONGEST_FIELD or len(value or b"") > LONGEST_VALUE:
        raise NotRead(f"names of at most {LONGEST_FIELD} octets with values of at most {LONGEST_VALUE}")
    return (name, value), place


def _description(text: bytes, place: int) -> tuple[_Description, int]:
    """Pairs of a field and its value; NIL is none of them."""
    end = nil(text, place)
    if end >= 0:
        return (), end
    found, place = listed(_field, text, place, 'NIL, or pairs such as ("name" "popsim")', may_be_empty=True)
    if len(found) > MOST_FIELDS:
        raise NotRead(f"at most {MOST_FIELDS} pairs")
    return tuple(found), place


def _capabilities(text: bytes, place: int) -> tuple[tuple[str, ...], int]:
    """One or more words to the end, in capitals."""
    found: list[str] = []
    while not found or text[place : place + 1] == b" ":
        word, place = atom(text, place + bool(found))
        found.append(word.decode().upper())
    return tuple(dict.fromkeys(found)), place


def _rest(text: bytes, place: int) -> tuple[bytes, int]:
    """What a client says first, whatever it is: the exchange says what is wrong with it."""
    if place >= len(text) or b" " in text[place:]:
        raise NotRead("base64, or = for an empty one")
    return text[place:], len(text)


# Lists of mailboxes with choices (RFC 9051 §6.3.9, RFC 6154 §2)


def _chosen(rfcs: tuple[int, ...] | None) -> Reader[Choices]:
    """Which mailboxes are wanted, as a protocol has it that is made of these RFCs."""
    marks = known(items.LIST_CHOICES, rfcs)

    def one(text: bytes, place: int) -> tuple[str, int]:
        return _word(marks, _CHOICE_WORDS, text, place)

    def read(text: bytes, place: int) -> tuple[Choices, int]:
        found, place = listed(one, text, place, _CHOICE_WORDS, may_be_empty=True)
        if items.LIST_RECURSIVE.mark in found and items.LIST_SUBSCRIBED.mark not in found:
            raise NotRead(f"{items.LIST_RECURSIVE} together with {items.LIST_SUBSCRIBED}")
        return Choices(tuple(dict.fromkeys(found))), place

    return read


def _returned(rfcs: tuple[int, ...] | None) -> Reader[Choices]:
    """What is wanted to know of them, as a protocol has it that is made of these RFCs."""
    marks = known(items.LIST_RETURNS, rfcs)
    status = STATUS_ITEMS.fit(rfcs) if STATUS_ITEMS.fit and rfcs else STATUS_ITEMS

    def one(text: bytes, place: int) -> tuple[Choices, int]:
        mark, place = _word(marks, _RETURN_WORDS, text, place)
        if mark != items.LIST_WITH_STATUS.mark:
            return Choices((mark,)), place
        if text[place : place + 1] != b" ":
            raise NotRead(f"{mark} and status items")
        wanted, place = status.read(text, place + 1)
        assert isinstance(wanted, tuple)
        return Choices((mark,), wanted), place

    def read(text: bytes, place: int) -> tuple[Choices, int]:
        match = _RETURN.match(text, place)
        if match is None:
            raise NotRead(_RETURN_WORDS)
        found, place = listed(one, text, match.end(), _RETURN_WORDS, may_be_empty=True)
        wanted = tuple(dict.fromkeys(name for one in found for name in one.names))
        return Choices(wanted, tuple(dict.fromkeys(item for one in found for item in one.status))), place

    return read


def _word(marks: dict[bytes, str], words: str, text: bytes, place: int) -> tuple[str, int]:
    """One of these marks, in any case. Raises NotRead with the words."""
    match = _NAME.match(text, place)
    mark = marks.get(match[0].upper()) if match else None
    if match is None or mark is None:
        raise NotRead(words)
    return mark, match.end()


DESCRIPTION = Syntax("id-params", 'NIL, or pairs such as ("name" "popsim")', _description)
CAPABILITIES = Syntax("capabilities", f"words such as {items.PARAMETER_CONDSTORE}", _capabilities)
INITIAL = Syntax("initial-response", "base64, or = for an empty one", _rest)
CHOICES = fitted("(choices)", _CHOICE_WORDS, _chosen)
RETURNS = fitted(f"{items.RETURN} (options)", _RETURN_WORDS, _returned)
