"""What an IMAP server does for each command. It chooses the condition; the table chooses the rest."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.answer import Answer, Handler, Plain
from popsim.engine.refusal import refusal
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Store
from popsim.protocols.imap import table
from popsim.protocols.imap.server_append import Appending
from popsim.protocols.imap.server_capabilities import Capabilities
from popsim.protocols.imap.server_list import Listing
from popsim.protocols.imap.server_login import Login
from popsim.protocols.imap.server_mailboxes import Mailboxes
from popsim.protocols.imap.server_opening import Opening
from popsim.protocols.imap.server_selected import Selected
from popsim.protocols.imap.server_session import Session
from popsim.protocols.imap.server_status import StatusOf
from popsim.protocols.model import Occurrence, Rule, State, Trigger
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from popsim.sasl.login import Logins


class ImapService(Plain):
    """One session's side that knows mail.

    Args:
        protocol: the edition that is spoken.
        store: the users and their mailboxes.
        session: a number that tells this session from the others that see the same mailboxes.
        timestamp: different for each session: challenges are made of it where there is no ``chance``.
        policy: what the site has decided.
        clock: the time now in nanoseconds; the store knows when it was 0, and what is appended without a date gets it.
        secured: whether the line is encrypted from its first octet on (RFC 8314 §3).
        client_port: not needed here; all services take it.
        chance: what challenges are made of, different for each session; by default the timestamp.

    Who may log in how: a user with a password by LOGIN, and by every mechanism of AUTHENTICATE; one whose secret never
    crosses in clear (``User.login``) by those mechanisms that do not reveal it.
    """

    serves = table.IMAP.name

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
        logins = Logins(store, policy, chance or timestamp.strip("<>") or str(session))
        self._session = Session(protocol, store, policy, clock, session, secured)
        capabilities = Capabilities(self._session, logins)
        self._login = Login(self._session, logins, capabilities)
        self._selected = Selected(self._session)
        self.handlers: dict[Trigger, Handler] = {
            **capabilities.handlers(),
            **self._login.handlers(),
            **self._about_mailboxes(),
            **self._selected.handlers(),
            Occurrence.CONTINUED: self._continued,
        }

    def _about_mailboxes(self) -> dict[Trigger, Handler]:
        session = self._session
        status = StatusOf(session)
        listing = Listing(session, status)
        appending = Appending(session)
        plain: dict[Trigger, Handler] = {
            **listing.handlers(),
            **Mailboxes(session).handlers(),
            table.STATUS: status.status,
            table.APPEND: appending.append,
        }
        told = {trigger: self._with_news(handler) for trigger, handler in plain.items()}
        return {**told, **Opening(session, listing).handlers(), Occurrence.LITERAL: appending.literal}

    def _with_news(self, handler: Handler) -> Handler:
        """The handler, with what the session was not told yet of its mailbox behind what it answers."""
        session = self._session

        def handle(request: Request) -> Answer:
            answer = handler(request)
            opened = session.opened
            if opened is None or not opened.has_news:
                return answer
            return answer._replace(untagged=(*answer.untagged, *session.news(True)))

        return handle

    def _continued(self, request: Request) -> Answer:
        """A line that is no command: of a login's exchange, or what ends the waiting for news."""
        return self._login.answer(request) if self._session.account is None else self._selected.ended(request)

    def refusal(self, protocol: Protocol, state: State, rule: Rule, request: Request) -> bytes:
        """The text of a refusal that needs no handler."""
        return refusal(protocol, state, rule, request, but=(table.STARTTLS,) if self._session.secured else ())
