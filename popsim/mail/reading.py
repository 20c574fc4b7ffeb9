"""The text of a message as a person reads it, for looking something up in it (RFC 2045 §6, RFC 2047)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from popsim.mail.addresses import Address, addresses
from popsim.mail.fields import Field, word
from popsim.mail.header import decoded
from popsim.mail.parts import Part

_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "unicode_escape", "raw-unicode-escape", "undefined"})
"""Codecs of Python that are no character set of mail."""


def body_texts(root: Part) -> Iterator[str]:
    """What can be read in the body: each part that is text, decoded, and the headers of the parts.

    Pictures and the like are left out (RFC 3501 §6.4.4 allows it).
    """
    for part in root.walk():
        if part is not root:
            yield header_text(part)
        if not part.children and (part.is_text or part.kind.lower() == b"message"):
            yield part_text(part)


def header_text(part: Part) -> str:
    """The header of a part, one line for each field, without encoded words."""
    return fields_text(part.fields)


def fields_text(header: Iterable[Field]) -> str:
    """Fields as text, one line for each, without encoded words."""
    return "".join(f"{one.name.decode('latin-1')}: {decoded(one.body)}\r\n" for one in header)


def part_text(part: Part) -> str:
    """The body of a part without its transfer encoding, as characters; what is none becomes U+FFFD."""
    octets = unencoded(part)
    charset = (part.parameter(b"charset") or b"utf-8").decode("latin-1").lower()
    if charset in ("us-ascii", "ascii"):
        charset = "utf-8"  # a sender that says ASCII and means more most often means this
    if charset in _NO_CHARSETS:
        charset = "latin-1"
    try:
        return octets.decode(charset, "replace")
    except (LookupError, ValueError):
        return octets.decode("latin-1")


def unencoded(part: Part) -> bytes:
    """The octets of a part's body without the transfer encoding (RFC 2045 §6); one that is unknown stays."""
    octets = part.octets[part.body : part.end]
    encoding = word(part.field(b"content-transfer-encoding") or b"").lower()
    if encoding == b"base64":
        import binascii

        try:
            return binascii.a2b_base64(octets)
        except binascii.Error:
            return octets
    if encoding == b"quoted-printable":
        import binascii

        return binascii.a2b_qp(octets)
    return octets


def people(header: tuple[Field, ...], name: bytes) -> str:
    """The addresses in all fields of that name (in lower case), such as ``Terry Gray <gray@example.edu>, x@y``."""
    found = (one for body in (one.body for one in header if one.name == name) for one in addresses(body))
    return ", ".join(map(_written, found))


def _written(one: Address) -> str:
    if one.host is None:
        return ";" if one.mailbox is None else f"{decoded(one.mailbox)}:"
    address = b"%b@%b" % (one.mailbox or b"", one.host) if one.host else one.mailbox or b""
    text = decoded(b"%b:%b" % (one.route, address) if one.route else address)
    return f"{decoded(one.name)} <{text}>" if one.name is not None else text
