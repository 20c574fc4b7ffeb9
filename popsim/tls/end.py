"""One end of a TLS session, without a socket and without a clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from popsim.tls.failure import TlsError, explained
from popsim.tls.keys import KeyLog

if TYPE_CHECKING:
    import ssl

_RANDOM = slice(11, 43)
"""Where the ClientHello has its 32 octets of chance: behind three headers (RFC 8446 §4.1.2)."""
_CHUNK = 1 << 18


class TlsEnd:
    """One end of a TLS session: ciphertext in and plaintext out, plaintext in and ciphertext out.

    ``begin`` it, hand what comes from the wire to ``receive``, send what ``take`` returns after each call, and talk
    when it is ``established``.

    Args:
        context: the settings, of :func:`server_context` or :func:`client_context`.
        server_side: whether this is the server's end.
        hostname: the server's name as a client expects it in the certificate.
        keys: what collects the secrets of the context's sessions, if anything does.

    Raises:
        TlsError: the context checks the server's name, and none is given.
    """

    def __init__(
        self, context: ssl.SSLContext, *, server_side: bool, hostname: str | None = None, keys: KeyLog | None = None
    ) -> None:
        import ssl

        if context.check_hostname and not hostname and not server_side:
            raise TlsError("a client that checks certificates needs the server's name: give a hostname")
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side, hostname)
        self._stops = (ssl.SSLWantReadError, ssl.SSLSyscallError)
        self._error = ssl.SSLError
        self._keys = keys
        self._hello = b""
        self._server_side = server_side
        self.established = False
        """Whether the handshake is done at this end."""
        self.closed = False
        """Whether the other end has said close_notify: nothing more comes from it."""
        self._closes = False

    @property
    def version(self) -> str:
        """The version that was agreed upon, such as ``TLSv1.3``; empty before the handshake."""
        return self._tls.version() or "" if self.established else ""

    @property
    def cipher(self) -> str:
        """The cipher that was agreed upon; empty before the handshake."""
        found = self._tls.cipher()
        return found[0] if found and self.established else ""

    def secrets(self) -> list[str]:
        """The lines of the key log for this session, handed out once; ask when it is established."""
        return self._keys.of(self._hello[_RANDOM]) if self._keys else []

    def begin(self) -> None:
        """Begin the handshake: a client has its ClientHello to send, a server waits for it."""
        self._shake()

    def receive(self, ciphertext: bytes) -> bytes:
        """Take octets from the wire, in whatever pieces, and return the plaintext that they complete.

        Raises:
            TlsError: TLS can't go on; an alert for the other end may have to be sent still.
        """
        if self.closed:
            return b""
        if self._server_side and len(self._hello) < _RANDOM.stop:
            self._hello += ciphertext[: _RANDOM.stop]
        self._in.write(ciphertext)
        if not self.established:
            self._shake()
        return b"".join(self._plaintext()) if self.established else b""

    def ended(self) -> None:
        """The stream from the other end has ended.

        Raises:
            TlsError: it ended without close_notify, so nobody knows whether something was cut off.
        """
        if not self.closed:
            self.closed = True
            if not self.established:
                raise TlsError("the stream ended before the handshake was done")
            raise TlsError("the stream ended without close_notify: it may have been cut off (RFC 8446 §6.1)")

    def send(self, plaintext: bytes) -> None:
        """Encrypt octets; :meth:`take` has them then.

        Raises:
            TlsError: the handshake is not done, or this end has closed.
        """
        if not self.established or self._closes:
            raise TlsError("nothing can be sent: TLS is closed" if self._closes else "the handshake is not done yet")
        rest = memoryview(plaintext)
        while rest:
            try:
                rest = rest[self._tls.write(rest) :]
            except self._error as error:
                raise explained(error) from error

    def take(self) -> bytes:
        """What is to be put on the wire; each octet is handed out once."""
        taken = self._out.read()
        if not self._server_side and len(self._hello) < _RANDOM.stop:
            self._hello += taken[: _RANDOM.stop]
        return taken

    def close(self) -> None:
        """Say close_notify: nothing more will be sent from here. What still comes can be received."""
        if self._closes or not self.established:
            return
        self._closes = True
        try:
            self._tls.unwrap()
        except (*self._stops, self._error):
            pass  # it waits for the other end's, or for data before it

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except self._stops:
            return
        except self._error as error:
            raise explained(error) from error
        self.established = True

    def _plaintext(self) -> Iterator[bytes]:
        import ssl

        while True:
            try:
                octets = self._tls.read(_CHUNK)
            except self._stops:
                return
            except ssl.SSLZeroReturnError:
                octets = b""
            except self._error as error:
                raise explained(error) from error
            if not octets:
                self.closed = True
                return
            yield octets
