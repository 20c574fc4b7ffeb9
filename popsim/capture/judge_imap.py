"""What the judge knows of IMAP besides its table: numbers of messages, what data must come and what may, literals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from popsim.capture.conversation import Conversation
from popsim.capture.dissect_said import Message, Oddity
from popsim.capture.imap_data import Line, lines_of
from popsim.capture.judge_sasl import exchanges
from popsim.capture.law import Fault, Law
from popsim.engine.framing import CRLF, literal
from popsim.protocols.imap import data_table as data
from popsim.protocols.imap import form_table as forms
from popsim.protocols.imap.condition_table import DONE
from popsim.protocols.imap.extension_form_table import IDLE
from popsim.protocols.imap.item_table import ITEM_UID
from popsim.protocols.imap.items import LAST, Numbers
from popsim.protocols.imap.state_table import BAD, NO, OK
from popsim.protocols.model import Datum, Form, Reader
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import NO_TAG
from popsim.timeline.event import CLIENT

GONE_NOW = Law(
    data.DATA_EXPUNGE.mark,
    "no message goes while none is asked about, or in answer to a command that names messages by number",
    "3501 §7.4.1; 9051 §7.5.1",
)
GONE = Law(data.DATA_EXPUNGE.mark, "the number of a message that there is", "3501 §7.4.1; 9051 §7.5.1")
SHRUNK = Law(
    data.DATA_EXISTS.mark,
    f"the number of messages gets less by {data.DATA_EXPUNGE.mark} alone",
    "3501 §7.3.1; 9051 §7.4.1",
)
FETCHED = Law(data.DATA_FETCH.mark, "the number of a message that there is", "3501 §7.4.2; 9051 §7.5.2")
ASCENDING = Law("unique identifiers", "they ascend with the numbers of the messages", "3501 §2.3.1.1; 9051 §2.3.1.1")
MISSING = Law("data", "the data that this command has to be answered with", "3501 §7; 9051 §7")
LITERAL = Law("literal", "exactly as many octets as were announced", "3501 §4.3; 9051 §4.3")
WAITS = Law("literal", "the octets are sent when the server has asked for them", "3501 §4.3; 9051 §4.3")
TAG = Law("tag", "each command has another tag", "3501 §2.2.1; 9051 §2.2.1")
OWN_TAG = Law("tag", "the answer to a command has its tag", "3501 §2.2.2; 9051 §2.2.2")
NUMBER = Law("message numbers", "the numbers of messages that there are", "3501 §9; 9051 §9")
NOT_DONE = Law(IDLE.keyword, "the line that ends it, and nothing else", "2177 §3; 9051 §6.3.13")
LINE_END = Law("line end", "a line ends in CR and LF, not in LF alone", "3501 §2.2; 9051 §2.2")

_NEEDED: dict[Form, tuple[Datum, ...]] = {
    forms.CAPABILITY: (data.DATA_CAPABILITY,),
    forms.LOGOUT: (data.DATA_BYE,),
    forms.SELECT: (data.DATA_FLAGS, data.DATA_EXISTS, data.DATA_RECENT),
    forms.EXAMINE: (data.DATA_FLAGS, data.DATA_EXISTS, data.DATA_RECENT),
    forms.STATUS: (data.DATA_STATUS,),
}
"""What must come before the answer that says yes: RFC 3501 §6.1.1, §6.1.3, §6.3.1, §6.3.2, §6.3.10."""
_BY_NUMBER = frozenset(form.keyword for form in (forms.FETCH, forms.STORE, forms.SEARCH))
"""While these are answered no message may go (RFC 3501 §7.4.1)."""
_NUMBERED = frozenset((*_BY_NUMBER, forms.COPY.keyword)) - {forms.SEARCH.keyword}
_OPENING = frozenset((forms.SELECT.keyword, forms.EXAMINE.keyword))
_UID = re.compile(rb"[( ]" + ITEM_UID.mark.encode() + rb" ([0-9]{1,10})")
_ANSWER = re.compile(rb" (?:" + b"|".join(reply.mark.encode() for reply in (OK, NO, BAD)) + rb")[ \r]")
_MOST = 1_000
"""Of how many messages the unique identifiers are remembered."""


class ImapJudge:
    """Judges what only IMAP has.

    Args:
        protocol: the edition whose rules hold.
    """

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol

    def faults(self, conversation: Conversation, messages: Sequence[Message]) -> Iterator[Fault]:
        """The faults of one conversation."""
        yield from exchanges(messages)
        mailbox, tags = _Mailbox(), set[bytes]()
        for one in messages:
            if one.endpoint == CLIENT:
                yield from _of_client(one, mailbox, tags)
            else:
                yield from self._of_server(one, mailbox)

    def _of_server(self, one: Message, mailbox: _Mailbox) -> Iterator[Fault]:
        if Oddity.OTHER_TAG in one.odd:
            yield Fault.of(OWN_TAG, one, "an answer with a tag that no command has that waits for one", one.lead)
        if one.missing:
            mailbox.forget()
            return
        if not one.whole:
            if _holds_answer(one):
                yield Fault.of(LITERAL, one, "a literal that the answer's own end is part of")
            return
        request = one.answers.request if one.answers else None
        keyword = request.keyword if request else ""
        if keyword in _OPENING:
            mailbox.forget()
        found = lines_of(one.octets)
        for line in found:
            if not line.is_closed:
                yield Fault.of(LITERAL, one, "a literal behind which its line goes on with more octets", line.start)
            elif not line.octets.endswith(CRLF):
                yield Fault.of(LINE_END, one, "a line of the server ends in LF alone", line.start)
            else:
                yield from mailbox.told(one, line, keyword)
        yield from self._missing(one, found)

    def _missing(self, one: Message, found: list[Line]) -> Iterator[Fault]:
        """What an answer says yes without."""
        form = one.answers.request.trigger if one.answers and one.answers.request else None
        if not isinstance(form, Form) or not one.reply or not one.reply.positive:
            return
        words = {line.word for line in found}
        for row in _NEEDED.get(form, ()):
            if row.reference(self._protocol.rfcs) and row.mark not in words:
                yield Fault.of(MISSING, one, f"{one.mark} to {form.keyword} without {row.mark} before it", one.lead)
                return


def _of_client(one: Message, mailbox: _Mailbox, tags: set[bytes]) -> Iterator[Fault]:
    if Oddity.EARLY in one.odd and one.part is Reader.LITERAL:
        yield Fault.of(WAITS, one, "a literal before it was asked for")
    waits = [place for place in one.places if place.reader is Reader.LINE and not place.is_secret]
    if waits and len(waits) == len(one.places) and one.part is None and one.octets.strip().upper() != DONE:
        yield Fault.of(NOT_DONE, one, "a line that does not end the waiting as it should")
    request = one.request
    if request is None or one.part is not None or any(place.reader for place in one.places):
        return
    if one.tag and isinstance(request.trigger, Form):
        if one.tag in tags:
            yield Fault.of(TAG, one, "a tag that an earlier command has had")
        tags.add(one.tag)
    first = request.arguments[0] if request.arguments else None
    if request.keyword in _NUMBERED and isinstance(first, Numbers) and mailbox.lacks(first):
        yield Fault.of(NUMBER, one, f"the number of a message beyond the last of {mailbox.count:,}")


def _holds_answer(one: Message) -> bool:
    """Whether a literal that never ended has swallowed the line that ends the answer."""
    asked = one.answers
    tag = (asked.tag or (asked.request.tag if asked.request else b"")) if asked else b""
    lines = [line.octets for line in lines_of(one.octets)]
    opens = next((n for n, line in enumerate(lines) if line.startswith(NO_TAG) and literal(line.rstrip()) >= 0), -1)
    behind = [line for line in lines[opens:] if tag and line.startswith(tag)] if opens >= 0 else []
    return any(_ANSWER.match(line, len(tag)) for line in behind)


class _Mailbox:
    """What is known of the open mailbox from what the server has said of it."""

    def __init__(self) -> None:
        self.count = -1
        """How many messages there are; -1: nobody has seen that."""
        self._uids: dict[int, int] = {}

    def forget(self) -> None:
        """Another mailbox is opened, or something was not seen."""
        self.count = -1
        self._uids.clear()

    def lacks(self, numbers: Numbers) -> bool:
        """Whether there is no message of one of these numbers."""
        ends = [end for pair in numbers.ranges for end in pair if end != LAST]
        return self.count >= 0 and any(end > self.count for end in ends)

    def told(self, one: Message, line: Line, keyword: str) -> Iterator[Fault]:
        """The server has said something of it."""
        if line.number < 0:
            return
        if line.word == data.DATA_EXISTS.mark:
            if line.number < self.count:
                found = f"{line.number:,} messages, where there were {self.count:,}"
                yield Fault.of(SHRUNK, one, found, line.start)
            self.count = line.number
        elif line.word == data.DATA_EXPUNGE.mark:
            yield from self._expunged(one, line, keyword)
        elif line.word == data.DATA_FETCH.mark:
            yield from self._fetched(one, line)

    def _expunged(self, one: Message, line: Line, keyword: str) -> Iterator[Fault]:
        is_unasked = one.answers is None and not one.steps
        if is_unasked or keyword in _BY_NUMBER:
            when = f"in answer to {keyword}" if keyword else "while no command was given"
            yield Fault.of(GONE_NOW, one, f"a message goes {when}", line.start)
        elif not line.number or 0 <= self.count < line.number:
            yield Fault.of(GONE, one, f"message {line.number:,} goes, of {max(self.count, 0):,}", line.start)
        self.count = max(self.count - 1, -1)
        shifted = {number - (number > line.number): uid for number, uid in self._uids.items() if number != line.number}
        self._uids = shifted

    def _fetched(self, one: Message, line: Line) -> Iterator[Fault]:
        number = line.number
        if not number or 0 <= self.count < number:
            yield Fault.of(FETCHED, one, f"message {number:,} of {max(self.count, 0):,}", line.start)
            return
        match = _UID.search(line.octets)
        if match is None or len(self._uids) >= _MOST:
            return
        uid = int(match[1])
        others = self._uids.items()
        if any((other < number) != (known < uid) for other, known in others if other != number):
            yield Fault.of(ASCENDING, one, "a unique identifier out of the order of the messages", line.start)
        self._uids[number] = uid
