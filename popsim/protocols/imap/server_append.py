"""APPEND on the server, and what becomes of literals (RFC 3501 §4.3, §6.3.11; RFC 7888; RFC 4315 §3)."""

from __future__ import annotations

from popsim.engine.answer import Answer
from popsim.engine.plan import announcement, text_of
from popsim.mail.mailbox import MailboxError
from popsim.mail.message import Message
from popsim.mail.names import checked
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.server_session import Session, name_in
from popsim.protocols.kind import NotRead
from popsim.protocols.request import Request, taken


class Appending:
    """What a session does to take octets, and to put them into a mailbox.

    Args:
        session: what the parts of the session share.
    """

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, request: Request) -> Answer:
        """The answer to APPEND."""
        session, name = self._session, name_in(request)
        _, flags, date, octets = request.arguments
        assert isinstance(octets, bytes) and isinstance(flags, tuple | None) and isinstance(date, int | None)
        mailbox = session.mailbox(name)
        if mailbox is None:
            return self._missing(name)
        when = session.store.date(session.clock()) if date is None else date
        try:
            item = mailbox.append(Message.of(octets), flags or (), when)
        except MailboxError as error:
            return session.refused(words.MESSAGE_REFUSED, str(error))
        code = b""
        if session.has(words.CODE_APPENDUID):
            code = b"[%b %d %d] " % (words.CODE_APPENDUID.mark.encode(), mailbox.uid_validity, item.uid)
        return Answer(words.APPENDED, code + b"it is there", changes=session.arrived([item], mailbox.name))

    def _missing(self, name: str) -> Answer:
        """There is no such mailbox: a client may make it and try again, if one can be called so (RFC 3501 §6.3.11)."""
        try:
            checked(name)
        except ValueError as error:
            return self._session.refused(words.TARGET_REFUSED, str(error))
        return self._session.refused(words.TARGET_MISSING, f"there is no mailbox {name}: make it first")

    # Literals

    def literal(self, request: Request) -> Answer:
        """Whether the octets that a line announces are asked for, waited for, or refused."""
        size, waits = announcement(request)
        edition = self._session.edition
        largest = edition.largest_message if request.keyword == words.APPEND.keyword else edition.largest_argument
        if not waits and not edition.largest_at_once:
            return Answer(
                words.LITERAL_NOT_OFFERED, b"no octets unasked: announce them without a plus, and wait for me"
            )
        if not waits and edition.largest_at_once < size <= largest:
            most = f"at most {edition.largest_at_once} octets unasked: announce more without a plus, and wait for me"
            return self._session.refused(words.LITERAL_TOO_LARGE_AT_ONCE, most)
        if size > largest:
            return self._session.refused(words.LITERAL_TOO_LARGE, f"at most {largest} octets are taken here")
        if self._is_secret(request):
            return Answer(words.SECRET_ASKED if waits else words.SECRET_AT_ONCE, b"go on")
        return Answer(words.LITERAL_ASKED if waits else words.LITERAL_AT_ONCE, b"go on")

    def _is_secret(self, request: Request) -> bool:
        """Whether the octets to come are an argument that is a secret, such as a password."""
        protocol = self._session.protocol
        for form in protocol.grammar.forms(request.keyword):
            if not any(argument.secret for argument in form.arguments):
                continue
            text, place = text_of(request), len(form.keyword) + 1
            for argument in form.arguments:
                try:
                    _, place = taken(argument.kind_in(protocol.rfcs), text, place)
                except NotRead:  # the octets themselves are missing: this is the argument
                    return argument.secret
                place += 1
        return False
