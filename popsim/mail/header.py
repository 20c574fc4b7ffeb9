"""The header fields of a message, read for people (RFC 5322 §2.2, RFC 2047)."""

from __future__ import annotations

import re

_FOLD = re.compile(rb"\r\n(?=[ \t])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def value(header: bytes, name: str) -> str:
    """The first field called `name` (in any case) in the octets of a header, or "" if there is none.

    The text has one line.  What cannot be decoded is shown as it stands, and control characters
    become a space: nothing in a message may steer a terminal.
    """
    pattern = rb"(?ims)^%s[ \t]*:(.*?)(?:\r\n(?![ \t])|\Z)" % re.escape(name.encode())
    found = re.search(pattern, header)
    if found is None:
        return ""
    text = _text(_FOLD.sub(b"", found[1]))
    if "=?" in text:
        text = _decoded(text)
    return _CONTROL.sub(" ", text).strip()


def _text(octets: bytes) -> str:
    """Raw octets above 127 are UTF-8 (RFC 6532), or else are read as ISO 8859-1."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _decoded(text: str) -> str:
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
