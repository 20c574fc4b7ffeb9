"""Base64 as SASL's protocols want it: nothing is ignored, nothing is guessed (RFC 4648 §3 and §4, RFC 5034 §4)."""

from __future__ import annotations

import binascii

from popsim.sasl.exchange import SaslError


def encode(octets: bytes) -> bytes:
    """Octets as one line of base64, without CRLF."""
    return binascii.b2a_base64(octets, newline=False)


def decode(line: bytes) -> bytes:
    """The octets that a line of base64 stands for.

    Args:
        line: the line without CRLF; the empty line stands for no octets.

    Raises:
        SaslError: an octet is not of the alphabet, padding is missing or stands within, or bits are left over.
    """
    try:
        octets = binascii.a2b_base64(line, strict_mode=True)
    except binascii.Error as error:
        reason = str(error)[:1].lower() + str(error)[1:]
        raise SaslError(f"expected base64, padded with '=' to a multiple of four octets: {reason}") from None
    if encode(octets) != line:  # bits behind the last octet that are not zero: two lines for one value
        raise SaslError("expected base64 whose last letter has no bits left over (RFC 4648 §3.5)")
    return octets
