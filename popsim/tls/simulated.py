"""Both ends of TLS on the simulated wire: the fixed certificate, and records whose lengths repeat."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from popsim.tls.certificate import FIXED, HOST
from popsim.tls.context import client_context, server_context
from popsim.tls.end import TlsEnd
from popsim.tls.keys import KeyLog

if TYPE_CHECKING:
    import ssl


def simulated_end(*, server_side: bool) -> TlsEnd:
    """An end of a session on the simulated wire. The client's knows the session's secrets.

    Raises:
        TlsError: this Python has no TLS.
    """
    server, client, keys = _contexts()
    if server_side:
        return TlsEnd(server, server_side=True)
    return TlsEnd(client, server_side=False, hostname=HOST, keys=keys)


@cache
def _contexts() -> tuple[ssl.SSLContext, ssl.SSLContext, KeyLog]:
    """The settings of both ends, and what collects the keys: the same for all simulations of this process."""
    server = server_context(FIXED, repeats=True)
    keys = KeyLog()
    return server, client_context(FIXED, keys=keys, repeats=True), keys
