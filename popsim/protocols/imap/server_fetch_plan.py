"""How the answer to a FETCH is written: worked out once for a command, then run over its messages column by column."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from popsim.mail.dates import internal_date
from popsim.protocols.imap import data_table as table
from popsim.protocols.imap import item_table as words
from popsim.protocols.imap.items import FetchItem, Section
from popsim.protocols.imap.server_binary import decoded
from popsim.protocols.imap.server_envelope import envelope
from popsim.protocols.imap.server_flags import FLAG_WORDS
from popsim.protocols.imap.server_section import partial, section, whole
from popsim.protocols.imap.server_strings import NIL, string
from popsim.protocols.imap.server_structure import bodystructure
from popsim.protocols.imap.syntax import ATOM

if TYPE_CHECKING:
    from popsim.mail.item import Item

EMPTY = b'""'
_PLAIN = re.compile(ATOM + rb"+")
_RECENT = frozenset({words.RECENT.mark})
_HEADER, _TEXT, _WHOLE = Section((), words.SECTION_HEADER.mark), Section((), words.SECTION_BODY.mark), Section()

Column = Callable[[Sequence["Item"], Collection[int]], Iterable[object]]
"""One value for each message; it is told the UIDs of those that are recent."""
Octets = Callable[["Item"], "bytes | None"]


@lru_cache(maxsize=4096)
def _date(seconds: int) -> bytes:
    return f'"{internal_date(seconds)}"'.encode()


_FLAGS, _MESSAGE = attrgetter("flags"), attrgetter("message")


def _column(attribute: str) -> Column:
    """The values of an attribute: attrgetter and map run without a Python frame for each message."""
    get = attrgetter(attribute)
    return lambda items, recent: map(get, items)


def _flags(items: Sequence[Item], recent: Collection[int]) -> Iterable[object]:
    if not recent:
        return map(FLAG_WORDS.__getitem__, map(_FLAGS, items))
    return [FLAG_WORDS[item.flags | _RECENT if item.uid in recent else item.flags] for item in items]


COLUMNS: dict[str, tuple[bytes, Column]] = {
    words.ITEM_UID.mark: (b"%d", _column("uid")),
    words.ITEM_FLAGS.mark: (b"(%b)", _flags),
    words.ITEM_SIZE.mark: (b"%d", _column("message.size")),
    words.ITEM_DATE.mark: (b"%b", lambda items, recent: [_date(item.date) for item in items]),
    words.ITEM_MODSEQ.mark: (b"(%d)", _column("modseq")),
    words.ITEM_ENVELOPE.mark: (b"%b", lambda items, recent: map(envelope, map(_MESSAGE, items))),
    words.ITEM_STRUCTURE.mark: (b"%b", lambda items, recent: [bodystructure(i.message, True) for i in items]),
    words.ITEM_BODY.mark: (b"%b", lambda items, recent: [bodystructure(i.message, False) for i in items]),
}
"""What has no section: how its value is written, and where the values are."""

OLD_ITEMS = {
    words.ITEM_RFC822.mark: _WHOLE,
    words.ITEM_RFC822_HEADER.mark: _HEADER,
    words.ITEM_RFC822_TEXT.mark: _TEXT,
}
"""What is the same as a section but for its name (RFC 3501 §6.4.5)."""
_BINARY = (words.ITEM_BINARY.mark, words.ITEM_BINARY_SIZE.mark)
UNSEEN = (words.ITEM_RFC822_HEADER.mark, words.ITEM_BINARY_SIZE.mark)
"""Sections that are fetched without the message counting as read."""


class Run(NamedTuple):
    """A stretch of the line that is written by one format, and the octets that follow it."""

    form: bytes
    columns: tuple[Column, ...]
    octets: Octets | None = None
    announced: Callable[[bytes | None], bytes] | None = None


class FetchPlan(NamedTuple):
    """The plan for one list of items.

    Args:
        runs: what the line is made of; the first begins with the message's number.
        sees: whether fetching these items marks a message as read (RFC 3501 §6.4.5).
        tells_flags: whether the flags are among them.
        tells_change: whether the number of the last change is (RFC 7162 §3.1.4.2).
        decoded: the parts among them that are told without their transfer encoding.
    """

    runs: tuple[Run, ...]
    sees: bool
    tells_flags: bool
    tells_change: bool
    decoded: tuple[Section, ...]

    def lines(self, numbers: Iterable[int], items: Sequence[Item], recent: Collection[int]) -> list[bytes]:
        """The line of each message, without ``* `` and CRLF.

        Args:
            numbers: the messages' numbers.
            items: the messages.
            recent: the UIDs of those that are recent in this session.
        """
        if len(self.runs) > 1:
            return [b"".join(row) for row in self.rows(numbers, items, recent)]
        (run,) = self.runs
        return [run.form % row for row in zip(numbers, *[column(items, recent) for column in run.columns], strict=True)]

    def rows(self, numbers: Iterable[int], items: Sequence[Item], recent: Collection[int]) -> list[tuple[bytes, ...]]:
        """The same with each line in pieces; those of whole messages are not copied."""
        pieces: list[list[bytes]] = []
        for place, run in enumerate(self.runs):
            rows: list[Iterable[object]] = [column(items, recent) for column in run.columns]
            if place == 0:
                rows.insert(0, numbers)
            octets = list(map(run.octets, items)) if run.octets else []
            if run.announced:
                rows.append(map(run.announced, octets))
            pieces.append([run.form % row for row in zip(*rows, strict=True)] if rows else [run.form] * len(items))
            if run.octets:
                pieces.append([text or b"" for text in octets])
        return list(zip(*pieces, strict=True))


def _announced(octets: bytes | None) -> bytes:
    """What stands before the octets of a section; NIL where there is none such (RFC 3501 §9, nstring)."""
    return b"{%d}\r\n" % len(octets) if octets else EMPTY if octets is not None else NIL


def _announced_binary(octets: bytes | None) -> bytes:
    """The same without an encoding: NUL may stand in a literal of its own kind (RFC 9051 §9, literal8)."""
    return b"~" * (octets is not None and b"\0" in octets) + _announced(octets)


@lru_cache(maxsize=256)
def compiled(items: tuple[FetchItem, ...]) -> FetchPlan:
    """The plan for these items; equal ones are asked for once."""
    runs: list[Run] = []
    form, columns = b"%%d %b (" % table.DATA_FETCH.mark.encode(), []
    for place, item in enumerate(items):
        form += b" " * (place > 0) + label(item).replace(b"%", b"%%") + b" "
        if item.section is None and item.name in COLUMNS:
            shape, column = COLUMNS[item.name]
            form += shape
            columns.append(column)
        elif item.name == words.ITEM_BINARY_SIZE.mark:
            form += b"%d"
            columns.append(_sizes(_octets(item)))
        else:
            announced = _announced_binary if item.name in _BINARY else _announced
            runs.append(Run(form + b"%b", tuple(columns), _octets(item), announced))
            form, columns = b"", []
    runs.append(Run(form + b")", tuple(columns)))
    names = [item.name for item in items]
    parts = tuple(item.section for item in items if item.name in _BINARY and item.section)
    told = (words.ITEM_FLAGS.mark in names, words.ITEM_MODSEQ.mark in names)
    return FetchPlan(tuple(runs), any(map(_sees, items)), *told, parts)


def _sees(item: FetchItem) -> bool:
    return (item.section is not None or item.name in OLD_ITEMS) and not item.peek and item.name not in UNSEEN


def label(item: FetchItem) -> bytes:
    """An item's name as the answer has it: without PEEK, and with the first octet alone of a part of the octets."""
    name = item.name.encode()
    if item.section is not None:
        part, text, fields = item.section
        name += b"[" + ".".join([*map(str, part), *([text] if text else [])]).encode()
        name += b" (%b)]" % b" ".join([f if _PLAIN.fullmatch(f) else string(f) for f in fields]) if fields else b"]"
    return name + (b"<%d>" % item.partial[0] if item.partial else b"")


def _octets(item: FetchItem) -> Octets:
    """Finds the octets of an item in a message."""
    wanted = OLD_ITEMS.get(item.name) or item.section or _WHOLE
    in_part = decoded if item.name in _BINARY else section

    def find(one: Item) -> bytes | None:
        octets = whole(one.message) if wanted == _WHOLE else in_part(one.message, wanted)
        return None if octets is None else partial(octets, item.partial)

    return find


def _sizes(octets: Octets) -> Column:
    return lambda items, recent: [len(octets(item) or b"") for item in items]
