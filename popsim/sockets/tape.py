"""What one end of a connection writes into a recording: what it said, read, and saw crossing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from popsim.protocols.model import CLOSED, START, Rule, State
from popsim.sockets.recording import Address, Recording
from popsim.timeline import Observer
from popsim.timeline.event import (
    CIPHERTEXT_DELIVERED,
    CIPHERTEXT_SENT,
    CLIENT,
    ENDED,
    ENDPOINTS,
    LOST,
    OPEN,
    SEGMENT_DELIVERED,
    SEGMENT_SENT,
    SERVER,
    STREAM_CLOSED,
    STREAM_LOST,
    STREAM_OPENED,
    STREAM_SECURED,
    connection_key,
    delivered_key,
    sent_key,
    state_key,
)


class Tape(Observer):
    """The socket's doings, and between them the engine's notes.

    Args:
        recording: where to write.
        connection: the connection's number.
        endpoint: which end this is. What the other one does is known as far as it crosses.
    """

    def __init__(self, recording: Recording, connection: int, endpoint: int = SERVER) -> None:
        super().__init__(recording, connection, endpoint)
        self._recording = recording
        self._other = CLIENT if endpoint == SERVER else SERVER
        self._own_name, self._other_name = ENDPOINTS[endpoint], ENDPOINTS[self._other]
        self._came = self._went = 0
        self._last_sent = -1
        self._encrypts = False

    def tick(self) -> None:
        """The engine is about to be asked something."""
        self._recording.tick()

    def opened(self, client: Address, server: Address) -> None:
        """The connection is open; nothing has been said."""
        self.tick()
        self._recording.connected(self.connection, client, server)
        for end in (CLIENT, SERVER):
            self._recording.keep(self.connection, end, b"")
        self.cause = self._stream(STREAM_OPENED, OPEN, {state_key(self.connection, self._own_name): START.name})

    # Octets on the wire

    def came(self, data: bytes) -> None:
        """Octets were read from the socket."""
        self.tick()
        start, self._came = self._came, self._came + len(data)
        self._recording.crossed(self.connection, self._other, data)
        if not self._encrypts:
            self._recording.keep(self.connection, self._other, data)
        # They had been sent by then: that much is known of the other end.
        other = self.connection, self._other_name
        values = {sent_key(*other): self._came, delivered_key(*other): self._came}
        self._add(SEGMENT_DELIVERED, -1, start, self._came, values)
        if self._encrypts:
            self.cause = self._add(CIPHERTEXT_DELIVERED, -1, start, self._came)

    def went(self, data: bytes | memoryview) -> None:
        """Octets were handed to the socket."""
        self.tick()
        start, self._went = self._went, self._went + len(data)
        self._recording.crossed(self.connection, self.endpoint, data)
        cause = self.cause
        if self._encrypts:
            cause = self._add(CIPHERTEXT_SENT, self._last_sent if self._last_sent >= 0 else cause, start, self._went)
        self._add(SEGMENT_SENT, cause, start, self._went, {sent_key(self.connection, self._own_name): self._went})

    # TLS

    def encrypts(self) -> None:
        """From here on the two ends speak TLS, beginning with its handshake."""
        self._encrypts, self._last_sent = True, -1
        self._recording.encrypted(self.connection)

    def keys(self, lines: list[str]) -> None:
        """These secrets are in use from now on."""
        if lines:
            self._recording.secrets(lines)

    def secured(self, lines: list[str]) -> None:
        """The handshake is done; these secrets are new."""
        self.keys(lines)
        self._add(STREAM_SECURED, self.cause)

    def understood(self, data: bytes) -> None:
        """Plaintext of the other end came out of what was encrypted."""
        self._recording.keep(self.connection, self._other, data)

    # The engine

    def spoke(self, pieces: list[bytes]) -> None:
        """The engine has these octets for the other end."""
        for piece in pieces:
            self._recording.keep(self.connection, self.endpoint, piece)

    def sent(self, start: int, end: int, rule: Rule | None = None) -> None:
        """See :meth:`Observer.sent`."""
        super().sent(start, end, rule)
        self._last_sent = -1 if self._recording.full else len(self._recording) - 1

    def ended(self, state: State) -> None:
        """The connection is no more; the session was in this state."""
        self.tick()
        over = state is CLOSED
        self._recording.over(self.connection, over)
        self.cause = self._stream(STREAM_CLOSED if over else STREAM_LOST, ENDED if over else LOST)

    def _add(self, kind: int, cause: int, start: int = 0, end: int = 0, values: dict[str, Any] | None = None) -> int:
        return self.recorder.add(kind, self.connection, self.endpoint, cause=cause, start=start, end=end, values=values)

    def _stream(self, kind: int, condition: str, values: Mapping[str, Any] | None = None) -> int:
        assigned = {connection_key(self.connection): condition, **(values or {})}
        return self.recorder.add(kind, self.connection, self.endpoint, cause=self.cause, values=assigned)
