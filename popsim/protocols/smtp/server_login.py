"""Logging in to an SMTP server by an exchange of challenges (RFC 4954), and TLS (RFC 3207)."""

from __future__ import annotations

from popsim.engine.answer import Answer, Handler
from popsim.engine.challenges import Challenges
from popsim.mail.store import Account
from popsim.protocols.model import ALWAYS, Occurrence, Trigger
from popsim.protocols.request import Request
from popsim.protocols.smtp import table
from popsim.protocols.smtp.server_session import Session
from popsim.sasl.exchange import WRONG
from popsim.sasl.login import Logins


class Login:
    """What a server does to know who is there, and to hide from others what is said.

    Args:
        session: what the parts of the session share.
        logins: checks who has proved what.
    """

    def __init__(self, session: Session, logins: Logins) -> None:
        self._session = session
        self._logins = logins
        self._challenges = Challenges(logins, table, self._admit)

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each trigger, apart from the lines of an exchange."""
        return {
            table.AUTH: lambda request: self._begun(request, None),
            table.AUTH_INITIAL: lambda request: self._begun(request, request.octets(1)),
            table.STARTTLS: self._starttls,
            Occurrence.SECURED: self._secured,
        }

    def mechanisms(self) -> list[str]:
        """The SASL mechanisms that are offered now, the strongest first."""
        return self._logins.mechanisms(self._session.takes_passwords)

    def _begun(self, request: Request, initial: bytes | None) -> Answer:
        name = request.text(0).upper()
        return self._challenges.begin(name, initial, self._refused(name))

    def _refused(self, mechanism: str) -> Answer | None:
        """Why nobody may log in so now, or None."""
        session, offered = self._session, self.mechanisms()
        if session.account is not None:
            return Answer(table.LOGGED_IN_BEFORE, f"{session.account.user.name} is logged in already".encode())
        if mechanism not in offered:
            return Answer(table.MECHANISM_UNKNOWN, f"offered: {', '.join(offered) or 'none'}".encode())
        return None

    def answer(self, request: Request) -> Answer:
        """A line of an exchange has come."""
        return self._challenges.answer(request.octets(0))

    def _admit(self, account: Account | None) -> Answer:
        if account is None:
            return Answer(table.LOGIN_WRONG, WRONG.reason.encode())
        self._session.account = account
        return Answer(table.LOGGED_IN, b"Authentication successful")

    def _starttls(self, _: Request) -> Answer:
        if self._session.secured:
            return Answer(table.ALREADY_SECURED, b"the line is encrypted already")
        return Answer(table.CLEAR, b"begin the handshake")

    def _secured(self, _: Request) -> Answer:
        self._session.forget()
        self._session.secured = True
        return Answer(ALWAYS)
