"""One direction of a connection through a proxy: what goes in comes out later, as a link would have it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from popsim.timeline.event import CLIENT, ENDPOINTS
from popsim.timeline.recorder import flipped
from popsim.wire.chance import share
from popsim.wire.faults import CORRUPT, CUT_AFTER, CUT_BEFORE, LOSE, STALL_AFTER, STALL_AT, Fault
from popsim.wire.link import TRIES, Link
from popsim.wire.quantity import MILLION

_LINE = 64 * 1024
"""The longest line that is looked at before it is sent on."""
_OPENING = (2, 1)
"""How many segments each end has sent before its first data: SYN and ACK, and SYN ACK."""
_LOSS, _JITTER = 0, 1
Action = Callable[[], None]


class Way:
    """What one end of a connection says, on its way to the other. Times are in nanoseconds since the connection began.

    Args:
        link: how long it takes.
        faults: all that is to go wrong; those of this connection and end count.
        connection, end: the connection's number, and the end that speaks.
        seed: where chance comes from.
        deliver: is given what comes out, in order.
        cut: is called when the line is cut here.
    """

    def __init__(
        self,
        link: Link,
        faults: Iterable[Fault],
        connection: int,
        end: int,
        seed: int,
        *,
        deliver: Callable[[bytes], None],
        cut: Action,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._link, self._chance = link, (seed, connection, end)
        self._deliver, self._cut = deliver, cut
        self._begun = self._loop.time()
        self._queue: deque[tuple[int, int, Action]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.held = 0
        """How many octets are on their way."""
        self._taken, self._count = 0, _OPENING[end]
        self._free = self._latest = 0
        self._line = b""
        self._over = False
        mine = [fault for fault in faults if fault.connection == connection]
        self._before = [f for f in mine if f.kind == CUT_BEFORE and end == CLIENT]
        mine = [fault for fault in mine if fault.who == ENDPOINTS[end]]
        self._cut_at = min((f.number for f in mine if f.kind == CUT_AFTER), default=None)
        self._lost = {f.number - 1 for f in mine if f.kind == LOSE}
        self._changed = [f.number - 1 for f in mine if f.kind == CORRUPT]
        self._stalls = {f.number: f.time for f in mine if f.kind == STALL_AFTER}
        self._pauses = sorted((f.number, f.number + f.time) for f in mine if f.kind == STALL_AT)
        self._slow = bool(link.delay or link.rate or link.loss or link.jitter or mine)

    def begin(self) -> None:
        """The connection is there: a line that is cut after no octet at all is cut now."""
        if self._cut_at == 0:
            self._finish(self._cut)

    def take(self, data: bytes) -> None:
        """Octets have gone in."""
        stops = False
        if self._before:
            data, stops = self._up_to_the_cut(data)
        if not self._over and data:
            self._send(data)
        if stops:
            self._finish(self._cut)

    def finish(self, action: Action) -> None:
        """Nothing more goes in: do this when all has come out."""
        if self._line and not self._over:
            line, self._line = self._line, b""
            self._send(line)
        self._finish(action)

    def stop(self) -> None:
        """Forget what is on its way."""
        self._over = True
        self._queue.clear()
        self.held = 0
        if self._timer:
            self._timer.cancel()

    # Going in

    def _up_to_the_cut(self, data: bytes) -> tuple[bytes, bool]:
        """What may be sent of what came: whole lines, up to one that is not sent because the line is cut instead."""
        data, self._line, start = self._line + data, b"", 0
        while end := data.find(b"\n", start) + 1:
            if any(fault.stops(data[start:end].rstrip(b"\r\n")) for fault in self._before):
                return data[:start], True
            start = end
        if len(data) - start > _LINE:
            return data, False
        self._line = data[start:]
        return data[:start], False

    def _send(self, data: bytes) -> None:
        if not self._slow:
            self._deliver(data)
            return
        start = self._taken
        for first, last, cuts in self._segments(start, start + len(data)):
            piece = flipped(data[first - start : last - start], first, self._changed)
            arrives = self._arrival(len(piece), last)
            self._put(arrives, len(piece), partial(self._deliver, piece))
            self._taken = last
            if cuts:
                self._finish(self._cut)
                return

    def _segments(self, start: int, stop: int) -> Iterator[tuple[int, int, bool]]:
        """Cut octets into segments: for each its start, its end, and whether the line is cut behind it."""
        while start < stop:
            last = min([start + self._link.mss, stop, *(n for n in self._stalls if n > start)])
            if self._cut_at is not None and self._cut_at <= last:
                yield start, self._cut_at, True
                return
            yield start, last, False
            start = last

    def _arrival(self, octets: int, last: int) -> int:
        """When a segment arrives that leaves as soon as the line is free."""
        number, self._count = self._count, self._count + 1
        leaves = max(self._now, self._free)
        for start, end in self._pauses:
            leaves = end if start <= leaves < end else leaves
        self._free = left = leaves + self._link.serialisation(octets)
        self._free += self._stalls.get(last, 0)
        for tries in range(1, TRIES):
            if not self._is_lost(number, tries):
                break
            left += self._link.timeout(tries)
        jitter = self._link.jitter and share(self._chance[0], self._link.jitter, *self._chance[1:], number, _JITTER)
        self._latest = max(left + self._link.delay + jitter, self._latest)
        return self._latest

    def _is_lost(self, number: int, tries: int) -> bool:
        if tries == 1 and number in self._lost:
            return True
        seed, *place = self._chance
        return self._link.loss > 0 and share(seed, MILLION - 1, *place, number, tries, _LOSS) < self._link.loss

    # Coming out

    @property
    def _now(self) -> int:
        return int((self._loop.time() - self._begun) * 1e9)

    def _finish(self, action: Action) -> None:
        if self._over:
            return
        self._over = True
        self._put(max(self._latest, self._now) if self._queue or self._slow else 0, 0, action)

    def _put(self, arrives: int, octets: int, action: Action) -> None:
        self._queue.append((arrives, octets, action))
        self.held += octets
        if self._timer is None:
            self._come_out()

    def _come_out(self) -> None:
        """Let out what has arrived, and come back for the rest."""
        self._timer = None
        while self._queue and self._queue[0][0] <= self._now:
            _, octets, action = self._queue.popleft()
            self.held -= octets
            action()
        if self._queue and self._timer is None:
            self._timer = self._loop.call_at(self._begun + self._queue[0][0] / 1e9, self._come_out)
