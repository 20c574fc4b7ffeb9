"""A port that is listened on: how it is taken, and what is said where it can't be."""

from __future__ import annotations

import asyncio
import errno
import socket
from abc import ABC, abstractmethod
from types import TracebackType
from typing import TypeVar

BACKLOG = 256
"""How many clients may wait to be taken."""
_END = 0.001
"""Seconds between two looks at connections that are being closed."""

_L = TypeVar("_L", bound="Listening")


class CannotListen(OSError):
    """The address can't be listened on; the message says why and what to do, in one line."""


class Listening(ABC):
    """Something that listens on a port, in the event loop in which it is opened; ``async with`` opens and closes it.

    Args:
        host: the address to listen on.
        port: the port to listen on; 0 takes one that is free.

    Attributes:
        host, port: where it listens, from :meth:`bind` on.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._server: asyncio.Server | None = None

    @abstractmethod
    def _client(self) -> asyncio.Protocol:
        """What talks to a client that has come."""

    @abstractmethod
    def _end_clients(self) -> bool:
        """Close every connection, and say whether any is still there."""

    @property
    def address(self) -> str:
        """Where it listens, such as ``127.0.0.1:1100``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    async def open(self) -> None:
        """Begin to listen; ``host`` and ``port`` then say where.

        Raises:
            CannotListen: the address is not this machine's, or the port is taken or not permitted.
        """
        await self.bind()
        await self.start()

    async def bind(self) -> None:
        """Take the port, and no client yet; ``host`` and ``port`` then say where. It raises what ``open`` does."""
        loop = asyncio.get_running_loop()
        try:
            family, place = await _resolved(self.host, self.port)
            self._server = await loop.create_server(
                self._client, *place, family=family, backlog=BACKLOG, start_serving=False
            )
        except (OSError, UnicodeError, OverflowError) as error:
            raise CannotListen(_reason(error, self.host, self.port)) from None
        self.host, self.port = self._server.sockets[0].getsockname()[:2]

    async def start(self) -> None:
        """Take clients, after ``bind``. It raises what ``open`` does."""
        assert self._server, "bind() comes first"
        try:
            await self._server.start_serving()
        except OSError as error:  # two may bind a port, and only one of them can listen
            await self.close()
            raise CannotListen(_reason(error, self.host, self.port)) from None

    async def close(self) -> None:
        """Stop listening and close every connection; a second time does nothing."""
        if self._server is None:
            return
        self._server.close()
        while self._end_clients():
            await asyncio.sleep(_END)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self: _L) -> _L:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _resolved(host: str, port: int) -> tuple[int, tuple[str, int]]:
    """One address of a name: a port that is chosen freely would differ from one to the next."""
    if not host:
        raise OSError(errno.EINVAL, "no address")
    if not 0 <= port <= 65535:
        raise OverflowError(port)
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, (str(address[0]), port)


_REASONS = {
    errno.EADDRINUSE: "another program listens there: choose another port, or 0 for any that is free",
    errno.EACCES: "not permitted: ports below 1024 are the administrator's; choose a higher one, or 0",
    errno.EADDRNOTAVAIL: "that is no address of this machine; 127.0.0.1 always is",
    errno.EINVAL: "expected an address of this machine, such as 127.0.0.1",
}


def _reason(error: Exception, host: str, port: int) -> str:
    """Why an address can't be listened on, and what to do, in one line."""
    where = f"cannot listen on port {port} of {host!r}"
    if isinstance(error, OverflowError):
        return f"{where}: ports are 0 to 65535"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return f"{where}: there is no such address; 127.0.0.1 is this machine"
    number = error.errno if isinstance(error, OSError) else None
    return f"{where}: {_REASONS.get(number or 0) or getattr(error, 'strerror', None) or error}"
