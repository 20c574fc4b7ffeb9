"""A cat, drawn by arithmetic: a real picture for a sample attachment that takes no space here."""

from __future__ import annotations

import struct

WIDTH, HEIGHT = 120, 100  # pixels; three octets each make 36,000, in base64 48,000

_WALL, _FUR, _STRIPE, _EAR, _EYE, _DARK, _NOSE = (
    # blue, green, red: the order that the format has them in
    b"\xe8\xdc\xc4", b"\x50\x96\xdc", b"\x32\x6e\xb4", b"\xaa\xb4\xf0",
    b"\x5a\xc8\x96", b"\x28\x28\x28", b"\x78\x78\xe6",
)  # fmt: skip


def cat() -> bytes:
    """The picture as a BMP file: 24 bits for each pixel, rows from the bottom up."""
    rows = b"".join(_pixel(x, y) for y in reversed(range(HEIGHT)) for x in range(WIDTH))
    start = 14 + 40
    header = struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 24, 0, len(rows), 2835, 2835, 0, 0)
    return header + info + rows


def _pixel(x: int, y: int) -> bytes:
    """The colour at column `x`, row `y` from the top.  The face has its middle at (60, 58)."""
    side, down = abs(x - 60), y - 58  # the left half is the right half's mirror image
    if (side - 16) ** 2 + (down + 8) ** 2 < 64:
        return _DARK if abs(side - 16) < 3 else _EYE
    if side + abs(down - 6) < 6 and down >= 6:
        return _NOSE
    if (side - 7) ** 2 + (down - 13) ** 2 in range(36, 60) and down > 12:
        return _DARK  # the smile
    if 14 < side < 50 and abs(down - 10) < 12 and (3 * down - side) % 21 == 0 and down > 4:
        return _DARK  # whiskers
    if side**2 * 5 + down**2 * 6 < 6600:
        return _STRIPE if down < -20 and side % 10 < 4 else _FUR
    if abs(side - 23) * 5 < (down + 54) * 2 and down < -10:
        return _EAR if abs(side - 23) * 5 < (down + 44) * 2 else _FUR
    return _WALL
