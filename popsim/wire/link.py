"""The link between the two ends: a model of a TCP connection over one path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from popsim.wire.quantity import bits_per_second, nanoseconds, written

HEADER = 40
"""Octets of an IPv4 and a TCP header without options: they take their time on the line too."""


@dataclass(frozen=True, slots=True, init=False)
class Link:
    """A reliable stream of octets in each direction, cut into segments.

    The model: a handshake of three segments; data in segments of at most ``mss`` octets, each with 40 octets of
    headers; a segment leaves when the one before it is on the line (serialisation at ``rate``) and arrives ``delay``
    later; a closing handshake. The directions do not disturb each other.

    What it leaves out, and what that costs against a real path: acknowledgements of data are not sent, so they take
    no time and no octets (40 octets for every second segment); there is no congestion window, so a transfer of more
    than ten segments over a long path is finished some round trips too early (slow start doubles the window each
    round trip: about log2(octets / 14,600) of them); the receive window never closes.

    Args:
        delay: propagation one way, in nanoseconds or as a text such as ``"40 ms"``.
        rate: of the line, in bit/s or as a text such as ``"1 Mbit/s"``; None has no limit.
        mss: the most octets of data in one segment.
    """

    delay: int
    rate: int
    mss: int

    def __init__(self, delay: int | str = "20 ms", rate: int | str | None = None, mss: int = 1460) -> None:
        if not isinstance(mss, int) or mss < 1:
            raise ValueError(f"expected a maximum segment size of 1 octet or more, got {mss!r}")
        object.__setattr__(self, "delay", nanoseconds(delay))
        object.__setattr__(self, "rate", bits_per_second(rate))
        object.__setattr__(self, "mss", mss)

    def serialisation(self, octets: int) -> int:
        """How long a segment with that many octets of data takes to leave, in nanoseconds."""
        return -(-(octets + HEADER) * 8 * 10**9 // self.rate) if self.rate else 0

    @property
    def words(self) -> dict[str, Any]:
        """The link's settings as texts, as a scenario writes them."""
        return {"delay": written(self.delay), "rate": written(self.rate, rate=True), "mss": str(self.mss)}

    def __str__(self) -> str:
        return f"{written(self.delay)}, {written(self.rate, rate=True)}, segments of {self.mss} octets"
