"""A TCP segment as the octets of an IP packet, with its checksums."""

from __future__ import annotations

import sys
from array import array
from ipaddress import ip_address
from struct import Struct

from popsim.capture.packet import ACK, FIN, RST, SYN, Address

PUSH = 0x08
FLAGS = {"SYN": SYN, "SYN ACK": SYN | ACK, "ACK": ACK, "FIN": FIN | ACK, "RST": RST | ACK, "data": PUSH | ACK}
"""The flags of each kind of segment."""
LONGEST = 65_535 - 60 - 60
"""The most data that fits into any packet."""

_HEADER_V4, _HEADER_V6, _HEADER_TCP = Struct("!BBHHHBBH4s4s"), Struct("!IHBB16s16s"), Struct("!HHIIBBHHH")
_TCP, _HOPS, _WINDOW = 6, 64, 65_535
_WINDOW_SHIFT = 14
_DONT_FRAGMENT = 0x4000


def address(host: str, port: int) -> Address:
    """An end of a connection, from an IPv4 or IPv6 address as text and a port.

    Raises:
        ValueError: it is no such address.
    """
    return ip_address(host.partition("%")[0]).packed, port


def packet(
    ends: tuple[Address, Address],
    numbers: tuple[int, int],
    flags: int,
    data: bytes = b"",
    *,
    mss: int = 0,
    name: int = 0,
) -> bytes:
    """An IP packet with one TCP segment.

    Args:
        ends: who sends it, and to whom.
        numbers: the sequence number, and the number of the octet that is expected next; of both 32 bits count.
        flags: as in the segment's header.
        data: what it carries, :data:`LONGEST` at most.
        mss: the greatest segment that its sender takes: said when a connection opens, with the scale of the window.
        name: the packet's identification.
    """
    (source, source_port), (target, target_port) = ends
    sequence, acknowledged = (number & 0xFFFFFFFF for number in numbers)
    # RFC 9293 §3.2 and RFC 7323 §2. The window is the widest there is: these segments have passed, so they had room.
    options = Struct("!BBHBBBB").pack(2, 4, min(mss, 0xFFFF), 1, 3, 3, _WINDOW_SHIFT) if flags & SYN else b""
    offset = (_HEADER_TCP.size + len(options)) // 4 << 4
    fields = source_port, target_port, sequence, acknowledged if flags & ACK else 0, offset, flags, _WINDOW
    length = _HEADER_TCP.size + len(options) + len(data)
    pseudo = source + target + Struct("!II").pack(length, _TCP)
    checksum = _checksum(pseudo + _HEADER_TCP.pack(*fields, 0, 0) + options + data)
    return _header(source, target, length, name) + _HEADER_TCP.pack(*fields, checksum, 0) + options + data


def _header(source: bytes, target: bytes, length: int, name: int) -> bytes:
    if len(source) == 16:
        return _HEADER_V6.pack(6 << 28, length, _TCP, _HOPS, source, target)
    fields = 0x45, 0, _HEADER_V4.size + length, name & 0xFFFF, _DONT_FRAGMENT, _HOPS, _TCP
    checksum = _checksum(_HEADER_V4.pack(*fields, 0, source, target))
    return _HEADER_V4.pack(*fields, checksum, source, target)


def _checksum(octets: bytes) -> int:
    """The Internet checksum, RFC 1071."""
    words = array("H", octets + b"\0" * (len(octets) % 2))
    if sys.byteorder == "little":
        words.byteswap()
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
