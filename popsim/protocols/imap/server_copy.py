"""COPY and MOVE on the server (RFC 3501 §6.4.7, RFC 6851), with what UIDPLUS tells of them (RFC 4315 §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.engine.answer import Answer, Handler
from popsim.mail.mailbox import MailboxError, MailboxLocked
from popsim.mail.names import checked
from popsim.protocols.imap import word_table as table
from popsim.protocols.imap.items import number_set
from popsim.protocols.imap.server_answers import read_only, some_gone
from popsim.protocols.imap.server_chosen import Chosen, chosen_by
from popsim.protocols.imap.server_condstore import highest
from popsim.protocols.imap.server_session import SessionPart
from popsim.protocols.model import Trigger
from popsim.protocols.request import Request

if TYPE_CHECKING:
    from popsim.mail.item import Item
    from popsim.mail.mailbox import Mailbox

Pairs = tuple[tuple["Item", "Item"], ...]


class Copying(SessionPart):
    """What a session does for COPY and MOVE."""

    __slots__ = ()

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each command."""
        return {table.COPY: self._copy, table.UID_COPY: self._copy, table.MOVE: self._move, table.UID_MOVE: self._move}

    def _copy(self, request: Request) -> Answer:
        chosen = self._chosen(request)
        if isinstance(chosen, Answer):
            return chosen
        session = self._session
        target = self._target(request)
        if isinstance(target, Answer):
            return target
        try:
            pairs = session.open.mailbox.copy(chosen.uids, target)
        except MailboxError as error:
            return self._with_news(session.refused(table.TARGET_REFUSED, str(error)))
        copies = [copy for _, copy in pairs]
        text = self._code(pairs, target) + (b"copied" if pairs else b"no such messages: nothing was copied")
        return self._with_news(Answer(table.COPIED, text, changes=session.arrived(copies, target.name)))

    def _move(self, request: Request) -> Answer:
        chosen = self._chosen(request)
        if isinstance(chosen, Answer):
            return chosen
        session = self._session
        if session.open.read_only:
            return read_only(session)
        target = self._target(request)
        if isinstance(target, Answer):
            return target
        try:
            pairs = session.open.mailbox.move(chosen.uids, target)
        except MailboxLocked:
            return self._with_news(
                session.refused(table.MAILBOX_IN_USE, "a POP session has the mailbox: nothing was moved")
            )
        except MailboxError as error:
            return self._with_news(session.refused(table.TARGET_REFUSED, str(error)))
        stayed = len(chosen.items) - len(pairs)
        # RFC 6851 §4.3: where they have gone is told before their numbers are.
        first = (b"%b %bmoved" % (table.DATA_OK.mark.encode(), self._code(pairs, target)),) if pairs else ()
        code = highest(session) if pairs else b""
        answer = Answer(table.MOVED, code + (b"moved" if pairs else b"no such messages: nothing was moved"))
        if stayed:
            answer = session.refused(table.TARGET_REFUSED, f"{stayed} of the messages could not be moved")
        copies = [copy for _, copy in pairs]
        return self._with_news(answer._replace(untagged=first, changes=session.arrived(copies, target.name)))

    # What both need

    def _chosen(self, request: Request) -> Chosen | Answer:
        """The messages that are meant, or why that can't be done (RFC 2180 §4.4.1: not with one that is gone)."""
        session = self._session
        chosen = chosen_by(session, request, request.trigger in (table.UID_COPY, table.UID_MOVE))
        if isinstance(chosen, Chosen) and chosen.some_are_gone:
            return self._with_news(some_gone(session))
        return chosen

    def _target(self, request: Request) -> Mailbox | Answer:
        """Where the messages are to go, or why they can't."""
        session, name = self._session, request.argument(1, str)
        target = session.mailbox(name)
        if target is None:
            try:  # a client may make it and try again, if one can be called so (RFC 3501 §6.4.7)
                checked(name)
            except ValueError as error:
                return self._with_news(session.refused(table.TARGET_REFUSED, str(error)))
            return self._with_news(session.refused(table.TARGET_MISSING, f"there is no mailbox {name!a}"))
        if not session.may_change(target):
            return self._with_news(session.refused(table.TARGET_REFUSED, f"{target.name} can be read only"))
        return target

    def _code(self, pairs: Pairs, target: Mailbox) -> bytes:
        """Which messages have become which (RFC 4315 §3, COPYUID)."""
        if not pairs or not self._session.has(table.CODE_COPYUID):
            return b""
        old, new = number_set(item.uid for item, _ in pairs), number_set(copy.uid for _, copy in pairs)
        return b"[%b %d %b %b] " % (table.CODE_COPYUID.mark.encode(), target.uid_validity, old, new)

    def _with_news(self, answer: Answer) -> Answer:
        return answer._replace(untagged=answer.untagged + self._session.news(True))
