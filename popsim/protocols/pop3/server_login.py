"""Logging in to a POP3 server: by a password, by a digest, by an exchange of challenges."""

from __future__ import annotations

import hashlib

from popsim.engine.answer import Answer, Change, Handler
from popsim.engine.challenges import Challenges
from popsim.engine.store_changes import marks
from popsim.mail.maildrop import MaildropLocked
from popsim.mail.policy import DAY, SECOND
from popsim.mail.store import Account
from popsim.protocols.model import Occurrence, Trigger
from popsim.protocols.pop3 import table
from popsim.protocols.pop3.server_session import Session, count
from popsim.protocols.request import Request
from popsim.sasl.exchange import WRONG as REFUSED
from popsim.sasl.exchange import SaslError
from popsim.sasl.login import Logins, comparable, is_password, same
from popsim.timeline.event import GONE, LOCKED, REMOVED, last_key, lock_key, mark_key

WRONG = REFUSED.reason
RESERVED = range(1, 1024)
"""The ports that only a host's administrator can use, on the systems of RFC 1081 p.12."""


class Login:
    """What a server does until it knows who is there.

    Args:
        session: what the parts of the session share.
        reveal_names: whether an unknown name is refused at once.
    """

    __slots__ = ("_session", "_reveal_names", "_named", "_logins", "_challenges")

    def __init__(self, session: Session, reveal_names: bool) -> None:
        self._session = session
        self._reveal_names = reveal_names
        self._named: Account | None = None
        chance = session.chance or session.timestamp.strip("<>") or str(session.number)
        self._logins = Logins(session.store, session.policy, chance)
        self._challenges: Challenges | None = None

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each trigger."""
        handlers: dict[Trigger, Handler] = {
            table.USER: self._user,
            table.PASS: self._pass,
            table.RPOP: self._rpop,
            table.APOP: self._apop,
        }
        if self._session.protocol.enabled:
            handlers[table.AUTH] = self._auth
            handlers[table.AUTH_INITIAL] = self._auth_initial
            handlers[Occurrence.CONTINUED] = self._continued
        return handlers

    # By name and password, and by digest

    def _user(self, request: Request) -> Answer:
        if not self._session.takes_passwords:
            return Answer(table.NAME_REFUSED, b"no password crosses this line in clear; encrypt it first")
        name = request.text(0)
        try:
            account = self._logins.find(name)
        except SaslError as error:
            return Answer(table.NAME_REFUSED, str(error).encode("ascii", "replace"))
        if (account is None and self._reveal_names) or (account and account.user.login and not self._vouched(account)):
            return Answer(table.NAME_REFUSED, b"no password login for that name here")
        self._named = account
        return Answer(table.NAME_ACCEPTED, f"{_shown(name)} it is; now the password".encode())

    def _pass(self, request: Request) -> Answer:
        account, self._named = self._named, None
        return self._admit(account if is_password(account, request.text(0)) else None)

    def _vouched(self, account: Account) -> bool:
        """Whether this is somebody who gives no password, since the client's host vouches for its users."""
        return account.user.login == table.RPOP.keyword and table.RPOP in self._session.protocol.forms

    def _rpop(self, request: Request) -> Answer:
        account, self._named = self._named, None
        trusted = account is not None and self._vouched(account) and same(request.text(0), account.user.secret)
        if not trusted or self._session.client_port not in RESERVED:
            return self._session.refused(table.NOT_TRUSTED, "permission denied")
        answer = self._admit(account)
        return answer._replace(condition=table.TRUSTED) if answer.condition == table.LOGGED_IN else answer

    def _apop(self, request: Request) -> Answer:
        account = self._logins.account(request.text(0))
        if account is None or account.user.login != table.APOP.keyword:
            return self._admit(None)
        return self._admit(account if same(request.text(1), self._digest(account)) else None)

    def _digest(self, account: Account) -> str:
        """MD5 of the greeting's timestamp and the shared secret (RFC 1939 §7, APOP; RFC 6856 §2.2)."""
        octets = (self._session.timestamp + comparable(account.user.secret)).encode()
        return hashlib.md5(octets, usedforsecurity=False).hexdigest()

    # By an exchange (RFC 5034)

    def mechanisms(self) -> list[str]:
        """The SASL mechanisms that are offered now, the strongest first."""
        return self._logins.mechanisms(self._session.takes_passwords)

    def _auth(self, request: Request) -> Answer:
        return self._begun(request.text(0), None)

    def _auth_initial(self, request: Request) -> Answer:
        return self._begun(request.text(0), request.octets(1))

    def _begun(self, name: str, initial: bytes | None) -> Answer:
        name, offered, refused = name.upper(), self.mechanisms(), None
        if name not in offered:
            refused = Answer(table.MECHANISM_UNKNOWN, f"offered: {', '.join(offered) or 'none'}".encode())
        self._challenges = self._challenges or Challenges(self._logins, table, self._admit)
        return self._challenges.begin(name, initial, refused)

    def _continued(self, request: Request) -> Answer:
        assert self._challenges is not None
        return self._challenges.answer(request.octets(0))

    # Who it is, is known

    def _admit(self, account: Account | None) -> Answer:
        session = self._session
        if account is None:
            return session.refused(table.LOGIN_WRONG, WRONG)
        changes: tuple[Change, ...] = ()
        if session.follows_policy:
            if wait := self._wait(account):
                seconds = -(-wait // SECOND)
                return session.refused(table.LOGIN_TOO_SOON, f"too soon after the last login: wait {seconds} s more")
            changes = self._expired(account)
        try:
            session.drop, changed = account.open(session.number)
        except MaildropLocked:
            return session.refused(table.MAILDROP_LOCKED, "the maildrop is locked by another session")
        session.account, name, drop = account, account.user.name, session.drop
        values: dict[str, object] = {lock_key(name): session.number}
        if changed:
            values.update(marks(name, changed))
        if session.keeps_last:
            values[last_key(name)] = drop.last
        holds = f"{_shown(name)}'s maildrop has {count(drop.count)} ({drop.total} octets)".encode()
        return Answer(table.LOGGED_IN, holds, changes=(*changes, Change(LOCKED, values)))

    def _wait(self, account: Account) -> int:
        """How many nanoseconds too soon this login is (RFC 2449 §6.5); where it is not, it is noted."""
        session = self._session
        if not session.policy.longest_delay or table.CAP_DELAY not in session.protocol.capabilities:
            return 0
        now, last = session.clock(), account.logged_in_at
        wait = 0 if last is None else last + session.policy.delay(account.user.name) - now
        if wait <= 0 and account.maildrop.owner is None:
            account.logged_in_at = now
        return max(wait, 0)

    def _expired(self, account: Account) -> tuple[Change, ...]:
        """Remove what has lain in the maildrop for too long, before anybody sees it (RFC 2449 §6.7)."""
        session = self._session
        days = session.policy.expiry(account.user.name)
        if not days or table.CAP_EXPIRE not in session.protocol.capabilities or account.maildrop.owner is not None:
            return ()
        gone = account.maildrop.expire(session.clock() - days * DAY)
        values: dict[str, object] = {mark_key(account.user.name, account.rows[m.uid or ""]): GONE for m in gone}
        return (Change(REMOVED, values),) if values else ()


def _shown(name: str) -> str:
    """A name in the text of a reply, which is ASCII."""
    return name if name.isascii() else name.encode("ascii", "replace").decode()
