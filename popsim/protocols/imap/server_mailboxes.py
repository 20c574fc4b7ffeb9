"""What an IMAP server does to mailboxes as a whole: it makes, removes and renames them (RFC 3501 §6.3.3-6.3.7)."""

from __future__ import annotations

from popsim.engine.answer import Answer, Handler
from popsim.mail.mailbox import MailboxError, MailboxExists, MailboxLocked, NoSuchMailbox
from popsim.mail.names import INBOX, canonical, is_inferior
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.server_session import SessionPart
from popsim.protocols.model import ALWAYS, Trigger
from popsim.protocols.request import Request


class Mailboxes(SessionPart):
    """What a session does to its user's mailboxes."""

    __slots__ = ()

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each command."""
        return {
            words.CREATE: self._create,
            words.DELETE: self._delete,
            words.RENAME: self._rename,
            words.SUBSCRIBE: self._subscribe,
            words.UNSUBSCRIBE: self._unsubscribe,
        }

    def _create(self, request: Request) -> Answer:
        session = self._session
        try:
            session.there.create(request.argument(0, str))
        except MailboxExists as error:
            return session.refused(words.MAILBOX_EXISTS, str(error))
        except MailboxError as error:
            return session.refused(words.NAME_REFUSED, str(error))
        return Answer(words.MADE, b"made", changes=session.arranged())

    def _delete(self, request: Request) -> Answer:
        session, name = self._session, request.argument(0, str)
        try:
            gone = session.there.delete(name)
        except NoSuchMailbox as error:
            return session.refused(words.NO_SUCH_MAILBOX, str(error))
        except MailboxLocked as error:
            return session.refused(words.MAILBOX_IN_USE, str(error))
        except MailboxError as error:
            return session.refused(self._why_it_stays(name), str(error))
        return Answer(words.REMOVED, b"gone", changes=(*session.removed(gone), *session.arranged()))

    def _why_it_stays(self, name: str) -> str:
        """The condition of a mailbox that can't be deleted, though it is there and nobody has it to himself."""
        if canonical(name) == INBOX:
            return words.IS_INBOX
        is_hollow = canonical(name) in self._session.there.hollow
        return words.HAS_INFERIORS if is_hollow else words.MAILBOX_IN_USE

    def _rename(self, request: Request) -> Answer:
        session, old, new = self._session, request.argument(0, str), request.argument(1, str)
        try:
            session.there.rename(old, new)
        except NoSuchMailbox as error:
            return session.refused(words.NO_SUCH_MAILBOX, str(error))
        except MailboxExists as error:
            return session.refused(words.MAILBOX_EXISTS, str(error))
        except MailboxLocked as error:
            return session.refused(words.MAILBOX_IN_USE, str(error))
        except MailboxError as error:
            return session.refused(words.NAME_REFUSED, str(error))
        new = canonical(new.rstrip("/"))
        boxes = [m for m in session.there.mailboxes.values() if m.name == new or is_inferior(m.name, new)]
        changes = session.arranged((item, mailbox.name) for mailbox in boxes for item in mailbox.items)
        return Answer(words.RENAMED, b"renamed", changes=changes)

    # The names that the user follows

    def _subscribe(self, request: Request) -> Answer:
        session, name = self._session, request.argument(0, str)
        if name not in session.there.hierarchy():
            return session.refused(words.NO_SUCH_MAILBOX, f"there is no mailbox {name}")
        session.there.subscribed.add(name)
        return Answer(ALWAYS, b"subscribed")

    def _unsubscribe(self, request: Request) -> Answer:
        session, name = self._session, request.argument(0, str)
        if name not in session.there.subscribed:
            return session.refused(words.NOT_SUBSCRIBED, f"{name} was not subscribed to")
        session.there.subscribed.discard(name)
        return Answer(ALWAYS, b"unsubscribed")
