"""What a mail reader of any protocol brings home: the messages of a visit to the maildrop, and who keeps them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol


class Item(NamedTuple):
    """A message as the server lists it.

    Args:
        number: its message-number in this session.
        size: its size in octets, as LIST tells it.
        uid: its unique-id, or None where the server gives none.
    """

    number: int
    size: int = 0
    uid: str | None = None


class Keeper(Protocol):
    """Where a mail reader keeps what it fetches: a folder in memory or on disk."""

    def holds(self, uid: str, copies: int = 1) -> bool:
        """Whether that many messages with this unique-id are kept (RFC 1939 §7 allows equal ones in one listing)."""

    def keep(self, uid: str | None, octets: bytes) -> None:
        """Keep a message, safely: when this returns, the message may be removed from the server.

        Raises:
            OSError: it could not be kept; the reader stops then and marks nothing more.
        """

    def kept_at(self, uid: str) -> int | None:
        """When the last message with this unique-id was kept, in nanoseconds, or None where none is."""

    def removed(self, uid: str) -> None:
        """The server has removed a message with this unique-id: what comes under it later is another one.

        The message itself stays kept.
        """


class Ending(Enum):
    """How a visit ended."""

    DONE = "done"
    REFUSED = "refused"
    STOPPED = "stopped"
    SOME_LEFT = "some left"
    LOST = "connection lost"


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of one session with a maildrop.

    Args:
        reader: what was to be done, in words.
        way: how the login was done, such as APOP or AUTH CRAM-MD5; "" where it did not come to one.
        secured: whether TLS was on when the name and secret were given.
        pipelined: whether commands were sent without waiting for answers.
        listed: the messages that the server has.
        fetched: those that were fetched and are safely kept now.
        skipped: those that were kept earlier.
        failed: those that the server refused to hand out.
        marked: those for which the server has answered a mark for deletion.
        deleted: those that the server has removed: all that are marked, once it has answered the last command so.
            Where the visit ended otherwise, nobody has said what became of the marked ones.
        ending: how it ended.
        problem: what went wrong, in words, or "".
        code: the code in square brackets that came with a refusal (RFC 2449 §8), or "".
        login_delay: the shortest time between two logins that the server asks for, in nanoseconds.
    """

    reader: str
    way: str = ""
    secured: bool = False
    pipelined: bool = False
    listed: tuple[Item, ...] = ()
    fetched: tuple[Item, ...] = ()
    skipped: tuple[Item, ...] = ()
    failed: tuple[Item, ...] = ()
    marked: tuple[Item, ...] = ()
    deleted: tuple[Item, ...] = ()
    ending: Ending = Ending.DONE
    problem: str = ""
    code: str = ""
    login_delay: int = 0

    @property
    def complete(self) -> bool:
        """Whether all was done that was to be done."""
        return self.ending is Ending.DONE and not self.failed

    def __str__(self) -> str:
        counts = [("listed", self.listed), ("fetched", self.fetched), ("kept earlier", self.skipped)]
        counts += [("refused", self.failed)] if self.failed else []
        counts += [("marked", self.marked), ("deleted", self.deleted)] if self.marked else []
        text = ", ".join(f"{len(items)} {word}" for word, items in counts)
        how = f" ({self.way})" if self.way else ""
        return f"{self.reader}{how}: {text}; {self.ending.value}" + (f": {self.problem}" if self.problem else "")


class Progress(NamedTuple):
    """How far a visit has come.

    Args:
        what: what just happened: "listed", "fetched", "skipped", "refused", "marked" or "deleted".
        item: the message; None for "listed".
        done: how many of the messages to fetch have come.
        total: how many there are to fetch.
        octets: how many octets have come, as LIST tells the sizes.
        total_octets: how many there are to fetch.
    """

    what: str
    item: Item | None
    done: int
    total: int
    octets: int
    total_octets: int


Told = Callable[[Progress], None]
"""Is told how far a visit has come."""


@dataclass
class Notes:
    """What is known of a visit while it goes on; :meth:`visit` makes the value of it."""

    reader: str
    told: Told | None = None
    way: str = ""
    secured: bool = False
    pipelined: bool = False
    listed: list[Item] = field(default_factory=list)
    wanted: list[Item] = field(default_factory=list)
    fetched: list[Item] = field(default_factory=list)
    skipped: list[Item] = field(default_factory=list)
    failed: list[Item] = field(default_factory=list)
    marked: list[Item] = field(default_factory=list)
    deleted: list[Item] = field(default_factory=list)
    ending: Ending = Ending.DONE
    problem: str = ""
    code: str = ""
    login_delay: int = 0
    _octets: int = 0

    def tell(self, what: str, item: Item | None = None) -> None:
        """Tell who wants to know."""
        if what == "fetched" and item:
            self._octets += item.size
        if self.told:
            total = sum(one.size for one in self.wanted)
            self.told(Progress(what, item, len(self.fetched), len(self.wanted), self._octets, total))

    def end(self, ending: Ending, problem: str, code: str = "") -> None:
        """Note how it ended; the first thing that went wrong is the one that counts."""
        if self.ending is Ending.DONE:
            self.ending, self.problem, self.code = ending, problem, code

    def visit(self) -> Visit:
        """The visit as a value."""
        lists = {
            name: tuple(getattr(self, name)) for name in ("listed", "fetched", "skipped", "failed", "marked", "deleted")
        }
        return Visit(
            self.reader,
            self.way,
            self.secured,
            self.pipelined,
            ending=self.ending,
            problem=self.problem,
            code=self.code,
            login_delay=self.login_delay,
            **lists,
        )
