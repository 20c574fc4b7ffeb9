"""What the judge knows of POP3 besides its table: sizes, unique-ids, marks and timestamps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from popsim.capture.conversation import Conversation
from popsim.capture.dissect_said import Message, Oddity
from popsim.capture.judge_sasl import exchanges
from popsim.capture.law import Fault, Law
from popsim.engine.framing import END, unstuffed
from popsim.protocols.model import Form, Occurrence
from popsim.protocols.pop3.word_table import DELE, LIST, LIST_MSG, RETR, RSET, STAT, TOP, UIDL, UIDL_MSG
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import CLIENT

_ALL = "1939 §5; 1081 p.6; 1225 p.6; 1460 §5; 1725 §5"
COUNTS = Law("drop listing", "the number of messages, a space and their size in octets", _ALL)
ROW = Law("scan listing", "a message-number, a space and the size of the message in octets", _ALL)
SIZE = Law(
    "size", "the size that the listing gives is exactly that of the message", "1939 §11; 1460 §11; 1725 §11; 1081 p.14"
)
UID_ROW = Law("unique-id listing", "a message-number, a space and the unique-id", "1939 §7; 1725 §7")
UID = Law("unique-id", "a unique-id has 1 to 70 octets from 0x21 to 0x7E", "1939 §7; 1725 §7 (no length is set)")
MARKED = Law("marks", "a message that is marked as deleted is not there any more", _ALL)
TIMESTAMP = Law("timestamp", "the timestamp is a different one in each greeting", "1939 §7; 1460 §7; 1725 §7")

_COUNTS = re.compile(rb"[0-9]+ [0-9]+(?: .*)?")
_ROW = re.compile(rb"([0-9]{1,18}) ([0-9]{1,18})(?: .*)?")
_UID_ROW = re.compile(rb"([0-9]{1,18}) (.*)")
_UID = re.compile(rb"[\x21-\x7e]{1,70}")
_TIMESTAMP = re.compile(rb"<[^<> ]+@[^<> ]+>")
_MOST = 1_000_000
"""How many sizes are remembered."""


class Pop3Judge:
    """Judges what only POP3 has.

    Args:
        protocol: the edition whose rules hold.
    """

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._timestamps: set[tuple[str, bytes]] = set()

    def faults(self, conversation: Conversation, messages: Sequence[Message]) -> Iterator[Fault]:
        """The faults of one conversation, in the order of its messages."""
        yield from exchanges(messages)
        session = _Session()
        for one in messages:
            if one.endpoint != CLIENT and one.answers and one.whole and not one.missing:
                yield from self._answer(one, one.answers, conversation.server, session)

    def _answer(self, one: Message, asked: Message, server: str, session: _Session) -> Iterator[Fault]:
        if one.reply and one.reply.positive and Oddity.NOT_ALLOWED not in one.odd:
            if asked.trigger is Occurrence.OPENED:
                yield from self._greeting(one, server)
            elif asked.request and isinstance(asked.request.trigger, Form):
                yield from session.done(one, asked.request.trigger, asked.request.arguments[:1])

    def _greeting(self, one: Message, server: str) -> Iterator[Fault]:
        match = _TIMESTAMP.search(one.text)
        if not match:
            return
        known = server, match[0]
        if known in self._timestamps:
            yield Fault.of(TIMESTAMP, one, "the timestamp of an earlier greeting")
        self._timestamps.add(known)


class _Session:
    """What is known of a maildrop from what a server has said of it."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}
        self._received: dict[int, int] = {}
        self._marked: set[int] = set()
        self._doings: dict[Form, Callable[[Message, int], Iterator[Fault]]] = {
            STAT: self._counted,
            LIST: self._listed,
            LIST_MSG: self._listed_one,
            RETR: self._sent,
            TOP: self._gone,
            UIDL: self._named,
            UIDL_MSG: self._named_one,
            DELE: self._deleted,
            RSET: self._reset,
        }

    def done(self, one: Message, form: Form, arguments: tuple[object, ...]) -> Iterator[Fault]:
        """A command was answered and done."""
        number = arguments[0] if arguments and isinstance(arguments[0], int) else 0
        if form in self._doings:
            yield from self._doings[form](one, number)

    def _counted(self, one: Message, number: int) -> Iterator[Fault]:
        if not _COUNTS.fullmatch(one.text):
            yield Fault.of(COUNTS, one, "a drop listing that is not written like this")

    def _listed(self, one: Message, number: int) -> Iterator[Fault]:
        for start, line in _lines(one):
            match = _ROW.fullmatch(line)
            if not match:
                yield Fault.of(ROW, one, "a scan listing that is not written like this", start)
                return
            if fault := self._size(one, int(match[1]), int(match[2]), start):
                yield fault
                return

    def _listed_one(self, one: Message, number: int) -> Iterator[Fault]:
        match = _ROW.fullmatch(one.text)
        if not match or int(match[1]) != number:
            yield Fault.of(ROW, one, "a scan listing that is not written like this")
        elif fault := self._size(one, number, int(match[2])):
            yield fault

    def _size(self, one: Message, number: int, size: int, start: int = 0) -> Fault | None:
        """The size of a message was told."""
        if number in self._marked:
            return Fault.of(MARKED, one, "a message is listed that is marked as deleted", start)
        if len(self._sizes) < _MOST:
            self._sizes[number] = size
        known = self._received.get(number, size)
        found = f"a size of {size:,} octets, of a message that came with {known:,}"
        return Fault.of(SIZE, one, found, start) if known != size else None

    def _sent(self, one: Message, number: int) -> Iterator[Fault]:
        if number in self._marked:
            yield from self._gone(one, number)
            return
        size = len(unstuffed(one.body[: -len(END)])) if one.body.endswith(END) else -1
        known = self._sizes.get(number, size)
        if size >= 0 and known != size:
            yield Fault.of(SIZE, one, f"a message of {size:,} octets, that was listed with {known:,}")
        elif size >= 0 and len(self._received) < _MOST:
            self._received[number] = size

    def _named(self, one: Message, number: int) -> Iterator[Fault]:
        for start, line in _lines(one):
            match = _UID_ROW.fullmatch(line)
            if match is None:
                yield Fault.of(UID_ROW, one, "a unique-id listing that is not written like this", start)
            elif not _UID.fullmatch(match[2]):
                yield Fault.of(UID, one, "a unique-id of other octets or of another length", start)
            elif int(match[1]) in self._marked:
                yield Fault.of(MARKED, one, "a message is listed that is marked as deleted", start)
            else:
                continue
            return

    def _named_one(self, one: Message, number: int) -> Iterator[Fault]:
        match = _UID_ROW.fullmatch(one.text)
        if match is None or int(match[1]) != number:
            yield Fault.of(UID_ROW, one, "a unique-id listing that is not written like this")
        elif not _UID.fullmatch(match[2]):
            yield Fault.of(UID, one, "a unique-id of other octets or of another length")
        elif number in self._marked:
            yield from self._gone(one, number)

    def _gone(self, one: Message, number: int) -> Iterator[Fault]:
        if number in self._marked:
            yield Fault.of(MARKED, one, "a message that is marked as deleted is used")

    def _deleted(self, one: Message, number: int) -> Iterator[Fault]:
        yield from self._gone(one, number)
        self._marked.add(number)

    def _reset(self, one: Message, number: int) -> Iterator[Fault]:
        self._marked.clear()
        return iter(())


def _lines(one: Message) -> Iterator[tuple[int, bytes]]:
    """The lines of a listing, each with its place in the message."""
    place = one.head
    end = len(one.octets) - len(END) if one.octets.endswith(END) else len(one.octets)
    while place < end:
        after = one.octets.find(b"\n", place) + 1 or end
        yield place, one.octets[place:after].rstrip(b"\r\n")
        place = after
