"""Capture files read: pcap and pcapng, down to frames.

Both containers are read and written by hand. Of the libraries, dpkt (1.9.8 of 2022) turns times into floats, which
hold no nanoseconds since 1970, knows one interface of a pcapng file only and no decryption secrets, and raises at a
file that is cut short; python-pcapng (2.1.1 of 2022) reads no pcap; scapy is kept well, but a GPL program of its own.
pcap is the draft draft-ietf-opsawg-pcap, pcapng draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from typing import BinaryIO

from popsim.capture import read_pcapng
from popsim.capture.packet import Frame
from popsim.timeline.timeline import TimelineError

_ORDERS = {
    # magic number as it stands in the file: byte order, nanoseconds in a unit of time, octets in a record's header
    b"\xa1\xb2\xc3\xd4": (">", 1000, 16),
    b"\xd4\xc3\xb2\xa1": ("<", 1000, 16),
    b"\xa1\xb2\x3c\x4d": (">", 1, 16),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 16),
    b"\xa1\xb2\xcd\x34": (">", 1000, 24),
    b"\x34\xcd\xb2\xa1": ("<", 1000, 24),
}
_MOST = 1 << 28
"""The longest record that is believed: where one claims more, the file is damaged."""


@dataclass(slots=True)
class Contents:
    """What a capture file holds.

    Args:
        frames: the packets, in the order of the file.
        secrets: the lines of its key logs.
        comments: what its writer said about it.
        notes: what is to be said of the file itself, such as that it is cut short.
    """

    frames: list[Frame] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def contents(path: Path) -> Contents:
    """Read a capture file.

    Args:
        path: a pcap or pcapng file, whatever its name.

    Raises:
        TimelineError: it is neither, or damaged before its first packet.
        OSError: it can't be read.
    """
    found = Contents()
    with path.open("rb") as file:
        magic = file.read(4)
        if magic in _ORDERS:
            damage = _read(_records(file, *_ORDERS[magic]), found)
        elif magic == read_pcapng.MAGIC:
            file.seek(0)
            damage = _read(read_pcapng.blocks(file), found)
        else:
            raise TimelineError(_foreign(path.name, magic))
    if damage and not found.frames:
        raise TimelineError(f"{path.name} is a damaged capture: {damage}, before its first packet")
    if damage:
        found.notes.append(f"the file is whole up to packet {len(found.frames)} only: {damage}")
    return found


def _read(items: Iterator[read_pcapng.Item], found: Contents) -> str:
    """Take what the file has, and return what is wrong with it, or nothing."""
    try:
        for item in items:
            if isinstance(item, Frame):
                found.frames.append(item)
            else:
                (found.secrets if isinstance(item, read_pcapng.Keys) else found.comments).extend(item.lines)
    except read_pcapng.Damage as damage:
        return str(damage)
    return ""


def _foreign(name: str, magic: bytes) -> str:
    expected = "expected a pcap or pcapng file, as Wireshark, tshark and tcpdump write"
    if not magic:
        return f"{name} is empty: {expected}"
    if magic[:2] == b"\x1f\x8b":
        return f"{name} is compressed: unpack it with gunzip first"
    return f"{name} is no capture: {expected}; it begins with the octets {magic.hex(' ')}"


def _records(file: BinaryIO, order: str, unit: int, header: int) -> Iterator[read_pcapng.Item]:
    """The packets of a pcap file, after its magic number."""
    head = file.read(20)
    if len(head) < 20:
        raise read_pcapng.Damage("it is cut short in its header")
    link = Struct(order + "I").unpack_from(head, 16)[0] & 0x0FFFFFFF  # above it stands the length of a checksum
    record = Struct(order + "IIII")
    while head := file.read(header):
        place = file.tell() - len(head)
        if len(head) < header:
            raise read_pcapng.Damage(f"it is cut short at octet {place:,}")
        seconds, fraction, captured, length = record.unpack_from(head)
        if captured > _MOST:
            raise read_pcapng.Damage(f"the packet at octet {place:,} claims {captured:,} octets")
        octets = file.read(captured)
        if len(octets) < captured:
            raise read_pcapng.Damage(f"it is cut short at octet {place:,}")
        yield Frame(seconds * 10**9 + fraction * unit, link, octets, max(length, captured))
