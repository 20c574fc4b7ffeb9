"""The listener: takes clients on a port, and gives each an engine, a number and a place in the record."""

from __future__ import annotations

import asyncio
import errno
import socket
from types import TracebackType
from typing import Any

from popsim.mail.store import Store
from popsim.protocols.protocol import Protocol
from popsim.sockets.connection import Connection
from popsim.sockets.credentials import Credentials, without_handshake
from popsim.sockets.reception import MOST as MOST
from popsim.sockets.reception import Admitted, Reception
from popsim.sockets.recording import Recording
from popsim.timeline import Timeline
from popsim.tls import TlsEnd

PATIENCE = 86_400.0
"""Seconds of silence after which a session ends where its table sets no limit."""
BACKLOG = 256
"""How many clients may wait to be taken."""


class CannotListen(OSError):
    """The address can't be listened on; the message says why and what to do, in one line."""


class Listener:
    """A server on one port, in the event loop in which it is opened. For a thread of its own, see ``Server``.

    Args:
        protocol: the edition to speak.
        store: the users and their mail. What sessions delete is gone from it and, where it says so, from the disk.
        host: the address to listen on.
        port: the port to listen on; 0 takes one that is free.
        idle: seconds of silence after which a session ends without a reply and without a removal; None has them from
            the table. Less than that is for lessons.
        credentials: what TLS needs; without them the commands that lead to a handshake are left out.
        is_secure: whether TLS begins with the first octet (RFC 8314 §3) and not by a command.
        reception: what several listeners of one server share; without it this one has its own, with these options:
        policy: what the site has decided.
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
        credentials: Credentials | None = None,
        is_secure: bool = False,
        reception: Reception | None = None,
        **options: Any,
    ) -> None:
        if is_secure and credentials is None:
            raise ValueError("TLS from the first octet on needs credentials: a certificate and its key")
        self.protocol, self.store = protocol if credentials else without_handshake(protocol), store
        self.host, self.port = host, port
        self.idle = idle or protocol.limit("autologout") or PATIENCE
        self.is_secure = is_secure
        self.reception = reception or Reception(store, self.protocol, **options)
        self._credentials = credentials
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    @property
    def recording(self) -> Recording:
        """Where it is recorded what happens."""
        return self.reception.recording

    @property
    def timeline(self) -> Timeline:
        """The record of all sessions up to now."""
        return self.reception.timeline

    @property
    def served(self) -> int:
        """How many clients have been served up to now."""
        return self.reception.served

    @property
    def address(self) -> str:
        """Where it listens, such as ``127.0.0.1:1100``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def name(self) -> str:
        """The protocol's short name, with an s after it where TLS begins with the first octet."""
        return self.protocol.name + "s" * self.is_secure

    async def open(self) -> None:
        """Begin to listen; ``host`` and ``port`` then say where.

        Raises:
            CannotListen: the address is not this machine's, or the port is taken or not permitted.
        """
        await self.bind()
        self.recording.header.setdefault("title", f"{self.protocol} on {self.address}")
        await self.start()

    async def bind(self) -> None:
        """Take the port, and no client yet; ``host`` and ``port`` then say where. It raises what ``open`` does."""
        loop = asyncio.get_running_loop()
        try:
            family, place = await resolved(self.host, self.port)
            self._server = await loop.create_server(
                lambda: Connection(self), *place, family=family, backlog=BACKLOG, start_serving=False
            )
        except (OSError, UnicodeError, OverflowError) as error:
            raise CannotListen(reason(error, self.host, self.port)) from None
        self.host, self.port = self._server.sockets[0].getsockname()[:2]

    async def start(self) -> None:
        """Take clients, after ``bind``. It raises what ``open`` does."""
        assert self._server, "bind() comes first"
        try:
            await self._server.start_serving()
        except OSError as error:  # two may bind a port, and only one of them can listen
            await self.close()
            raise CannotListen(reason(error, self.host, self.port)) from None

    async def close(self) -> None:
        """Stop listening and close every connection; sessions that have not quit remove nothing."""
        if self._server is None:
            return
        self._server.close()
        while self._connections:
            for connection in list(self._connections):
                connection.end()
            await asyncio.sleep(0.001)
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

    def admit(self, connection: Connection) -> Admitted | None:
        """What a new connection gets, or None where there are too many."""
        admitted = self.reception.admit(self.protocol, connection.client, connection.server, secured=self.is_secure)
        if admitted:
            self._connections.add(connection)
        return admitted

    def tls(self) -> TlsEnd:
        """The server's end of a new TLS session."""
        assert self._credentials, "without a certificate the table has nothing that leads here"
        return self._credentials.end()

    def leave(self, connection: Connection) -> None:
        """The connection is over."""
        self._connections.discard(connection)
        self.reception.left()

    def look(self) -> None:
        """Something was done for a client."""
        self.reception.look()


async def resolved(host: str, port: int) -> tuple[int, tuple[str, int]]:
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


def reason(error: Exception, host: str, port: int) -> str:
    """Why an address can't be listened on, and what to do, in one line."""
    where = f"cannot listen on port {port} of {host!r}"
    if isinstance(error, OverflowError):
        return f"{where}: ports are 0 to 65535"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return f"{where}: there is no such address; 127.0.0.1 is this machine"
    number = error.errno if isinstance(error, OSError) else None
    return f"{where}: {_REASONS.get(number or 0) or getattr(error, 'strerror', None) or error}"
