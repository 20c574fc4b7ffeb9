"""SCRAM-SHA-256 (RFC 5802, RFC 7677): both ends prove that they know the secret, and neither shows it.

The cryptography is that of the package scramp, which is imported when an exchange begins: it brings ssl with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from popsim.sasl.exchange import (
    WRONG,
    Challenge,
    ClientExchange,
    Failed,
    SaslError,
    SecretOf,
    ServerExchange,
    Succeeded,
    Verdict,
    prepared,
    text,
)

NAME = "SCRAM-SHA-256"
ROUNDS = 4096
"""How often the server has the secret hashed: RFC 7677 §4 wants this many at least."""
MOST_ROUNDS = 600_000
"""What a client does for a server that asks for more work; above, it would only be kept busy."""

_ROUNDS = re.compile(rb",i=([0-9]{1,9})(?:,|\Z)")
_ACTING = re.compile(r"([ny]),a=([^,]+),")


def salt_of(user: str) -> bytes:
    """The salt of a user: always the same, as a server would have it stored, and there for names that nobody has."""
    import hashlib

    return hashlib.sha256(b"popsim salt " + user.encode()).digest()[:16]


class ScramServer(ServerExchange):
    """The server's end.

    Args:
        secret_of: gives the secret of a user.
        nonce: its part of the nonce: printable ASCII without a comma.
        salt: gives the salt of a user.
    """

    client_first = True

    def __init__(self, secret_of: SecretOf, nonce: str, salt: Callable[[str], bytes] = salt_of) -> None:
        super().__init__(secret_of, nonce)
        self._salt = salt
        self._user = ""
        self._server: Any = None
        self._stage = 0

    def _respond(self, response: bytes) -> Verdict:
        self._stage += 1
        if self._stage == 1:
            return self._first(text(response))
        if self._stage == 2:
            return self._final(text(response))
        if response:
            return Failed("expected an empty response to the server's proof (RFC 5034 §4)")
        return Succeeded(self._user)

    def _first(self, message: str) -> Verdict:
        acting = _ACTING.match(message)
        if acting is None:
            return self._begun_with(message)
        # scramp knows nobody who names himself twice, and some clients do: it gets the header without that name.
        verdict = self._begun_with(f"{acting[1]},,{message[acting.end() :]}")
        if prepared(acting[2].replace("=2C", ",").replace("=3D", "=")) != prepared(self._user):
            return Failed("nobody may act as somebody else here: leave out the name after a= (RFC 5802 §5.1)")
        self._server.gs2_header = _Header(acting[0].encode())
        return verdict

    def _begun_with(self, message: str) -> Verdict:
        scramp = _scramp()
        mechanism = scramp.ScramMechanism(NAME)

        def known(user: str) -> Any:
            self._user = user
            secret = self._secret_of(user)
            # Nobody has this secret: a stranger is found out at the end, like a wrong password.
            key = prepared(secret) if secret else f"nobody {self._nonce}"
            return mechanism.make_auth_info(key, iteration_count=ROUNDS, salt=self._salt(user))

        def begin() -> str:
            self._server = mechanism.make_server(known, s_nonce=self._nonce)
            self._server.set_client_first(message)
            return str(self._server.get_server_first())

        return Challenge(_guarded(begin).encode())

    def _final(self, message: str) -> Verdict:
        scramp = _scramp()
        try:
            _guarded(lambda: self._server.set_client_final(message))
        except SaslError as error:
            cause = error.__cause__
            is_proof = isinstance(cause, scramp.ScramException) and "proof" in str(cause.server_error).lower()
            return WRONG if is_proof else Failed(str(error))
        if not self._secret_of(self._user):
            return WRONG
        return Challenge(_guarded(lambda: str(self._server.get_server_final())).encode())


class _Header:
    """What the client has said before all else, in the place where scramp looks for what it has made of it."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def make_cbind_input(self, _: object) -> bytes:
        """What the client has to repeat in its proof (RFC 5802 §5.1, c=); channels are not bound here."""
        return self._octets


class ScramClient(ClientExchange):
    """The client's end. It is satisfied when the server has proved that it knows the secret too (RFC 5802 §3)."""

    def __init__(self, user: str, secret: str, nonce: str) -> None:
        super().__init__(user, secret, nonce)
        prepared(user), prepared(secret)
        scramp = _scramp()
        self._client = _guarded(lambda: scramp.ScramClient([NAME], user, secret, c_nonce=nonce))
        self._first = str(_guarded(self._client.get_client_first)).encode()
        self._stage = 0

    @property
    def satisfied(self) -> bool:
        return self._stage == 3

    def initial(self) -> bytes:
        return self._first

    def step(self, challenge: bytes) -> bytes:
        if self._stage == 0 and not challenge:  # the server has had no initial response, and asks for it
            return self._first
        stage, self._stage = self._stage, -1
        if stage == 0:
            self._stage = 1
            return self._proof(challenge)
        if stage == 1:
            _guarded(lambda: self._client.set_server_final(text(challenge)))
            self._stage = 3
            return b""
        raise SaslError("expected no more challenges: the exchange is over (RFC 5802 §3)")

    def _proof(self, challenge: bytes) -> bytes:
        rounds = _ROUNDS.search(challenge)
        if rounds and int(rounds[1]) > MOST_ROUNDS:
            raise SaslError(f"expected at most {MOST_ROUNDS} rounds of hashing, got {int(rounds[1])}")
        _guarded(lambda: self._client.set_server_first(text(challenge)))
        return str(_guarded(self._client.get_client_final)).encode()


def _scramp() -> Any:
    try:
        import scramp
    except ImportError as error:
        raise SaslError(f"{NAME} needs the packages scramp and ssl: {error}") from None
    return scramp


def _guarded(act: Callable[[], Any]) -> Any:
    """Do something with scramp, and say in our words what is wrong with what was said."""
    scramp = _scramp()
    try:
        return act()
    except SaslError:
        raise
    except (scramp.ScramException, ValueError, LookupError, TypeError) as error:
        said = error.args[0] if error.args else type(error).__name__
        raise SaslError(f"expected a message of {NAME} (RFC 5802 §7): {said}") from error
