"""The listener: takes clients on a port, and gives each an engine, a number and a place in the record."""

from __future__ import annotations

import asyncio
from typing import Any

from popsim.mail.store import Store
from popsim.protocols.protocol import Protocol
from popsim.sockets.connection import Connection
from popsim.sockets.credentials import Credentials, without_handshake
from popsim.sockets.listening import CannotListen as CannotListen
from popsim.sockets.listening import Listening
from popsim.sockets.reception import Admitted, Reception
from popsim.sockets.recording import Recording
from popsim.timeline import Timeline
from popsim.tls import TlsEnd

PATIENCE = 86_400.0
"""Seconds of silence after which a session ends where its table sets no limit."""


class Listener(Listening):
    """A server on one port, in the event loop in which it is opened. For a thread of its own, see ``Server``.

    Args:
        protocol: the edition to speak.
        store: the users and their mail. What sessions delete is gone from it and, where it says so, from the disk.
        host: the address to listen on.
        port: the port to listen on; 0 takes one that is free.
        idle: seconds of silence after which a session ends without a removal; None has them from the table. Less than
            that is for lessons.
        credentials: what TLS needs; without them the commands that lead to a handshake are left out.
        is_secure: whether TLS begins with the first octet (RFC 8314 §3) and not by a command.
        reception: what several listeners of one server share; without it this one has its own, with these options:
        options: see ``Reception``, such as ``policy``, ``most`` and ``bound``.
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
        super().__init__(host, port)
        self.protocol, self.store = protocol if credentials else without_handshake(protocol), store
        self.idle = idle or protocol.limit("autologout") or PATIENCE
        self.is_secure = is_secure
        self.reception = reception or Reception(store, self.protocol, **options)
        self._credentials = credentials
        self._connections: set[Connection] = set()

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
    def name(self) -> str:
        """The protocol's short name, with an s after it where TLS begins with the first octet."""
        return self.protocol.name + "s" * self.is_secure

    async def open(self) -> None:
        """See :meth:`Listening.open`; the record gets a title."""
        await self.bind()
        self.recording.header.setdefault("title", f"{self.protocol} on {self.address}")
        await self.start()

    def _client(self) -> asyncio.Protocol:
        return Connection(self)

    def _end_clients(self) -> bool:
        """Sessions that have not quit remove nothing."""
        for connection in list(self._connections):
            connection.end()
        return bool(self._connections)

    # What a connection asks of its host

    def admit(self, connection: Connection) -> Admitted | None:
        """What a new connection gets, or None where there are too many."""
        admitted = self.reception.admit(self.protocol, connection, secured=self.is_secure)
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
        self.reception.left(connection)

    def look(self, connection: Connection) -> None:
        """Something was done for a client."""
        self.reception.look(connection)
