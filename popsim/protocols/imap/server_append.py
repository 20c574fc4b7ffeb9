"""APPEND on the server, and what becomes of literals (RFC 3501 §4.3, §6.3.11; RFC 7888; RFC 4315 §3)."""

from __future__ import annotations

from popsim.engine.answer import Answer
from popsim.engine.plan import announcement, text_of
from popsim.mail.mailbox import MailboxError
from popsim.mail.message import Message
from popsim.mail.names import checked
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.server_session import SessionPart
from popsim.protocols.kind import NotRead
from popsim.protocols.request import Request, taken


class Appending(SessionPart):
    """What a session does to take octets, and to put them into a mailbox."""

    __slots__ = ()

    def append(self, request: Request) -> Answer:
        """The answer to APPEND."""
        session, name = self._session, request.argument(0, str)
        _, flags, date, octets = request.arguments
        assert isinstance(octets, bytes) and isinstance(flags, tuple | None) and isinstance(date, int | None)
        mailbox = session.mailbox(name)
        if mailbox is None:
            return self._missing(name)
        if not session.may_change(mailbox):
            return session.refused(words.TARGET_REFUSED, f"{mailbox.name} can be read only")
        when, message = session.store.date(session.clock()) if date is None else date, Message.of(octets)
        try:
            item = mailbox.append(message, flags or (), when)
        except MailboxError as error:
            return session.refused(words.MESSAGE_REFUSED, str(error))
        code = b""
        if session.has(words.CODE_APPENDUID):
            code = b"[%b %d %d] " % (words.CODE_APPENDUID.mark.encode(), mailbox.uid_validity, item.uid)
        text = code + b"it is there" + _mended(len(octets), message.size)
        return Answer(words.APPENDED, text, changes=session.arrived([item], mailbox.name))

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


def _mended(came: int, size: int) -> bytes:
    """What is said of a message whose line ends were mended, else nothing.

    A message is lines that end in CR LF (RFC 5322 §2.1, §2.3), and its size is that of this form (RFC 3501 §2.3.4),
    whichever protocol tells it. Mail programs send messages whose last line has no end: these are taken, and who
    compares the sizes is told why they differ.
    """
    return b"" if came == size else b" in %d octets, not %d: every line ends in CR LF now" % (size, came)
