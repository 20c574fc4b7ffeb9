"""A TCP segment out of a captured frame: the layers below it, down to what the link put before them.

Written by hand, like the containers (see :mod:`popsim.capture.read_file`): what is asked of each header is two or three
fields, and a frame of any other kind, damaged or cut off, must be passed over, not raise.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from struct import Struct

NULL, ETHERNET, RAW, LOOP, COOKED, IPV4_ONLY, IPV6_ONLY, COOKED_2 = 0, 1, 101, 108, 113, 228, 229, 276
"""Numbers of link types, as https://www.tcpdump.org/linktypes.html lists them."""
LINKS = {
    NULL: "loopback (BSD)",
    ETHERNET: "Ethernet",
    12: "raw IP",
    14: "raw IP",
    RAW: "raw IP",
    LOOP: "loopback (OpenBSD)",
    COOKED: "Linux cooked",
    IPV4_ONLY: "raw IPv4",
    IPV6_ONLY: "raw IPv6",
    COOKED_2: "Linux cooked v2",
}
"""What the link types that can be read are called."""

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
"""Flags of a segment, RFC 9293 §3.1."""

_VLAN_TAGS = (0x8100, 0x88A8, 0x9100)
_IPV4, _IPV6 = 0x0800, 0x86DD
_TCP = 6
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _DESTINATION = 0, 43, 44, 51, 60
_HEADER_V4, _HEADER_V6, _HEADER_TCP = Struct("!BBHHHBBH4s4s"), Struct("!IHBB16s16s"), Struct("!HHIIBBH")

Address = tuple[bytes, int]
"""An end of a connection: the octets of its IP address, and its port."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a capture holds of one packet.

    Args:
        time: in nanoseconds since 1970.
        link: the number of the link type.
        octets: what was captured of it.
        length: how long it was on the wire; more than was captured where the capture cut it off.
    """

    time: int
    link: int
    octets: bytes
    length: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of an IP packet that was sent in several.

    Args:
        packet: what its parts have in common: addresses and identification.
        start: where its octets stand in the payload of the whole.
        last: whether nothing comes after it.
        octets: its part of the payload.
    """

    packet: tuple[bytes, bytes, int]
    start: int
    last: bool
    octets: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """A TCP segment.

    Args:
        time: in nanoseconds since 1970.
        source, target: its two ends.
        sequence, acknowledged: the numbers in its header.
        flags: the flags in its header.
        data: what was captured of its data.
        length: how much data it had.
    """

    time: int
    source: Address
    target: Address
    sequence: int
    acknowledged: int
    flags: int
    data: bytes
    length: int


def written(address: Address) -> str:
    """An address as text: ``192.0.2.1:110`` or ``[2001:db8::1]:110``."""
    host = ip_address(address[0])
    return f"[{host}]:{address[1]}" if host.version == 6 else f"{host}:{address[1]}"


def decoded(frame: Frame) -> Segment | Fragment | None:
    """The TCP segment in a frame, or the part of one; None where it holds something else or too little."""
    packet = _network(frame)
    if not packet:
        return None
    length = frame.length - len(frame.octets) + len(packet)
    version = packet[0] >> 4
    if version == 4 and len(packet) >= _HEADER_V4.size:
        return _ip4(frame.time, packet, length)
    if version == 6 and len(packet) >= _HEADER_V6.size:
        return _ip6(frame.time, packet, length)
    return None


def segment(time: int, ends: tuple[bytes, bytes], payload: bytes, length: int) -> Segment | None:
    """The TCP segment that is an IP packet's payload.

    Args:
        time: in nanoseconds since 1970.
        ends: the octets of the two IP addresses, the sender's first.
        payload: what was captured of it.
        length: how long it was.
    """
    if len(payload) < _HEADER_TCP.size:
        return None
    source, target, sequence, acknowledged, offset, flags, _ = _HEADER_TCP.unpack_from(payload)
    header = (offset >> 4) * 4
    if header < 20 or header > length:
        return None
    return Segment(
        time,
        (ends[0], source),
        (ends[1], target),
        sequence,
        acknowledged if flags & ACK else 0,
        flags,
        payload[header:length],
        length - header,
    )


def _network(frame: Frame) -> bytes:
    """The IP packet in a frame, or nothing."""
    octets, link = frame.octets, frame.link
    if link == ETHERNET:
        return _tagged(octets, 12)
    if link == COOKED:
        return _tagged(octets, 14)
    if link == COOKED_2:
        return octets[20:] if int.from_bytes(octets[:2]) in (_IPV4, _IPV6) else b""
    if link in (NULL, LOOP):
        return octets[4:]  # the family before it has another number on each system; the version says the same
    return octets if link in LINKS else b""


def _tagged(octets: bytes, place: int) -> bytes:
    """What follows an Ethernet type, where it is an IP packet; tags of virtual networks stand before the type."""
    while (kind := int.from_bytes(octets[place : place + 2])) in _VLAN_TAGS:
        place += 4
    return octets[place + 2 :] if kind in (_IPV4, _IPV6) else b""


def _ip4(time: int, packet: bytes, length: int) -> Segment | Fragment | None:
    first, _, total, identity, place, _, protocol, _, source, target = _HEADER_V4.unpack_from(packet)
    header = (first & 15) * 4
    total = total or length  # 0 where the network card was to cut the packet, and it was captured before
    if protocol != _TCP or header < 20 or total < header:
        return None
    payload = packet[header:total]
    if place & 0x3FFF:  # more fragments follow, or this one is not the first
        whole = (source, target, identity)
        return Fragment(whole, (place & 0x1FFF) * 8, not place & 0x2000, payload)
    return segment(time, (source, target), payload, total - header)


def _ip6(time: int, packet: bytes, length: int) -> Segment | Fragment | None:
    _, size, following, _, source, target = _HEADER_V6.unpack_from(packet)
    place, total = _HEADER_V6.size, _HEADER_V6.size + size if size else length
    while following in (_HOP_BY_HOP, _ROUTING, _DESTINATION, _AUTHENTICATION, _FRAGMENT):
        if place + 8 > min(len(packet), total):
            return None
        kind, following, units = following, packet[place], packet[place + 1]
        if kind == _FRAGMENT:
            where = int.from_bytes(packet[place + 2 : place + 4])
            identity = int.from_bytes(packet[place + 4 : place + 8])
            place += 8
            if where & 0xFFF9 and following == _TCP:
                whole = (source, target, identity)
                return Fragment(whole, where & 0xFFF8, not where & 1, packet[place:total])
        else:
            place += (units + 2) * 4 if kind == _AUTHENTICATION else (units + 1) * 8
    if following != _TCP or place > total:
        return None
    return segment(time, (source, target), packet[place:total], total - place)
