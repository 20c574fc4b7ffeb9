"""How long a server waits for a silent client."""

from __future__ import annotations

from popsim.engine.server import ServerEngine
from popsim.protocols.model import START
from popsim.wire.clock import Clock


class Patience:
    """A server's patience with one client.

    Args:
        server: whose.
        clock: the virtual time.
    """

    def __init__(self, server: ServerEngine, clock: Clock) -> None:
        self._server, self._clock = server, clock
        self._heard_at = 0

    def heard(self) -> None:
        """The client has given a sign now."""
        self._heard_at = self._clock.now

    @property
    def length(self) -> int | None:
        """How many nanoseconds of silence it stands; it is as patient with a handshake before its greeting."""
        if self._server.state is START:
            return self._server.protocol.limit("autologout") * 10**9 or None
        return self._server.deadline

    @property
    def end(self) -> int | None:
        """When it is at its end if the client stays silent, in nanoseconds; None: never."""
        length = self.length
        return None if length is None else self._heard_at + length

    @property
    def is_over(self) -> bool:
        """Whether the client has been silent for too long."""
        end = self.end
        return end is not None and end <= self._clock.now
