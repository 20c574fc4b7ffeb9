"""One direction of a connection: segments, their order, and what becomes of them on their way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from popsim.timeline.event import (
    ENDPOINTS,
    SEGMENT_DELIVERED,
    SEGMENT_DROPPED,
    SEGMENT_SENT,
    delivered_key,
    segment_key,
    sent_key,
)
from popsim.timeline.recorder import KIND_BITS, Recorder
from popsim.wire.chance import share
from popsim.wire.clock import Clock
from popsim.wire.faults import CORRUPT, CUT_AFTER, LOSE, STALL_AFTER, STALL_AT, Fault
from popsim.wire.link import TRIES, Link
from popsim.wire.quantity import MILLION

_LOSS, _JITTER = 0, 1


@dataclass(slots=True, eq=False)
class Segment:
    """A segment that one end sends.

    Args:
        number: which segment of this end, counted from 0.
        what: ``data``, or what it does for the connection, such as ``SYN``.
        arrived: what happens when the other end has it and all before it.
        start, last: its octets in what this end puts on the wire.
        cause: the event that brought it about, or -1.
        farewell: whether it goes though the connection is lost to its sender.
    """

    number: int
    what: str
    arrived: Callable[[], None]
    start: int = 0
    last: int = 0
    cause: int = -1
    farewell: bool = False
    tries: int = 0
    left: int = 0
    arrives: int = 0


class Owner(Protocol):
    """What a path needs of its connection."""

    number: int
    is_over: bool
    """Whether nothing crosses any more."""

    def came(self, event: int) -> None:
        """A segment has arrived, by this event."""

    def watch(self, until: int) -> None:
        """Somebody waits until that time."""

    def give_up(self, end: int) -> None:
        """One end has sent a segment again and again, in vain."""


class Path:
    """What one end of a connection sends to the other.

    Args:
        owner: the connection.
        end: the end that sends.
        recorder, clock, link: shared by the simulation.
        faults: all of the scenario.
        seed: where chance comes from.
    """

    def __init__(
        self, owner: Owner, end: int, recorder: Recorder, clock: Clock, link: Link, faults: Iterable[Fault], seed: int
    ) -> None:
        self._owner, self._end = owner, end
        self._recorder, self._clock, self._link, self._seed = recorder, clock, link, seed
        self._free = 0
        self._latest = 0
        self._count = 0
        self._expected = 0
        self._left = 0
        self._held: dict[int, Segment] = {}
        name = owner.number, ENDPOINTS[end]
        self._segment_key, self._sent_key, self._delivered_key = (
            segment_key(*name),
            sent_key(*name),
            delivered_key(*name),
        )
        here, there = (owner.number << 1 | end) << KIND_BITS, (owner.number << 1 | 1 - end) << KIND_BITS
        self._is_sent, self._is_dropped = here | SEGMENT_SENT, here | SEGMENT_DROPPED
        self._is_delivered = there | SEGMENT_DELIVERED
        mine = [f for f in faults if (f.connection, f.who) == name]
        cuts = [f.number for f in mine if f.kind == CUT_AFTER]
        self._cut = min(cuts) if cuts else None
        self._lost = {f.number - 1 for f in mine if f.kind == LOSE}
        self._changed = sorted({f.number - 1 for f in mine if f.kind == CORRUPT})
        self._stalls = {f.number: f.time for f in mine if f.kind == STALL_AFTER}
        self._pauses = sorted((f.number, f.number + f.time) for f in mine if f.kind == STALL_AT)

    def ranges(self, start: int, stop: int) -> Iterable[tuple[int, int, bool]]:
        """Cut octets on the wire into segments: for each its start, its end, and whether the line is cut behind it."""
        if self._cut is None and not self._stalls and stop - start <= self._link.mss:
            return ((start, stop, False),) if start < stop else ()
        return self._ranges(start, stop)

    def _ranges(self, start: int, stop: int) -> Iterator[tuple[int, int, bool]]:
        place = start
        while place < stop:
            last = min([place + self._link.mss, stop, *(n for n in self._stalls if n > place)])
            if self._cut is not None and self._cut <= last:
                if self._cut > place or not place:  # else the cut is behind: whatever is said now stays at this end
                    yield place, self._cut, True
                return
            yield place, last, False
            place = last

    def send(
        self,
        what: str,
        arrived: Callable[[], None],
        start: int = 0,
        last: int = 0,
        cause: int = -1,
        farewell: bool = False,
    ) -> int:
        """Let a segment leave when the line is free; returns when it arrives, if it does."""
        segment = Segment(self._count, what, arrived, start, last, cause, farewell)
        self._count += 1
        self._queue(segment)
        return segment.arrives

    # Leaving

    def _queue(self, segment: Segment) -> None:
        segment.tries += 1
        leaves = self._leaving() if self._pauses else max(self._clock.now, self._free)
        segment.left = self._free = leaves + self._link.serialisation(segment.last - segment.start)
        arrives = self._free + self._link.delay
        if self._link.jitter:
            arrives += self._chance(self._link.jitter, _JITTER, segment)
        segment.arrives = self._latest = max(arrives, self._latest)
        if self._stalls and segment.tries == 1:
            self._stall(segment)
        if leaves == self._clock.now:
            self._leave(segment)
        else:
            self._plan(leaves, lambda: self._leave(segment))
        if segment.tries > 1 or self._pauses or self._stalls:
            self._owner.watch(max(segment.arrives, self._free))

    def _leaving(self) -> int:
        """When the line takes the next segment."""
        leaves = max(self._clock.now, self._free)
        for start, end in self._pauses:
            if start <= leaves < end:
                leaves = end
        return leaves

    def _stall(self, segment: Segment) -> None:
        """Let the line rest when an octet has left behind which it stalls."""
        for octet, time in self._stalls.items():
            if segment.start < octet <= segment.last:
                self._free += time

    def _leave(self, segment: Segment) -> None:
        if self._owner.is_over and not segment.farewell:
            return
        values: dict[str, object] = {self._segment_key: segment.what}
        if segment.last > self._left:
            values[self._sent_key] = self._left = segment.last
        sent = self._add(self._is_sent, segment.cause, segment, values)
        if (self._lost or self._link.loss) and self._is_lost(segment):
            self._plan(segment.arrives, lambda: self._drop(segment, sent))
        else:
            self._plan(segment.arrives, lambda: self._arrive(segment, sent))

    def _is_lost(self, segment: Segment) -> bool:
        if segment.tries == 1 and segment.number in self._lost:
            return True
        return self._link.loss > 0 and self._chance(MILLION - 1, _LOSS, segment) < self._link.loss

    def _chance(self, most: int, what: int, segment: Segment) -> int:
        return share(self._seed, most, self._owner.number, self._end, segment.number, segment.tries, what)

    # Arriving

    def _drop(self, segment: Segment, sent: int) -> None:
        """A segment is lost: its sender waits for the timeout and sends it once more."""
        segment.cause = self._add(self._is_dropped, sent, segment, None)
        if not self._owner.is_over:
            self._plan(segment.left + self._link.timeout(segment.tries), lambda: self._again(segment))

    def _again(self, segment: Segment) -> None:
        if self._owner.is_over:
            return
        if segment.tries < TRIES:
            self._queue(segment)
        else:
            self._owner.give_up(self._end)

    def _arrive(self, segment: Segment, sent: int) -> None:
        if self._owner.is_over and not segment.farewell:
            self._add(self._is_dropped, sent, segment, None)
            return
        for place in self._changed:
            if segment.start <= place < segment.last:
                self._recorder.change(self._owner.number, self._end, place)
        if segment.number != self._expected:
            self._held[segment.number] = segment
            segment.cause = self._add(self._is_delivered, sent, segment, None)
            return
        self._deliver(segment, sent)

    def _deliver(self, segment: Segment, sent: int) -> None:
        """Hand over a segment, and those behind it that had come before it."""
        behind: list[Segment] = []
        while self._held and (number := segment.number + len(behind) + 1) in self._held:
            behind.append(self._held.pop(number))
        self._expected = segment.number + len(behind) + 1
        last = max(segment.last, *(one.last for one in behind)) if behind else segment.last
        values: dict[str, object] | None = {self._delivered_key: last} if last else None
        segment.cause = self._add(self._is_delivered, sent, segment, values)
        self._owner.came(segment.cause)
        segment.arrived()
        for one in behind:
            if self._owner.is_over and not one.farewell:
                return
            self._owner.came(one.cause)
            one.arrived()

    def _plan(self, time: int, action: Callable[[], None]) -> None:
        def act() -> None:
            self._recorder.now = self._clock.now
            action()

        self._clock.plan(time, act)

    def _add(self, code: int, cause: int, segment: Segment, values: dict[str, object] | None) -> int:
        recorder = self._recorder
        return recorder.write((recorder.now, code, cause, segment.start, segment.last, values))
