"""What has come from a client and no engine has seen yet."""

from __future__ import annotations


class Unread:
    """Octets that wait for their turn, which they get line by line."""

    def __init__(self) -> None:
        self._octets = b""
        self._place = 0

    def __len__(self) -> int:
        return len(self._octets) - self._place

    def add(self, octets: bytes) -> None:
        """More has come."""
        self._octets = self._octets[self._place :] + octets if self._place < len(self._octets) else octets
        self._place = 0

    def line(self) -> bytes:
        """The next line that has come, or what there is of it; empty where nothing is left."""
        end = self._octets.find(b"\n", self._place) + 1
        if not end or end == len(self._octets):
            return self.rest()
        start, self._place = self._place, end
        return self._octets[start:end]

    def rest(self) -> bytes:
        """All that is left."""
        # A connection may be in memory for a while after its end: what is read is not kept.
        octets, self._octets = self._octets[self._place :], b""
        self._place = 0
        return octets
