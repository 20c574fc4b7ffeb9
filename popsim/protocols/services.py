"""Which service serves which protocol: the one place where a server's end is put together by name."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.answer import Service
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Store
from popsim.protocols.pop3.server import Pop3Service
from popsim.protocols.protocol import Protocol

_SERVICES = {Pop3Service.serves: Pop3Service}


def service(
    protocol: Protocol,
    store: Store,
    *,
    session: int,
    timestamp: str,
    policy: Policy = USUAL,
    clock: Callable[[], int] = lambda: 0,
    secured: bool = False,
    client_port: int = 1023,
    chance: str = "",
) -> Service:
    """What serves one session.

    Args:
        protocol: the edition that is spoken.
        store: the users and their mail.
        session: a number that no other session of the store has.
        timestamp: the greeting's timestamp, different for each session.
        policy: what the site has decided.
        clock: the time now in nanoseconds: login delays and expiry go by it.
        secured: whether the line is encrypted from its first octet on (implicit TLS).
        client_port: the client's TCP port; that of a simulated client is a reserved one.
        chance: what challenges are made of, different for each session; by default the timestamp.

    Raises:
        ValueError: popsim has the protocol's table, but no server for it.
    """
    if protocol.name not in _SERVICES:
        raise ValueError(f"popsim has no server for {protocol.title}")
    end = _SERVICES[protocol.name]
    return end(
        protocol,
        store,
        session=session,
        timestamp=timestamp,
        policy=policy,
        clock=clock,
        secured=secured,
        client_port=client_port,
        chance=chance,
    )
