"""The link between the two ends: a model of a TCP connection over one path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from popsim.wire.quantity import bits_per_second, millionths, nanoseconds, percent, written

HEADER = 40
"""Octets of an IPv4 and a TCP header without options: they take their time on the line too."""
TIMEOUT = 10**9
"""The shortest retransmission timeout, in nanoseconds (RFC 6298 §2.4)."""
LONGEST_TIMEOUT = 60 * 10**9
"""The longest that the timeout grows to, in nanoseconds (RFC 6298 §2.5)."""
TRIES = 9
"""How often a segment is sent at most: with timeouts from 1 s on, the last one ends 243 s after the first sending.

RFC 9293 §3.8.3 asks a SYN to be tried for three minutes and data for 100 s, at least.
"""


@dataclass(frozen=True, slots=True, init=False)
class Link:
    """A reliable stream of octets in each direction, cut into segments.

    The model: a handshake of three segments; data in segments of at most ``mss`` octets, each with 40 octets of
    headers; a segment leaves when the one before it is on the line (serialisation at ``rate``) and arrives ``delay``
    later, and up to ``jitter`` more, but never before the one that left before it; a closing handshake. The directions
    do not disturb each other.

    Each segment is lost with the probability ``loss``. A lost one is sent once more when the retransmission timeout is
    over: 1 s, or three times the longest round trip without a queue if that is more (RFC 6298 §2.1, §2.2 and §2.4),
    twice as long for each time that it was lost before, and at most a minute (§5.5, §2.5). What came behind a lost
    segment waits at the receiver, which reads in order. After nine times the sender gives the connection up.

    What it leaves out, and what that costs against a real path: acknowledgements of data are not sent, so they take
    no time and no octets (40 octets for every second segment) and are not lost (which would send a segment twice, for
    nothing); a lost segment is never noticed by the segments that follow it (fast retransmit, RFC 5681 §3.2, brings it
    after about one round trip where three of them arrive: inside of a long answer the model is up to a second too slow
    for each loss), and the timeout does not follow measured round trips (§2.3: it would come down to 1 s where the
    delay is long); losses are independent of each other (real ones come in bursts); there is no congestion window, so
    a transfer of more than ten segments over a long path is finished some round trips too early (slow start doubles the
    window each round trip: about log2(octets / 14,600) of them), and does not become slower by a loss; the receive
    window never closes. A segment that is damaged so that its checksum tells counts as lost.

    Args:
        delay: propagation one way, in nanoseconds or as a text such as ``"40 ms"``.
        rate: of the line, in bit/s or as a text such as ``"1 Mbit/s"``; None has no limit.
        mss: the most octets of data in one segment.
        loss: the probability with which a segment is lost, as a number from 0 to 1 or a text such as ``"2%"``; it is
            kept in millionths.
        jitter: how much longer than ``delay`` a segment may take, in nanoseconds or as a text.
    """

    delay: int
    rate: int
    mss: int
    loss: int
    jitter: int

    def __init__(
        self,
        delay: int | str = "20 ms",
        rate: int | str | None = None,
        mss: int = 1460,
        loss: float | str = 0,
        jitter: int | str = 0,
    ) -> None:
        if not isinstance(mss, int) or mss < 1:
            raise ValueError(f"expected a maximum segment size of 1 octet or more, got {mss!r}")
        object.__setattr__(self, "delay", nanoseconds(delay))
        object.__setattr__(self, "rate", bits_per_second(rate))
        object.__setattr__(self, "mss", mss)
        object.__setattr__(self, "loss", millionths(loss))
        object.__setattr__(self, "jitter", nanoseconds(jitter))

    def serialisation(self, octets: int) -> int:
        """How long a segment with that many octets of data takes to leave, in nanoseconds."""
        return -(-(octets + HEADER) * 8 * 10**9 // self.rate) if self.rate else 0

    def timeout(self, tries: int) -> int:
        """How long a sender waits for the acknowledgement of a segment that it sent for the nth time, in nanoseconds.

        Args:
            tries: how often it was sent, 1 or more.
        """
        first = max(TIMEOUT, 3 * (2 * self.delay + self.jitter))
        return min(first << (tries - 1), max(first, LONGEST_TIMEOUT))

    @property
    def words(self) -> dict[str, Any]:
        """The link's settings as texts, as a scenario writes them: those of chance where there is some."""
        words = {"delay": written(self.delay), "rate": written(self.rate, rate=True), "mss": str(self.mss)}
        words |= {"loss": percent(self.loss)} if self.loss else {}
        return words | ({"jitter": written(self.jitter)} if self.jitter else {})

    def __str__(self) -> str:
        text = f"{written(self.delay)}, {written(self.rate, rate=True)}, segments of {self.mss} octets"
        text += f", {percent(self.loss)} of them lost" if self.loss else ""
        return text + (f", up to {written(self.jitter)} more" if self.jitter else "")
