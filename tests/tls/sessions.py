"""Two ends of TLS and what carries octets between them, in pieces of any size."""

from __future__ import annotations

from typing import Any

from popsim.tls import FIXED, HOST, KeyLog, TlsEnd, client_context, server_context

WHOLE = 1 << 30


class Pair:
    """A client's end and a server's, the handshake done.

    Args:
        piece: the most octets that are carried at once.
        shaken: whether the handshake is done before anything else.
        settings: for both contexts.
    """

    def __init__(self, piece: int = WHOLE, shaken: bool = True, **settings: Any) -> None:
        self.keys = KeyLog()
        served = server_context(FIXED, **settings)
        self.client = TlsEnd(
            client_context(FIXED, keys=self.keys, **settings), server_side=False, hostname=HOST, keys=self.keys
        )
        self.server = TlsEnd(served, server_side=True)
        self.crossed: list[tuple[str, bytes]] = []
        self.read = {"client": b"", "server": b""}
        self._piece = piece
        if shaken:
            self.client.begin()
            self.server.begin()
            self.carry()

    def carry(self) -> None:
        """Carry what there is until nothing is left."""
        while any([self._carry("client", self.client, self.server), self._carry("server", self.server, self.client)]):
            pass

    def _carry(self, sender: str, one: TlsEnd, other: TlsEnd) -> bool:
        octets = one.take()
        if octets:
            self.crossed.append((sender, octets))
        for place in range(0, len(octets), self._piece):
            reader = "server" if sender == "client" else "client"
            self.read[reader] += other.receive(octets[place : place + self._piece])
        return bool(octets)
