"""The mail store behind a server: its users, each with an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from popsim.mail.account import Account as Account
from popsim.mail.box import Box
from popsim.mail.collection import Mail
from popsim.mail.ledger import Changes
from popsim.mail.policy import SECOND
from popsim.mail.user import User as User


class Store:
    """All accounts of one server.

    Args:
        users: who has mail here.
        mail: each user's messages by name, or the box on the disk that has them; a user without any has an empty
            inbox. What lies in another mailbox of a user in memory is named with it: ``alice/Archive``.
        writes: whether what is removed, added and flagged is so in the boxes too.
        uid_validity: the UIDVALIDITY of the mailboxes that are there from the beginning (RFC 3501 §2.3.1.1). Where
            other programs change the mail between two runs of a server, the later run needs a greater one.

    Attributes:
        epoch: when the server's clock was 0, in seconds since 1970.
    """

    def __init__(
        self, users: Iterable[User], mail: Mapping[str, Mail | Box], writes: bool = False, uid_validity: int = 1
    ) -> None:
        empty = Mail("empty", ())
        self.writes = writes
        self.epoch = 0
        self._changes = changes = Changes()
        self.accounts = {
            user.name: Account(user, mail.get(user.name, empty), writes, uid_validity, changes) for user in users
        }
        for name, held in mail.items():
            user, _, mailbox = name.partition("/")
            if name not in self.accounts and mailbox and user in self.accounts and isinstance(held, Mail):
                self.accounts[user].create(mailbox, messages=held)

    @property
    def version(self) -> int:
        """Grows with every change of mail, flags and mailboxes: a server sees by it whether there are news."""
        return self._changes.count

    @property
    def boxes(self) -> list[Box]:
        """The boxes on the disk in which the mail lies, one for each mailbox that has one."""
        return [box for account in self.accounts.values() for box in account.boxes]

    def date(self, now: int) -> int:
        """The date at a time on the server's clock.

        Args:
            now: the time in nanoseconds.

        Returns:
            Seconds since 1970.
        """
        return self.epoch + now // SECOND

    def account(self, name: str) -> Account | None:
        """The account of that name, or None."""
        return self.accounts.get(name)

    def listing(self) -> dict[str, list[list[object]]]:
        """The rows of every account, by user name: what a timeline's header tells of the mail."""
        return {name: account.listing() for name, account in self.accounts.items()}
