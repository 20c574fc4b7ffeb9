"""The fields of a header as octet ranges, and their bodies as octets (RFC 5322 §2.2, §3.2).

Nothing here decodes: what a server says about a message it says in the octets of the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Folded lines belong to their field; a line without a colon is no field, and what is folded after it is none either.
# What is taken is never given back (the second +): a header of many megabytes would cost a hundred times its size.
_FIELD = re.compile(rb"^([^:\s][^:\r\n]*+):((?:[^\n]*+\n[ \t])*+[^\n]*+(?:\n|\Z))", re.MULTILINE)
_FOLD = re.compile(rb"\r\n(?=[ \t])")

Parameters = tuple[tuple[bytes, bytes], ...]
"""Names and values in their order, the names as they were written."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a header.

    Args:
        name: its name in lower case, without the blanks that old syntax allows before the colon.
        body: what follows the colon, unfolded, without blanks at its beginning and its line end.
        start, end: where its lines stand.
    """

    name: bytes
    body: bytes
    start: int
    end: int


def fields(octets: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """The fields between two places, in their order; lines that are no field are passed over."""
    for found in _FIELD.finditer(octets, start, len(octets) if end is None else end):
        yield Field(found[1].rstrip().lower(), unfolded(found[2]), found.start(), found.end())


def unfolded(body: bytes) -> bytes:
    """A field's body on one line (RFC 5322 §2.2.3): line ends before blanks are taken out, the blanks stay."""
    return _FOLD.sub(b"", body).removesuffix(b"\n").removesuffix(b"\r").lstrip(b" \t")


# The tokens of a structured field (RFC 5322 §3.2): what they are is told by their first octet.
_COMMENT_OR_BLANKS = re.compile(rb"[ \t\r\n]+|\(")
_COMMENT_TEXT = re.compile(rb"(?:[^()\\]++|\\.?)*+", re.DOTALL)
_QUOTED = re.compile(rb'"((?:[^"\\]++|\\.)*+)(?:"|\\?\Z)', re.DOTALL)
_PAIR = re.compile(rb"\\(.)", re.DOTALL)


def skip_blanks(text: bytes, place: int) -> tuple[int, bytes | None]:
    """Pass over blanks and comments (CFWS, RFC 5322 §3.2.2).

    Returns:
        Where the next token begins, and what stood in the last comment, None without one.
    """
    comment = None
    while found := _COMMENT_OR_BLANKS.match(text, place):
        place = found.end()
        if found[0] == b"(":
            place, comment = _comment(text, place)
    return place, comment


def _comment(text: bytes, place: int) -> tuple[int, bytes]:
    """What stands up to the parenthesis that closes this comment; comments nest."""
    start, depth = place, 1
    while place < len(text):
        found = _COMMENT_TEXT.match(text, place)
        assert found is not None
        place = found.end()
        if place == len(text):
            break
        depth += 1 if text[place : place + 1] == b"(" else -1
        place += 1
        if not depth:
            return place, _PAIR.sub(rb"\1", text[start : place - 1])
    return place, _PAIR.sub(rb"\1", text[start:place])


def quoted(text: bytes, place: int) -> tuple[bytes, int]:
    """The quoted string that begins here, without its quotes and backslashes (RFC 5322 §3.2.4), and where it ends.

    One that nothing closes goes on to the end of the text.
    """
    found = _QUOTED.match(text, place)
    assert found is not None, "the caller has seen the quote"
    return _PAIR.sub(rb"\1", found[1]), found.end()


# Octets above 127 are no token's (RFC 2045 §5.1); what comes is kept as it came all the same.
_TOKEN = re.compile(rb'[^\x00-\x20\x7f()<>@,;:\\"/\[\]?=]+')


def content_type(body: bytes) -> tuple[bytes, bytes, Parameters] | None:
    """Type, subtype and parameters (RFC 2045 §5.1) as they were written, or None where there is no type and subtype."""
    kind, place = _token(body, 0)
    if not kind or body[place : place + 1] != b"/":
        return None
    subtype, place = _token(body, place + 1)
    ends = body[place : place + 1] in (b"", b";")
    return (kind, subtype, parameters(body, place)) if subtype and ends else None


def disposition(body: bytes) -> tuple[bytes, Parameters] | None:
    """The disposition and its parameters (RFC 2183 §2), or None where there is none."""
    kind, place = _token(body, 0)
    return (kind, parameters(body, place)) if kind else None


def word(body: bytes) -> bytes:
    """The one token of a field such as Content-Transfer-Encoding (RFC 2045 §6.1), or nothing."""
    return _token(body, 0)[0]


def words(body: bytes) -> tuple[bytes, ...]:
    """The tokens of a list with commas, such as Content-Language (RFC 3282 §2)."""
    found, place = [], 0
    while place < len(body):
        token, place = _token(body, place)
        if token:
            found.append(token)
        comma = body.find(b",", place)
        if comma < 0:
            break
        place = comma + 1
    return tuple(found)


def parameters(body: bytes, place: int) -> Parameters:
    """The parameters that follow, up to the first that is none; pieces of one are joined (RFC 2231 §3).

    A value with a charset (§4) stays as it is, and its name keeps the asterisk that says so.
    """
    found: list[tuple[bytes, bytes]] = []
    while (place := body.find(b";", place)) >= 0:
        name, place = _token(body, place + 1)
        if not name or body[place : place + 1] != b"=":
            break
        place, _ = skip_blanks(body, place + 1)
        if body[place : place + 1] == b'"':
            value, place = quoted(body, place)
        else:
            value, place = _token(body, place, _VALUE)
        found.append((name, value))
    return _joined(found) if any(b"*" in name for name, _ in found) else tuple(found)


_VALUE = re.compile(rb'[^\x00-\x20\x7f()<>@,;:\\"\[\]]+')
"""Senders forget the quotes around `/`, `?` and `=`, and readers bear it."""
_PIECE = re.compile(rb"(.+?)\*(0|[1-9][0-9]{0,3})(\*?)\Z", re.DOTALL)


def _token(body: bytes, place: int, pattern: re.Pattern[bytes] = _TOKEN) -> tuple[bytes, int]:
    place, _ = skip_blanks(body, place)
    found = pattern.match(body, place)
    if found is None:
        return b"", place
    place, _ = skip_blanks(body, found.end())
    return found[0], place


def _joined(found: list[tuple[bytes, bytes]]) -> Parameters:
    """One parameter for all pieces of one name that follow each other from 0; it stands where its first piece stood."""
    pieces: dict[bytes, dict[int, tuple[bytes, bool]]] = {}
    for name, value in found:
        if piece := _PIECE.match(name):
            pieces.setdefault(piece[1].lower(), {}).setdefault(int(piece[2]), (value, bool(piece[3])))
    whole: list[tuple[bytes, bytes]] = []
    for name, value in found:
        piece = _PIECE.match(name)
        if piece is None:
            whole.append((name, value))
        elif piece[2] == b"0":
            kept = pieces.pop(piece[1].lower(), {})
            run = [kept[number] for number in range(len(kept)) if number in kept]
            if run:
                mark = b"*" if any(encoded for _, encoded in run) else b""
                whole.append((piece[1] + mark, b"".join(value for value, _ in run)))
    return tuple(whole)
