"""What a writer of packets has to know of a connection: numbers of its two ends, and what is not yet acknowledged."""

from __future__ import annotations

from popsim.capture.packet import Address
from popsim.capture.stream import Progress
from popsim.timeline.event import CLIENT, SERVER

_SPREAD = 2_654_435_761
"""An odd number: its multiples are initial sequence numbers far from each other."""


class Side:
    """One end of a connection: what it has sent, and what the other one has seen of it in order."""

    def __init__(self, at: Address, initial: int) -> None:
        self.address = at
        self.initial = initial
        self.sent = 0  # octets
        self.progress = Progress()
        self.opened = self.closed = False
        self.packets = 0

    def pass_on(self, start: int, end: int) -> None:
        """Octets have passed, perhaps before others that come earlier in the stream."""
        self.sent = max(self.sent, end)
        self.progress.add(start, end)

    def expected(self) -> int:
        """The sequence number that the other end expects next."""
        done = self.closed and self.progress.reached >= self.sent
        return self.initial + self.opened + self.progress.reached + done


class Dialogue:
    """Both sides of one connection, and what the end where the packets are seen still has to acknowledge."""

    def __init__(self, client: Address, server: Address, number: int) -> None:
        initial = [(2 * number + side + 1) * _SPREAD % 2**32 for side in (CLIENT, SERVER)]
        self.sides = Side(client, initial[CLIENT]), Side(server, initial[SERVER])
        self.owed = 0  # segments
        self.due = 0
