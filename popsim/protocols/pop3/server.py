"""What a POP3 server does for each command. It chooses the condition; the table chooses the rest."""

from __future__ import annotations

import hashlib
import hmac

from popsim.engine.answer import Answer, Change, Handler
from popsim.engine.framing import Listing, Payload
from popsim.mail.maildrop import MaildropLocked, NoSuchMessage, OpenMaildrop
from popsim.mail.message import Message
from popsim.mail.store import Account, Store
from popsim.protocols.model import ALWAYS, Occurrence, Trigger
from popsim.protocols.pop3 import table
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from popsim.timeline.event import (
    ACCESSED,
    DELETED,
    GONE,
    KEPT,
    LOCKED,
    MARKED,
    REMOVED,
    UNLOCKED,
    UNMARKED,
    last_key,
    lock_key,
    mark_key,
)


class Pop3Service:
    """One session's side that knows mail.

    Args:
        protocol: the edition that is spoken.
        store: the users and their maildrops.
        session: a number that tells this session from the others that want the same lock.
        timestamp: the greeting's timestamp (RFC 1939 §7, APOP), different for each session; "" for a server on which
            nobody logs in by digest (some clients try nothing else once they see a timestamp).
        reveal_names: whether an unknown name is refused at once; RFC 1939 §13 warns that this tells names to
            strangers, so by default the refusal comes with the password.
    """

    serves = table.POP3.name
    drop: OpenMaildrop
    """The maildrop, from login on: the table lets no command come here that needs it before."""

    def __init__(
        self,
        protocol: Protocol,
        store: Store,
        *,
        session: int = 0,
        timestamp: str = "<1.0@popsim.example>",
        reveal_names: bool = False,
    ) -> None:
        self._protocol = protocol
        self._store = store
        self._session = session
        self._timestamp = timestamp
        self._reveal_names = reveal_names
        self._keeps_last = table.LAST in protocol.forms
        self._name = ""
        self._account: Account | None = None
        self.handlers: dict[Trigger, Handler] = {
            Occurrence.OPENED: self._opened,
            Occurrence.COMMITTED: self._committed,
            Occurrence.LOST: self._gone,
            Occurrence.EXPIRED: self._gone,
            table.USER: self._user,
            table.PASS: self._pass,
            table.APOP: self._apop,
            table.QUIT: self._quit,
            table.STAT: self._stat,
            table.LIST: self._list,
            table.LIST_MSG: self._list_msg,
            table.RETR: self._retr,
            table.DELE: self._dele,
            table.NOOP: self._noop,
            table.LAST: self._last,
            table.RSET: self._rset,
            table.TOP: self._top,
            table.UIDL: self._uidl,
            table.UIDL_MSG: self._uidl_msg,
        }

    # Login

    def _opened(self, _: Request) -> Answer:
        stamp = f" {self._timestamp}" if self._timestamp and table.APOP in self._protocol.forms else ""
        return Answer(ALWAYS, f"{self._protocol.title} server ready{stamp}".encode())

    def _user(self, request: Request) -> Answer:
        name = _text(request, 0)
        account = self._store.account(name)
        if (account is None and self._reveal_names) or (account and account.user.login):
            return Answer(table.NAME_REFUSED, b"no password login for that name here")
        self._name = name
        return Answer(table.NAME_ACCEPTED, f"{name} it is; now the password".encode())

    def _pass(self, request: Request) -> Answer:
        account = self._store.account(self._name)
        self._name = ""
        secret = _text(request, 0)
        right = account is not None and not account.user.login and _equal(secret, account.user.secret)
        return self._login(account if right else None)

    def _apop(self, request: Request) -> Answer:
        account = self._store.account(_text(request, 0))
        if account is None or account.user.login != table.APOP.keyword:
            return self._login(None)
        return self._login(account if _equal(_text(request, 1), self._digest(account)) else None)

    def _digest(self, account: Account) -> str:
        """MD5 of the greeting's timestamp and the shared secret (RFC 1939 §7, APOP)."""
        text = self._timestamp + account.user.secret
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    def _login(self, account: Account | None) -> Answer:
        if account is None:
            return Answer(table.LOGIN_WRONG, b"name or secret is wrong")
        try:
            self.drop = account.maildrop.open(self._session)
        except MaildropLocked:
            return Answer(table.MAILDROP_LOCKED, b"the maildrop is locked by another session")
        self._account = account
        values: dict[str, object] = {lock_key(account.user.name): self._session}
        if self._keeps_last:
            values[last_key(account.user.name)] = self.drop.last
        return Answer(table.LOGGED_IN, self._holds(account.user.name), changes=(Change(LOCKED, values),))

    def _holds(self, name: str) -> bytes:
        drop = self.drop
        return f"{name}'s maildrop has {_count(drop.count)} ({drop.total} octets)".encode()

    # The maildrop

    def _stat(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"%d %d" % (self.drop.count, self.drop.total))

    def _list(self, _: Request) -> Answer:
        drop = self.drop
        rows = b"".join([b"%d %d\r\n" % (number, m.size) for number, m in drop.listed()])
        return Answer(ALWAYS, f"{_count(drop.count)} ({drop.total} octets)".encode(), Listing(rows))

    def _uidl(self, _: Request) -> Answer:
        rows = "".join([f"{number} {m.uid}\r\n" for number, m in self.drop.listed()])
        return Answer(ALWAYS, _count(self.drop.count).encode(), Listing(rows.encode()))

    def _list_msg(self, request: Request) -> Answer:
        message = self._find(request)
        return message if isinstance(message, Answer) else _there(f"{request.number} {message.size}")

    def _uidl_msg(self, request: Request) -> Answer:
        message = self._find(request)
        return message if isinstance(message, Answer) else _there(f"{request.number} {message.uid}")

    def _retr(self, request: Request) -> Answer:
        message = self._find(request)
        if isinstance(message, Answer):
            return message
        self.drop.retrieved(request.number)
        return _there(f"{message.size} octets", message, self._accessed())

    def _top(self, request: Request) -> Answer:
        message = self._find(request)
        if isinstance(message, Answer):
            return message
        lines = request.arguments[1]
        assert isinstance(lines, int)
        return _there("top of message follows", message.top(lines))

    def _dele(self, request: Request) -> Answer:
        message = self._find(request)
        if isinstance(message, Answer):
            return message
        self.drop.delete(request.number)
        marked = Change(MARKED, {self._mark(request.number): DELETED})
        return _there(f"message {request.number} marked as deleted", changes=(marked, *self._accessed()))

    def _noop(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"nothing done")

    def _last(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"%d" % self.drop.last)

    def _rset(self, _: Request) -> Answer:
        marks: dict[str, object] = {self._mark(number): KEPT for number in self.drop.marked()}
        self.drop.reset()
        changes = (Change(UNMARKED, marks),) if marks else ()
        holds = f"maildrop has {_count(self.drop.count)} ({self.drop.total} octets)".encode()
        return Answer(ALWAYS, holds, changes=changes + self._accessed())

    # The end

    def _quit(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"goodbye")

    def _committed(self, _: Request) -> Answer:
        numbers = self.drop.marked()
        removed, failed = self.drop.commit()
        values: dict[str, object] = {self._mark(n): KEPT if n in failed else GONE for n in numbers}
        changes: tuple[Change, ...] = (Change(REMOVED, values),) if values else ()
        changes += self._release()
        if failed:
            lost = ", ".join(str(n) for n in failed)
            return Answer(table.SOME_KEPT, f"could not remove message {lost}".encode(), changes=changes)
        text = f"goodbye; {len(removed)} removed, {self.drop.opened - len(removed)} left"
        return Answer(table.ALL_REMOVED, text.encode(), changes=changes)

    def _gone(self, _: Request) -> Answer:
        if self._account is None:
            return Answer(ALWAYS)
        marks: dict[str, object] = {self._mark(number): KEPT for number in self.drop.marked()}
        changes = (Change(UNMARKED, marks),) if marks else ()
        return Answer(ALWAYS, changes=changes + self._release())

    def _release(self) -> tuple[Change, ...]:
        assert self._account is not None
        self.drop.release()
        return (Change(UNLOCKED, {lock_key(self._account.user.name): None}),)

    # What several commands need

    def _find(self, request: Request) -> Message | Answer:
        """The message that a request names, or the answer that it is not there."""
        try:
            return self.drop.message(request.number)
        except NoSuchMessage as missing:
            condition = table.MESSAGE_MARKED if missing.deleted else table.NO_SUCH_MESSAGE
            return Answer(condition, str(missing).encode())

    def _mark(self, number: int) -> str:
        """The name under which the mark of a message of this session is assigned."""
        assert self._account is not None
        uid = self.drop.uid(number)
        return mark_key(self._account.user.name, self._account.rows[uid])

    def _accessed(self) -> tuple[Change, ...]:
        """The change of the highest number accessed, in an edition that can be asked for it."""
        if not self._keeps_last or self._account is None:
            return ()
        return (Change(ACCESSED, {last_key(self._account.user.name): self.drop.last}),)


def _there(text: str, body: Payload | None = None, changes: tuple[Change, ...] = ()) -> Answer:
    return Answer(table.MESSAGE_THERE, text.encode(), body, changes)


def _count(messages: int) -> str:
    return f"{messages} message{'s' * (messages != 1)}"


def _text(request: Request, index: int) -> str:
    value = request.arguments[index]
    assert isinstance(value, bytes)
    return value.decode("ascii")


def _equal(given: str, secret: str) -> bool:
    """Compare without telling by the time taken how much of a secret was right."""
    return hmac.compare_digest(given.encode(), secret.encode())
