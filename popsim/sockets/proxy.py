"""A proxy between real clients and a real server: it passes on what they say, as a link would, and witnesses it.

What is encrypted passes untouched: a proxy has no keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType

from popsim.sockets.listener import BACKLOG, MOST, CannotListen, reason, resolved
from popsim.sockets.passage import Passage, Witness
from popsim.sockets.way import Way
from popsim.wire.faults import KEEP, Fault
from popsim.wire.link import Link

REACH = 10.0
"""Seconds in which a server may answer."""
HERE = "127.0.0.1"
NO_LINK = Link(delay=0)
"""The link that delays nothing."""


class Proxy:
    """Joins each client with a connection of its own to a server, in the event loop in which it is opened.

    Args:
        host, port: the server.
        listen: the port on this machine to listen on; 0 takes one that is free.
        witness: is told of all that passes, as the client's end sees it.
        link: what lies between the client and the server, in addition to what lies there anyway.
        faults: what goes wrong, by the numbers of the connections, the first one being 0.
        seed: where chance comes from.
        report: is told in one line what can't be done.
        most: how many clients are joined at once; further ones are closed as they come.

    Raises:
        ValueError: a fault is none of a line's.
    """

    def __init__(
        self,
        host: str,
        port: int,
        listen: int,
        witness: Witness,
        *,
        link: Link = NO_LINK,
        faults: Sequence[Fault] = (),
        seed: int = 1,
        report: Callable[[str], object] = lambda _: None,
        most: int = MOST,
    ) -> None:
        for fault in faults:
            if fault.kind == KEEP:
                raise ValueError(f"{str(fault)!r} is a fault of a server's, and a proxy has none of its mail")
        self.host, self.port, self.listen = host, port, listen
        self.count = self.refused = 0
        """How many clients have come up to now, and how many were closed because there were too many."""
        self._witness, self._link, self._faults, self._seed = witness, link, tuple(faults), seed
        self._report, self._most = report, most
        self._passages: set[Passage] = set()
        self._reaching: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to listen; ``listen`` then says where.

        Raises:
            CannotListen: the port is taken or not permitted.
        """
        loop = asyncio.get_running_loop()
        try:
            family, place = await resolved(HERE, self.listen)
            self._server = await loop.create_server(self._client, *place, family=family, backlog=BACKLOG)
        except (OSError, OverflowError) as error:
            raise CannotListen(reason(error, HERE, self.listen)) from None
        self.listen = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and close every connection."""
        if self._server is None:
            return
        self._server.close()
        for task in self._reaching:
            task.cancel()
        for passage in list(self._passages):
            passage.close()
        await asyncio.sleep(0)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Proxy:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _client(self) -> asyncio.Protocol:
        if len(self._passages) >= self._most:
            self.refused += 1
            return _Refusal()
        number, self.count = self.count, self.count + 1

        def way(end: int, deliver: Callable[[bytes], None], cut: Callable[[], None]) -> Way:
            return Way(self._link, self._faults, number, end, self._seed, deliver=deliver, cut=cut)

        passage = Passage(number, self._witness, way, self._reach, self._passages.discard)
        self._passages.add(passage)
        return passage.ends[0]

    def _reach(self, passage: Passage) -> None:
        task = asyncio.get_running_loop().create_task(self._connect(passage))
        self._reaching.add(task)
        task.add_done_callback(self._reaching.discard)

    async def _connect(self, passage: Passage) -> None:
        loop = asyncio.get_running_loop()
        try:
            reached = loop.create_connection(lambda: passage.ends[1], self.host, self.port)
            await asyncio.wait_for(reached, REACH)
        except (OSError, UnicodeError, OverflowError, TimeoutError) as error:
            why = "no answer" if isinstance(error, TimeoutError) else _why(error)
            self._report(f"cannot reach {self.host}:{self.port}: {why}; the client's connection is closed")
            passage.close()


class _Refusal(asyncio.Protocol):
    """What is done with a client that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _why(error: Exception) -> str:
    """Why a server can't be reached; of several addresses, what the system says of the last."""
    import os
    import socket

    if isinstance(error, (socket.gaierror, UnicodeError)):
        return "there is no such host"
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else str(error) or "it failed"
