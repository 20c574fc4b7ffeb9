"""The mail store behind a server: its users, each with a maildrop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from popsim.mail.box import Box
from popsim.mail.collection import Mail
from popsim.mail.maildrop import Maildrop, OpenMaildrop
from popsim.mail.message import Message


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
    """A user and the maildrop.

    Args:
        user: who it is.
        mail: the messages, or the box on the disk in which they are.
        writes: whether what is removed is removed from the box too.
    """

    def __init__(self, user: User, mail: Mail | Box, writes: bool = False) -> None:
        self.user = user
        self.box = None if isinstance(mail, Mail) else mail
        remover = self.box.remove if self.box and writes else None
        self.maildrop = Maildrop(mail if isinstance(mail, Mail) else mail.read(), remover=remover)
        self.logged_in_at: int | None = None
        """When the user logged in last, in nanoseconds on the server's clock, or None: a policy may ask."""
        self.rows: dict[str, int] = {}
        """The number that each message has in a timeline, by its unique-id."""
        self._listed: list[list[object]] = []
        self._number()

    def open(self, session: int) -> tuple[OpenMaildrop, dict[int, bool]]:
        """Open the maildrop for a session; mail that came to the disk since the last time is in it.

        Returns:
            The maildrop, and the rows that changed on the disk: whether each is there now.

        Raises:
            MaildropLocked: another session has it.
        """
        changed: dict[int, bool] = {}
        if self.box and self.maildrop.owner is None:
            before = {message.uid for message in self.maildrop.messages}
            found = self.box.news()
            if found is not None:
                self.maildrop.renew(found)
                self._number()
                now = {message.uid for message in self.maildrop.messages}
                changed = {self.rows[uid or ""]: uid in now for uid in before ^ now}
        return self.maildrop.open(session), dict(sorted(changed.items()))

    def deliver(self, message: Message, at: int = 0) -> int:
        """Let a message arrive, and return its number in a timeline; a session that is open does not see it.

        Args:
            message: what arrives.
            at: when, in nanoseconds on the server's clock: a policy may remove what is old.

        Raises:
            ValueError: its unique-id was given before.
        """
        uid = self.maildrop.deliver(message).uid or ""
        self.maildrop.delivered[uid] = at
        self._number()
        return self.rows[uid]

    def listing(self) -> list[list[object]]:
        """A row for each message that was ever here: number, size in octets, unique-id, sender and subject."""
        there = {message.uid: message for message in self.maildrop.messages}
        for uid, number in list(self.rows.items())[len(self._listed) :]:
            m = there.get(uid)
            self._listed.append([number, m.size, uid, m.header("From"), m.header("Subject")] if m else [number])
        return list(self._listed)

    def _number(self) -> None:
        for message in self.maildrop.messages:
            self.rows.setdefault(message.uid or "", len(self.rows) + 1)


class Store:
    """All accounts of one server.

    Args:
        users: who has mail here.
        mail: each user's messages by name, or the box on the disk that has them; a user without any has an empty
            maildrop.
        writes: whether what is removed is removed from the boxes too.
    """

    def __init__(self, users: Iterable[User], mail: Mapping[str, Mail | Box], writes: bool = False) -> None:
        empty = Mail("empty", ())
        self.writes = writes
        self.accounts = {user.name: Account(user, mail.get(user.name, empty), writes) for user in users}

    def account(self, name: str) -> Account | None:
        """The account of that name, or None."""
        return self.accounts.get(name)

    def listing(self) -> dict[str, list[list[object]]]:
        """The rows of every account, by user name: what a timeline's header tells of the mail."""
        return {name: account.listing() for name, account in self.accounts.items()}
