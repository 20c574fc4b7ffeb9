"""STORE and UID STORE on the server (RFC 3501 §6.4.6; with UNCHANGEDSINCE, RFC 7162 §3.1.3).

Of messages that another session has removed RFC 2180 §4.2 says: a silent STORE leaves them out, one that is to tell
the new flags stores and tells those that are there and is answered with NO.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.engine.answer import Answer, Handler
from popsim.mail.mailbox import MailboxError
from popsim.protocols.imap import word_table as table
from popsim.protocols.imap.items import FlagChange, Numbers
from popsim.protocols.imap.server_answers import read_only, some_gone
from popsim.protocols.imap.server_chosen import Chosen, by_numbers, by_uids
from popsim.protocols.imap.server_condstore import enabled
from popsim.protocols.imap.server_fetch import FLAGS, MODSEQ, UID
from popsim.protocols.imap.server_fetch_plan import compiled
from popsim.protocols.imap.server_flags import number_set
from popsim.protocols.imap.server_session import Session
from popsim.protocols.model import Trigger
from popsim.protocols.request import Request

if TYPE_CHECKING:
    from popsim.mail.item import Item


class Storing:
    """What a session does for STORE.

    Args:
        session: what the parts of the session share.
    """

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each form of the command."""
        return {
            table.STORE: self._store,
            table.STORE_UNCHANGED: self._store,
            table.UID_STORE: self._uid_store,
            table.UID_STORE_UNCHANGED: self._uid_store,
        }

    def _store(self, request: Request) -> Answer:
        numbers, change, since = _arguments(request)
        session = self._session
        chosen = by_numbers(session.open, session.meant(numbers))
        if chosen is None:
            return session.no_such_number(numbers)
        return self._answer(chosen, change, since, False)

    def _uid_store(self, request: Request) -> Answer:
        numbers, change, since = _arguments(request)
        session = self._session
        return self._answer(by_uids(session.open, session.meant(numbers, by_uid=True)), change, since, True)

    def _answer(self, chosen: Chosen, change: FlagChange, since: int | None, by_uid: bool) -> Answer:
        session = self._session
        view = session.open
        first = enabled(session) if since is not None else ()
        if view.read_only:
            return read_only(session)
        there = chosen.there()
        late = [since is not None and item.modseq > since for item in there.items]
        meant = there.where([not one for one in late])
        try:
            flags = view.mailbox.flags(change.flags)
            changed = [item for item in meant.items if self._changes(item, change.sign, flags)]
        except MailboxError as error:
            return session.refused(table.FLAGS_REFUSED, str(error))
        lines = (*first, *self._lines(meant, there.where(late), change.silent, since is not None, by_uid))
        failed = there.where(late)
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


def _arguments(request: Request) -> tuple[Numbers, FlagChange, int | None]:
    """Which messages, what to store, and the change after which a message is left as it is, if one is given."""
    numbers, *since, change = request.arguments
    assert isinstance(numbers, Numbers) and isinstance(change, FlagChange)
    return numbers, change, since[0] if since and isinstance(since[0], int) else None
