"""PLAIN (RFC 4616) and LOGIN: the password itself crosses, in base64, which hides nothing.

LOGIN has no RFC: it is described in an Internet-Draft that expired in 2004 (draft-murchison-sasl-login) and registered
as obsolete. Old mail readers still use it.
"""

from __future__ import annotations

from popsim.sasl.exchange import (
    Challenge,
    ClientExchange,
    Failed,
    SaslError,
    SecretOf,
    ServerExchange,
    Verdict,
    prepared,
    text,
)

ASK_NAME, ASK_SECRET = b"Username:", b"Password:"
"""The challenges of LOGIN. The draft says that a client is not to look at them; these are what clients know."""


class PlainServer(ServerExchange):
    """The server's end of PLAIN: one message with the name to act as, the name and the password."""

    client_first = True

    def _respond(self, response: bytes) -> Verdict:
        parts = text(response).split("\0")
        if len(parts) != 3:
            raise SaslError("expected three texts with two NULs between them: [act as] NUL name NUL secret")
        acting, user, secret = parts
        if acting and prepared(acting) != prepared(user):
            return Failed("nobody may act as somebody else here: leave the first text empty")
        return self._proves(user, secret)


class PlainClient(ClientExchange):
    """The client's end of PLAIN."""

    def initial(self) -> bytes:
        if "\0" in self.user + self._secret or not self.user or not self._secret:
            raise SaslError("expected a name and a secret without NUL, neither of them empty (RFC 4616 §2)")
        return f"\0{self.user}\0{self._secret}".encode()

    def step(self, challenge: bytes) -> bytes:
        if challenge:
            raise SaslError("expected an empty challenge: in PLAIN the client says everything at once (RFC 4616 §2)")
        return self.initial()


class LoginServer(ServerExchange):
    """The server's end of LOGIN: it asks for the name, then for the password.

    The draft lets the server speak first. Many clients send the name as an initial response nevertheless, and servers
    take it; so does this one.
    """

    client_first = True

    def __init__(self, secret_of: SecretOf, nonce: str) -> None:
        super().__init__(secret_of, nonce)
        self._user: str | None = None

    def _opening(self) -> bytes:
        return ASK_NAME

    def _respond(self, response: bytes) -> Verdict:
        if self._user is None:
            self._user = prepared(text(response))
            return Challenge(ASK_SECRET)
        return self._proves(self._user, text(response))


class LoginClient(ClientExchange):
    """The client's end of LOGIN: whatever the server asks, the name comes first and the password after it."""

    _said = 0

    def step(self, challenge: bytes) -> bytes:
        self._said += 1
        if self._said > 2:
            raise SaslError("expected no third challenge: LOGIN has a name and a password, no more")
        return (self.user if self._said == 1 else self._secret).encode()
