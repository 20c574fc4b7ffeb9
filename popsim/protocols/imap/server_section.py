"""The octets that a section names (RFC 3501 §6.4.5, BODY[...])."""

from __future__ import annotations

from popsim.mail.fields import fields
from popsim.mail.message import Message
from popsim.mail.parts import Part, ends_blank, header_end, structure
from popsim.protocols.imap.item_table import (
    SECTION_BODY,
    SECTION_FIELDS,
    SECTION_FIELDS_NOT,
    SECTION_HEADER,
    SECTION_MIME,
)
from popsim.protocols.imap.items import Section
from popsim.protocols.imap.server_strings import bearable

_CHOSEN = (SECTION_FIELDS.mark, SECTION_FIELDS_NOT.mark)


def section(message: Message, wanted: Section) -> bytes | None:
    """The octets of a section, or None where the message has no such part.

    The whole message is not copied. Octets that IMAP cannot carry are replaced, see ``server_strings.bearable``.
    """
    octets = message.octets
    if not wanted.part:
        if not wanted.text:
            return whole(message)
        if wanted.text == SECTION_MIME.mark:
            return None
        return bearable(_text(octets, 0, header_end(octets), len(octets), wanted))
    part = part_of(structure(message), wanted.part)
    if part is None:
        return None
    if not wanted.text:
        return bearable(octets[part.body : part.end])
    if wanted.text == SECTION_MIME.mark:
        return bearable(octets[part.start : part.body])
    if not part.is_message or not part.children:
        return None
    inner = part.children[0]
    return bearable(_text(octets, inner.start, inner.body, inner.end, wanted))


def whole(message: Message) -> bytes:
    """All octets of a message; looked through once, and not copied where IMAP can carry them."""
    return message.once(_whole)


def _whole(message: Message) -> bytes:
    return bearable(message.octets)


def partial(octets: bytes, asked: tuple[int, int] | None) -> bytes:
    """What a partial fetch gets of the octets of a section (RFC 3501 §6.4.5).

    Args:
        octets: the section, after fields were chosen.
        asked: the first octet, counted from 0, and how many octets; beyond the end there are none. None for all.
    """
    if asked is None:
        return octets
    start, count = asked
    return octets[start : start + count]


def part_of(root: Part, numbers: tuple[int, ...]) -> Part | None:
    """The part with these numbers, or None.

    The parts of a multipart are counted from 1, and what is no multipart has one part, itself. The parts of a message
    in a part are those of its body.
    """
    container, part = root, None
    for number in numbers:
        if part is not None:
            if not part.is_multipart and not part.children:
                return None
            container = part.children[0] if part.is_message else part
        if container.is_multipart:
            if not 1 <= number <= len(container.parts):
                return None
            part = container.parts[number - 1]
        elif number == 1:
            part = container
        else:
            return None
    return part


def _text(octets: bytes, start: int, body: int, end: int, wanted: Section) -> bytes:
    if wanted.text == SECTION_BODY.mark:
        return octets[body:end]
    if wanted.text == SECTION_HEADER.mark:
        return octets[start:body]
    assert wanted.text in _CHOSEN, f"no text of a section: {wanted.text!r}"
    return _chosen(octets, start, body, wanted)


def _chosen(octets: bytes, start: int, body: int, wanted: Section) -> bytes:
    """The header lines of the fields that are named, or of the others; the blank line stays in either case."""
    names = {name.lower() for name in wanted.fields}
    inverse = wanted.text == SECTION_FIELDS_NOT.mark
    chosen = b"".join(
        octets[one.start : one.end] for one in fields(octets, start, body) if (one.name in names) != inverse
    )
    if chosen and not chosen.endswith(b"\n"):
        chosen += b"\r\n"  # it went to the boundary that follows the header
    return chosen + (b"\r\n" if ends_blank(octets, start, body) else b"")
