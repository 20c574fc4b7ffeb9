"""CRAM-MD5 (RFC 2195): the server gives a text that was never there before, the client signs it with the secret."""

from __future__ import annotations

import re

from popsim.sasl.exchange import (
    WRONG,
    ClientExchange,
    SaslError,
    ServerExchange,
    Succeeded,
    Verdict,
    prepared,
    text,
)

_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_DIGEST = re.compile(r"[0-9a-f]{32}")


def _signature(secret: str, challenge: bytes) -> str:
    import hmac

    return hmac.new(prepared(secret).encode(), challenge, "md5").hexdigest()


class CramServer(ServerExchange):
    """The server's end. A nonce that has not the form of a message-id is made one, as RFC 2195 §2 wants it."""

    client_first = False

    def _opening(self) -> bytes:
        given = self._nonce
        forms = (given, f"<{given}>", f"<{given}@popsim.example>")
        return next((form for form in forms if _ID.fullmatch(form)), forms[-1]).encode()

    def _respond(self, response: bytes) -> Verdict:
        import hmac

        user, space, digest = text(response).rpartition(" ")  # a name may have spaces, a digest has none
        if not space or not _DIGEST.fullmatch(digest):
            raise SaslError("expected a name, a space and 32 hexadecimal digits in lower case (RFC 2195 §2)")
        name = prepared(user)
        secret = self._secret_of(name)
        right = hmac.compare_digest(digest, _signature(secret or "nobody", self._opening()))
        return Succeeded(name) if right and secret else WRONG


class CramClient(ClientExchange):
    """The client's end."""

    _answered = False

    def step(self, challenge: bytes) -> bytes:
        if not challenge or self._answered:
            raise SaslError("expected one challenge to sign, with text in it (RFC 2195 §2)")
        self._answered = True
        return f"{prepared(self.user)} {_signature(self._secret, challenge)}".encode()
