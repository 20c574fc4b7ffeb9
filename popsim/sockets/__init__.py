"""The same engines on real sockets: a server that real mail readers can log in to, and the record of what they did.

with serve(pop3, store) as server:
    reader = poplib.POP3(server.host, server.port)
    ...
server.timeline
"""

from __future__ import annotations

from typing import Any

from popsim.mail.store import Store
from popsim.protocols.protocol import Protocol
from popsim.sockets.listener import CannotListen, Listener
from popsim.sockets.server import Server

__all__ = ["CannotListen", "Listener", "Server", "serve"]


def serve(protocol: Protocol, store: Store, host: str = "127.0.0.1", port: int = 0, **options: Any) -> Server:
    """Serve mail on a socket, from a thread of its own, until the result's ``stop()`` or the end of its ``with``.

    Args:
        protocol: the edition to speak.
        store: the users and their mail; what they delete is gone from it and, where it says so, from the disk.
        host: the address to listen on; 127.0.0.1 is this machine only.
        port: the port to listen on; 0 takes one that is free.
        options: see ``Listener``, such as ``credentials`` for TLS.

    Raises:
        CannotListen: the address is not this machine's, or the port is taken or not permitted.
    """
    return Server(protocol, store, host, port, **options).start()
