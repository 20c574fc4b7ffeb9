"""STORE and UID STORE on the server (RFC 3501 §6.4.6; with UNCHANGEDSINCE, RFC 7162 §3.1.3).

Of messages that another session has removed RFC 2180 §4.2 says: a silent STORE leaves them out, one that is to tell
the new flags stores and tells those that are there and is answered with NO.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.engine.answer import Answer, Handler
from popsim.mail.mailbox import MailboxError
from popsim.protocols.imap import word_table as table
from popsim.protocols.imap.items import FlagChange, number_set
from popsim.protocols.imap.server_answers import read_only, some_gone
from popsim.protocols.imap.server_chosen import Chosen, chosen_by
from popsim.protocols.imap.server_condstore import enabled
from popsim.protocols.imap.server_fetch import FLAGS, MODSEQ, UID
from popsim.protocols.imap.server_fetch_plan import compiled
from popsim.protocols.imap.server_session import SessionPart
from popsim.protocols.model import Trigger
from popsim.protocols.request import Request

if TYPE_CHECKING:
    from popsim.mail.item import Item


class Storing(SessionPart):
    """What a session does for STORE."""

    __slots__ = ()

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each form of the command."""
        return {
            table.STORE: self._store,
            table.STORE_UNCHANGED: self._store,
            table.UID_STORE: self._uid_store,
            table.UID_STORE_UNCHANGED: self._uid_store,
        }

    def _store(self, request: Request) -> Answer:
        return self._answer(request, False)

    def _uid_store(self, request: Request) -> Answer:
        return self._answer(request, True)

    def _answer(self, request: Request, by_uid: bool) -> Answer:
        session = self._session
        chosen = chosen_by(session, request, by_uid)
        if not isinstance(chosen, Chosen):
            return chosen
        change = request.argument(-1, FlagChange)
        since = request.argument(1, int) if len(request.arguments) > 2 else None
        view = session.open
        first = enabled(session) if since is not None else ()
        if view.read_only:
            return read_only(session)
        there = chosen.there()
        late = [since is not None and item.modseq > since for item in there.items]
        meant = there.where([not one for one in late])
        changed: list[Item] = []
        try:
            flags = view.mailbox.flags(change.flags)
            for item in meant.items:
                if self._changes(item, change.sign, flags):
                    changed.append(item)
        except MailboxError as error:  # those before it are others now, and nobody has told this session of them
            told = [session.flags_line(view.number_of(item.uid), item, by_uid) for item in changed]
            refused = session.refused(table.FLAGS_REFUSED, str(error))
            return refused._replace(changes=session.flagged(changed), untagged=(*first, *told, *session.news(by_uid)))
        failed = there.where(late)
        lines = (*first, *self._lines(meant, failed, change.silent, since is not None, by_uid))
        return self._completed(len(there.items) < len(chosen.items) and not change.silent, failed, by_uid)._replace(
            changes=session.flagged(changed), untagged=(*lines, *session.news(by_uid))
        )

    def _changes(self, item: Item, sign: str, flags: frozenset[str]) -> bool:
        """Store the flags of one message; whether they are others now."""
        view, before = self._session.open, item.flags
        wanted = before | flags if sign == "+" else before - flags if sign else flags
        view.mailbox.set_flags(item.uid, wanted, view)
        return item.flags != before

    def _lines(self, stored: Chosen, failed: Chosen, silent: bool, conditional: bool, by_uid: bool) -> list[bytes]:
        """What is told of each message: its flags unless that is to be silent, and the number of the change to who
        wants that; of one that was not stored, why (RFC 7162 §3.1.3)."""
        session = self._session
        tells_change = conditional or session.tells_modseq
        uid, change = (UID,) * by_uid, (MODSEQ,) * tells_change
        told: list[tuple[int, bytes]] = []
        for chosen, tells_flags in ((stored, not silent), (failed, True)):
            items = uid + (FLAGS,) * tells_flags + change
            if tells_flags or change:
                told += zip(chosen.numbers, compiled(items).lines(*chosen, session.recent), strict=True)
            if tells_flags:
                for one in chosen.uids:
                    session.open.told(one)
        return [line for _, line in sorted(told)]

    def _completed(self, some_are_gone: bool, failed: Chosen, by_uid: bool) -> Answer:
        code = b""
        if failed.items:
            numbers = failed.uids if by_uid else failed.numbers
            code = b"[%b %b] " % (table.CODE_MODIFIED.mark.encode(), number_set(numbers))
        if some_are_gone:
            return some_gone(self._session, code)
        if code:
            return Answer(table.SOME_CHANGED, code + b"some had changed and were left alone")
        return Answer(table.STORED, b"stored")
