"""What an exchange is, whatever its mechanism: octets to and fro, and how it ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

SecretOf = Callable[[str], str | None]
"""Gives the secret of a user, or None where nobody has that name."""


class SaslError(ValueError):
    """Something that was said in an exchange can't be right; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """The server wants a response to these octets, which may be none."""

    octets: bytes = b""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The client has proved that it is this user."""

    user: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The client has proved nothing.

    Args:
        reason: why, in words that give no hint which of name and secret was wrong.
    """

    reason: str


Verdict = Challenge | Succeeded | Failed
WRONG = Failed("name or secret is wrong")


class ServerExchange(ABC):
    """The server's end of one exchange.

    Attributes:
        client_first: whether the client may say something before the first challenge (an initial response).
    """

    client_first: bool

    def __init__(self, secret_of: SecretOf, nonce: str) -> None:
        self._secret_of = secret_of
        self._nonce = nonce
        self._begun = False
        self._over = False

    def step(self, response: bytes | None) -> Verdict:
        """Take what the client said and say how it goes on; never raises for what a client can say.

        Args:
            response: the decoded response; None begins an exchange that brings no initial response.
        """
        if self._over:
            return Failed("the exchange is over: begin another one")
        verdict = self._checked(response)
        self._begun = True
        self._over = not isinstance(verdict, Challenge)
        return verdict

    def _checked(self, response: bytes | None) -> Verdict:
        if response is None:
            return Failed("expected a response") if self._begun else Challenge(self._opening())
        if not self._begun and not self.client_first:
            return Failed("the server speaks first in this mechanism: send no initial response (RFC 5034 §4)")
        try:
            return self._respond(response)
        except SaslError as error:
            return Failed(str(error))

    def _opening(self) -> bytes:
        """The challenge that begins an exchange without an initial response."""
        return b""

    @abstractmethod
    def _respond(self, response: bytes) -> Verdict:
        """The verdict on one response. May raise SaslError."""

    def _proves(self, user: str, secret: str) -> Verdict:
        """The verdict on a name and a secret that came as they are (RFC 4616 §3)."""
        from hmac import compare_digest

        name, given = prepared(user), prepared(secret)
        known = self._secret_of(name)
        right = compare_digest(given.encode(), prepared(given if known is None else known).encode())
        return Succeeded(name) if right and known is not None else WRONG


class ClientExchange(ABC):
    """The client's end of one exchange.

    Args:
        user, secret: who it is.
        nonce: a text that was never used before; mechanisms without a nonce of the client make no use of it.
    """

    def __init__(self, user: str, secret: str, nonce: str) -> None:
        self.user, self._secret, self._nonce = user, secret, nonce

    def initial(self) -> bytes | None:
        """What the client says first, or None where the server speaks first."""
        return None

    @abstractmethod
    def step(self, challenge: bytes) -> bytes:
        """The response to a challenge, both decoded.

        Raises:
            SaslError: the challenge can't come from a server that follows the mechanism or knows the secret; the
                exchange is to be cancelled.
        """

    @property
    def satisfied(self) -> bool:
        """Whether the server has proved all that the mechanism makes it prove; else its success means nothing."""
        return True


def text(octets: bytes) -> str:
    """Octets as UTF-8. Raises SaslError where they are not."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise SaslError("expected UTF-8 text, got octets that are none") from None


def prepared(name: str) -> str:
    """A name or secret as it is compared: in the form of SASLprep (RFC 4013).

    Raises:
        SaslError: it is empty then, or has characters that no name may have.
    """
    if name.isascii():
        result = name
        if any(not " " <= character <= "~" for character in name):
            raise SaslError("expected a name or secret without control characters (RFC 4013 §2.3)")
    else:
        result = _mapped(name)
    if not result:
        raise SaslError("expected a name and a secret, and one of them is empty")
    return result


def _mapped(name: str) -> str:
    try:  # scramp imports ssl, which the rest of the package does without
        from scramp import ScramException
        from scramp.utils import saslprep
    except ImportError as error:
        raise SaslError(f"a name or secret that is not ASCII needs the package scramp: {error}") from None
    try:
        return str(saslprep(name))
    except ScramException:
        raise SaslError("expected a name or secret of letters that RFC 4013 allows") from None
