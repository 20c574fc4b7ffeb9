"""What a protocol is: the words of a table, the audit of a table, and one folder for each protocol."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from popsim.protocols.imap.table import IMAP
from popsim.protocols.imap2.table import IMAP2
from popsim.protocols.pop1.table import POP1
from popsim.protocols.pop2.table import POP2
from popsim.protocols.pop3.table import POP3
from popsim.protocols.protocol import Protocol
from popsim.protocols.smtp.table import SMTP

PROTOCOLS: dict[str, Protocol] = {p.name: p for p in (POP3, IMAP, SMTP, POP2, POP1, IMAP2)}
"""Every protocol that popsim has, by its short name."""


SPEAKS = "speaks"
"""A header's name for the connections, by number, on which another protocol is spoken than on the first."""


def find(name: str) -> Protocol:
    """The protocol of that short name, in its newest edition.

    Raises:
        ValueError: there is none; the message names those there are.
    """
    wanted = name.strip().lower()
    if wanted not in PROTOCOLS:
        close = get_close_matches(wanted, PROTOCOLS, 1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise ValueError(f"popsim knows the protocols {', '.join(PROTOCOLS)}, not {name!r}{hint}")
    return PROTOCOLS[wanted]


def named(protocol: Protocol) -> dict[str, Any]:
    """What a timeline's header says of the protocol that was spoken; :func:`spoken` makes the protocol of it."""
    header: dict[str, Any] = {
        "protocol": protocol.name,
        "edition": protocol.number,
        "minimal": protocol.is_minimal,
        "extensions": list(protocol.enabled),
    }
    return header | ({"without": list(protocol.omitted)} if protocol.omitted else {})


def spoken(header: Mapping[str, Any], connection: int = 0) -> Protocol:
    """The protocol that a timeline's header names.

    Args:
        header: what :func:`named` has written; ``SPEAKS`` in it names what is spoken on connections of another kind.
        connection: the number of the connection.

    Raises:
        ValueError: popsim knows no such protocol, edition, extension or command.
    """
    header = header.get(SPEAKS, {}).get(str(connection), header)
    protocol = find(str(header["protocol"])).edition(header["edition"])
    if extensions := header.get("extensions"):
        protocol = protocol.extended(*extensions)
    if header.get("minimal"):
        protocol = protocol.minimal()
    return protocol.without(*header.get("without", ()))
