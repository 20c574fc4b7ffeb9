"""SEARCH and UID SEARCH on the server (RFC 3501 §6.4.4; ESEARCH, RFC 4731; with MODSEQ, RFC 7162 §3.1.5-3.1.6).

Messages that another session has removed are not found any more (RFC 2180 §4.3).
"""

from __future__ import annotations

from collections.abc import Iterator

from popsim.engine.answer import Answer, Handler
from popsim.protocols.imap import word_table as table
from popsim.protocols.imap.items import Numbers, SearchKey, number_set
from popsim.protocols.imap.server_chosen import Chosen
from popsim.protocols.imap.server_condstore import enabled
from popsim.protocols.imap.server_search import CHARSETS, View, is_known, search
from popsim.protocols.imap.server_session import SessionPart
from popsim.protocols.model import ALWAYS, Trigger
from popsim.protocols.request import Request

DEFAULT = (table.RETURN_ALL.mark,)
"""What IMAP4rev2 answers a search with that says nothing of it (RFC 9051 §6.4.4)."""
_ENDS = {table.RETURN_MIN.mark, table.RETURN_MAX.mark}


class Searching(SessionPart):
    """What a session does for SEARCH."""

    __slots__ = ()

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each form of the command."""
        return {
            table.SEARCH: self._search,
            table.SEARCH_RETURN: self._search,
            table.UID_SEARCH: self._uid_search,
            table.UID_SEARCH_RETURN: self._uid_search,
        }

    def _search(self, request: Request) -> Answer:
        return self._answer(request, False)

    def _uid_search(self, request: Request) -> Answer:
        return self._answer(request, True)

    def _answer(self, request: Request, by_uid: bool) -> Answer:
        session = self._session
        view = session.open
        key, charset, wanted = _arguments(request)
        if charset and not is_known(charset):
            if table.RETURN_SAVE.mark in wanted:
                session.saved = ()  # RFC 9051 §6.4.4.1: a search that fails leaves nothing
            return self._unknown(charset)
        for numbers in _numbers(key):
            if not numbers.saved and not numbers.fits(view.count):
                return session.no_such_number(numbers)
        by_change = any(one.name == table.KEY_MODSEQ.mark for one in _walk(key))
        first = enabled(session) if by_change else ()
        found = self._found(key)
        if not wanted and table.DATA_SEARCH not in session.protocol.data:
            wanted = DEFAULT
        if table.RETURN_SAVE.mark in wanted:
            session.saved = tuple(_kept(found.uids, wanted))
        lines = (
            self._extended(request.tag, found, wanted, by_uid, by_change)
            if wanted
            else [self._plain(found, by_uid, by_change)]
        )
        return Answer(ALWAYS, b"searched", untagged=(*first, *lines, *session.news(by_uid)))

    def _unknown(self, charset: str) -> Answer:
        """The answer to texts in a character set that is not known (RFC 3501 §7.1, BADCHARSET)."""
        code = f"[{table.CODE_BADCHARSET.mark} ({' '.join(CHARSETS)})] "
        return Answer(
            table.CHARSET_UNKNOWN, f"{code}nothing can be searched for in {charset}".encode("ascii", "replace")
        )

    def _found(self, key: SearchKey) -> Chosen:
        session = self._session
        view = session.open
        last = view.items[-1].uid if view.items else 0
        finds = search((key,), View(view.count, last, view.recent, session.saved))
        return Chosen(range(1, view.count + 1), view.items).where(
            [not item.is_gone and finds(item, number) for number, item in enumerate(view.items, 1)]
        )

    def _plain(self, found: Chosen, by_uid: bool, by_change: bool) -> bytes:
        """The numbers in a row, and the highest change among them for who asked for changes (RFC 7162 §3.1.6)."""
        line = table.DATA_SEARCH.mark.encode()
        numbers = found.uids if by_uid else found.numbers
        if numbers:
            line += b" " + b" ".join([b"%d" % number for number in numbers])
        if by_change and numbers:
            line += b" (%b %d)" % (table.KEY_MODSEQ.mark.encode(), max(item.modseq for item in found.items))
        return line

    def _extended(
        self, tag: bytes, found: Chosen, wanted: tuple[str, ...], by_uid: bool, by_change: bool
    ) -> list[bytes]:
        """The one line of RFC 4731 §3.1; none where nothing is wanted but that the result is kept."""
        numbers = found.uids if by_uid else list(found.numbers)
        words = [b'%b (TAG "%b")' % (table.DATA_ESEARCH.mark.encode(), tag)] + [table.UID_IN_ESEARCH.encode()] * by_uid
        for mark in wanted:
            if mark == table.RETURN_COUNT.mark:
                words.append(b"%b %d" % (mark.encode(), len(numbers)))
            elif numbers and mark == table.RETURN_ALL.mark:
                words.append(b"%b %b" % (mark.encode(), number_set(numbers)))
            elif numbers and mark in _ENDS:
                words.append(b"%b %d" % (mark.encode(), numbers[0 if mark == table.RETURN_MIN.mark else -1]))
        if by_change and found.items:
            words.append(b"%b %d" % (table.KEY_MODSEQ.mark.encode(), _change(found, set(wanted))))
        return [] if set(wanted) == {table.RETURN_SAVE.mark} else [b" ".join(words)]


def _change(found: Chosen, wanted: set[str]) -> int:
    """The highest change of the messages that are told (RFC 4731 §3.2)."""
    items = list(found.items)
    if wanted and wanted <= _ENDS:
        items = [items[0]] * (table.RETURN_MIN.mark in wanted) + [items[-1]] * (table.RETURN_MAX.mark in wanted)
    return max(item.modseq for item in items)


def _kept(uids: list[int], wanted: tuple[str, ...]) -> list[int]:
    """What of a result is kept: the ends alone where only those are asked for (RFC 9051 §6.4.4.1)."""
    ends = _ENDS.intersection(wanted)
    if not uids or not ends or not set(wanted) <= _ENDS | {table.RETURN_SAVE.mark}:
        return uids
    return sorted({uids[0 if mark == table.RETURN_MIN.mark else -1] for mark in ends})


def _arguments(request: Request) -> tuple[SearchKey, str, tuple[str, ...]]:
    """The keys, the character set if one is given, and what is to be returned if that is said."""
    key, charset, wanted = request.argument(-1, SearchKey), "", ()
    for argument in request.arguments[:-1]:
        if isinstance(argument, str):
            charset = argument
        elif isinstance(argument, tuple):
            wanted = argument
    return key, charset, wanted


def _walk(key: SearchKey) -> Iterator[SearchKey]:
    """A key and those inside it."""
    yield key
    for inside in key.arguments:
        if isinstance(inside, SearchKey):
            yield from _walk(inside)


def _numbers(key: SearchKey) -> Iterator[Numbers]:
    """The sets of message numbers in a key; unique identifiers may be any."""
    for one in _walk(key):
        if one.name == table.KEY_NUMBERS.mark:
            (numbers,) = one.arguments
            assert isinstance(numbers, Numbers)
            yield numbers
