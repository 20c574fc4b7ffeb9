"""The line to one client: a socket's transport, in clear or under TLS, and the tape that sees all that crosses it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from popsim.sockets.tape import Tape
from popsim.tls import TlsEnd, TlsError

CHUNK = 256 * 1024
"""The most octets in one write. A reply is one write, and several only if it is longer than this."""


class Line:
    """The line to one client.

    Args:
        transport: the socket's.
        tape: what writes down what crosses.
    """

    def __init__(self, transport: asyncio.Transport, tape: Tape) -> None:
        self._transport, self._tape = transport, tape
        self._tls: TlsEnd | None = None
        self.failed = False
        """Whether TLS can't go on."""

    @property
    def shaking(self) -> bool:
        """Whether the TLS handshake goes on."""
        return self._tls is not None and not self._tls.established

    @property
    def ended(self) -> bool:
        """Whether the client has said, by TLS, that nothing more will come."""
        return self._tls is not None and self._tls.closed

    def encrypt(self, tls: TlsEnd) -> None:
        """TLS begins here, with its handshake."""
        self._tls = tls
        self._tape.encrypts()
        tls.begin()

    def write(self, octets: bytes | memoryview) -> None:
        """Send octets."""
        if self._tls:
            self._tls.send(bytes(octets))
            octets = self._tls.take()
        self._put(octets)

    def receive(self, data: bytes) -> bytes:
        """What the client has said with the octets that came: themselves, or the plaintext that they complete."""
        tls = self._tls
        if tls is None:
            self._tape.came(data)
            return data
        shaking = not tls.established
        try:
            plaintext = tls.receive(data)
        except TlsError:
            self.failed, plaintext = True, b""
        if shaking:
            self._tape.keys(tls.secrets())  # ahead of all that is encrypted with them, as who reads a capture wants it
        self._tape.came(data)
        self._put(tls.take())  # the handshake's answer, or the alert that says why it goes no further
        if shaking and tls.established:
            self._tape.secured([])
        if plaintext:
            self._tape.understood(plaintext)
        return plaintext

    def close(self) -> None:
        """Say, by TLS, that nothing more will come."""
        if self._tls:
            self._tls.close()
            self._put(self._tls.take())

    def _put(self, octets: bytes | memoryview) -> None:
        if octets and not self._transport.is_closing():
            self._transport.write(octets)
            self._tape.went(octets)


def chunks(pieces: list[bytes]) -> Iterator[bytes | memoryview]:
    """A reply as it is written: in one write, or in several if it is long. Nothing long is copied."""
    if sum(map(len, pieces)) <= CHUNK:
        yield b"".join(pieces)
        return
    head, rest = b"".join(pieces[:-1]), memoryview(pieces[-1])
    cut = max(CHUNK - len(head), 0)
    yield head + rest[:cut]
    for place in range(cut, len(rest), CHUNK):
        yield rest[place : place + CHUNK]
