"""What a protocol is: the words of a table, the audit of a table, and one folder for each protocol."""

from __future__ import annotations

from difflib import get_close_matches

from popsim.protocols.pop3.table import POP3
from popsim.protocols.protocol import Protocol

PROTOCOLS: dict[str, Protocol] = {p.name: p for p in (POP3,)}
"""Every protocol that popsim has, by its short name."""


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
