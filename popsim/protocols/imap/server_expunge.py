"""EXPUNGE, UID EXPUNGE, CLOSE, UNSELECT and CHECK on the server (RFC 3501 §6.4.1-6.4.3, RFC 4315 §2.1, RFC 3691)."""

from __future__ import annotations

from popsim.engine.answer import Answer, Change, Handler
from popsim.mail.flags import DELETED
from popsim.mail.mailbox import MailboxLocked
from popsim.protocols.imap import word_table as table
from popsim.protocols.imap.items import Numbers
from popsim.protocols.imap.server_answers import read_only
from popsim.protocols.imap.server_chosen import by_uids
from popsim.protocols.imap.server_condstore import highest
from popsim.protocols.imap.server_session import SessionPart
from popsim.protocols.model import ALWAYS, Trigger
from popsim.protocols.request import Request


class Expunging(SessionPart):
    """What a session does to remove messages and to leave a mailbox."""

    __slots__ = ()

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each command."""
        return {
            table.CHECK: self._check,
            table.CLOSE: self._close,
            table.UNSELECT: self._unselect,
            table.EXPUNGE: self._expunge,
            table.UID_EXPUNGE: self._uid_expunge,
        }

    def _check(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"checked", untagged=self._session.news(True))

    def _expunge(self, _: Request) -> Answer:
        return self._remove([item.uid for item in self._session.open.mailbox.items if DELETED in item.flags])

    def _uid_expunge(self, request: Request) -> Answer:
        session, numbers = self._session, request.argument(0, Numbers)
        chosen = by_uids(session.open, session.meant(numbers, by_uid=True))
        return self._remove([item.uid for item in chosen.items if DELETED in item.flags])

    def _remove(self, uids: list[int]) -> Answer:
        session = self._session
        if session.open.read_only:
            return read_only(session)
        try:
            gone = session.open.mailbox.expunge(uids)
        except MailboxLocked:
            refusal = session.refused(table.MAILBOX_IN_USE, "a POP session has the mailbox: nothing is removed")
            return refusal._replace(untagged=session.news(True))
        told = session.news(True)
        if len(gone) < len(uids):
            answer = session.refused(
                table.MAILBOX_IN_USE, f"{len(uids) - len(gone)} of the messages could not be removed"
            )
        else:
            answer = Answer(table.EXPUNGED, (highest(session) if gone else b"") + b"expunged")
        return answer._replace(untagged=told, changes=session.removed(gone))

    def _close(self, _: Request) -> Answer:
        session, view = self._session, self._session.open
        changes: tuple[Change, ...] = ()
        if not view.read_only and not view.mailbox.is_locked:
            marked = [item.uid for item in view.mailbox.items if DELETED in item.flags]
            changes = session.removed(view.mailbox.expunge(marked))
        session.leave()
        return Answer(ALWAYS, b"closed", changes=changes)

    def _unselect(self, _: Request) -> Answer:
        self._session.leave()
        return Answer(ALWAYS, b"left")
