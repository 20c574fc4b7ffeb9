"""The envelope of a message (RFC 3501 §7.4.2, ENVELOPE): what its header says of it, in ten members."""

from __future__ import annotations

from collections.abc import Iterable

from popsim.mail.addresses import Address, addresses
from popsim.mail.fields import Field, fields
from popsim.mail.message import Message
from popsim.mail.parts import header_end
from popsim.protocols.imap.server_strings import NIL, nstring

_STRINGS = frozenset({b"date", b"subject", b"in-reply-to", b"message-id"})
_LISTS = frozenset({b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc"})


def envelope(message: Message) -> bytes:
    """The envelope as it crosses, computed at the first use and kept with the message."""
    return message.once(_of_message)


def _of_message(message: Message) -> bytes:
    return envelope_of(fields(message.octets, 0, header_end(message.octets)))


def envelope_of(header: Iterable[Field]) -> bytes:
    """The envelope that these fields make.

    A field that came twice although it may come once (RFC 5322 §3.6): of the strings the last one counts, of the
    addresses all of them. Without Sender or Reply-To, or with an empty one, it is the sender (RFC 3501 §7.4.2).
    """
    strings: dict[bytes, bytes] = {}
    lists: dict[bytes, list[bytes]] = {}
    for one in header:
        if one.name in _STRINGS:
            strings[one.name] = one.body
        elif one.name in _LISTS:
            lists.setdefault(one.name, []).append(b"".join(map(_address, addresses(one.body))))
    people = {name: b"".join(found) for name, found in lists.items()}
    sender = people.get(b"from", b"")
    return b"(%b)" % b" ".join(
        (
            nstring(strings.get(b"date")),
            nstring(strings.get(b"subject")),
            _people(sender),
            _people(people.get(b"sender") or sender),
            _people(people.get(b"reply-to") or sender),
            *(_people(people.get(name, b"")) for name in (b"to", b"cc", b"bcc")),
            nstring(strings.get(b"in-reply-to")),
            nstring(strings.get(b"message-id")),
        )
    )


def _address(one: Address) -> bytes:
    return b"(%b %b %b %b)" % (nstring(one.name), nstring(one.route), nstring(one.mailbox), nstring(one.host))


def _people(listed: bytes) -> bytes:
    return b"(%b)" % listed if listed else NIL
