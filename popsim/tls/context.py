"""The settings of TLS: certificates, versions, and what the simulated wire needs so that lengths repeat."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from popsim.tls.certificate import Certificate
from popsim.tls.failure import TlsError, explained, missing
from popsim.tls.keys import KeyLog

if TYPE_CHECKING:
    import ssl

VERSIONS = ("1.3", "1.2")
"""The versions of TLS that are spoken, best first; RFC 8314 §4.1 asks for 1.2 at least."""
_CURVE = "prime256v1"


def server_context(
    certificate: Certificate, *, version: str | None = None, keys: KeyLog | None = None, repeats: bool = False
) -> ssl.SSLContext:
    """The settings of a server.

    Args:
        certificate: its certificate and key.
        version: the only version that is spoken, ``"1.3"`` or ``"1.2"``; None speaks both.
        keys: what collects the secrets of its sessions.
        repeats: whether each session has records of the same lengths: one curve, no tickets. For the simulated wire.

    Raises:
        TlsError: the certificate and the key do not belong together, or this Python has no TLS.
        ValueError: there is no such version.
    """
    context = _context(version, keys, repeats, server=True)
    _load(context, certificate)
    if repeats:
        context.num_tickets = 0
    return context


def client_context(
    authority: Certificate | str | Path | None = None,
    *,
    verify: bool = True,
    version: str | None = None,
    keys: KeyLog | None = None,
    repeats: bool = False,
) -> ssl.SSLContext:
    """The settings of a client.

    Args:
        authority: whom it trusts: a certificate, or the path of a PEM file of certificates; None trusts those whom
            the system trusts.
        verify: whether the server's certificate and its name are checked. Without it whoever is on the wire can be
            the server.
        version, keys, repeats: as for :func:`server_context`.

    Raises:
        TlsError: the authority's certificates can't be read, or this Python has no TLS.
        ValueError: there is no such version.
        OSError: the file can't be read.
    """
    context = _context(version, keys, repeats, server=False)
    if not verify:
        import ssl

        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authority is None:
        context.load_default_certs()
    else:
        trusted = authority.certificate if isinstance(authority, Certificate) else Path(authority).read_text("ascii")
        _trust(context, trusted)
    return context


def _context(version: str | None, keys: KeyLog | None, repeats: bool, *, server: bool) -> ssl.SSLContext:
    try:
        import ssl
    except ImportError as error:
        raise missing() from error
    numbers = {"1.3": ssl.TLSVersion.TLSv1_3, "1.2": ssl.TLSVersion.TLSv1_2}
    if version is not None and version not in numbers:
        raise ValueError(f"expected a version of TLS, {' or '.join(VERSIONS)}, got {version!r}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = numbers[version or "1.2"]
    context.maximum_version = numbers[version or "1.3"]
    if keys:
        keys.watch(context)
    if repeats:
        context.set_ecdh_curve(_CURVE)
        context.options |= ssl.OP_NO_TICKET
    return context


def _trust(context: ssl.SSLContext, pem: str) -> None:
    import ssl

    try:
        context.load_verify_locations(cadata=pem)
    except ssl.SSLError as error:
        raise TlsError("expected certificates as PEM for whom to trust, got a text that holds none") from error


def _load(context: ssl.SSLContext, certificate: Certificate) -> None:
    """Load a certificate and key: the ``ssl`` module takes them from a file only, which is gone right after it."""
    import os
    import ssl
    import tempfile

    file, name = tempfile.mkstemp(prefix="popsim-", suffix=".pem")  # only this user may read it
    try:
        with os.fdopen(file, "w", encoding="ascii") as out:
            out.write(certificate.certificate + certificate.key)
        context.load_cert_chain(name)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsError("the certificate and the private key do not belong together") from error
        raise explained(error) from error
    finally:
        Path(name).unlink()
