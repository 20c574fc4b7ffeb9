"""What a listener needs to speak TLS."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from popsim.protocols.model import Form, Occurrence
from popsim.protocols.protocol import Protocol
from popsim.tls import Certificate, KeyLog, TlsEnd, server_context

if TYPE_CHECKING:
    import ssl


class Credentials:
    """A certificate with its key, and the settings and secrets of the sessions that are secured with it.

    Args:
        certificate: who the server is.
        keeps_keys: whether the secrets of the sessions are wanted, for a record.

    Raises:
        TlsError: the certificate and the key do not belong together, or this Python has no TLS.
    """

    def __init__(self, certificate: Certificate, keeps_keys: bool = True) -> None:
        self.certificate = certificate
        self._keys = KeyLog() if keeps_keys else None
        self._context: ssl.SSLContext = server_context(certificate, keys=self._keys)

    def end(self) -> TlsEnd:
        """The server's end of a new TLS session."""
        return TlsEnd(self._context, server_side=True, keys=self._keys)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, by which somebody can tell it from another: 64 hexadecimal digits."""
        import hashlib
        import ssl

        end = "-----END CERTIFICATE-----"
        first = self.certificate.certificate.partition(end)[0] + end
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def without_handshake(protocol: Protocol) -> Protocol:
    """The protocol for a server that has no certificate: without the commands that lead to a handshake."""
    rows = protocol.rules
    leads = [r.trigger.keyword for r in rows if r.awaits is Occurrence.SECURED and isinstance(r.trigger, Form)]
    return protocol.without(*leads)
