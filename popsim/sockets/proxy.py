"""A proxy between real clients and a real server: it passes on what they say, as a link would, and witnesses it.

What is encrypted passes untouched: a proxy has no keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from popsim.sockets.listening import Listening
from popsim.sockets.passage import Passage, Witness
from popsim.sockets.reception import MOST
from popsim.sockets.way import Way
from popsim.wire.faults import KEEP, Fault
from popsim.wire.link import Link

REACH = 10.0
"""Seconds in which a server may answer."""
HERE = "127.0.0.1"
NO_LINK = Link(delay=0)
"""The link that delays nothing."""


class Proxy(Listening):
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

    Attributes:
        host, port: where it listens itself, from :meth:`open` on.

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
        super().__init__(HERE, listen)
        self.count = self.refused = 0
        """How many clients have come up to now, and how many were closed because there were too many."""
        self._target = host, port
        self._witness, self._link, self._faults, self._seed = witness, link, tuple(faults), seed
        self._report, self._most = report, most
        self._passages: set[Passage] = set()
        self._reaching: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def close(self) -> None:
        """Stop listening and close every connection, those to the server too; a second time does nothing."""
        for task in self._reaching:
            task.cancel()
        await super().close()

    def _end_clients(self) -> bool:
        for passage in list(self._passages):
            passage.close()
        return bool(self._passages)

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
        host, port = self._target
        try:
            reached = loop.create_connection(lambda: passage.ends[1], host, port)
            await asyncio.wait_for(reached, REACH)
        except (OSError, UnicodeError, OverflowError, TimeoutError) as error:
            why = "no answer" if isinstance(error, TimeoutError) else _why(error)
            self._report(f"cannot reach {host}:{port}: {why}; the client's connection is closed")
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
