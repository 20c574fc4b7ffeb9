"""Mail readers of IMAP: what a client does with a mailbox, as scripts for any wire.

A reader marks for removal only what its keeper has safely kept, and calls deleted only what the server has removed. So
a connection that is lost anywhere loses no message: it is in the mailbox, or kept, or both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from popsim.engine.client import BODY_LIMIT
from popsim.engine.entering import Refused
from popsim.engine.script import Connect, Disconnected, Hang, Script
from popsim.engine.visit import Ending, Item, Keeper, Notes, Told, Visit
from popsim.mail.dates import DAY as DAY
from popsim.protocols.imap import client_mailbox as mailbox
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.client_exchange import Talk
from popsim.protocols.imap.client_login import Login as Login
from popsim.protocols.imap.client_login import enter
from popsim.protocols.protocol import Protocol

T = TypeVar("T")

FEW, SMALL = 64, 4 * 1024 * 1024
"""How many messages and octets are asked for at once when pipelining: all of them wait in memory."""
_AFTER = re.compile(r"delete after (\d+(?:\.\d+)?) days?")


@dataclass(frozen=True, slots=True)
class Reader:
    """What a mail reader does with a mailbox.

    Args:
        name: in words.
        age: how long after it was kept a message is removed from the server, in nanoseconds; 0 at once, None never.
        headers: whether only the headers are fetched. Then nothing is removed.
        mailbox: which mailbox. Messages are known again by UIDVALIDITY and UID, which another mailbox may use as well:
            each needs a keeper of its own.
        pipelined: whether to send commands without waiting for answers; any server must bear it (RFC 3501 §5.5).

    Raises:
        ValueError: what is fetched in part only would be removed.
    """

    name: str
    age: int | None = None
    headers: bool = False
    mailbox: str = "INBOX"
    pipelined: bool = False

    def __post_init__(self) -> None:
        if self.headers and self.age is not None:
            raise ValueError("a reader that fetches headers only must not remove messages: age must be None")


READERS = (Reader("download and delete", 0), Reader("leave on server"), Reader("headers only", headers=True))
"""The readers that need no number; there are also such as ``delete after 3 days``."""


def reader(name: str, mailbox: str = "INBOX", pipelined: bool = False) -> Reader:
    """The reader of that name: one of :data:`READERS`, or such as ``"delete after 3 days"``.

    Raises:
        ValueError: there is no such reader.
    """
    if match := _AFTER.fullmatch(name):
        return Reader(name, round(float(match[1]) * DAY), False, mailbox, pipelined)
    for known in READERS:
        if known.name == name:
            return Reader(name, known.age, known.headers, mailbox, pipelined)
    names = ", ".join(f"'{known.name}'" for known in READERS)
    raise ValueError(f"expected a mail reader ({names} or such as 'delete after 3 days'), got {name!r}")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What came of an errand.

    Args:
        result: what it brought; None where it did not come to its end.
        way: how the login was done.
        secured: whether TLS was on.
        ending: how it ended.
        problem: what went wrong, in words, or "".
        code: the code in square brackets that came with a refusal, or "".
    """

    result: T | None
    way: str
    secured: bool
    ending: Ending
    problem: str = ""
    code: str = ""


def errand(
    login: Login,
    work: Callable[[Talk], Script[T]],
    *,
    protocol: Protocol,
    nonce: Callable[[], str],
    secure: bool = False,
) -> Script[Outcome[T]]:
    """One session: connect, log in, do something, log out.

    Args:
        login: who does it.
        work: what is done after the login; the scripts of ``client_mailbox`` are made for it.
        protocol: which commands may be tried; what the server announces decides about extensions.
        nonce: gives a text that was never used before: printable ASCII without a space or comma.
        secure: whether the connection begins with TLS (RFC 8314 §3).

    Returns:
        What came of it, whatever went wrong on the wire or at the server.
    """
    notes = Notes("")
    result = yield from _session(notes, login, work, protocol, nonce, secure)
    return Outcome(result, notes.way, notes.secured, notes.ending, notes.problem, notes.code)


def visit(
    wanted: Reader,
    login: Login,
    keeper: Keeper,
    *,
    protocol: Protocol,
    now: Callable[[], int],
    nonce: Callable[[], str],
    secure: bool = False,
    told: Told | None = None,
) -> Script[Visit]:
    """One session: connect, log in, fetch what is new, remove what is to go, and log out.

    Args:
        wanted: what to do.
        login: who does it.
        keeper: where messages are kept; it knows those of earlier visits.
        protocol: which commands may be tried; what the server announces decides about extensions.
        now: gives the time in nanoseconds, on the clock of :meth:`Keeper.kept_at`.
        nonce: gives a text that was never used before: printable ASCII without a space or comma.
        secure: whether the connection begins with TLS (RFC 8314 §3).
        told: is told how far it has come.

    Returns:
        What came of it, whatever went wrong on the wire or at the server.
    """
    notes = Notes(wanted.name, told, pipelined=wanted.pipelined)
    yield from _session(notes, login, _Work(wanted, keeper, now, notes).all, protocol, nonce, secure)
    return notes.visit()


def _session(
    notes: Notes,
    login: Login,
    work: Callable[[Talk], Script[T]],
    protocol: Protocol,
    nonce: Callable[[], str],
    secure: bool,
) -> Script[T | None]:
    result: T | None = None
    talk = Talk(protocol)
    try:
        (greeting,) = yield Connect(secure)
        entered = False
        try:
            entrance = yield from enter(talk, login, greeting, secured=secure, nonce=nonce)
            notes.way, notes.secured, entered = entrance.way, entrance.secured, True
            result = yield from work(talk)
        except Refused as no:
            notes.end(Ending.STOPPED if entered else Ending.REFUSED, str(no), no.code)
    except Disconnected as lost:
        notes.end(Ending.LOST, str(lost))
        return result
    with suppress(Disconnected):  # all has been said: how the connection ends changes nothing
        yield from talk.ask(words.LOGOUT)
        yield Hang()
    return result


class _Work:
    """What is done between the login and the farewell."""

    def __init__(self, wanted: Reader, keeper: Keeper, now: Callable[[], int], notes: Notes) -> None:
        self._reader, self._keeper, self._now, self._notes = wanted, keeper, now, notes
        self._uids: dict[Item, int] = {}

    def all(self, talk: Talk) -> Script[None]:
        """Open, list, fetch, remove."""
        wanted, notes = self._reader, self._notes
        opened = yield from mailbox.open_mailbox(talk, wanted.mailbox, read_only=wanted.age is None)
        if not opened.uid_validity:
            raise Refused("the server does not say what its UIDs go with, so nothing there can be known again")
        listed = (yield from mailbox.sizes(talk)) if opened.count else {}
        for uid, (place, size) in listed.items():
            # Equal UIDs under another UIDVALIDITY are other messages (RFC 3501 §2.3.1.1).
            self._uids[Item(place, size, f"{opened.uid_validity}.{uid}")] = uid
        notes.listed = list(self._uids)
        notes.wanted = [item for item in notes.listed if not self._keeper.holds(item.uid or "")]
        notes.tell("listed")
        fresh = set(notes.wanted)
        for item in notes.listed:
            if item not in fresh:
                notes.skipped.append(item)
                notes.tell("skipped", item)
        for portion in self._portions(notes.wanted):
            yield from self._fetch(talk, portion)
        if wanted.age is not None:
            yield from self._remove(talk, wanted.age)

    def _portions(self, items: list[Item]) -> list[list[Item]]:
        """What is asked for at once: one message, or as many as fit in memory when pipelining."""
        portions: list[list[Item]] = []
        octets = 0
        for item in items:
            octets += item.size
            if not portions or not self._reader.pipelined or len(portions[-1]) >= FEW or octets > SMALL:
                portions.append([])
                octets = item.size
            portions[-1].append(item)
        return portions

    def _fetch(self, talk: Talk, items: list[Item]) -> Script[None]:
        section = mailbox.HEADER if self._reader.headers else mailbox.MESSAGE
        uids = [self._uids[item] for item in items]
        try:
            found = yield from mailbox.fetch(talk, uids, section)
        except Disconnected as lost:  # what had come whole is not lost with the connection
            found = mailbox.found_in(lost.responses, uids, section)
            self._keep([item for item in items if self._uids[item] in found], found)
            raise
        self._keep(items, found)

    def _keep(self, items: list[Item], found: dict[int, bytes]) -> None:
        notes = self._notes
        for item in items:
            octets = found.get(self._uids[item])
            if octets is None or len(octets) >= BODY_LIMIT:
                notes.failed.append(item)
                notes.tell("refused", item)
                continue
            try:
                self._keeper.keep(item.uid, octets)
            except OSError as error:
                raise Refused(f"message {item.number} could not be kept, so no more are fetched: {error}") from error
            notes.fetched.append(item)
            notes.tell("fetched", item)

    def _remove(self, talk: Talk, age: int) -> Script[None]:
        """Remove what was kept long enough ago; what was not removed stays marked."""
        notes = self._notes
        due = [item for item in (*notes.skipped, *notes.fetched) if self._is_due(item, age)]
        if not due:
            return
        notes.marked = sorted(due)
        try:
            yield from mailbox.remove(talk, [self._uids[item] for item in due])
        except Refused as no:
            notes.end(Ending.SOME_LEFT, str(no), no.code)
            return
        for item in notes.marked:
            notes.deleted.append(item)
            self._keeper.removed(item.uid or "")
            notes.tell("deleted", item)

    def _is_due(self, item: Item, age: int) -> bool:
        kept = self._keeper.kept_at(item.uid or "")
        return age == 0 or (kept is not None and self._now() - kept >= age)
