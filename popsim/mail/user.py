"""Somebody who has mail: name, secret, and the login that goes with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who has mail.

    Args:
        name: the name that is given at login.
        secret: the password, or the shared secret of a login that sends a digest.
        login: the command by which this user logs in, or "" for the plain password: RFC 1939 §13 advises against
            allowing a user both.
    """

    name: str
    secret: str
    login: str = ""

    @classmethod
    def parse(cls, text: str) -> User:
        """Read ``alice:secret`` or ``mrose:tanstaaf:APOP``.

        Raises:
            ValueError: the text has no name (one word) or no secret.
        """
        name, _, rest = text.partition(":")
        secret, _, login = rest.partition(":")
        if not name or not secret or " " in name or not text.isprintable():
            raise ValueError(f"expected a user as NAME:SECRET, such as alice:secret, got {text!r}")
        return cls(name, secret, login.upper())

    @property
    def has_secret(self) -> bool:
        """Whether the secret is one: with RPOP it is a user's name on the client's host (RFC 1081 p.12)."""
        return self.login != "RPOP"

    def __str__(self) -> str:
        return f"{self.name}:{self.secret}" + (f":{self.login}" if self.login else "")
