"""What the parts of an SMTP session on the server share: who is there, what was begun, whose mail is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from popsim.mail.policy import Policy
from popsim.mail.store import Account, Store
from popsim.protocols.protocol import Protocol
from popsim.protocols.smtp import table
from popsim.protocols.smtp.syntax import POSTMASTER, Mailbox, Path

DOMAIN = "popsim.example"
"""The domain whose mail a server takes that was not told another."""
_HERE = ("localhost", "[127.0.0.1]", "[ipv6:::1]")
"""Other names of whatever host this is."""


@dataclass
class Transaction:
    """A mail transaction: the buffers of RFC 5321 §4.1.1.

    Args:
        sender: the reverse-path.
        to_terminals: whether it was opened for terminals alone (RFC 821 §3.4).
    """

    sender: Path
    to_terminals: bool = False
    recipients: list[tuple[Path, Account]] = field(default_factory=list)


class Session:
    """One session's memory; what the arguments are stands at :class:`popsim.protocols.smtp.server.SmtpService`."""

    def __init__(
        self,
        protocol: Protocol,
        store: Store,
        policy: Policy,
        clock: Callable[[], int],
        number: int,
        domain: str,
        secured: bool,
    ) -> None:
        self.protocol = protocol
        self.store = store
        self.policy = policy
        self.clock = clock
        self.number = number
        self.domain = domain
        self.secured = secured
        self.client = ""
        """What the client calls itself, or ""."""
        self.extended = False
        """Whether the client has asked for service extensions."""
        self.account: Account | None = None
        """Who has logged in, or None: mail for users of this server is taken from everybody."""
        self.transaction: Transaction | None = None
        self.messages = 0
        """How many messages this session has brought."""

    @property
    def now(self) -> int:
        """The time in seconds since 1970."""
        return self.store.date(self.clock())

    def begin(self, client: str, extended: bool) -> None:
        """The client says who it is: whatever was begun is given up (RFC 5321 §4.1.4)."""
        self.client, self.extended, self.transaction = client, extended, None

    def forget(self) -> None:
        """Forget all that the client has said (RFC 3207 §4.2)."""
        self.begin("", False)
        self.account = None

    @property
    def takes_passwords(self) -> bool:
        """Whether a password may cross as it is (RFC 4954 §4)."""
        return self.secured or self.policy.plaintext

    @property
    def pipelines(self) -> bool:
        """Whether the client was told that commands may come together."""
        return self.policy.pipelining and table.CAP_PIPELINING in self.protocol.capabilities

    def is_here(self, mailbox: Mailbox) -> bool:
        """Whether the domain of a mailbox is this server's; domains have no case."""
        return mailbox.domain.lower() in ("", self.domain.lower(), *_HERE)

    def user(self, name: str) -> Account | None:
        """Whose mailbox a local part names: in the case that was written, or in any where only one can be meant.

        The postmaster is there in any case (RFC 5321 §4.5.1): where no user has that name, it is the first one.
        """
        accounts = self.store.accounts
        if name in accounts:
            return accounts[name]
        alike = [account for known, account in accounts.items() if known.lower() == name.lower()]
        if len(alike) == 1:
            return alike[0]
        return next(iter(accounts.values()), None) if name.lower() == POSTMASTER else None
