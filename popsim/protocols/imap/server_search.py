"""Which messages a search finds (RFC 3501 §6.4.4, RFC 7162 §3.1.5)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Container, Iterable
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, cast

from popsim.protocols.imap import item_table as words
from popsim.protocols.imap.items import Numbers, SearchKey
from popsim.protocols.imap.server_search_text import TEXT_KEYS, Text, sent_day

if TYPE_CHECKING:
    from popsim.mail.item import Item

CHARSETS = ("US-ASCII", "UTF-8")
"""The charsets that the texts of a search may be in."""
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86400

Finds = Callable[["Item", int], bool]
"""Whether a search finds a message; the number is the message's own in this session."""


class View(NamedTuple):
    """What a search needs to know of the mailbox as the session sees it.

    Args:
        last_number: how many messages there are.
        last_uid: the UID of the last one, 0 where there is none.
        recent: the UIDs of those that are recent in this session.
        saved: the UIDs that the last saved search has found (RFC 9051 §6.4.4.1).
    """

    last_number: int
    last_uid: int
    recent: Container[int] = ()
    saved: Container[int] = ()


def is_known(charset: str) -> bool:
    """Whether texts in this charset can be searched for."""
    return charset.upper() in CHARSETS


def matches(key: SearchKey, item: Item, number: int, view: View) -> bool:
    """Whether one key fits one message; for many messages make a `search` once."""
    return search((key,), view)(item, number)


def search(keys: Iterable[SearchKey], view: View) -> Finds:
    """What tells whether all keys fit a message.

    Args:
        keys: as the syntax has read them; texts are in US-ASCII or UTF-8. Octets that are neither fit nothing.
        view: the mailbox, as it is now.
    """
    # What is read off at once is looked at first: the texts of a message are decoded for those only that are left.
    ordered = sorted(keys, key=_cost)
    parts = [_finds(key, view) for key in ordered]
    if len(parts) == 1:
        return parts[0]
    return lambda item, number: all(part(item, number) for part in parts)


def _cost(key: SearchKey) -> int:
    if key.name in (words.KEY_BODY.mark, words.KEY_TEXT.mark):
        return 3
    if key.name in TEXT_KEYS:
        return 2
    return max((_cost(one) for one in key.arguments if isinstance(one, SearchKey)), default=0)


def _finds(key: SearchKey, view: View) -> Finds:
    name, arguments = key.name, key.arguments
    if name in _FLAGS:
        flag, is_set = _FLAGS[name]
        return lambda item, number: (flag in item.flags) is is_set
    if name in TEXT_KEYS:
        text = Text(name, *(_octets(one) for one in arguments))
        return lambda item, number: text.is_in(item.message)
    return _MAKERS[name](arguments, view)


def _octets(argument: object) -> bytes:
    return argument if isinstance(argument, bytes) else str(argument).encode()


_FLAGS = {
    words.KEY_ANSWERED.mark: (words.ANSWERED.mark, True),
    words.KEY_DELETED.mark: (words.DELETED.mark, True),
    words.KEY_DRAFT.mark: (words.DRAFT.mark, True),
    words.KEY_FLAGGED.mark: (words.FLAGGED.mark, True),
    words.KEY_SEEN.mark: (words.SEEN.mark, True),
    words.KEY_UNANSWERED.mark: (words.ANSWERED.mark, False),
    words.KEY_UNDELETED.mark: (words.DELETED.mark, False),
    words.KEY_UNDRAFT.mark: (words.DRAFT.mark, False),
    words.KEY_UNFLAGGED.mark: (words.FLAGGED.mark, False),
    words.KEY_UNSEEN.mark: (words.SEEN.mark, False),
}

# Keys that stand for several, and for all


def _all(arguments: tuple[object, ...], view: View) -> Finds:
    return lambda item, number: True


def _all_of(arguments: tuple[object, ...], view: View) -> Finds:
    return search(cast("tuple[SearchKey, ...]", arguments), view)


def _not(arguments: tuple[object, ...], view: View) -> Finds:
    inside = _all_of(arguments, view)
    return lambda item, number: not inside(item, number)


def _or(arguments: tuple[object, ...], view: View) -> Finds:
    first, second = (_finds(key, view) for key in sorted(cast("tuple[SearchKey, ...]", arguments), key=_cost))
    return lambda item, number: first(item, number) or second(item, number)


# Numbers


class _Set:
    """A set of numbers that is asked again and again."""

    def __init__(self, numbers: Numbers, last: int) -> None:
        self._ranges = numbers.among(last)
        self._starts = [one.start for one in self._ranges]

    def has(self, number: int) -> bool:
        place = bisect_right(self._starts, number)
        return bool(place) and number in self._ranges[place - 1]


def _numbers(arguments: tuple[object, ...], view: View) -> Finds:
    numbers = cast(Numbers, arguments[0])
    if numbers.saved:
        return lambda item, number: item.uid in view.saved
    wanted = _Set(numbers, view.last_number)
    return lambda item, number: wanted.has(number)


def _uids(arguments: tuple[object, ...], view: View) -> Finds:
    numbers = cast(Numbers, arguments[0])
    if numbers.saved:
        return lambda item, number: item.uid in view.saved
    wanted = _Set(numbers, view.last_uid)
    return lambda item, number: wanted.has(item.uid)


def _larger(arguments: tuple[object, ...], view: View) -> Finds:
    size = cast(int, arguments[0])
    return lambda item, number: item.message.size > size


def _smaller(arguments: tuple[object, ...], view: View) -> Finds:
    size = cast(int, arguments[0])
    return lambda item, number: item.message.size < size


def _changed(arguments: tuple[object, ...], view: View) -> Finds:
    since = cast(int, arguments[-1])
    return lambda item, number: item.modseq >= since


# Flags


def _keyword(arguments: tuple[object, ...], view: View) -> Finds:
    flag = str(arguments[0]).lower()
    return lambda item, number: flag in map(str.lower, item.flags)


def _no_keyword(arguments: tuple[object, ...], view: View) -> Finds:
    has = _keyword(arguments, view)
    return lambda item, number: not has(item, number)


def _recent(arguments: tuple[object, ...], view: View) -> Finds:
    return lambda item, number: item.uid in view.recent


def _old(arguments: tuple[object, ...], view: View) -> Finds:
    return lambda item, number: item.uid not in view.recent


def _new(arguments: tuple[object, ...], view: View) -> Finds:
    seen = words.SEEN.mark
    return lambda item, number: item.uid in view.recent and seen not in item.flags


# Days: an internal date is taken in universal time, as a FETCH shows it; a Date field as it is written


def _came(compare: Callable[[int, int], bool]) -> Callable[[tuple[object, ...], View], Finds]:
    def make(arguments: tuple[object, ...], view: View) -> Finds:
        day = cast(date, arguments[0]).toordinal() - _EPOCH
        return lambda item, number: compare(item.date // _DAY, day)

    return make


def _sent(compare: Callable[[int, int], bool]) -> Callable[[tuple[object, ...], View], Finds]:
    def make(arguments: tuple[object, ...], view: View) -> Finds:
        day = cast(date, arguments[0]).toordinal()

        def finds(item: Item, number: int) -> bool:
            sent = item.message.once(sent_day)
            return sent > 0 and compare(sent, day)

        return finds

    return make


_MAKERS: dict[str, Callable[[tuple[object, ...], View], Finds]] = {
    words.KEY_ALL.mark: _all,
    words.KEY_ALL_OF.mark: _all_of,
    words.KEY_NOT.mark: _not,
    words.KEY_OR.mark: _or,
    words.KEY_NUMBERS.mark: _numbers,
    words.KEY_UID.mark: _uids,
    words.KEY_LARGER.mark: _larger,
    words.KEY_SMALLER.mark: _smaller,
    words.KEY_MODSEQ.mark: _changed,
    words.KEY_KEYWORD.mark: _keyword,
    words.KEY_UNKEYWORD.mark: _no_keyword,
    words.KEY_RECENT.mark: _recent,
    words.KEY_OLD.mark: _old,
    words.KEY_NEW.mark: _new,
    words.KEY_BEFORE.mark: _came(int.__lt__),
    words.KEY_ON.mark: _came(int.__eq__),
    words.KEY_SINCE.mark: _came(int.__ge__),
    words.KEY_SENT_BEFORE.mark: _sent(int.__lt__),
    words.KEY_SENT_ON.mark: _sent(int.__eq__),
    words.KEY_SENT_SINCE.mark: _sent(int.__ge__),
}
