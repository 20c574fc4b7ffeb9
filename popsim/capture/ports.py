"""The ports at which mail is served, from the registry of IANA."""

from __future__ import annotations

_SERVED = {
    # in clear or upgraded, and over TLS from the first octet (RFC 8314 §3)
    "POP3": (110, 995),
    "IMAP": (143, 993),
    "SUBMISSION": (587, 465),
    "SMTP": (25, 465),
    "POP2": (109, 109),
}
MAIL_PORTS = frozenset(port for pair in _SERVED.values() for port in pair)
"""All of them."""
_OTHER = 10_110  # no service's


def served(protocol: str, secured: bool = False) -> int:
    """The port of a protocol.

    Args:
        protocol: its name.
        secured: over TLS from the first octet.
    """
    return _SERVED.get(protocol.upper(), (_OTHER, _OTHER))[secured]
