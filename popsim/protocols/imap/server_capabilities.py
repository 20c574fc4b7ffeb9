"""What an IMAP server says of itself: what it can do, what it is, where names begin; its greeting and its farewell."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.answer import Answer, Handler
from popsim.mail.names import DELIMITER
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.server_session import Session
from popsim.protocols.imap.server_strings import NIL, string
from popsim.protocols.model import ALWAYS, Capability, Occurrence, Trigger
from popsim.protocols.request import Request
from popsim.sasl.login import Logins

WITH_ENABLE = (words.CAP_REV2, words.CAP_CONDSTORE)
"""What a client switches on by name (RFC 5161 §3.1, RFC 7162 §3.1)."""


class Capabilities:
    """What is announced, each word only while it is true.

    Args:
        session: what the parts of the session share.
        logins: knows the SASL mechanisms.
    """

    __slots__ = ("_session", "_logins")

    def __init__(self, session: Session, logins: Logins) -> None:
        self._session = session
        self._logins = logins

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each trigger."""
        return {
            Occurrence.OPENED: self._opened,
            Occurrence.LOST: self._lost,
            Occurrence.EXPIRED: self._expired,
            Occurrence.COMMITTED: self._ended,
            words.CAPABILITY: self._capability,
            words.NOOP: self._noop,
            words.LOGOUT: self._logout,
            words.ID: self._id,
            words.ENABLE: self._enable,
            words.NAMESPACE: self._namespace,
        }

    # What it can do

    def line(self) -> bytes:
        """What the server can do now, for this client."""
        session = self._session
        memo, key = session.edition.lines, (session.policy, session.secured, session.account is None)
        if key not in memo:
            memo[key] = self._written()
        return memo[key]

    def code(self) -> bytes:
        """The same as a code in square brackets, with a space behind it."""
        return b"[%b] " % self.line()

    def _written(self) -> bytes:
        rows = [word for row in self._session.protocol.capabilities for word in self._words(row)]
        return " ".join([words.DATA_CAPABILITY.mark, *rows]).encode()

    def _words(self, row: Capability) -> list[str]:
        """The words of a capability as it is now; none where it is not so."""
        session = self._session
        if row.only_in is words.NOT_AUTHENTICATED and session.account is not None:
            return []
        true: dict[Capability, Callable[[], bool]] = {
            words.CAP_STARTTLS: lambda: not session.secured,
            words.CAP_LOGIN_DISABLED: lambda: not session.takes_passwords,
        }
        if row is words.CAP_AUTH:
            return [row.tag + name for name in self._logins.mechanisms(session.takes_passwords)]
        return [row.tag] if row not in true or true[row]() else []

    def _capability(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"that is all", untagged=(self.line(), *self._session.news(True)))

    def _enable(self, request: Request) -> Answer:
        """Switch on what there is to be switched on; the rest counts for nothing (RFC 5161 §3.1)."""
        wanted, session = request.argument(0, tuple), self._session
        known = {row.tag.upper(): row.tag for row in WITH_ENABLE if row in session.protocol.capabilities}
        fresh = [known[word] for word in wanted if word in known]
        session.enabled.update(fresh)
        if words.CAP_CONDSTORE.tag in fresh:
            session.tells_modseq = True
        line = " ".join([words.DATA_ENABLED.mark, *fresh]).encode()
        return Answer(ALWAYS, b"switched on" if fresh else b"nothing of that is to be switched on", untagged=(line,))

    # What it is

    def _opened(self, _: Request) -> Answer:
        return Answer(words.READY, self.code() + f"{self._session.protocol.title} server ready".encode())

    def _id(self, _: Request) -> Answer:
        """The server's name as the site has it; nothing is decided by the client's (RFC 2971 §1)."""
        name = self._session.policy.implementation
        fields = b"(%b %b)" % (string(b"name"), string(name.encode())) if name else NIL
        return Answer(ALWAYS, b"now we know each other", untagged=(b"%b %b" % (words.DATA_ID.mark.encode(), fields),))

    def _namespace(self, _: Request) -> Answer:
        """One personal namespace with no prefix; nobody else's, and none that is shared (RFC 2342 §5)."""
        personal = b"((%b %b))" % (string(b""), string(DELIMITER.encode()))
        line = b"%b %b %b %b" % (words.DATA_NAMESPACE.mark.encode(), personal, NIL, NIL)
        return Answer(ALWAYS, b"that is all", untagged=(line,))

    # Nothing, and the end

    def _noop(self, _: Request) -> Answer:
        session = self._session
        if session.opened is None:
            return Answer(ALWAYS, b"nothing done")
        changes = session.looked(session.opened.mailbox)
        return Answer(ALWAYS, b"nothing done", changes=changes, untagged=session.news(True))

    def _logout(self, _: Request) -> Answer:
        self._session.leave()
        return Answer(ALWAYS)

    def _ended(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"logged out", untagged=(b"%b goodbye" % words.DATA_BYE.mark.encode(),))

    def _expired(self, _: Request) -> Answer:
        self._session.leave()
        return Answer(ALWAYS, b"too long without a command")

    def _lost(self, _: Request) -> Answer:
        self._session.leave()
        return Answer(ALWAYS)
