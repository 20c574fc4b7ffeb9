"""How an input is read: pieces of octets, and between them what else happens."""

from __future__ import annotations

from collections.abc import Iterator

CUT, SECURED, SILENT, LOST = 0xFF, 0xFE, 0xFD, 0xFC


def events(data: bytes) -> Iterator[int | bytes]:
    """The pieces of octets of an input, and between them what else happens: 0xFF alone only cuts."""
    piece = bytearray()
    for octet in data:
        if octet < LOST:
            piece.append(octet)
            continue
        if piece:
            yield bytes(piece)
            piece.clear()
        if octet != CUT:
            yield octet
    if piece:
        yield bytes(piece)


def whole_and_octets(data: bytes) -> tuple[list[int | bytes], list[int | bytes]]:
    """The same input twice: in its pieces, and octet by octet."""
    parts = list(events(data))
    octets: list[int | bytes] = []
    for part in parts:
        octets += [part] if isinstance(part, int) else [bytes([octet]) for octet in part]
    return parts, octets
