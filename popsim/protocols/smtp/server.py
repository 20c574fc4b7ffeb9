"""What an SMTP server does for each command. It chooses the condition; the table chooses the rest."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.answer import Answer, Handler, Plain
from popsim.engine.refusal import refusal
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Store
from popsim.protocols.model import ALWAYS, Capability, Form, Occurrence, Rule, State, Trigger
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from popsim.protocols.smtp import table
from popsim.protocols.smtp.server_login import Login
from popsim.protocols.smtp.server_session import DOMAIN, Session
from popsim.protocols.smtp.server_transaction import Transactions
from popsim.protocols.smtp.syntax import OLD, Mailbox, mailbox, unquoted
from popsim.sasl.login import Logins


class SmtpService(Plain):
    """One session's side that takes mail in.

    Args:
        protocol: the edition that is spoken.
        store: the users; mail for them is delivered into their mailboxes, and mail for others is refused: nothing is
            relayed, from nobody to nowhere.
        session: a number that tells this session from the others; the field for the trace names it.
        timestamp: what challenges are made of where ``chance`` is not given.
        reveal_names: whether a stranger is told who has a mailbox here; RFC 5321 §7.3 lets a site keep it to itself,
            so by default only who has logged in is told. (Who asks for each recipient gets to know it all the same.)
        policy: what the site has decided: mechanisms, passwords in clear, pipelining.
        clock: the time now in nanoseconds; the store knows when it was 0, and what is delivered is dated by that.
        secured: whether the line is encrypted from its first octet on (RFC 8314 §3).
        client_port: the client's TCP port; it makes no difference here.
        chance: what challenges are made of, different for each session.
        domain: the server's name, whose mail it takes; mail for localhost and [127.0.0.1] is for it too.

    Who sends to users of this server need not log in: this is the front door. A login is noted in the trace.
    """

    serves = table.SMTP.name

    def __init__(
        self,
        protocol: Protocol,
        store: Store,
        *,
        session: int = 0,
        timestamp: str = "",
        reveal_names: bool = False,
        policy: Policy = USUAL,
        clock: Callable[[], int] = lambda: 0,
        secured: bool = False,
        client_port: int = 1023,
        chance: str = "",
        domain: str = DOMAIN,
    ) -> None:
        self._protocol = protocol
        self._reveals = reveal_names
        self._session = Session(protocol, store, policy, clock, session, domain, secured)
        self.pipelining = policy.pipelining
        """Whether commands may come before the one before is answered."""
        logins = Logins(store, policy, chance or timestamp.strip("<>") or str(session))
        self._login = Login(self._session, logins)
        self._transactions = Transactions(self._session)
        self.handlers: dict[Trigger, Handler] = {
            Occurrence.OPENED: lambda _: self._named("Simple Mail Transfer Service Ready"),
            Occurrence.CONTINUED: self._continued,
            Occurrence.EXPIRED: self._expired,
            table.HELO: self._helo,
            table.EHLO: self._ehlo,
            table.VRFY: self._vrfy,
            table.HELP: self._help,
            table.HELP_WITH: self._help_with,
            table.NOOP: lambda _: Answer(ALWAYS, b"OK"),
            table.NOOP_WITH: lambda _: Answer(ALWAYS, b"OK"),
            table.QUIT: lambda _: self._named("Service closing transmission channel"),
            **self._login.handlers(),
            **self._transactions.handlers(),
        }
        self._lines: dict[Capability, Callable[[], str | None]] = {
            table.CAP_PIPELINING: lambda: "" if policy.pipelining else None,
            table.CAP_SIZE: lambda: str(protocol.limit("message")),
            table.CAP_STARTTLS: lambda: None if self._session.secured else "",
            table.CAP_AUTH: lambda: " ".join(self._login.mechanisms()) or None,
        }

    def refusal(self, protocol: Protocol, state: State, rule: Rule, request: Request) -> bytes:
        """The text of a refusal that needs no handler: it names no command that would be refused for another reason."""
        session = self._session
        useless: list[Form] = [table.STARTTLS] if session.secured else []
        useless += [table.AUTH, table.AUTH_INITIAL] if session.account else []
        return refusal(protocol, state, rule, request, but=useless)

    def _named(self, words: str) -> Answer:
        """An answer that opens with the server's name (RFC 5321 §4.3.1)."""
        return Answer(ALWAYS, f"{self._session.domain} {words}".encode())

    def _expired(self, _: Request) -> Answer:
        return self._named(f"closes the channel: nothing came for {self._protocol.limit('autologout')} seconds")

    def _continued(self, request: Request) -> Answer:
        """A text, or a line of a login: what asked for it tells."""
        is_text = request.keyword == table.DATA.keyword
        return self._transactions.text(request) if is_text else self._login.answer(request)

    # Who is there, and what can be done

    def _helo(self, request: Request) -> Answer:
        self._session.begin(request.argument(0, str), extended=False)
        return Answer(ALWAYS, self._session.domain.encode())

    def _ehlo(self, request: Request) -> Answer:
        session, client = self._session, request.argument(0, str)
        session.begin(client, extended=True)
        rows = [line for row in self._protocol.capabilities if (line := self._line(row)) is not None]
        *most, last = (f"{session.domain} greets {client}".encode(), *(row.encode() for row in rows))
        return Answer(ALWAYS, last, untagged=tuple(most))

    def _line(self, row: Capability) -> str | None:
        """The line of a capability as it is true now, or None."""
        more = self._lines[row]() if row in self._lines else ""
        return None if more is None else f"{row.tag} {more}".rstrip()

    # Questions

    def _vrfy(self, request: Request) -> Answer:
        session = self._session
        if not (self._reveals or session.account or self._protocol.number == OLD):
            words = f"Cannot {table.VRFY.keyword} user, but will accept message and attempt delivery"
            return Answer(table.NOT_TOLD, words.encode())
        text = request.text(0).removeprefix("<").removesuffix(">")
        box = mailbox(text) or Mailbox(unquoted(text), "")
        account = session.user(box.local) if session.is_here(box) else None
        if account is None:
            return Answer(table.NO_SUCH_USER, b"No such user here")
        return Answer(table.VERIFIED, f"<{Mailbox(account.user.name, session.domain)}>".encode("ascii", "replace"))

    def _help(self, _: Request) -> Answer:
        allowed = {form.keyword for state in self._protocol.states for form in self._protocol.allowed(state)}
        keywords = [word for word in dict.fromkeys(form.keyword for form in self._protocol.forms) if word in allowed]
        lines = [", ".join(keywords[start : start + 8]) for start in range(0, len(keywords), 8)]
        last = f"{table.HELP.keyword} and one of them says more"
        return Answer(ALWAYS, last.encode(), untagged=tuple(line.encode() for line in lines))

    def _help_with(self, request: Request) -> Answer:
        forms = [form for form in self._protocol.forms if form.keyword == request.text(0).upper()]
        if not forms:
            return Answer(table.COMMAND_UNKNOWN, f"there is no such command; {table.HELP.keyword} lists them".encode())
        *most, last = (f"{form}: {form.meaning} ({self._source(form)})".encode() for form in forms)
        return Answer(table.COMMAND_KNOWN, last, untagged=tuple(most))

    def _source(self, form: Form) -> str:
        return str(self._protocol.reference(form)).replace("§", "section ")
