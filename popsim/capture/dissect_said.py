"""What the dissector finds in a conversation: messages, the turns that the session took, and what was odd."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from popsim.protocols.model import Continuation, Occurrence, Reader, Reply, Rule, State
from popsim.protocols.request import Request
from popsim.timeline.event import CLIENT, SERVER


class Place(NamedTuple):
    """Where a session stands: a state and, in an exchange, who reads the client's next octets.

    ``is_secret`` says that they are part of a login.
    """

    state: State
    reader: Reader | None = None
    is_secret: bool = False

    @classmethod
    def behind(cls, rule: Rule) -> Place:
        """Where a row leads to."""
        last = rule.units[-1] if rule.units else None
        is_secret = isinstance(last, Continuation) and last.secret and last.reader is Reader.LINE
        return cls(rule.to or rule.state, rule.reader, is_secret)


Places = frozenset[Place]


class Link(NamedTuple):
    """One way from a place to the next, and the rows of the table that it follows; no rows where nothing tells."""

    origin: Place
    to: Place
    rules: tuple[Rule, ...]


@dataclass(slots=True, eq=False)
class Turn:
    """What happened to a session with one message.

    Args:
        links: the ways that the octets leave possible.
        is_apart: whether it does not begin where the session stood before: the server broke the rules, or octets
            are missing.
    """

    links: list[Link]
    is_apart: bool = False

    @property
    def before(self) -> Places:
        """Where the session may have stood."""
        return frozenset(link.origin for link in self.links)

    @property
    def after(self) -> Places:
        """Where it may stand now."""
        return frozenset(link.to for link in self.links)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rows that may have been followed, those that end in the answer."""
        return tuple({link.rules[-1].id: link.rules[-1] for link in self.links if link.rules}.values())


class Oddity(Enum):
    """What a reader of the octets stumbles over; the judge says which rule it breaks."""

    NO_STATUS = "no status"
    SMALL = "a status in lower case"
    NOT_ALLOWED = "an answer that no row of the table allows"
    UNASKED = "an answer that nobody asked for"
    TOO_LATE = "an answer after the session's end"
    STRAY = "lines after an answer of one line"
    UNENDED = "an answer of several lines without its end"
    BEFORE_HANDSHAKE = "a command between the request for TLS and the handshake"
    OTHER_TAG = "an answer with a tag that no command has"
    SHORT = "fewer octets than were announced"
    EARLY = "octets that were sent before they were asked for"
    LOOSE_END = "text whose end is not between CR LF"


@dataclass(slots=True, eq=False)
class Message:
    """A message: a command, a line of an exchange, or a whole reply.

    Args:
        endpoint: who says it.
        start, end: its octets in the clear part of its end's stream.
        octets: what they are.
        first, last: the numbers of the conversation's pieces that brought its first and its last octet.
        whole: whether its end was seen.
        missing: how many of its octets were never seen.
        request: what a client's line says as a command; None where too little of it was seen.
        trigger: stands in the place of a request where nobody said anything: the opening.
        turn: the piece with which the server came to read it; -1: it never did.
        places: where the session may have stood then.
        reply: a server's status; None where there is none.
        lead: where the line with its status begins: data or other lines of it may come before that.
        words: where the text behind the status begins; -1: right behind the status.
        head: where the line with its status ends.
        answers: what a server's message answers.
        steps: what came of it for the session, in order.
        odd: what is odd about it.
        tag: which command it is or answers, where commands have tags.
        code: a status as it crossed that the table does not have.
        part: how a client's octets are framed that are no line.
        begun: the message before, where a literal carries its command on.
        number: which literal of its command it is, or announces, counted from 1.
        is_silent: whether it has no answer: the server goes on without a word, or throws it away.
    """

    endpoint: int
    start: int = 0
    end: int = 0
    octets: bytes = b""
    first: int = -1
    last: int = -1
    whole: bool = True
    missing: int = 0
    request: Request | None = None
    trigger: Occurrence | None = None
    turn: int = -1
    places: Places = frozenset()
    reply: Reply | None = None
    lead: int = 0
    words: int = -1
    head: int = 0
    answers: Message | None = None
    steps: list[Turn] = field(default_factory=list)
    odd: set[Oddity] = field(default_factory=set)
    tag: bytes = b""
    code: str = ""
    part: Reader | None = None
    begun: Message | None = None
    number: int = 0
    is_silent: bool = False

    @classmethod
    def opening(cls) -> Message:
        """What a greeting answers."""
        return cls(CLIENT, trigger=Occurrence.OPENED)

    @classmethod
    def unknown(cls, piece: int) -> Message:
        """Whatever was said and not seen."""
        return cls(CLIENT, first=piece, last=piece)

    @property
    def is_said(self) -> bool:
        """Whether it stands for octets that were seen."""
        return self.end > self.start

    @property
    def is_unknown(self) -> bool:
        """Whether it stands for whatever was said and not seen."""
        return not self.is_said and self.trigger is None

    @property
    def line(self) -> bytes:
        """The line with its status, with its end."""
        return self.octets[self.lead : self.head] if self.head else self.octets[self.lead :]

    @property
    def before(self) -> bytes:
        """What comes before the line with its status, as it crossed."""
        return self.octets[: self.lead]

    @property
    def mark(self) -> str:
        """Its status as a word; empty where it has none."""
        return self.reply.mark if self.reply and not self.code else self.code

    @property
    def body(self) -> bytes:
        """What follows that line, the end included, as it crossed."""
        return self.octets[self.head :] if self.head else b""

    @property
    def text(self) -> bytes:
        """The line without status and line end."""
        mark = self.words - self.lead if self.words >= 0 else len(self.reply.mark) if self.reply else 0
        return self.line[mark:].removeprefix(b" ").rstrip(b"\r\n")


@dataclass(slots=True)
class Cipher:
    """Where TLS begins.

    Args:
        starts: the first octet of ciphertext of each end, client first.
        piece: the piece after which it begins; -1: from the beginning.
    """

    starts: tuple[int, int]
    piece: int


@dataclass(slots=True)
class Said:
    """All that was said in a conversation.

    Args:
        messages: in the order in which the session took them.
        order: the same messages as they are said and read: a client's message comes twice, when it has crossed and
            when its turn comes.
        cipher: where TLS begins, or None.
        first: where the session stands at the beginning.
        last: where it stands at the end.
    """

    messages: list[Message] = field(default_factory=list)
    order: list[tuple[Message, bool]] = field(default_factory=list)
    cipher: Cipher | None = None
    first: Places = frozenset()
    last: Places = frozenset()

    @property
    def strangeness(self) -> int:
        """How much of it does not fit: what is odd about messages, and twice as much a command without an answer."""
        return 2 * self.unanswered + sum(len(one.odd) for one, _ in self.order if one.endpoint == SERVER)

    @property
    def unanswered(self) -> int:
        """How many commands were never answered."""
        answered = {id(one.answers) for one, _ in self.order if one.endpoint == SERVER}
        asked = (one for one, _ in self.order if one.endpoint == CLIENT and one.is_said)
        return len({id(one) for one in asked if not one.is_silent} - answered)


def narrowed(turns: Iterable[Turn], last: Places) -> None:
    """Leave out of each turn the ways that lead nowhere: what comes later tells of what was before.

    Args:
        turns: in their order.
        last: where the session may stand after the last.
    """
    alive: Places | None = last
    for turn in reversed(list(turns)):
        if alive is not None:
            kept = [link for link in turn.links if link.to in alive]
            turn.links = kept or turn.links
        alive = None if turn.is_apart else turn.before
