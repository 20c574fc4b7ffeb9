"""FETCH and UID FETCH on the server (RFC 3501 §6.4.5, §6.4.8).

A message that another session has removed keeps its number until this session may be told. Until then a FETCH that
means it tells what it can of the others and is answered with NO (RFC 2180 §4.1.2): what is gone is gone, also where
POP3 removed it. A UID FETCH does not find it, as it finds no other identifier that nobody has (RFC 3501 §6.4.8).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from popsim.engine.answer import Answer, Handler
from popsim.engine.framing import CRLF
from popsim.mail.flags import SEEN
from popsim.mail.mailbox import MailboxError
from popsim.protocols.imap import word_table as table
from popsim.protocols.imap.items import FetchItem
from popsim.protocols.imap.server_answers import some_gone
from popsim.protocols.imap.server_binary import can_decode
from popsim.protocols.imap.server_chosen import Chosen, chosen_by
from popsim.protocols.imap.server_condstore import enabled
from popsim.protocols.imap.server_fetch_plan import FetchPlan, compiled
from popsim.protocols.imap.server_session import SessionPart
from popsim.protocols.model import ALWAYS, Trigger
from popsim.protocols.request import Request

if TYPE_CHECKING:
    from popsim.mail.item import Item

DATA = b"* "
"""What stands before data that belongs to no command alone (RFC 3501 §7)."""
LARGE = 65_536
"""Octets of which the copying would be felt."""
UID, FLAGS, MODSEQ = (FetchItem(word.mark) for word in (table.ITEM_UID, table.ITEM_FLAGS, table.ITEM_MODSEQ))


class Fetching(SessionPart):
    """What a session does for FETCH."""

    __slots__ = ()

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each form of the command."""
        return {
            table.FETCH: self._fetch,
            table.FETCH_CHANGED: self._fetch,
            table.UID_FETCH: self._uid_fetch,
            table.UID_FETCH_CHANGED: self._uid_fetch,
        }

    def _fetch(self, request: Request) -> Answer:
        return self._answer(request, False)

    def _uid_fetch(self, request: Request) -> Answer:
        return self._answer(request, True)

    def _answer(self, request: Request, by_uid: bool) -> Answer:
        session = self._session
        chosen = chosen_by(session, request, by_uid)
        if not isinstance(chosen, Chosen):
            return chosen
        items, since = _arguments(request)
        if by_uid and UID not in items:
            items = (UID, *items)
        view = session.open
        first: tuple[bytes, ...] = ()
        some_are_gone = view.has_news and chosen.some_are_gone
        if some_are_gone:
            chosen = chosen.there()
        if since is not None:
            items = items if MODSEQ in items else (*items, MODSEQ)
            chosen = chosen.where([item.modseq > since for item in chosen.items])
        plan = compiled(items)
        if plan.tells_change:
            first = enabled(session)
        for part in plan.decoded:
            if not all(can_decode(item.message, part) for item in chosen.items):
                return session.refused(table.ENCODING_UNKNOWN, "a part is encoded in a way that is not known here")
        seen = self._see(chosen.items) if plan.sees and not view.read_only else []
        pieces: tuple[bytes, ...] = ()
        lines: list[bytes] = []
        if seen and not plan.tells_flags:
            pieces = self._with_flags(plan, items, chosen, seen)
        elif len(plan.runs) > 1 and any(item.message.size > LARGE for item in chosen.items):
            pieces = framed(plan.rows(*chosen, session.recent))
        else:
            lines = plan.lines(*chosen, session.recent)
        if view.has_news:
            if plan.tells_flags:
                for uid in chosen.uids:
                    view.told(uid)
            lines += session.news(by_uid)
        if first:
            pieces = (*framed((line,) for line in first), *pieces)
        changes = session.flagged(seen) if seen else ()
        if some_are_gone:
            return some_gone(session)._replace(changes=changes, untagged=tuple(lines), pieces=pieces)
        return Answer(ALWAYS, b"fetched", None, changes, tuple(lines), 0, pieces)

    def _see(self, items: Sequence[Item]) -> list[Item]:
        """Note that these messages have been read, and return those of which that is new."""
        view = self._session.open
        fresh = [item for item in items if SEEN not in item.flags]
        try:
            for item in fresh:
                view.mailbox.set_flags(item.uid, item.flags | {SEEN}, view)
        except MailboxError:  # the disk does not take it: what can be read is told all the same
            return [item for item in fresh if SEEN in item.flags]
        return fresh

    def _with_flags(
        self, plan: FetchPlan, items: tuple[FetchItem, ...], chosen: Chosen, seen: list[Item]
    ) -> tuple[bytes, ...]:
        """The lines, in which each message of which the flags have changed has these too."""
        session = self._session
        more = compiled((*items, FLAGS, MODSEQ) if session.tells_modseq and MODSEQ not in items else (*items, FLAGS))
        fresh = {item.uid for item in seen}
        changed = [item.uid in fresh for item in chosen.items]
        with_flags = iter(more.rows(*chosen.where(changed), session.recent))
        others = iter(plan.rows(*chosen.where([not one for one in changed]), session.recent))
        return framed(next(with_flags if one else others) for one in changed)


def framed(rows: Iterable[Sequence[bytes]]) -> tuple[bytes, ...]:
    """Lines of data that are in pieces, as they are sent: what is large goes out as it is, the rest together."""
    out: list[bytes] = []
    small: list[bytes] = []
    for row in rows:
        small.append(DATA)
        for piece in row:
            if len(piece) > LARGE:
                out += (b"".join(small), piece)
                small.clear()
            else:
                small.append(piece)
        small.append(CRLF)
    return (*out, b"".join(small)) if small else tuple(out)


def _arguments(request: Request) -> tuple[tuple[FetchItem, ...], int | None]:
    """What of the messages, and since which change, if that is asked for."""
    return request.argument(1, tuple), request.argument(2, int) if len(request.arguments) > 2 else None
