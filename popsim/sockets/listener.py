"""The listener: takes clients on a port, and gives each an engine, a number and a place in the record."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from types import TracebackType

from popsim.engine.server import ServerEngine
from popsim.mail.store import Store
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service
from popsim.sockets.connection import Connection
from popsim.sockets.recording import Bound, Recording, Tape
from popsim.timeline import Timeline

PATIENCE = 86_400.0
"""Seconds of silence after which a session ends where its table sets no limit."""
MOST = 200
"""How many clients are served at once."""
BOUND = Bound()
"""How much is recorded."""


class CannotListen(OSError):
    """The address can't be listened on; the message says why and what to do, in one line."""


class Listener:
    """A server on one port, in the event loop in which it is opened. For a thread of its own, see ``Server``.

    What sessions delete is gone from the store in memory; nothing is written anywhere.

    Args:
        protocol: the edition to speak.
        store: the users and their mail.
        host: the address to listen on.
        port: the port to listen on; 0 takes one that is free.
        idle: seconds of silence after which a session ends without a reply and without a removal; None has them from
            the table. Less than that is for lessons.
        most: how many clients are served at once; further ones are closed as they come.
        bound: how much is recorded.
    """

    def __init__(
        self,
        protocol: Protocol,
        store: Store,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        idle: float | None = None,
        most: int = MOST,
        bound: Bound = BOUND,
    ) -> None:
        self.protocol, self.store = protocol, store
        self.host, self.port = host, port
        self.idle = idle or protocol.limit("autologout") or PATIENCE
        self.refused = 0
        """How many clients were closed as they came, because there were too many."""
        self._most = most
        self._count = 0
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self.recording = Recording(_header(protocol, store), bound)

    @property
    def timeline(self) -> Timeline:
        """The record of all sessions up to now."""
        return Timeline(self.recording)

    @property
    def served(self) -> int:
        """How many clients have been served up to now."""
        return self._count

    @property
    def address(self) -> str:
        """Where it listens, such as ``127.0.0.1:1100``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    async def open(self) -> None:
        """Begin to listen; ``host`` and ``port`` then say where.

        Raises:
            CannotListen: the address is not this machine's, or the port is taken or not permitted.
        """
        loop = asyncio.get_running_loop()
        try:
            family, place = await _resolved(self.host, self.port)
            self._server = await loop.create_server(lambda: Connection(self), *place, family=family)
        except (OSError, UnicodeError, OverflowError) as error:
            raise CannotListen(_reason(error, self.host, self.port)) from None
        self.host, self.port = self._server.sockets[0].getsockname()[:2]
        self.recording.header["title"] = f"{self.protocol} on {self.address}"

    async def close(self) -> None:
        """Stop listening and close every connection; sessions that have not quit remove nothing."""
        if self._server is None:
            return
        self._server.close()
        while self._connections:
            for connection in list(self._connections):
                connection.end()
            await asyncio.sleep(0)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Listener:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # What a connection asks of its host

    def admit(self, connection: Connection) -> tuple[ServerEngine, Tape] | None:
        """The engine and the tape of a new connection, or None where there are too many."""
        if len(self._connections) >= self._most:
            self.refused += 1
            return None
        self._connections.add(connection)
        number = self._count
        self._count += 1
        tape = Tape(self.recording, number)
        serves = service(self.protocol, self.store, session=number, timestamp=self._timestamp(number))
        return ServerEngine(self.protocol, serves, tape), tape

    def _timestamp(self, number: int) -> str:
        """What a login by digest is made of; it is different for each session, and does not name this machine.

        Where no user has such a login the greeting goes without: a reader that sees a timestamp, such as curl, takes
        it for an offer, and does not try the password.
        """
        if not any(account.user.login for account in self.store.accounts.values()):
            return ""
        return f"<{os.getpid()}.{time.time_ns()}.{number + 1}@popsim.local>"

    def leave(self, connection: Connection) -> None:
        """The connection is over."""
        self._connections.discard(connection)


def _header(protocol: Protocol, store: Store) -> dict[str, object]:
    return {
        "protocol": protocol.name,
        "edition": protocol.number,
        "minimal": protocol.is_minimal,
        "extensions": list(protocol.enabled),
        "scenario": "",  # what real clients did can't be run again
        "mail": store.listing(),
    }


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
    where = f"cannot listen on port {port} of {host!r}"
    if isinstance(error, OverflowError):
        return f"{where}: ports are 0 to 65535"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return f"{where}: there is no such address; 127.0.0.1 is this machine"
    number = error.errno if isinstance(error, OSError) else None
    return f"{where}: {_REASONS.get(number or 0) or getattr(error, 'strerror', None) or error}"
