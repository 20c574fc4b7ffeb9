"""The mail store behind a server: its users, each with a maildrop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from popsim.mail.collection import Mail
from popsim.mail.maildrop import Maildrop


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

    def __str__(self) -> str:
        return f"{self.name}:{self.secret}" + (f":{self.login}" if self.login else "")


class Account:
    """A user and the maildrop; ``rows`` gives each message the number that it has in a timeline."""

    def __init__(self, user: User, mail: Mail) -> None:
        self.user = user
        self.maildrop = Maildrop(mail)
        self.rows = {m.uid or "": number for number, m in enumerate(self.maildrop.messages, 1)}

    def listing(self) -> list[list[object]]:
        """A row for each message: number, size in octets, unique-id, sender and subject."""
        return [
            [number, m.size, m.uid, m.header("From"), m.header("Subject")]
            for number, m in enumerate(self.maildrop.messages, 1)
        ]


class Store:
    """All accounts of one server.

    Args:
        users: who has mail here.
        mail: each user's messages by name; a user without any has an empty maildrop.
    """

    def __init__(self, users: Iterable[User], mail: Mapping[str, Mail]) -> None:
        empty = Mail("empty", ())
        self.accounts = {user.name: Account(user, mail.get(user.name, empty)) for user in users}

    def account(self, name: str) -> Account | None:
        """The account of that name, or None."""
        return self.accounts.get(name)

    def listing(self) -> dict[str, list[list[object]]]:
        """The rows of every account, by user name: what a timeline's header tells of the mail."""
        return {name: account.listing() for name, account in self.accounts.items()}
