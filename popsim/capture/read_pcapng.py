"""The blocks of a pcapng file, section by section, as draft-ietf-opsawg-pcapng has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO

from popsim.capture.packet import Frame

MAGIC = b"\x0a\x0d\x0d\x0a"
"""The type of the block that begins a section: the same in both byte orders."""
ORDER = 0x1A2B3C4D
SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, PACKET, SECRETS = 0x0A0D0D0A, 1, 2, 3, 6, 10
"""Types of blocks."""
KEY_LOG = 0x544C534B
"""The type of secrets that are lines of a TLS key log."""
END_OF_OPTIONS, COMMENT, RESOLUTION, OFFSET = 0, 1, 9, 14
"""Options: the last two are an interface's units of time in a second, and what is to be added to its times."""
_MOST = 1 << 28


class Damage(Exception):
    """The file is not as its format has it from here on; the message says how."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Lines of a key log."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comments:
    """Lines that the file's writer left."""

    lines: tuple[str, ...]


Item = Frame | Keys | Comments


@dataclass(frozen=True, slots=True)
class Interface:
    """Where packets were captured.

    Args:
        link: the number of its link type.
        limit: how much of a packet was captured at most; 0 is all.
        units: of time in a second.
        offset: seconds to be added to every time.
    """

    link: int
    limit: int
    units: int
    offset: int


def blocks(file: BinaryIO) -> Iterator[Item]:
    """What the blocks of a file hold, in order.

    Raises:
        Damage: the file is cut short or broken there.
    """
    order, section = "<", _Section("<")
    while head := file.read(8):
        place = file.tell() - len(head)
        if len(head) < 8:
            raise Damage(f"it is cut short at octet {place:,}")
        if head[:4] == MAGIC:
            order = _order(file.read(4), place)
            file.seek(-4, 1)
            section = _Section(order)
        kind, length = Struct(order + "II").unpack(head)
        if length < 12 or length % 4 or length > _MOST:
            raise Damage(f"the block at octet {place:,} claims a length of {length:,} octets")
        body = file.read(length - 8)
        if len(body) < length - 8:
            raise Damage(f"it is cut short at octet {place:,}")
        if Struct(order + "I").unpack(body[-4:])[0] != length:
            raise Damage(f"the block at octet {place:,} has two lengths that differ")
        item = section.item(kind, body[:-4], place)
        if item is not None:
            yield item


def _order(magic: bytes, place: int) -> str:
    for order in "<>":
        if magic == Struct(order + "I").pack(ORDER):
            return order
    raise Damage(f"the section at octet {place:,} names no byte order")


class _Section:
    """A section: blocks in one byte order, and interfaces by number."""

    def __init__(self, order: str) -> None:
        self._order = order
        self._interfaces: list[Interface] = []
        self._latest = 0

    def item(self, kind: int, body: bytes, place: int) -> Item | None:
        """What a block holds; None where that is nothing for us."""
        try:
            return self._item(kind, body)
        except (LookupError, ValueError, Damage) as error:
            raise Damage(f"the block at octet {place:,} is broken ({error})") from None

    def _item(self, kind: int, body: bytes) -> Item | None:
        if kind == SECTION:
            if self._number(body, 4, "H") != 1:
                raise Damage("it has another version than 1")
            return Comments(tuple(text.decode("utf-8", "replace") for text in self._options(body[16:], COMMENT)))
        if kind == INTERFACE:
            self._interfaces.append(self._interface(body))
        elif kind == PACKET:
            return self._packet(body, self._number(body, 0))
        elif kind == OLD_PACKET:
            return self._packet(body, self._number(body, 0, "H"))
        elif kind == SIMPLE_PACKET:
            return self._simple(body)
        elif kind == SECRETS and self._number(body, 0) == KEY_LOG:
            text = body[8 : 8 + self._number(body, 4)].decode("ascii", "replace")
            return Keys(tuple(line for line in text.splitlines() if line and not line.startswith("#")))
        return None

    def _interface(self, body: bytes) -> Interface:
        options = body[8:]
        units, offset = 10**6, 0
        for value in self._options(options, RESOLUTION):
            units = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
        for value in self._options(options, OFFSET):
            offset = int.from_bytes(value[:8], "little" if self._order == "<" else "big", signed=True)
        return Interface(self._number(body, 0, "H"), self._number(body, 4), units, offset)

    def _packet(self, body: bytes, number: int) -> Frame:
        if number >= len(self._interfaces):
            raise Damage(f"it names interface {number}, of {len(self._interfaces)}")
        interface = self._interfaces[number]
        high, low, captured, length = (self._number(body, place) for place in (4, 8, 12, 16))
        if captured > len(body) - 20:
            raise Damage(f"it claims {captured:,} octets of a packet")
        self._latest = interface.offset * 10**9 + (high << 32 | low) * 10**9 // interface.units
        return Frame(self._latest, interface.link, body[20 : 20 + captured], max(length, captured))

    def _simple(self, body: bytes) -> Frame:
        """A packet without a time: it gets that of the one before."""
        if not self._interfaces:
            raise Damage("it comes before any interface")
        length, interface = self._number(body, 0), self._interfaces[0]
        captured = min(length, interface.limit or length, len(body) - 4)
        return Frame(self._latest, interface.link, body[4 : 4 + captured], length)

    def _number(self, body: bytes, place: int, size: str = "I") -> int:
        form = Struct(self._order + size)
        if place + form.size > len(body):
            raise Damage("it is too short")
        number: int = form.unpack_from(body, place)[0]
        return number

    def _options(self, octets: bytes, wanted: int) -> Iterator[bytes]:
        place = 0
        while place + 4 <= len(octets):
            code, length = self._number(octets, place, "H"), self._number(octets, place + 2, "H")
            if code == END_OF_OPTIONS:
                return
            if code == wanted and length:
                yield octets[place + 4 : place + 4 + length]
            place += 4 + length + -length % 4
