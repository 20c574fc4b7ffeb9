"""Logging in to an IMAP server: by name and password, by an exchange of challenges; and TLS before it."""

from __future__ import annotations

from popsim.engine.answer import Answer, Handler
from popsim.engine.challenges import Challenges
from popsim.mail.store import Account
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.server_capabilities import Capabilities
from popsim.protocols.imap.server_session import Session
from popsim.protocols.model import ALWAYS, Occurrence, Trigger
from popsim.protocols.request import Request
from popsim.sasl.exchange import WRONG
from popsim.sasl.login import Logins


class Login:
    """What a server does until it knows who is there.

    Args:
        session: what the parts of the session share.
        logins: checks who has proved what.
        capabilities: what the session can do, which changes with a login.
    """

    __slots__ = ("_session", "_logins", "_capabilities", "_challenges")

    def __init__(self, session: Session, logins: Logins, capabilities: Capabilities) -> None:
        self._session = session
        self._logins = logins
        self._capabilities = capabilities
        self._challenges = Challenges(logins, words, self._admit)

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each trigger, apart from the lines of an exchange."""
        return {
            words.LOGIN: self._login,
            words.AUTHENTICATE: self._authenticate,
            words.AUTHENTICATE_INITIAL: self._authenticate_initial,
            words.STARTTLS: self._starttls,
            Occurrence.SECURED: self._secured,
        }

    # TLS

    def _starttls(self, _: Request) -> Answer:
        if self._session.secured:
            return Answer(words.ALREADY_SECURED, b"the line is encrypted already")
        return Answer(words.CLEAR, b"begin the handshake")

    def _secured(self, _: Request) -> Answer:
        self._session.secured = True
        return Answer(ALWAYS)

    # By name and password

    def _login(self, request: Request) -> Answer:
        session = self._session
        if not session.takes_passwords:
            return session.refused(words.LOGIN_IN_CLEAR, "no password crosses this line in clear: encrypt it first")
        try:
            account = self._logins.by_password(request.text(0), request.text(1))
        except UnicodeDecodeError:
            account = None
        return self._admit(account)

    # By an exchange (RFC 3501 §6.2.2)

    def _authenticate(self, request: Request) -> Answer:
        return self._begun(request, None)

    def _authenticate_initial(self, request: Request) -> Answer:
        return self._begun(request, request.octets(1))

    def _begun(self, request: Request, initial: bytes | None) -> Answer:
        session, name, refused = self._session, request.text(0).upper(), None
        offered = self._logins.mechanisms(session.takes_passwords)
        if name not in offered:
            in_clear = name in self._logins.mechanisms(in_clear=True)
            condition = words.LOGIN_IN_CLEAR if in_clear else words.MECHANISM_UNKNOWN
            refused = session.refused(condition, f"offered: {', '.join(offered) or 'none'}")
        return self._challenges.begin(name, initial, refused)

    def answer(self, request: Request) -> Answer:
        """A line of an exchange has come."""
        return self._challenges.answer(request.octets(0))

    # Who it is, is known

    def _admit(self, account: Account | None) -> Answer:
        session = self._session
        if account is None:
            return session.refused(words.LOGIN_WRONG, WRONG.reason)
        session.account = account
        # What can be done now comes with it, so that the client need not ask (RFC 3501 §6.2.3).
        return Answer(words.LOGGED_IN, self._capabilities.code() + b"welcome")
