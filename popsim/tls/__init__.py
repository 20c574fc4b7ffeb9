"""TLS without a socket: ciphertext in, plaintext out. The same for the simulated wire and for real connections.

``ssl`` is imported where TLS is used and nowhere else, so a session in clear needs no ``ssl``.
"""

from popsim.tls.certificate import FIXED, HOST, Certificate
from popsim.tls.context import client_context, server_context
from popsim.tls.end import TlsEnd
from popsim.tls.failure import TlsError
from popsim.tls.keys import KeyLog
from popsim.tls.making import fresh_certificate
from popsim.tls.records import records

__all__ = [
    "FIXED",
    "HOST",
    "Certificate",
    "KeyLog",
    "TlsEnd",
    "TlsError",
    "client_context",
    "fresh_certificate",
    "records",
    "server_context",
]
