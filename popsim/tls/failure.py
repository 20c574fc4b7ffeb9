"""What can go wrong with TLS, in one line that says what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

_NO_TLS = "expected TLS, got octets that are none: the other end may speak in clear here"
_CHANGED = "a record was changed on its way: its authentication tag is wrong (RFC 8446 §5.2)"
_VERSIONS = "the two ends have no TLS version in common (RFC 8446 §4.2.1)"
_MEANINGS = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "RECORD_TOO_SMALL": _NO_TLS,
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC": _CHANGED,
    "BAD_RECORD_MAC": _CHANGED,
    "UNSUPPORTED_PROTOCOL": _VERSIONS,
    "NO_PROTOCOLS_AVAILABLE": _VERSIONS,
    "NO_SHARED_CIPHER": "the two ends have no cipher in common (RFC 8446 §4.1.1)",
    "UNEXPECTED_EOF_WHILE_READING": "the stream ended in the middle of TLS, without close_notify (RFC 8446 §6.1)",
}


class TlsError(Exception):
    """TLS can't go on. The message is one line: what was expected and what came.

    Args:
        text: the line.
        alert: whether it was the other end that gave up, by an alert.
    """

    def __init__(self, text: str, *, alert: bool = False) -> None:
        super().__init__(text)
        self.alert = alert


def explained(error: ssl.SSLError) -> TlsError:
    """An error of the ``ssl`` module in words of our own."""
    reason = error.reason or ""
    if reason in _MEANINGS:
        return TlsError(_MEANINGS[reason])
    why = getattr(error, "verify_message", "")
    if why:
        return TlsError(f"expected a certificate of a known authority for this name, got one that is not: {why}")
    words = reason.replace("_", " ").lower() or str(error)
    for opening in ("SSLV3_ALERT_", "TLSV1_ALERT_", "TLSV13_ALERT_", "TLSV1_"):
        if reason.startswith(opening):
            name = reason.removeprefix(opening).replace("_", " ").lower()
            return TlsError(f"the other end gave up TLS, with the alert {name!r} (RFC 8446 §6.2)", alert=True)
    return TlsError(f"TLS failed: {words}")


def missing() -> TlsError:
    """The error where this Python has no TLS."""
    return TlsError("TLS needs Python's ssl module, which this Python lacks; a session in clear works without it")
