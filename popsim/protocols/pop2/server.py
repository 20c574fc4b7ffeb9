"""What a POP2 server does for each command. It chooses the condition; the table chooses the rest."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.answer import Answer, Change, Handler
from popsim.engine.refusal import refusal
from popsim.mail.maildrop import MaildropLocked
from popsim.mail.message import Message
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Account, Store
from popsim.protocols.model import ALWAYS, REFUSALS, Occurrence, Rule, State, Trigger
from popsim.protocols.pop2 import table
from popsim.protocols.pop2.server_folder import Folder, opened
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from popsim.sasl.login import is_password

WRONG = "name or password is wrong"


class Pop2Service:
    """One session's side that knows mail.

    Args:
        protocol: the edition that is spoken.
        store: the users and their mailboxes.
        session: a number that tells this session from the others that want the same mailbox.
        timestamp: ends in the name of the server's host, which the greeting says (RFC 937 p.10).
        policy: what the site has decided.
        clock, client_port, chance: not needed here; all services take them.
        secured: whether the line is encrypted from its first octet on.
    """

    serves = table.POP2.name

    def __init__(
        self,
        protocol: Protocol,
        store: Store,
        *,
        session: int = 0,
        timestamp: str = "<1.0@popsim.example>",
        policy: Policy = USUAL,
        clock: Callable[[], int] = lambda: 0,
        secured: bool = False,
        client_port: int = 1023,
        chance: str = "",
    ) -> None:
        self._protocol = protocol
        self._store = store
        self._number = session
        self._host = timestamp.strip("<>").rpartition("@")[2] or "localhost"
        self._policy = policy
        self._takes_passwords = secured or policy.plaintext
        self._account: Account | None = None
        self._folder = Folder()
        self._current = 1
        self.pipelining = policy.pipelining
        self.handlers: dict[Trigger, Handler] = {
            Occurrence.OPENED: self._opened,
            table.HELO: self._helo,
            table.FOLD: self._fold,
            table.READ: self._read,
            table.READ_MSG: self._read_msg,
            table.RETR: self._retr,
            table.ACKS: self._acks,
            table.ACKD: self._ackd,
            table.NACK: self._nack,
            Occurrence.COMMITTED: self._committed,
            Occurrence.EXPIRED: self._expired,
            table.QUIT: self._quit,
            **dict.fromkeys((*REFUSALS, Occurrence.LOST), self._ended),
        }

    def refusal(self, protocol: Protocol, state: State, rule: Rule, request: Request) -> bytes:
        """The text of an error, in the engine's words."""
        return refusal(protocol, state, rule, request)

    # Who is there

    def _opened(self, _: Request) -> Answer:
        return Answer(ALWAYS, f"{self._protocol.title} {self._host} server ready".encode())

    def _helo(self, request: Request) -> Answer:
        if not self._takes_passwords:  # said first: else it would tell whether the password was right
            return Answer(table.LOGIN_WRONG, b"no password is taken on a line that is not encrypted")
        account = self._store.account(request.text(0))
        if account is None or not is_password(account, request.text(1)):
            return Answer(table.LOGIN_WRONG, WRONG.encode())
        try:
            self._folder, changes = opened(account, self._number, self._policy)
        except MaildropLocked:
            return Answer(table.MAILBOX_LOCKED, b"the mailbox is open in another session")
        self._account = account
        return Answer(table.LOGGED_IN, _count(self._folder), changes=changes)

    def _fold(self, request: Request) -> Answer:
        assert self._account is not None
        left, _ = self._folder.leave()
        try:
            self._folder, found = opened(self._account, self._number, self._policy, request.text(0))
        except MaildropLocked:
            self._folder, found = Folder(), ()
        self._current = 1
        there = table.MAILBOX_THERE if self._folder.is_open else table.MAILBOX_MISSING
        return Answer(there, _count(self._folder), changes=left + found)

    # The current message

    def _message(self) -> Message | None:
        """The current message, or None where there is none, or none to be sent."""
        message = self._folder.message(self._current)
        return message if message is not None and message.size else None

    def _length(self, condition: str = "", changes: tuple[Change, ...] = ()) -> Answer:
        """The answer that tells the length of the current message."""
        message = self._message()
        if message is None:
            text = f"0 no message {self._current} to be sent"
            return Answer(condition or table.NO_MESSAGE, text.encode(), changes=changes)
        text = f"{message.size} octets in message {self._current}"
        return Answer(condition or table.MESSAGE_THERE, text.encode(), changes=changes)

    def _read(self, _: Request) -> Answer:
        return self._length()

    def _read_msg(self, request: Request) -> Answer:
        self._current = request.number
        return self._length()

    def _retr(self, _: Request) -> Answer:
        message = self._message()
        if message is None:
            return Answer(table.NO_MESSAGE, changes=self._folder.abandon())
        return Answer(table.MESSAGE_THERE, body=message)

    def _acks(self, _: Request) -> Answer:
        seen = self._folder.retrieved(self._current)
        self._current += 1
        return self._length(ALWAYS, seen)

    def _ackd(self, _: Request) -> Answer:
        seen = self._folder.retrieved(self._current)
        marked = self._folder.mark(self._current)
        self._current += 1
        return self._length(table.MESSAGE_MARKED if marked else table.NO_WRITE_ACCESS, seen + marked)

    def _nack(self, _: Request) -> Answer:
        return self._length(ALWAYS)

    # The end

    def _quit(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"OK, goodbye")

    def prepare(self) -> None:
        """Remove what is to be removed where it is kept for good, ahead of the commit: this may take a while."""
        self._folder.prepare()

    def _committed(self, _: Request) -> Answer:
        changes, failed = self._folder.leave()
        return Answer(table.SOME_KEPT if failed else table.ALL_REMOVED, changes=changes)

    def _expired(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"too long without a command", changes=self._folder.abandon())

    def _ended(self, _: Request) -> Answer:
        """Any other end removes nothing; what is wrong with a command, the engine says."""
        return Answer(ALWAYS, changes=self._folder.abandon())


def _count(folder: Folder) -> bytes:
    """How many messages an open mailbox has, as a number and in words."""
    return f"{folder.count} message{'s' * (folder.count != 1)}".encode()
