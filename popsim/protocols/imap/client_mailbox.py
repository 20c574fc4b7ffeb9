"""What a mail reader does in a mailbox: open it, look for messages, fetch, delete and file them, wait for news.

Each function is a script that talks on a connection whose login is done; messages are named by UID (RFC 3501
§2.3.1.1), since numbers change when another client removes something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from popsim.engine.entering import Refused, said
from popsim.engine.response import Response
from popsim.engine.script import CarryOn, Listen, Script, Send, Wait
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.client_data import Value, codes, fetched, listed, number, numbered, values
from popsim.protocols.imap.client_exchange import Talk, refused, string
from popsim.protocols.imap.items import Section, number_set
from popsim.protocols.imap.names import heard, spoken
from popsim.protocols.model import Word

_LISTED = re.compile(
    rb'%s \(([^)]*)\) (?:NIL|"(?:[^"\\]|\\.)") (.+)' % words.DATA_LIST.mark.encode(), re.DOTALL | re.IGNORECASE
)
MESSAGE = Section()
HEADER = Section((), words.SECTION_HEADER.mark)


@dataclass(frozen=True, slots=True)
class Opened:
    """A mailbox that was opened.

    Args:
        name: its name.
        uid_validity: what its UIDs go with: another number than before means that all UIDs are other ones.
        uid_next: the UID that the next message gets, or less; 0 where the server has not said.
        count: how many messages there are.
        read_only: whether nothing can be changed.
    """

    name: str
    uid_validity: int
    uid_next: int
    count: int
    read_only: bool


def open_mailbox(talk: Talk, name: str = "INBOX", read_only: bool = False) -> Script[Opened]:
    """Open a mailbox (RFC 3501 §6.3.1). Raises Refused where there is none of that name."""
    form = words.EXAMINE if read_only else words.SELECT
    answer = yield from talk.need(form, mailbox_argument(talk, name))
    told = codes((answer,))
    counts = numbered((answer,), words.DATA_EXISTS)
    closed = answer.text.upper().startswith(f"[{words.CODE_READ_ONLY.mark}]".encode())
    return Opened(
        name,
        number(told.get(words.CODE_UIDVALIDITY.mark, "")),
        number(told.get(words.CODE_UIDNEXT.mark, "")),
        counts[-1] if counts else 0,
        read_only or closed,
    )


def mailbox_argument(talk: Talk, name: str) -> bytes:
    """A mailbox's name as it crosses: in modified UTF-7, or UTF-8 where that is what is spoken (RFC 9051 §5.1)."""
    is_rev2 = words.CAP_REV2.tag.upper() in talk.capabilities and words.CAP_REV1.tag.upper() not in talk.capabilities
    return string(spoken(name, is_rev2))


def mailboxes(talk: Talk) -> Script[list[str]]:
    """The names of all mailboxes that can be opened, in order (RFC 3501 §6.3.8)."""
    answer = yield from talk.need(words.LIST, b'""', b'"*"')
    rows = [match for line in answer.untagged if (match := _LISTED.match(line))]
    return sorted({_name(row) for row in rows if not _is_closed(row[1])})


def _is_closed(attributes: bytes) -> bool:
    """Whether a mailbox with these attributes is only a level of others' names (RFC 3501 §7.2.2, RFC 9051 §7.3.1)."""
    told = attributes.decode("latin-1").upper().split()
    return any(one.upper() in told for one in (words.NO_SELECT, words.NON_EXISTENT))


def _name(row: re.Match[bytes]) -> str:
    octets = row[2]
    found = values(octets) if octets[:1] in (b'"', b"{") else None
    whole = found[0] if found and isinstance(found[0], bytes) else octets
    return heard(whole, not whole.isascii())


def search(talk: Talk, key: Word, text: str | None = None) -> Script[list[int]]:
    """The UIDs of the messages that a key fits, rising (RFC 3501 §6.4.4).

    Args:
        talk: the connection.
        key: such as ``word_table.KEY_FROM``.
        text: what it looks for, for a key that takes a text.
    """
    arguments = [key.mark.encode()]
    if text is not None:
        arguments.append(string(text))
        if not text.isascii():
            arguments.insert(0, f"{words.CHARSET} UTF-8".encode())
    answer = yield from talk.need(words.UID_SEARCH, *arguments)
    plain = listed((answer,), words.DATA_SEARCH)
    return sorted({number(word) for word in plain} - {0} | set(_extended(answer)))


def _extended(answer: Response) -> Iterable[int]:
    """The numbers in an answer of the newer kind (RFC 4731 §3.1), which lists them as ranges."""
    told = listed((answer,), words.DATA_ESEARCH)
    if words.RETURN_ALL.mark not in told[:-1]:
        return
    for part in told[told.index(words.RETURN_ALL.mark) + 1].split(","):
        first, _, last = part.partition(":")
        low, high = sorted((number(first), number(last or first)))
        if high - low < 1_000_000:
            yield from range(low, high + 1)


def find_from(talk: Talk, somebody: str) -> Script[list[int]]:
    """The UIDs of the messages from somebody, by a part of a name or address."""
    return (yield from search(talk, words.KEY_FROM, somebody))


def sizes(talk: Talk, first: int = 1) -> Script[dict[int, tuple[int, int]]]:
    """Number and size of each message by UID, from a UID on; without this limit, of all."""
    wanted = f"({words.ITEM_UID} {words.ITEM_SIZE})".encode()
    answer = yield from talk.need(words.UID_FETCH, b"%d:*" % first, wanted)
    found: dict[int, tuple[int, int]] = {}
    for place, items in sorted(fetched((answer,)).items()):
        uid, size = items.get(words.ITEM_UID.mark), items.get(words.ITEM_SIZE.mark)
        # The last message answers even where its UID is lower (RFC 3501 §6.4.8).
        if isinstance(uid, int) and uid >= first:
            found[uid] = place, size if isinstance(size, int) else 0
    return found


def fetch(talk: Talk, uids: Sequence[int], section: Section = MESSAGE) -> Script[dict[int, bytes]]:
    """The octets of messages, or of a part of each, by UID, without marking any as read; those that are there."""
    name = f"{words.ITEM_BODY}{words.PEEK}[{section.text}]".encode()
    answers = yield from talk.ask_all((words.UID_FETCH, (b"%d" % uid, name)) for uid in uids)
    return found_in(answers, uids, section)


def found_in(answers: Iterable[Response], uids: Sequence[int], section: Section = MESSAGE) -> dict[int, bytes]:
    """The octets of messages that answers have brought, by UID."""
    found: dict[int, bytes] = {}
    for items in (one for answer in answers for one in fetched((answer,)).values()):
        uid, octets = items.get(words.ITEM_UID.mark), _octets(items, section)
        if isinstance(uid, int) and uid in uids and octets is not None:
            found[uid] = octets
    return found


def _octets(items: dict[str, Value], section: Section) -> bytes | None:
    found = items.get(f"{words.ITEM_BODY}[{section.text}]")
    return found if isinstance(found, bytes) else None


def mark(talk: Talk, uids: Sequence[int], flag: Word, sign: str = "+") -> Script[Response]:
    """Set a flag, or take it away with ``-``, without being told the new flags."""
    change = f"{sign}{words.STORE_FLAGS}{words.SILENT} ({flag})".encode()
    return (yield from talk.ask(words.UID_STORE, uid_set(uids), change))


def remove(talk: Talk, uids: Sequence[int]) -> Script[None]:
    """Mark messages and remove them, and nothing else that somebody has marked.

    Where the server can't remove some of those that are marked (RFC 4315 §2.1), it is asked whether there are others.

    Raises:
        Refused: they are not removed: another client has marked messages too, or the server does not do it now.
    """
    if not uids:
        return
    answer = yield from mark(talk, uids, words.DELETED)
    if not answer.positive:
        raise refused("the messages could not be marked", answer)
    if talk.can(words.UID_EXPUNGE, words.CAP_UIDPLUS.tag):
        yield from talk.need(words.UID_EXPUNGE, uid_set(uids))
        return
    marked = yield from search(talk, words.KEY_DELETED)
    others = sorted(set(marked) - set(uids))
    if others:
        raise Refused(f"{len(others)} more are marked by somebody else, and would be removed as well")
    yield from talk.need(words.EXPUNGE)


def file(talk: Talk, uids: Sequence[int], mailbox: str) -> Script[None]:
    """Put messages into another mailbox and remove them here: at once (RFC 6851), or by a copy.

    Raises:
        Refused: the server does not do it; where it has copied them already, they are in both.
    """
    if not uids:
        return
    wanted = (uid_set(uids), mailbox_argument(talk, mailbox))
    if talk.can(words.UID_MOVE, words.CAP_MOVE.tag):
        yield from talk.need(words.UID_MOVE, *wanted)
        return
    yield from talk.need(words.UID_COPY, *wanted)
    yield from remove(talk, uids)


def await_news(talk: Talk, first: int, patience: int, times: int = 1) -> Script[list[int]]:
    """Wait for messages (RFC 2177), and return the UIDs of those that have come.

    Args:
        talk: the connection, with a mailbox open.
        first: the lowest UID of a new message: the mailbox's next one.
        patience: how long to wait before looking, in nanoseconds; not more than 29 minutes (RFC 2177 §3). A server
            that knows IDLE ends it by its news.
        times: how often to wait, at most, where nothing comes.
    """
    for _ in range(times):
        if talk.can(words.IDLE, words.CAP_IDLE.tag):
            yield from _idle(talk, patience)
        else:
            yield Wait(patience)
            yield from talk.ask(words.NOOP)
        found = yield from sizes(talk, first)
        if found:
            return sorted(found)
    return []


def _idle(talk: Talk, patience: int) -> Script[None]:
    (answer,) = yield Send(talk.command(words.IDLE))
    if answer.reader is None:
        raise Refused(f"{words.IDLE.keyword} was refused: {said(answer)}")
    if not answer.untagged:  # else there are news already
        yield Listen(patience)
    yield CarryOn(words.DONE)


def uid_set(uids: Sequence[int]) -> bytes:
    """UIDs as a set: those that follow each other as a range."""
    return number_set(sorted(set(uids)))
