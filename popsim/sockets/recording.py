"""What a server on sockets writes down: the timeline of all its sessions, in real time, as the server saw them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from popsim.protocols import SPEAKS
from popsim.timeline import Recorder
from popsim.timeline.event import CLIENT, SERVER
from popsim.timeline.file import SECRETS
from popsim.timeline.recorder import Row

Address = tuple[str, int]
"""The IP address and the port of one end."""
NOWHERE: Address = ("", 0)


@dataclass(frozen=True, slots=True)
class Bound:
    """How much is kept in memory; when either is reached the record is full, and the server goes on without one.

    A record that goes into a file as it is made has no bound.

    Args:
        events: how many events (at most some 300 octets of memory each).
        octets: how many octets, of both directions together. Messages are kept by reference to the maildrop, so this
            bounds the file that the record is saved to rather than the memory.
    """

    events: int = 200_000
    octets: int = 64 * 1024 * 1024


NOTHING = Bound(0, 0)
"""For a server that nobody wants a record of."""


class Recording(Recorder):
    """The record of one server: connections by number, times in nanoseconds since it began.

    Only the server's end is recorded: what it read, what it wrote and where its sessions stood. When a client sent
    something, and when an answer reached it, a server does not see.

    Args:
        header: the timeline's header.
        bound: how much is kept at most.
    """

    def __init__(self, header: Mapping[str, Any], bound: Bound) -> None:
        super().__init__({**header, "epoch": time.time_ns()})
        self.full = False
        self._bound = bound
        self._octets = 0
        self._begun = time.monotonic_ns()

    def elapsed(self) -> int:
        """How many nanoseconds the recording has gone on."""
        return time.monotonic_ns() - self._begun

    def tick(self) -> None:
        """Something is about to happen: look at the clock, and whether there is still room for all of it."""
        self.now = self.elapsed()
        if self._octets >= self._bound.octets or len(self) >= self._bound.events:
            self.full = True

    def write(self, row: Row) -> int:
        """Append one event and return its index, or -1 if the record is full."""
        return -1 if self.full else super().write(row)

    # What a tape tells beside the events

    def connected(self, connection: int, client: Address, server: Address) -> None:
        """A connection was opened between these two."""

    def over(self, connection: int, in_order: bool) -> None:
        """A connection is no more; the end was in order where the session had come to its end."""

    def keep(self, connection: int, end: int, octets: bytes) -> None:
        """Keep octets that one end has said."""
        if not self.full:
            self.stream(connection, end).append(octets)
            self._octets += len(octets)

    def crossed(self, connection: int, end: int, octets: bytes | memoryview) -> None:
        """Octets of one end crossed the wire: keep them where they are not what it said."""
        wire = self.wires.get((connection, end))
        if wire is not None and not self.full:
            wire.append(bytes(octets))
            self._octets += len(octets)

    def encrypted(self, connection: int) -> None:
        """From here on what crosses is not what the two ends say."""
        for end in (CLIENT, SERVER):
            self.secure(connection, end)

    def secrets(self, lines: Iterable[str]) -> None:
        """Keep lines of a key log."""
        if not self.full:
            self.header[SECRETS] = [*self.header.get(SECRETS, ()), *lines]

    def spoken(self, connection: int, protocol: Mapping[str, Any]) -> None:
        """On this connection another protocol is spoken than the header says; see :func:`popsim.protocols.named`."""
        self.header.setdefault(SPEAKS, {})[str(connection)] = protocol

    def listed(self, rows: Mapping[str, list[list[object]]]) -> None:
        """The store's mail is this now, by user name: rows are added at the ends only."""
        self.header["mail"] = rows
