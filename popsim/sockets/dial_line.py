"""A client's connection over a plain socket, in clear or under TLS, with a limit on silence."""

from __future__ import annotations

import contextlib
import selectors
import socket
from typing import TYPE_CHECKING

from popsim.engine.script import Disconnected

if TYPE_CHECKING:
    from popsim.sockets.tape import Tape
    from popsim.sockets.trust import Trust
    from popsim.tls import TlsEnd

CHUNK = 256 * 1024
"""The most octets that are read or written at once."""


class Line:
    """A connection to a server.

    It reads whenever something has come, while it writes too: a server that can't get rid of its answers reads no
    further commands, and two ends that both only write would wait for each other forever.

    Args:
        host, port: the server.
        timeout: seconds of silence after which it is given up.
        tape: is told what crosses, if anyone wants to know.

    Raises:
        Disconnected: there is no connection to be had.
    """

    def __init__(self, host: str, port: int, timeout: float, tape: Tape | None = None) -> None:
        self._host, self._timeout, self._tape = host, timeout, tape
        self._tls: TlsEnd | None = None
        self._out = memoryview(b"")
        if not 0 < port < 65536:
            raise Disconnected(f"expected a port from 1 to 65535, got {port}")
        try:
            self._socket = socket.create_connection((host, port), timeout)
        except (OSError, UnicodeError) as error:
            raise Disconnected(_unreachable(error, host, port, timeout)) from None
        self._socket.setblocking(False)
        # Without it a small command waits for the receipt of the one before.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        if tape:
            tape.opened(self._socket.getsockname()[:2], self._socket.getpeername()[:2])

    def send(self, plaintext: bytes) -> None:
        """Have octets sent; they go while :meth:`exchange` waits for what comes."""
        if self._tls is None:
            self._queue(plaintext)
            return
        from popsim.tls import TlsError

        try:
            self._tls.send(plaintext)
        except TlsError as error:
            raise Disconnected(str(error)) from None
        self._queue(self._tls.take())

    def exchange(self, patience: float | None = None) -> bytes:
        """Send what is to be sent, and return the plaintext that has come; b"" where what came makes no whole piece.

        Args:
            patience: seconds to wait at most; by default the connection's timeout.

        Raises:
            Disconnected: the server was silent for too long, or the connection is lost.
        """
        wanted = self._timeout if patience is None else patience
        while True:
            if not (events := self._ready(wanted)):
                raise Disconnected(f"{self._host} was silent for {_seconds(wanted)}")
            came = self._cross(events)
            if came is not None:
                return self._decrypted(came)

    def listen(self, patience: float) -> bytes:
        """The plaintext that comes within so many seconds, and b"" where none does. Raises as :meth:`exchange`."""
        came = self._cross(self._ready(patience))
        return b"" if came is None else self._decrypted(came)

    def waiting(self) -> bytes | None:
        """The plaintext that has come already, or None where nothing has. Raises Disconnected as :meth:`exchange`."""
        if not self._selector.select(0):
            return None
        came = self._read()
        return None if came is None else self._decrypted(came)

    def secure(self, trust: Trust) -> bytes:
        """Do the TLS handshake, and return the plaintext that came with its end.

        Raises:
            Disconnected: it failed, and why.
        """
        from popsim.tls import KeyLog, TlsEnd, TlsError

        keys = KeyLog() if self._tape else None
        plaintext = b""
        try:
            tls = TlsEnd(trust.context(keys), server_side=False, hostname=self._host, keys=keys)
            if self._tape:
                self._tape.encrypts()
            self._tls = tls
            tls.begin()
            while not tls.established:
                self._queue(tls.take())
                plaintext = self.exchange()
            self._queue(tls.take())
        except (TlsError, OSError, UnicodeError, ValueError) as error:
            if isinstance(error, Disconnected):
                raise
            raise Disconnected(f"no TLS with {self._host}: {error}") from None
        if self._tape:
            self._tape.secured(tls.secrets())
        if keys:
            keys.close()
        return plaintext

    def close(self) -> None:
        """Close the connection; what is still to be sent gets one chance."""
        with contextlib.suppress(OSError, Disconnected):
            if self._tls is not None:
                self._tls.close()
                self._queue(self._tls.take())
            while self._out and self._write():
                pass
        self._selector.close()
        self._socket.close()

    # The socket

    def _queue(self, octets: bytes) -> None:
        self._out = memoryview(bytes(self._out) + octets) if self._out else memoryview(octets)

    def _ready(self, patience: float) -> int:
        """What the socket is ready for within so many seconds; 0 for nothing."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        self._selector.modify(self._socket, wanted)
        ready = self._selector.select(patience)
        return ready[0][1] if ready else 0

    def _cross(self, events: int) -> bytes | None:
        """Write what there is to write, and return what there is to read."""
        if events & selectors.EVENT_WRITE:
            self._write()
        return self._read() if events & selectors.EVENT_READ else None

    def _write(self) -> int:
        try:
            sent = self._socket.send(self._out[:CHUNK])
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self._out = memoryview(b"")  # what it had to say is still to be read
            return 0
        if self._tape:
            self._tape.went(bytes(self._out[:sent]))
        self._out = self._out[sent:]
        return sent

    def _read(self) -> bytes | None:
        try:
            data = self._socket.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            raise Disconnected(f"the connection to {self._host} was lost: {error.strerror or error}") from None
        if not data:
            raise Disconnected(f"{self._host} closed the connection")
        if self._tape:
            self._tape.came(data)
        return data

    def _decrypted(self, data: bytes) -> bytes:
        if self._tls is None:
            return data
        from popsim.tls import TlsError

        try:
            plaintext = self._tls.receive(data)
        except TlsError as error:
            self._queue(self._tls.take())  # an alert: the other end may want to know
            self._write()
            raise Disconnected(f"no TLS with {self._host}: {error}") from None
        self._queue(self._tls.take())
        if self._tape and plaintext:
            self._tape.understood(plaintext)
        return plaintext


def _seconds(number: float) -> str:
    return f"{number:g} second{'s' * (number != 1)}"


def _unreachable(error: Exception, host: str, port: int, timeout: float) -> str:
    """Why there is no connection, in words."""
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return f"there is no host {host!r}, or its name can't be looked up now"
    if isinstance(error, TimeoutError):
        return f"{host} did not answer on port {port} within {_seconds(timeout)}"
    if isinstance(error, ConnectionRefusedError):
        return f"{host} refused: nobody listens on port {port}"
    reason = getattr(error, "strerror", None) or error
    return f"{host} can't be reached on port {port}: {reason}"
