"""SASL: proving who one is, as any protocol may do it that carries challenges and responses (RFC 4422).

Here are the mechanisms; the lines in which a protocol carries them are its own affair. Both ends of an exchange are
values that take octets and give octets: they know no socket, no clock and no chance, so their nonces are handed in.
"""

from popsim.sasl.encoding import decode, encode
from popsim.sasl.exchange import (
    Challenge,
    ClientExchange,
    Failed,
    SaslError,
    SecretOf,
    ServerExchange,
    Succeeded,
    Verdict,
    prepared,
)
from popsim.sasl.mechanisms import NAMES, client, reveals, server, strongest

__all__ = [
    "NAMES",
    "Challenge",
    "ClientExchange",
    "Failed",
    "SaslError",
    "SecretOf",
    "ServerExchange",
    "Succeeded",
    "Verdict",
    "client",
    "decode",
    "encode",
    "prepared",
    "reveals",
    "server",
    "strongest",
]
