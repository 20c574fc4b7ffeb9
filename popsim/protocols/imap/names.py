"""The names of mailboxes as a client writes them: modified UTF-7 (RFC 3501 §5.1.3), or UTF-8 (RFC 9051 §5.1).

A client may write anything. What is no name is kept as a text that no mailbox is called, so that looking it up finds
nothing and sending it back gives the octets that came.
"""

from __future__ import annotations

import re

from popsim.mail.names import canonical as canonical
from popsim.mail.names import decode as decode
from popsim.mail.names import encode as encode

_BROKEN = re.compile("[\ud800-\udfff]")
_NO_SHIFT = "\ud826"
"""Stands for an ``&`` in what is no name: half of a pair of surrogates, which no text has."""


def heard(octets: bytes, is_utf8: bool = False) -> str:
    """The name that a client has written, whatever it is.

    Args:
        octets: the name as it crossed.
        is_utf8: whether names are UTF-8 here (RFC 9051 §5.1), else modified UTF-7.
    """
    if b"&" not in octets and octets.isascii():
        return octets.decode("ascii")
    try:
        return octets.decode("utf-8") if is_utf8 else decode(octets)
    except ValueError:
        return octets.decode("ascii", "surrogateescape").replace("&", _NO_SHIFT)


def spoken(name: str, is_utf8: bool = False) -> bytes:
    """A name as it crosses, not yet quoted; the opposite of :func:`heard`, for what is no name too."""
    if not is_name(name):
        return name.replace(_NO_SHIFT, "&").encode("ascii", "surrogateescape")
    return name.encode("utf-8") if is_utf8 else encode(name)


def is_name(name: str) -> bool:
    """Whether what was heard is spelled as a name is."""
    return not _BROKEN.search(name)
