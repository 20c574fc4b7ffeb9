"""Which service serves which protocol: the one place where a server's end is put together by name."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.answer import Service
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Store
from popsim.protocols.imap.server import ImapService
from popsim.protocols.pop2.server import Pop2Service
from popsim.protocols.pop3.server import Pop3Service
from popsim.protocols.protocol import Protocol
from popsim.protocols.smtp.server import SmtpService

_SERVICES: dict[str, Callable[..., Service]] = {
    Pop3Service.serves: Pop3Service,
    Pop2Service.serves: Pop2Service,
    SmtpService.serves: SmtpService,
    ImapService.serves: ImapService,
}


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
    domain: str = "",
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
        domain: the name of a server that takes mail, for which it takes it; "" for the usual one.

    Raises:
        ValueError: popsim has the protocol's table, but no server for it: it is a page of history.
    """
    if protocol.table.is_history:
        raise ValueError(_history(protocol))
    if protocol.name not in _SERVICES:
        raise ValueError(f"popsim has no server for {protocol.title}")
    end = _SERVICES[protocol.name]
    named = {"domain": domain} if domain and end is SmtpService else {}
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
        **named,
    )


def _history(protocol: Protocol) -> str:
    """Why a protocol that is history is not run, and what can be done instead."""
    family = protocol.name.rstrip("0123456789")
    instead = " or ".join(sorted(name for name in _SERVICES if name.startswith(family)))
    return (
        f"{protocol.title} is a page of history here: its table can be printed (popsim table {protocol.name}), "
        f"a session can't be run; try {instead or ', '.join(_SERVICES)}"
    )
