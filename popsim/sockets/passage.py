"""One connection through a proxy: a client's, joined with one to the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from popsim.sockets.recording import NOWHERE, Address
from popsim.sockets.way import Way
from popsim.timeline.event import CLIENT, SERVER

HELD = 1 << 20
"""How many octets of one end are on their way at most: it is read from again when some of them have arrived."""
Ways = Callable[[int, Callable[[bytes], None], Callable[[], None]], Way]


class Witness(Protocol):
    """What is told of all that passes, as it is seen at the client's end."""

    def tick(self) -> None:
        """Something happens now."""

    def connected(self, connection: int, client: Address, server: Address) -> None:
        """A connection was opened between these two."""

    def crossed(self, connection: int, end: int, octets: bytes | memoryview) -> None:
        """One end said this."""

    def over(self, connection: int, in_order: bool) -> None:
        """A connection is over: both ends closed it, or it was lost."""


class End(asyncio.Protocol):
    """The proxy's socket towards one end of a passage."""

    def __init__(self, passage: Passage, end: int) -> None:
        self._passage, self._end = passage, end
        self.transport: asyncio.Transport | None = None
        self.stuffed = False
        """Whether the socket takes no more for now."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._passage.opened(self._end)

    def data_received(self, data: bytes) -> None:
        self._passage.came(self._end, data)

    def eof_received(self) -> bool:
        self._passage.ended(self._end)
        return True  # the other direction goes on

    def pause_writing(self) -> None:
        self.stuffed = True
        self._passage.balance()

    def resume_writing(self) -> None:
        self.stuffed = False
        self._passage.balance()

    def connection_lost(self, exc: Exception | None) -> None:
        self._passage.lost(self._end)

    def address(self, name: str) -> Address:
        """The socket's own address (``sockname``) or that of its other end (``peername``)."""
        found = self.transport.get_extra_info(name) if self.transport else None
        return (str(found[0]), int(found[1])) if found else NOWHERE


class Passage:
    """A connection through the proxy.

    Args:
        number: which connection it is, counted from 0.
        witness: is told of it.
        ways: makes the way of one end, given what is to be done with what comes out and where the line is cut.
        reach: begins to connect a socket to the server.
        gone: is called when it is over.
    """

    def __init__(
        self,
        number: int,
        witness: Witness,
        ways: Ways,
        reach: Callable[[Passage], None],
        gone: Callable[[Passage], None],
    ) -> None:
        self.number = number
        self._witness, self._make_way, self._reach, self._gone = witness, ways, reach, gone
        self.ends = (End(self, CLIENT), End(self, SERVER))
        self._ways: list[Way] = []
        self._early: list[Callable[[], None]] = []
        self._ended = [False, False]
        self._lost = [False, False]
        self._over = False

    # What the sockets tell

    def opened(self, end: int) -> None:
        """A socket is connected: the client's first, then the server's."""
        transport = self.ends[CLIENT].transport
        assert transport
        if end == CLIENT:
            transport.pause_reading()
            self._reach(self)
            return
        client, server = self.ends
        self._witness.tick()
        self._witness.connected(self.number, client.address("peername"), server.address("peername"))
        self._ways = [self._make_way(one, self._deliver(1 - one), self.cut) for one in (CLIENT, SERVER)]
        for way in self._ways:
            way.begin()
        for happened in self._early:
            happened()
        self.balance()

    def came(self, end: int, data: bytes) -> None:
        """An end has said something."""
        if not self._ways:  # the server is not there yet
            self._early.append(lambda: self.came(end, data))
            return
        if end == CLIENT:
            self._saw(CLIENT, data)
        self._ways[end].take(data)
        self.balance()

    def ended(self, end: int) -> None:
        """An end says nothing more, and may go on listening."""
        if self._ways:
            self._ways[end].finish(lambda: self._close_half(1 - end))
        else:
            self._early.append(lambda: self.ended(end))

    def lost(self, end: int) -> None:
        """A socket is closed; what was on its way from there still arrives."""
        self._lost[end] = True
        if self._over or not self._ways or self._ended[end]:
            self.close()
        else:
            self._ways[end].finish(lambda: self._close_half(1 - end))

    # What is done

    def balance(self) -> None:
        """Read from each end only while there is room for what it says."""
        for end, way in enumerate(self._ways):
            transport = self.ends[end].transport
            if transport is None or transport.is_closing():
                continue
            if way.held >= HELD or self.ends[1 - end].stuffed:
                transport.pause_reading()
            else:
                transport.resume_reading()

    def cut(self) -> None:
        """The line is cut: what has arrived has arrived, and both ends find the connection closed."""
        self.close()

    def close(self) -> None:
        """Close both sockets; what is on its way is lost."""
        if self._over:
            return
        self._over = True
        for way in self._ways:
            way.stop()
        if self._ways:
            self._witness.tick()
            self._witness.over(self.number, all(self._ended) and not any(self._lost))
        for end in self.ends:
            if end.transport and not end.transport.is_closing():
                end.transport.abort() if end.stuffed else end.transport.close()
        self._gone(self)

    def _deliver(self, to: int) -> Callable[[bytes], None]:
        def deliver(data: bytes) -> None:
            transport = self.ends[to].transport
            if transport is None or transport.is_closing():
                return
            if to == CLIENT:
                self._saw(SERVER, data)
            transport.write(data)
            self.balance()

        return deliver

    def _saw(self, end: int, data: bytes) -> None:
        self._witness.tick()
        self._witness.crossed(self.number, end, data)

    def _close_half(self, end: int) -> None:
        """The other end has said all: let this one know."""
        self._ended[1 - end] = True
        transport = self.ends[end].transport
        if all(self._ended) or self._lost[1 - end]:
            self.close()
        elif transport and not transport.is_closing():
            transport.write_eof()
