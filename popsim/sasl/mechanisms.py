"""The mechanisms by name."""

from __future__ import annotations

from collections.abc import Iterable

from popsim.sasl.cram import CramClient, CramServer
from popsim.sasl.exchange import ClientExchange, SaslError, SecretOf, ServerExchange
from popsim.sasl.plaintext import LoginClient, LoginServer, PlainClient, PlainServer
from popsim.sasl.scram import ScramClient, ScramServer

_SERVERS: dict[str, type[ServerExchange]] = {
    "SCRAM-SHA-256": ScramServer,
    "CRAM-MD5": CramServer,
    "PLAIN": PlainServer,
    "LOGIN": LoginServer,
}
_CLIENTS: dict[str, type[ClientExchange]] = {
    "SCRAM-SHA-256": ScramClient,
    "CRAM-MD5": CramClient,
    "PLAIN": PlainClient,
    "LOGIN": LoginClient,
}
_REVEALING = {"PLAIN", "LOGIN"}

NAMES: tuple[str, ...] = tuple(_SERVERS)
"""The mechanisms there are, the strongest first."""


def server(name: str, secret_of: SecretOf, *, nonce: str) -> ServerExchange:
    """The server's end of an exchange.

    Args:
        name: one of :data:`NAMES`, in upper or lower case.
        secret_of: gives the secret of a user, or None where nobody has that name.
        nonce: a text that no exchange had before: printable ASCII without a space or comma.

    Raises:
        SaslError: there is no such mechanism, or the nonce has other characters.
    """
    return _SERVERS[_known(name)](secret_of, _checked(nonce))


def client(name: str, user: str, secret: str, *, nonce: str) -> ClientExchange:
    """The client's end of an exchange.

    Args:
        name: one of :data:`NAMES`, in upper or lower case.
        user, secret: who it is.
        nonce: as for :func:`server`.

    Raises:
        SaslError: there is no such mechanism, or a name, secret or nonce can't be used in it.
    """
    return _CLIENTS[_known(name)](user, secret, _checked(nonce))


def reveals(name: str) -> bool:
    """Whether a mechanism shows the password to whoever reads the exchange along. Raises SaslError for no name."""
    return _known(name) in _REVEALING


def strongest(names: Iterable[str]) -> str | None:
    """The strongest mechanism here that is among these names, in upper or lower case, or None."""
    offered = {name.upper() for name in names}
    return next((name for name in NAMES if name in offered), None)


def _known(name: str) -> str:
    if name.upper() not in _SERVERS:
        raise SaslError(f"expected one of the mechanisms {', '.join(NAMES)}, got {name!r}")
    return name.upper()


def _checked(nonce: str) -> str:
    if not nonce or any(not "!" <= c <= "~" or c == "," for c in nonce):
        raise SaslError(f"expected a nonce of printable ASCII without space and comma, got {nonce!r}")
    return nonce
