"""Whom a client trusts to be the server that it asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    from popsim.tls import Certificate, KeyLog


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates are taken.

    Args:
        authority: a certificate, or the path of a PEM file of certificates; None trusts those whom the system trusts.
        verify: whether the server's certificate and its name are checked at all. Without it whoever is on the wire
            can be the server.
    """

    authority: Certificate | str | Path | None = None
    verify: bool = True

    def context(self, keys: KeyLog | None = None) -> ssl.SSLContext:
        """The settings of TLS that this comes to. For errors see :func:`popsim.tls.client_context`."""
        from popsim.tls import client_context

        return client_context(self.authority, verify=self.verify, keys=keys)
