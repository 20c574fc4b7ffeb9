"""The structure of a message's body (RFC 3501 §7.4.2, BODYSTRUCTURE and BODY)."""

from __future__ import annotations

from popsim.mail.fields import Parameters, disposition, word, words
from popsim.mail.message import Message
from popsim.mail.parts import Part, structure
from popsim.protocols.imap.server_envelope import envelope_of
from popsim.protocols.imap.server_strings import NIL, listed, nstring, string

_CHARSET = (b"charset", b"us-ascii")
_SEVEN_BITS = b"7bit"


def bodystructure(message: Message, extended: bool) -> bytes:
    """The structure as it crosses; computed at the first use and kept with the message.

    Args:
        extended: with the extension data, which BODYSTRUCTURE has and BODY has not.
    """
    return message.once(_extended if extended else _plain)


def _extended(message: Message) -> bytes:
    return body_of(structure(message), True)


def _plain(message: Message) -> bytes:
    return body_of(structure(message), False)


def body_of(part: Part, extended: bool) -> bytes:
    """The structure of one part and of what is inside it."""
    if part.is_multipart:
        inside = b"".join(body_of(child, extended) for child in part.parts)
        members = [inside, string(part.subtype)]
        if extended:
            members += [_parameters(part.parameters), *_extension(part)]
        return b"(%b)" % b" ".join(members)
    members = _basic(part)
    if part.is_message and part.children:
        inner = part.children[0]
        members += [envelope_of(inner.fields), body_of(inner, extended), b"%d" % part.lines]
    elif part.is_text:
        members.append(b"%d" % part.lines)
    if extended:
        members += [_text(part, b"content-md5"), *_extension(part)]
    return b"(%b)" % b" ".join(members)


def _basic(part: Part) -> list[bytes]:
    """The seven members that every part has which has no parts of its own."""
    parameters = part.parameters
    if part.is_text and part.parameter(_CHARSET[0]) is None:
        parameters = (*parameters, _CHARSET)  # the default, which a reader need not know then (RFC 2046 §4.1.2)
    encoding = part.field(b"content-transfer-encoding")
    return [
        string(part.kind),
        string(part.subtype),
        _parameters(parameters),
        _text(part, b"content-id"),
        _text(part, b"content-description"),
        string((word(encoding) if encoding else b"") or _SEVEN_BITS),
        b"%d" % part.size,
    ]


def _extension(part: Part) -> list[bytes]:
    """Disposition, language and location."""
    how = disposition(part.field(b"content-disposition") or b"")
    return [
        NIL if how is None else b"(%b %b)" % (string(how[0]), _parameters(how[1])),
        listed(string(tag) for tag in words(part.field(b"content-language") or b"")),
        _text(part, b"content-location"),
    ]


def _parameters(parameters: Parameters) -> bytes:
    return listed(string(text) for pair in parameters for text in pair)


def _text(part: Part, name: bytes) -> bytes:
    """A field as it stands: NIL without it, a string of nothing where it is empty."""
    return nstring(part.field(name))
