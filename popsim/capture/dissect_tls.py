"""What somebody on the wire reads of TLS: the lengths of its records, and what the handshake says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from popsim.tls.records import CHANGE, DATA, HEADER, RECORDS, record_name

LONGEST = 2**14 + 2048
"""The most octets that a record may hold (RFC 5246 §6.2.3)."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of TLS, or octets that are none.

    Args:
        start, end: its octets in what its end put on the wire.
        name: what it says of itself in clear.
        is_protected: whether its content is encrypted.
        whole: whether its end was seen.
    """

    start: int
    end: int
    name: str
    is_protected: bool
    whole: bool


def looks_secured(client: bytes, server: bytes) -> bool:
    """Whether the octets of both ends, as far as there are any, begin with a record of TLS."""
    said = [octets for octets in (client, server) if octets]
    return bool(said) and all(len(octets) > 2 and _is_record(octets, 0) for octets in said)


def _is_record(octets: bytes, place: int) -> bool:
    """Whether a record begins at a place, as far as its header is there."""
    head = octets[place : place + HEADER]
    if head[0] not in RECORDS or head[1:2] not in (b"\x03", b""):
        return False
    return len(head) < HEADER or int.from_bytes(head[3:5], "big") <= LONGEST


def records(octets: bytes, start: int, cuts: list[int]) -> list[Record]:
    """The records from a place on.

    Args:
        octets: what one end put on the wire.
        start: where its ciphertext begins.
        cuts: places before which octets are missing: what comes after one is not cut into records.
    """
    end = next((cut for cut in cuts if cut > start), len(octets))
    found: list[Record] = []
    place = start
    changed = False
    while place < end and start not in cuts and _is_record(octets, place):
        kind, length = octets[place], int.from_bytes(octets[place + 3 : place + HEADER], "big")
        last = place + HEADER + length
        whole = place + HEADER <= end and last <= end
        protected = kind == DATA or (kind != CHANGE and changed)
        name = record_name(octets[place : min(last, end)], protected)
        found.append(Record(place, min(last, end), name, protected, whole))
        changed = changed or kind == CHANGE
        place = min(last, end)
    while place < len(octets):
        last = next((cut for cut in cuts if cut > place), len(octets))
        found.append(Record(place, last, "octets that are no record of TLS", True, True))
        place = last
    return found
