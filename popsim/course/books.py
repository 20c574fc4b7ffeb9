"""Exercises about a mail reader's book: which messages are new, given what the server lists and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from popsim.course.exercises import Checked, NotAnAnswer
from popsim.course.feedback import BLANK, Finding, Hint
from popsim.lab.lab import Lab
from popsim.mail import samples
from popsim.mail.collection import Mail
from popsim.protocols.pop3 import table
from popsim.protocols.protocol import Protocol

Listing = dict[int, str]
"""What a server lists: unique-ids by message-number."""


@dataclass(frozen=True)
class Morning:
    """One visit of the mail reader, and what happens before it.

    Args:
        news: what happens, in words.
        arrived: what gives the mail that comes; None where nothing comes.
        removed: the numbers of the messages that another mail reader removes.
    """

    news: str
    arrived: Callable[[], Mail] | None = None
    removed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Visited:
    """What came of a visit: what the server listed, what was in the book, and what the learner's function chose."""

    number: int
    news: str
    listing: Listing
    book: tuple[str, ...]
    chosen: list[int]

    @property
    def wanted(self) -> list[int]:
        """The numbers of the messages that are new."""
        return [number for number, uid in self.listing.items() if uid not in self.book]

    @property
    def right(self) -> bool:
        """Whether these were chosen, each once and in any order."""
        return sorted(self.chosen) == sorted(self.wanted)

    @property
    def finding(self) -> Finding:
        """The visit as a row of feedback."""
        return Finding(f"visit {self.number} ({self.news})", _said(self.wanted), _said(self.chosen), self.right)


@dataclass(frozen=True)
class Book:
    """A function to be written: of the messages that are listed, which are not in the book?

    Args:
        name: how the lesson calls it, such as ``6.1``.
        protocol: the edition that is spoken.
        mail: what gives the maildrop at the first visit.
        known: the numbers of the messages that are in the book before the first visit.
        mornings: the visits.
    """

    name: str
    protocol: Protocol
    mail: Callable[[], Mail]
    known: frozenset[int]
    mornings: tuple[Morning, ...]

    def check(self, function: object) -> Checked | Hint:
        """Let a mail reader that asks this function visit a maildrop, and look at what it fetches.

        Args:
            function: takes a dict of unique-ids by message-number, and a list of the unique-ids that are kept; gives
                back a list of message-numbers.
        """
        lab = Lab(self.protocol, mail=self.mail())
        try:
            visits = list(self._visits(lab, function))
        except NotAnAnswer as error:
            return Hint(f"Exercise {self.name}: {error}")
        solved = all(visit.right for visit in visits)
        title = f"Exercise {self.name}: {'solved.' if solved else 'not yet.'}"
        findings = tuple(visit.finding for visit in visits)
        return Checked(title, (), "expected", "fetched", findings, tuple(self._reasons(visits)), lab=lab)

    def _visits(self, lab: Lab, function: object) -> Iterator[Visited]:
        """The visits one after the other. Each begins with a right book, whatever was fetched before it."""
        if function is BLANK or not callable(function):
            raise NotAnAnswer(f"expected the name of your function; got {_kind(function)}.")
        book: list[str] = []
        for number, morning in enumerate(self.mornings, 1):
            if morning.arrived:
                lab.deliver(morning.arrived())
            if morning.removed:
                _session(lab, [f"{table.DELE.keyword} {gone}" for gone in morning.removed])
            connection = _enter(lab)
            listing = _listing(lab, connection)
            if number == 1:
                book = [listing[known] for known in sorted(self.known)]
            chosen = _chosen(function, number, dict(listing), list(book))
            for one in chosen:
                lab.send(f"{table.RETR.keyword} {one}", connection)
            lab.send(table.QUIT.keyword, connection)
            yield Visited(number, morning.news, listing, tuple(book), chosen)
            book += [uid for uid in listing.values() if uid not in book]

    def _reasons(self, visits: list[Visited]) -> Iterator[str]:
        """What was wrong in the first visit that was."""
        names, anew = self.protocol.reference(table.UIDL), "RFC 1939 §4"
        for visit in visits:
            if visit.right:
                continue
            before = f"Visit {visit.number}:"
            there = [number for number in visit.chosen if number in visit.listing]
            if absent := [number for number in visit.chosen if number not in visit.listing]:
                yield f"{before} there is no message {absent[0]}: the server lists {_said(list(visit.listing))}."
            if again := sorted(set(there) - set(visit.wanted)):
                yield f"{before} message {again[0]} is in the book already: its unique-id is ({names})."
            if missed := sorted(set(visit.wanted) - set(there)):
                yield f"{before} message {missed[0]} is new, for its unique-id is not in the book ({names})."
            if twice := sorted({number for number in there if there.count(number) > 1}):
                yield f"{before} message {twice[0]} was fetched more than once."
            if self.mornings[visit.number - 1].removed or any(m.removed for m in self.mornings[: visit.number]):
                yield f"Numbers are given anew in each session ({anew}): which ones does the server list now?"
            return
        yield f"Whatever happened between the visits, the unique-ids stayed the same ({names})."


BOOKS = (
    Book(
        "6.1",
        table.POP3,
        samples.four,
        frozenset({3}),
        (
            Morning("message 3 is in the book already"),
            Morning("nothing has happened"),
            Morning("two messages have come", samples.minimal),
            Morning("messages 1 and 2 were removed at work", removed=(1, 2)),
            Morning("four messages have come", samples.dots),
        ),
    ),
)


def _enter(lab: Lab) -> int:
    """Log in on a connection that nobody has used, and return its number."""
    user = lab.scenario.users[0]
    connection = lab.connect() if lab.timeline.events("message", "Sent")[1:] else 0
    lab.send(f"{table.USER.keyword} {user.name}", connection)
    lab.send(f"{table.PASS.keyword} {user.secret}", connection)
    return connection


def _session(lab: Lab, lines: list[str]) -> None:
    """A session of another mail reader."""
    connection = _enter(lab)
    for line in [*lines, table.QUIT.keyword]:
        lab.send(line, connection)


def _listing(lab: Lab, connection: int) -> Listing:
    rows = lab.send(table.UIDL.keyword, connection).body.decode("ascii").splitlines()
    return {int(number): uid for number, uid in (row.split(" ") for row in rows)}


def _chosen(function: Callable[..., object], visit: int, listing: Listing, book: list[str]) -> list[int]:
    """What the learner's function gives back.

    Raises:
        NotAnAnswer: it raises, or that is no list of numbers.
    """
    try:
        chosen = function(listing, book)
    except Exception as error:
        raise NotAnAnswer(f"in visit {visit} your function raised {type(error).__name__}: {error}") from error
    if chosen is BLANK:
        raise NotAnAnswer("still blank: write your code in place of the three dots.")
    if chosen is None:
        raise NotAnAnswer("your function gave back nothing: does it end with `return`?")
    if not isinstance(chosen, (list, tuple, set, frozenset)):
        raise NotAnAnswer(f"expected a list of message-numbers, such as `[1, 2]`; got {_kind(chosen)}.")
    for number in chosen:
        if not isinstance(number, int) or isinstance(number, bool):
            hint = ", which is a unique-id" if number in listing.values() else ""
            raise NotAnAnswer(f"expected message-numbers in the list, such as `1`; got {_kind(number)}{hint}.")
    return list(chosen)


def _said(numbers: list[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "none"


def _kind(value: object) -> str:
    short = isinstance(value, (int, float, str, type(None), type(...))) and len(repr(value)) < 60
    return f"`{value!r}`" if short else f"a value of type {type(value).__name__}"
