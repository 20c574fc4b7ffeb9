"""What a connection needs of the listener that took it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from popsim.tls import TlsEnd

if TYPE_CHECKING:
    from popsim.sockets.connection import Connection
    from popsim.sockets.reception import Admitted


class Host(Protocol):
    """What a connection needs of its listener."""

    idle: float
    """Seconds without a sign of the client after which its session ends."""
    is_secure: bool
    """Whether TLS begins with the connection's first octet."""

    def admit(self, connection: Connection) -> Admitted | None:
        """What a new connection gets, or None where there are too many."""

    def tls(self) -> TlsEnd:
        """The server's end of a new TLS session."""

    def leave(self, connection: Connection) -> None:
        """The connection is over."""

    def look(self, connection: Connection) -> None:
        """Something was done for a client."""
