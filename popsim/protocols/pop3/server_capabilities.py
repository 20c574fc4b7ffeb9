"""What a POP3 server says that it can do, and the switches that belong to no mail: TLS and UTF-8."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.answer import Answer, Handler
from popsim.engine.framing import Listing
from popsim.mail.policy import NEVER, SECOND
from popsim.protocols.model import ALWAYS, Capability, Occurrence, Trigger
from popsim.protocols.pop3 import table
from popsim.protocols.pop3.server_login import Login
from popsim.protocols.pop3.server_session import Session
from popsim.protocols.request import Request


class Capabilities:
    """What is announced, each line only while it is true.

    Args:
        session: what the parts of the session share.
        login: the part that knows the SASL mechanisms.
    """

    def __init__(self, session: Session, login: Login) -> None:
        self._session = session
        self._lines: dict[Capability, Callable[[], str | None]] = {
            table.CAP_USER: lambda: "" if session.takes_passwords else None,
            table.CAP_SASL: lambda: " ".join(login.mechanisms()) or None,
            table.CAP_CODES: lambda: "" if session.policy.response_codes else None,
            table.CAP_AUTH: lambda: "" if session.policy.response_codes else None,
            table.CAP_PIPELINING: lambda: "" if session.policy.pipelining else None,
            table.CAP_DELAY: self._delay,
            table.CAP_EXPIRE: self._expiry,
            table.CAP_STLS: lambda: None if session.secured or session.utf8 else "",
            table.CAP_UTF8: lambda: table.DIFFERS,
            table.CAP_NAME: lambda: session.policy.implementation or None,
        }

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each trigger."""
        return {
            table.CAPA: self._capa,
            table.STLS: self._stls,
            table.UTF8: self._utf8,
            Occurrence.SECURED: self._secured,
        }

    def _capa(self, _: Request) -> Answer:
        there = [line for row in self._session.protocol.capabilities if (line := self._line(row)) is not None]
        return Answer(ALWAYS, b"what this server can do", Listing("".join(f"{line}\r\n" for line in there).encode()))

    def _line(self, row: Capability) -> str | None:
        """The line of a capability as it is true now, or None."""
        if row.only_in is table.AUTHORIZATION and self._session.account is not None:
            return None
        more = self._lines[row]() if row in self._lines else ""
        return None if more is None else f"{row.tag} {more}".rstrip()

    def _delay(self) -> str | None:
        policy, account = self._session.policy, self._session.account
        if not policy.longest_delay:
            return None
        if account is not None:
            return str(policy.delay(account.user.name) // SECOND)
        return str(policy.longest_delay // SECOND) + f" {table.DIFFERS}" * policy.delays_differ

    def _expiry(self) -> str | None:
        policy, account = self._session.policy, self._session.account
        if policy.expire is None and not policy.expires:
            return None
        days = policy.soonest_expiry if account is None else policy.expiry(account.user.name)
        differs = policy.expiries_differ and account is None
        return (NEVER.upper() if days is None else str(days)) + f" {table.DIFFERS}" * differs

    # TLS and UTF-8

    def _stls(self, _: Request) -> Answer:
        if self._session.secured:
            return Answer(table.ALREADY_SECURED, b"the line is encrypted already")
        if self._session.utf8:
            return Answer(table.AFTER_UTF8, f"not after {table.UTF8.keyword}: encrypt the line first".encode())
        return Answer(table.CLEAR, b"begin the handshake")

    def _secured(self, _: Request) -> Answer:
        self._session.secured = True
        # A name that was given before counts no more (RFC 2595 §4): the state that follows takes no password for it.
        return Answer(ALWAYS)

    def _utf8(self, _: Request) -> Answer:
        self._session.utf8 = True
        return Answer(ALWAYS, b"messages and replies may be UTF-8 from here on")
