"""What the parts of a POP3 session on the server share: who is there, what is open, and what the site has decided."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.answer import Answer, Change
from popsim.engine.store_changes import seen
from popsim.mail.maildrop import OpenMaildrop
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Account, Store
from popsim.protocols.pop3 import table
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import ACCESSED, last_key, mark_key

NOTHING: dict[str, bytes] = {}


class Session:
    """One session's memory; what the arguments are stands at :class:`popsim.protocols.pop3.server.Pop3Service`."""

    drop: OpenMaildrop
    """The maildrop, from login on: the table lets no command come here that needs it before."""

    def __init__(
        self,
        protocol: Protocol,
        store: Store,
        policy: Policy,
        clock: Callable[[], int],
        number: int,
        timestamp: str,
        secured: bool,
        client_port: int,
        chance: str,
    ) -> None:
        self.protocol = protocol
        self.store = store
        self.policy = policy
        self.clock = clock
        self.number = number
        self.timestamp = timestamp
        self.chance = chance
        self.secured = secured
        self.client_port = client_port
        self.utf8 = False
        self.account: Account | None = None
        self.keeps_last = table.LAST in protocol.forms
        self.follows_policy = policy is not USUAL and bool(protocol.enabled)
        """Whether there is anything in the policy that a login, an expiry or the end of a session has to ask for."""
        self.marks_seen = policy.retr_sets_seen
        """Whether a message that was retrieved is seen in IMAP from then on."""
        self.codes = NOTHING
        if protocol.codes and policy.response_codes:
            self.codes = {code.condition: f"{code} ".encode() for code in protocol.codes}

    @property
    def takes_passwords(self) -> bool:
        """Whether a password may cross as it is (RFC 2595 §2.3)."""
        return self.secured or self.policy.plaintext

    def refused(self, condition: str, text: str) -> Answer:
        """A refusal, with the code that goes with its condition."""
        return Answer(condition, self.codes.get(condition, b"") + text.encode())

    def mark(self, number: int) -> str:
        """The name under which the mark of a message of this session is assigned."""
        assert self.account is not None
        return mark_key(self.account.user.name, self.account.rows[self.drop.uid(number)])

    def seen(self, number: int) -> tuple[Change, ...]:
        r"""Set ``\Seen`` for IMAP, where the site wants that: the change, if it is one."""
        assert self.account is not None
        return seen(self.account.user.name, self.account.inbox, self.drop.uid(number))

    def accessed(self) -> tuple[Change, ...]:
        """The change of the highest number accessed, in an edition that can be asked for it."""
        if not self.keeps_last or self.account is None:
            return ()
        return (Change(ACCESSED, {last_key(self.account.user.name): self.drop.last}),)


def count(messages: int) -> str:
    """A number of messages in words."""
    return f"{messages} message{'s' * (messages != 1)}"
