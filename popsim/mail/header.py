"""The header fields of a message, read for people (RFC 5322 §2.2, RFC 2047)."""

from __future__ import annotations

import re

from popsim.mail.fields import unfolded

_ESCAPED = re.compile("[\udc80-\udcff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_AT_ONCE = 10_000
"""Characters that are decoded at once: the time that the standard library takes grows with their square."""


def value(header: bytes, name: str) -> str:
    """The first field called `name` (in any case) in the octets of a header, or "" if there is none.

    The text has one line.  What cannot be decoded is shown as it stands, and control characters
    become a space: nothing in a message may steer a terminal.
    """
    pattern = rb"(?ims)^%s[ \t]*:(.*?)(?:\r\n(?![ \t])|\Z)" % re.escape(name.encode())
    found = re.search(pattern, header)
    if found is None:
        return ""
    return _CONTROL.sub(" ", decoded(unfolded(found[1]))).strip()


def decoded(body: bytes) -> str:
    """The body of a field that is unfolded, as text, its encoded words decoded (RFC 2047)."""
    text = _text(body)
    return _decoded(text) if "=?" in text else text


def _text(octets: bytes) -> str:
    """Raw octets above 127 are UTF-8 (RFC 6532); those that are none are read as ISO 8859-1."""
    text = octets.decode(errors="surrogateescape")
    return _ESCAPED.sub(lambda one: chr(ord(one[0]) - 0xDC00), text)


def _decoded(text: str) -> str:
    found, place = [], 0
    while place < len(text):
        end = place + _AT_ONCE
        if end < len(text):
            end = text.rfind(" ", place, end) + 1 or end  # no encoded word has a space inside
        found.append(_decoded_piece(text[place:end]))
        place = end
    return "".join(found)


def _decoded_piece(text: str) -> str:
    from email.errors import HeaderParseError
    from email.header import decode_header

    try:
        parts = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    return "".join(_part(part, charset) for part, charset in parts)


def _part(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    try:
        # Without a charset it is what stood between encoded words, which decode_header
        # turned into octets with this codec.
        return part.decode(charset or "raw-unicode-escape", "replace")
    except (LookupError, ValueError):
        return _text(part)
