"""Capture files written: pcapng and pcap, block by block, each whole when it is in the file.

By hand, for the reasons that :mod:`popsim.capture.read_file` gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import Protocol

from popsim.capture.packet import RAW
from popsim.capture.read_pcapng import (
    COMMENT,
    INTERFACE,
    KEY_LOG,
    ORDER,
    PACKET,
    RESOLUTION,
    SECRETS,
    SECTION,
)

_APPLICATION, _DESCRIPTION = 4, 3
_NANOSECONDS = 9
_ALL = 0
_LIMIT = 262_144
_PCAP_NANOSECONDS = 0xA1B23C4D
_LONGEST_COMMENT = 60_000


class Growing(Protocol):
    """What is asked of a file that is written: as of any that is open for octets."""

    def write(self, octets: bytes, /) -> object:
        """Add octets."""

    def flush(self) -> object:
        """Let nothing be lost that was added, whatever becomes of the program."""


class Container(Protocol):
    """A capture file that is being written."""

    def packet(self, time: int, octets: bytes) -> None:
        """Add an IP packet that passed at a time in nanoseconds since 1970."""

    def secrets(self, lines: Iterable[str]) -> None:
        """Add the keys of TLS sessions, lines of a key log; what is encrypted with them comes after."""


class Pcapng:
    """A pcapng file: one section, one interface for raw IP packets, times in nanoseconds.

    Args:
        file: where to write, from its beginning.
        comments: what to say of the file.
        place: what to call the place where the packets passed.
    """

    def __init__(self, file: Growing, comments: Sequence[str] = (), place: str = "") -> None:
        self._file = file
        said = [(COMMENT, _short(text)) for text in comments if text]
        self._block(SECTION, Struct("<IHHq").pack(ORDER, 1, 0, -1) + _options([*said, (_APPLICATION, b"popsim")]))
        described = [(_DESCRIPTION, _short(place))] if place else []
        options = _options([*described, (RESOLUTION, bytes([_NANOSECONDS]))])
        self._block(INTERFACE, Struct("<HHI").pack(RAW, 0, _ALL) + options)

    def packet(self, time: int, octets: bytes) -> None:
        """Add an IP packet that passed at a time in nanoseconds since 1970."""
        length = len(octets)
        self._block(PACKET, Struct("<IIIII").pack(0, time >> 32, time & 0xFFFFFFFF, length, length) + octets)

    def secrets(self, lines: Iterable[str]) -> None:
        """Add lines of a key log."""
        text = "".join(line + "\n" for line in lines).encode("ascii")
        if text:
            self._block(SECRETS, Struct("<II").pack(KEY_LOG, len(text)) + text)

    def _block(self, kind: int, body: bytes) -> None:
        body += b"\0" * (-len(body) % 4)
        length = Struct("<I").pack(len(body) + 12)
        self._file.write(Struct("<I").pack(kind) + length + body + length)
        self._file.flush()


class Pcap:
    """A pcap file of raw IP packets, times in nanoseconds. It has no room for comments, nor for keys.

    Args:
        file: where to write, from its beginning.
    """

    def __init__(self, file: Growing) -> None:
        self._file = file
        file.write(Struct("<IHHiIII").pack(_PCAP_NANOSECONDS, 2, 4, 0, 0, _LIMIT, RAW))

    def packet(self, time: int, octets: bytes) -> None:
        """Add an IP packet that passed at a time in nanoseconds since 1970."""
        seconds, rest = divmod(time, 10**9)
        self._file.write(Struct("<IIII").pack(seconds & 0xFFFFFFFF, rest, len(octets), len(octets)) + octets)
        self._file.flush()

    def secrets(self, lines: Iterable[str]) -> None:
        """Nothing: the format has no place for keys."""


def _short(text: str) -> bytes:
    return text.encode()[:_LONGEST_COMMENT].decode("utf-8", "ignore").encode()


def _options(options: Sequence[tuple[int, bytes]]) -> bytes:
    padded = [Struct("<HH").pack(code, len(value)) + value + b"\0" * (-len(value) % 4) for code, value in options]
    return b"".join(padded) + b"\0" * 4
