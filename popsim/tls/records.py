"""The records of TLS as they stand on the wire, and what they say of themselves in clear (RFC 8446 §5.1)."""

from __future__ import annotations

MOST = 8
"""How many messages of one record are named."""
HEADER = 5
"""Octets before the content of a record: its type, a version, its length in two octets."""
CHANGE, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
RECORDS = {CHANGE: "change cipher spec", ALERT: "alert", HANDSHAKE: "handshake", DATA: "application data"}
"""The types of record. Under TLS 1.3 an encrypted record says that it is application data, whatever is in it."""
MESSAGES = {
    0: "hello request",
    1: "client hello",
    2: "server hello",
    4: "new session ticket",
    8: "encrypted extensions",
    11: "certificate",
    12: "server key exchange",
    13: "certificate request",
    14: "server hello done",
    15: "certificate verify",
    16: "client key exchange",
    20: "finished",
    22: "certificate status",
}
"""The messages of a handshake (RFC 8446 §4, RFC 5246 §7.4, RFC 6066 §8)."""


def records(ciphertext: bytes) -> list[bytes]:
    """Whole TLS records, one by one; what is left over at the end is one more."""
    found, place = [], 0
    while place < len(ciphertext):
        size = HEADER + int.from_bytes(ciphertext[place + 3 : place + HEADER], "big")
        found.append(ciphertext[place : place + size])
        place += size
    return found


def record_name(record: bytes, is_protected: bool = False) -> str:
    """What a record says of itself: its type and, where it can be read, which messages of a handshake it holds.

    Args:
        record: the whole record.
        is_protected: whether its content is encrypted.
    """
    kind = record[0]
    if kind != HANDSHAKE or is_protected:
        return RECORDS.get(kind, "octets that are no record of TLS")
    names: list[str] = []
    place = HEADER
    while place + 4 <= len(record) and len(names) < MOST:
        names.append(MESSAGES.get(record[place], "unknown message"))
        place += 4 + int.from_bytes(record[place + 1 : place + 4], "big")
    return f"{RECORDS[kind]}: {', '.join(names)}" if names else RECORDS[kind]
