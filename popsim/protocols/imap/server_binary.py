"""Parts with their transfer encoding taken off (RFC 9051 §6.4.5, BINARY)."""

from __future__ import annotations

from popsim.mail.fields import word
from popsim.mail.message import Message
from popsim.mail.parts import Part, structure
from popsim.mail.reading import unencoded
from popsim.protocols.imap.items import Section
from popsim.protocols.imap.server_section import part_of

PLAIN = (b"", b"7bit", b"8bit", b"binary")
ENCODED = (b"base64", b"quoted-printable")


def encoding_of(part: Part) -> bytes:
    """The transfer encoding of a part, in lower case (RFC 2045 §6)."""
    return word(part.field(b"content-transfer-encoding") or b"").lower()


def can_decode(message: Message, wanted: Section) -> bool:
    """Whether the encoding of a part is known; what is not there has none."""
    part = part_of(structure(message), wanted.part)
    return part is None or encoding_of(part) in PLAIN + ENCODED


def decoded(message: Message, wanted: Section) -> bytes | None:
    """The octets of a part without their transfer encoding, or None where the message has no such part."""
    part = part_of(structure(message), wanted.part) if wanted.part else structure(message)
    if part is None:
        return None
    return unencoded(part) if wanted.part else message.octets[part.start : part.end]
