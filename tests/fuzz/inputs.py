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


def whole_and_cut(data: bytes) -> tuple[list[int | bytes], list[int | bytes]]:
    """The same input twice: in its pieces, and cut again into pieces of one octet to five."""
    parts = list(events(data))
    cut: list[int | bytes] = []
    for part in parts:
        cut += [part] if isinstance(part, int) else pieces(part)
    return parts, cut


def pieces(octets: bytes) -> list[bytes]:
    """Octets in pieces of one to five."""
    found, place = [], 0
    while place < len(octets):
        size = 1 + (place * 7 + len(octets)) % 5
        found.append(octets[place : place + size])
        place += size
    return found
