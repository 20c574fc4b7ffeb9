"""Which service serves which protocol: the one place where a server's end is put together by name."""

from __future__ import annotations

from popsim.engine.answer import Service
from popsim.mail.store import Store
from popsim.protocols.pop3.server import Pop3Service
from popsim.protocols.protocol import Protocol

_SERVICES = {Pop3Service.serves: Pop3Service}


def service(protocol: Protocol, store: Store, *, session: int, timestamp: str) -> Service:
    """What serves one session.

    Args:
        protocol: the edition that is spoken.
        store: the users and their mail.
        session: a number that no other session of the store has.
        timestamp: the greeting's timestamp, different for each session.

    Raises:
        ValueError: popsim has the protocol's table, but no server for it.
    """
    if protocol.name not in _SERVICES:
        raise ValueError(f"popsim has no server for {protocol.title}")
    return _SERVICES[protocol.name](protocol, store, session=session, timestamp=timestamp)
