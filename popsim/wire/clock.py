"""The clock: virtual time in integer nanoseconds, and what is to happen when."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush


class Clock:
    """Runs what was planned, in the order of time; things planned for one moment run in the order of planning."""

    def __init__(self) -> None:
        self.now = 0
        self._planned: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def plan(self, time: int, action: Callable[[], None]) -> None:
        """Let something happen at a time in nanoseconds, not before now."""
        self._count += 1
        heappush(self._planned, (max(time, self.now), self._count, action))

    def run(self, until: int | None = None) -> None:
        """Go on until nothing is planned any more, or until a time in nanoseconds, whatever is planned after it."""
        planned = self._planned
        while planned and (until is None or planned[0][0] <= until):
            self.now, _, action = heappop(planned)
            action()
        self.now = max(self.now, until or 0)
