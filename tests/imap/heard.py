"""What an IMAP client hears, read by RFC 3501 §9 and without popsim's own reader."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")
_ATOM = re.compile(rb"[^ ()\"\r\n\[]+(?:\[[^\]]*\](?:<\d+>)?)?")


class Heard(NamedTuple):
    """One response: its tag (``*`` and ``+`` are tags too), the number before its word, the word, and the rest."""

    tag: str
    number: int | None
    word: str
    rest: bytes

    @property
    def code(self) -> str:
        """What stands in square brackets in the text of a status response."""
        found = re.match(rb"\[([^\]]*)\]", self.rest)
        return found[1].decode() if found else ""

    @property
    def data(self) -> dict[str, Any]:
        """The data items of a FETCH response, by name."""
        values = parsed(self.rest)[0]
        assert len(values) % 2 == 0, values
        names = [name.decode().upper() for name in values[::2]]
        assert len(set(names)) == len(names), f"{names}: a name comes twice"
        return dict(zip(names, values[1::2], strict=True))

    @property
    def flags(self) -> frozenset[str]:
        """The flags of a FETCH response."""
        return frozenset(flag.decode() for flag in self.data["FLAGS"])

    @property
    def numbers(self) -> list[int]:
        """The numbers of a SEARCH response."""
        return [int(word) for word in self.rest.split(b"(")[0].split()]


def units(octets: bytes) -> list[bytes]:
    """The responses in what a server sent, each with the literals that its lines announce."""
    found: list[bytes] = []
    place = 0
    while place < len(octets):
        start = place
        while True:
            place = octets.index(b"\r\n", place) + 2
            literal = _LITERAL.search(octets, max(start, place - 16), place)
            if not literal:
                break
            place += int(literal[1])
        found.append(octets[start : place - 2])
    return found


def heard(octets: bytes) -> list[Heard]:
    """The responses in what a server sent. Raises ValueError for octets that end in the midst of one."""
    found = []
    for unit in units(octets):
        tag, _, rest = unit.partition(b" ")
        number: int | None = None
        word, _, after = rest.partition(b" ")
        if tag == b"*" and word.isdigit():
            number, rest = int(word), after
            word, _, after = rest.partition(b" ")
        found.append(Heard(tag.decode(), number, word.decode().upper(), after if tag != b"+" else rest))
    return found


def parsed(text: bytes) -> list[Any]:
    """Lists, numbers, atoms, strings and NIL in a text: lists as lists, NIL as None, all the rest as octets."""
    values, place = _list(text, 0)
    assert place >= len(text), f"nothing is expected behind {text[:place]!r}"
    return values


def _list(text: bytes, place: int) -> tuple[list[Any], int]:
    values: list[Any] = []
    while place < len(text) and text[place : place + 1] != b")":
        if text[place : place + 1] == b" ":
            place += 1
            continue
        value, place = _value(text, place)
        values.append(value)
    return values, place


def _value(text: bytes, place: int) -> tuple[Any, int]:
    if text[place : place + 1] == b"(":
        inner, place = _list(text, place + 1)
        assert text[place : place + 1] == b")", f"a list has no end in {text!r}"
        return inner, place + 1
    if literal := re.compile(rb"~?\{(\d+)\}\r\n").match(text, place):
        end = literal.end() + int(literal[1])
        return text[literal.end() : end], end
    if quoted := re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"').match(text, place):
        return re.sub(rb"\\(.)", rb"\1", quoted[1]), quoted.end()
    atom = _ATOM.match(text, place)
    assert atom, f"no value at {text[place:][:40]!r}"
    return (None if atom[0].upper() == b"NIL" else atom[0]), atom.end()
