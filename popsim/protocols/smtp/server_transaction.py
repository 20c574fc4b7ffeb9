"""The mail transaction on an SMTP server: one sender, recipients, the text."""

from __future__ import annotations

from popsim.engine.answer import Answer, Handler
from popsim.protocols.model import ALWAYS, Trigger
from popsim.protocols.request import Request
from popsim.protocols.smtp import server_delivery as delivery
from popsim.protocols.smtp import table
from popsim.protocols.smtp.server_session import Session, Transaction
from popsim.protocols.smtp.syntax import Parameter, Path, decoded, mailbox


class Transactions:
    """What a server does from a message's sender to its text.

    Args:
        session: what the parts of the session share.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each trigger; a text is told from an answer in a login by who asked for it."""
        return {
            table.MAIL: self._mail,
            table.MAIL_WITH: self._mail_with,
            table.SEND: self._send,
            table.SOML: self._mail,
            table.SAML: self._mail,
            table.RCPT: self._rcpt,
            table.DATA: self._data,
            table.RSET: self._rset,
        }

    def _mail(self, request: Request) -> Answer:
        path = request.argument(0, Path)
        if problem := self._too_long(path):
            return Answer(table.PATH_TOO_LONG, problem)
        self._session.transaction = Transaction(path)
        return Answer(table.SENDER_TAKEN, self._ok(f"sender {path}"))

    def _send(self, request: Request) -> Answer:
        answer = self._mail(request)
        if self._session.transaction:
            self._session.transaction.to_terminals = True
        return answer

    def _mail_with(self, request: Request) -> Answer:
        return self._objection(request.argument(1, tuple)) or self._mail(request)

    def _objection(self, parameters: tuple[Parameter, ...]) -> Answer | None:
        """What is wrong with the parameters of a message, or None."""
        tags = {row.tag for row in self._session.protocol.capabilities} if self._session.extended else set()
        known = {table.CAP_SIZE.tag, table.CAP_AUTH.tag} & tags
        known |= {table.BODY} if table.CAP_EIGHT.tag in tags else set()
        for keyword, _ in parameters:
            if keyword not in known:
                there = ", ".join(sorted(known)) or f"none, but {table.EHLO.keyword} may bring some"
                return Answer(table.PARAMETER_UNKNOWN, f"{keyword} is not known; parameters here: {there}".encode())
        keywords = [keyword for keyword, _ in parameters]
        if len(set(keywords)) < len(keywords):
            return Answer(table.PARAMETER_WRONG, b"each parameter is given once")
        return next(filter(None, (self._value(*parameter) for parameter in parameters)), None)

    def _value(self, keyword: str, value: str | None) -> Answer | None:
        """What is wrong with a parameter's value, or None."""
        given, most = value or "", self._session.protocol.limit("message")
        if keyword == table.CAP_SIZE.tag:
            if not (given.isascii() and given.isdigit() and len(given) <= 20):
                return Answer(table.PARAMETER_WRONG, f"{keyword}= is a number of octets, such as 1000".encode())
            if int(given) > most:
                return Answer(table.DECLARED_LARGE, f"a message may have {most} octets, not {int(given)}".encode())
        elif keyword == table.BODY:
            if given.upper() not in (table.SEVEN_BIT, table.EIGHT_BIT):
                wanted = f"{keyword}= is {table.SEVEN_BIT} or {table.EIGHT_BIT}"
                return Answer(table.PARAMETER_WRONG, wanted.encode())
        else:  # who submitted it: read, and believed of nobody (RFC 4954 §5)
            said = decoded(given) or ""
            if said != table.NULL and mailbox(said) is None:
                wanted = f"{keyword}= is {table.NULL} or a mailbox, with + and = written as +2B and +3D"
                return Answer(table.PARAMETER_WRONG, wanted.encode())
        return None

    def _rcpt(self, request: Request) -> Answer:
        session, path = self._session, request.argument(0, Path)
        transaction = session.transaction
        assert transaction is not None and path.mailbox is not None
        if problem := self._too_long(path):
            return Answer(table.PATH_TOO_LONG, problem)
        if not session.is_here(path.mailbox):
            return Answer(table.NOT_LOCAL, f"mail is taken for {session.domain}, and relayed to nowhere".encode())
        account = session.user(path.mailbox.local)
        if account is None:
            return Answer(table.NO_SUCH_USER, b"No such user here")
        if transaction.to_terminals:
            return Answer(table.NO_TERMINAL, b"User not active now: nobody has a terminal here")
        if len(transaction.recipients) >= session.protocol.limit("recipients"):
            most = session.protocol.limit("recipients")
            return Answer(table.TOO_MANY, f"{most} recipients are taken at once; send it to the others again".encode())
        transaction.recipients.append((path, account))
        return Answer(table.RECIPIENT_TAKEN, self._ok(f"recipient {path}"))

    def _data(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"Start mail input; end with <CRLF>.<CRLF>")

    def text(self, request: Request) -> Answer:
        """The text has come, whole."""
        session, transaction = self._session, self._session.transaction
        text = request.octets(0)
        assert transaction is not None
        session.transaction = None
        return delivery.objection(session, text) or delivery.deliver(session, transaction, text)

    def _rset(self, _: Request) -> Answer:
        self._session.transaction = None
        return Answer(ALWAYS, b"OK")

    def _ok(self, what: str) -> bytes:
        """An OK that says what it is about where several may be on their way (RFC 2920 §3.2)."""
        return f"{what} OK".encode() if self._session.pipelines else b"OK"

    def _too_long(self, path: Path) -> bytes:
        """Which limit a path exceeds, in words, or nothing."""
        local, domain = (path.mailbox.local, path.mailbox.domain) if path.mailbox else ("", "")
        for name, size in (("path", path.size), ("local part", len(local)), ("domain", len(domain))):
            if size > self._session.protocol.limit(name):
                return f"the {name} has {size} octets; {self._session.protocol.limit(name)} are taken".encode()
        return b""
