"""What a mail reader understands of a server's data: lists, strings and numbers, whatever else comes with them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from popsim.engine.response import Response
from popsim.protocols.imap import word_table as words
from popsim.protocols.model import Datum

Value = None | int | bytes | list["Value"]
"""NIL, a number, a string or an atom, or a list."""

DEEPEST = 40
"""How deep lists may stand in lists; what is deeper is not understood."""
_LITERAL = re.compile(rb"\{([0-9]{1,18})\+?\}\r\n")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
# A section belongs to the item's name, with the field names and brackets in it.
_ATOM = re.compile(rb'(?:[^\s()"\[\]{]|\[[^\]]*\])+')
_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_NIL = b"NIL"


class _Unreadable(Exception):
    """The server said what is no data."""


def values(octets: bytes) -> list[Value] | None:
    """The values in an untagged answer, or None where they can't be read."""
    try:
        found, place = _values(octets, 0, 0)
    except _Unreadable:
        return None
    return found if place == len(octets) else None


def _values(octets: bytes, place: int, depth: int) -> tuple[list[Value], int]:
    found: list[Value] = []
    if depth > DEEPEST:
        raise _Unreadable
    while place < len(octets):
        mark = octets[place : place + 1]
        if mark == b" ":
            place += 1
        elif mark == b"(":
            inside, place = _values(octets, place + 1, depth + 1)
            if octets[place : place + 1] != b")":
                raise _Unreadable
            found.append(inside)
            place += 1
        elif mark == b")":
            break
        else:
            value, place = _simple(octets, place)
            found.append(value)
    return found, place


def _simple(octets: bytes, place: int) -> tuple[Value, int]:
    if match := _LITERAL.match(octets, place):
        end = match.end() + int(match[1])
        if end > len(octets):
            raise _Unreadable
        return octets[match.end() : end], end
    if match := _QUOTED.match(octets, place):
        return _PAIR.sub(rb"\1", match[1]), match.end()
    if match := _ATOM.match(octets, place):
        word = match[0]
        if word.upper() == _NIL:
            return None, match.end()
        return (int(word) if word.isdigit() and len(word) < 19 else word), match.end()
    raise _Unreadable


def fetched(answers: Iterable[Response]) -> dict[int, dict[str, Value]]:
    """What answers say of messages: by number, the items by name in capitals; later ones add to earlier ones."""
    found: dict[int, dict[str, Value]] = {}
    for line in _lines(answers):
        number, _, rest = line.partition(b" ")
        if not number.isdigit() or len(number) > 10 or not _begins(rest, words.DATA_FETCH):
            continue
        said = values(rest[len(words.DATA_FETCH.mark) :])
        if said and isinstance(said[0], list):
            items = found.setdefault(int(number), {})
            items.update(_items(said[0]))
    return found


def _items(pairs: list[Value]) -> dict[str, Value]:
    names = [name.decode("latin-1").upper() if isinstance(name, bytes) else "" for name in pairs[::2]]
    return dict(zip(names, pairs[1::2], strict=False))


def numbered(answers: Iterable[Response], datum: Datum) -> list[int]:
    """The numbers before a datum such as ``3 EXPUNGE``, in the order in which they came."""
    found = []
    for line in _lines(answers):
        number, _, rest = line.partition(b" ")
        if number.isdigit() and len(number) < 11 and rest.upper() == datum.mark.encode():
            found.append(int(number))
    return found


def listed(answers: Iterable[Response], datum: Datum) -> list[str]:
    """The words behind a datum such as ``CAPABILITY``, from all lines that have it."""
    lines = (line for line in _lines(answers) if _begins(line, datum))
    return [word.decode("latin-1") for line in lines for word in line.split()[1:]]


def codes(answers: Iterable[Response]) -> dict[str, str]:
    """The codes in square brackets of untagged words, and what stands behind each, such as UIDVALIDITY."""
    found = {}
    for line in _lines(answers):
        if match := re.match(rb"\w+ \[([^\] \r\n]+) ?([^\]\r\n]*)\]", line):
            found[match[1].decode("latin-1").upper()] = match[2].decode("latin-1")
    return found


def _lines(answers: Iterable[Response]) -> Iterable[bytes]:
    return (line for answer in answers for line in answer.untagged)


def _begins(line: bytes, datum: Datum) -> bool:
    mark = datum.mark.encode()
    return line[: len(mark)].upper() == mark and line[len(mark) : len(mark) + 1] in (b"", b" ")


def number(text: object) -> int:
    """A number that the server has given, or 0 where it is none."""
    word = str(text)
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else 0
