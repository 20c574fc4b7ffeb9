"""What a POP3 server does for each command. It chooses the condition; the table chooses the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from popsim.engine.answer import Answer
from popsim.engine.refusal import refusal
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Store
from popsim.protocols.model import ALWAYS, Occurrence, Rule, State
from popsim.protocols.pop3 import table
from popsim.protocols.pop3.server_login import Login
from popsim.protocols.pop3.server_maildrop import Mailbox
from popsim.protocols.pop3.server_session import Session
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request

if TYPE_CHECKING:
    from popsim.protocols.pop3.server_language import Languages


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
        policy: what the site has decided.
        clock: the time now in nanoseconds: login delays and expiry go by it.
        secured: whether the line is encrypted from its first octet on (RFC 8314 §3).
        client_port: the client's TCP port: RFC 1081 p.12 takes a reserved one for a sign that the client's host
            vouches for its users. That of a simulated client is one.
        chance: what challenges are made of, different for each session; by default the timestamp.

    Who may log in how: a user with a password by USER and PASS, and by every mechanism of AUTH; one whose secret
    never crosses in clear (``User.login``) by that command, and by those mechanisms that do not reveal it. RFC 1939
    §13 wants one kind of login for each user, so that a reader of the wire does not get from one what the other hides.
    """

    serves = table.POP3.name

    def __init__(
        self,
        protocol: Protocol,
        store: Store,
        *,
        session: int = 0,
        timestamp: str = "<1.0@popsim.example>",
        reveal_names: bool = False,
        policy: Policy = USUAL,
        clock: Callable[[], int] = lambda: 0,
        secured: bool = False,
        client_port: int = 1023,
        chance: str = "",
    ) -> None:
        self._protocol = protocol
        self._timestamp = timestamp
        self._session = Session(protocol, store, policy, clock, session, timestamp, secured, client_port, chance)
        self.pipelining = policy.pipelining
        """Whether commands may come before the one before is answered."""
        login, mailbox = Login(self._session, reveal_names), Mailbox(self._session)
        self.handlers = login.handlers()
        self.handlers[Occurrence.OPENED] = self._opened
        self.handlers.update(mailbox.handlers())
        self.prepare = mailbox.prepare
        """Removes what is marked where it is kept for good, ahead of the commit; a server on sockets does it aside."""
        if protocol.enabled:
            self._extend(login)

    _languages: Languages | None = None

    def _extend(self, login: Login) -> None:
        from popsim.protocols.pop3.server_capabilities import Capabilities
        from popsim.protocols.pop3.server_language import Languages

        self.handlers.update(Capabilities(self._session, login).handlers())
        if table.LANG in self._protocol.forms:
            self._languages = Languages(self._session, self.handlers)
            self.handlers.update(self._languages.handlers())

    def _opened(self, _: Request) -> Answer:
        stamp = f" {self._timestamp}" if self._timestamp and table.APOP in self._protocol.forms else ""
        return Answer(ALWAYS, f"{self._protocol.title} server ready{stamp}".encode())

    def refusal(self, protocol: Protocol, state: State, rule: Rule, request: Request) -> bytes:
        """The text of a refusal that needs no handler, in the language that the client has chosen."""
        words = self._languages.refusal(rule, request) if self._languages else None
        return words or refusal(protocol, state, rule, request, but=(table.STLS,) if self._session.secured else ())
