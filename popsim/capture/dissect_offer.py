"""What a server says that it can do: then a conversation is read by these extensions and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from popsim.capture.dissect_said import Message
from popsim.protocols.imap.data_table import DATA_CAPABILITY
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import SERVER

_OPENING = DATA_CAPABILITY.mark.encode() + b" "
"""What a list of capabilities opens with where answers have tags (RFC 3501 §7.2.1)."""


def offered(protocol: Protocol, messages: Iterable[Message]) -> Protocol:
    """The protocol as a server offers it; the same one where no list of its extensions was seen.

    Args:
        protocol: with all of its extensions.
        messages: what was said.
    """
    words = set(_words(protocol, messages))
    if not words or not protocol.enabled:
        return protocol
    table = protocol.table
    kept = []
    for number in protocol.enabled:
        tags = [row.tag for row in table.capabilities if row.reference((number,)) and not row.reference(table.editions)]
        if not tags or any(
            word == tag or (tag.endswith("=") and word.startswith(tag)) for tag in tags for word in words
        ):
            kept.append(number)
    bare = Protocol(table, protocol.number, (), protocol.is_minimal, protocol.omitted)
    return bare.extended(*kept) if kept else bare


def _words(protocol: Protocol, messages: Iterable[Message]) -> Iterator[str]:
    """The words of all lists of capabilities."""
    for one in messages:
        if one.endpoint != SERVER:
            continue
        if protocol.table.tagged:
            for line in one.octets.split(b"\r\n"):
                at = line.upper().find(_OPENING)
                if 0 <= at < line.find(b"]") + len(line) and line[:at].endswith((b"* ", b"[")):
                    yield from _upper(line[at + len(_OPENING) :].partition(b"]")[0].split())
        elif one.lead and one.reply and one.reply.positive:
            lines = one.octets.split(b"\r\n")[1:]
            yield from _upper(line[4:].split(b" ")[0].partition(b"=")[0] for line in lines if line[4:])


def _upper(words: Iterable[bytes]) -> Iterator[str]:
    for word in words:
        yield word.decode("ascii", "replace").upper()
