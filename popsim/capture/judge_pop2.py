"""What the judge knows of POP2 besides its table: the numbers in its replies, and the octets that they announce."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from popsim.capture.conversation import Conversation
from popsim.capture.dissect_said import Message, Oddity
from popsim.capture.law import Fault, Law
from popsim.engine.framing import CRLF
from popsim.protocols.model import Form, Occurrence
from popsim.protocols.pop2.word_table import COUNT, FOLD, LENGTH, NACK, READ, READ_MSG, RETR
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import CLIENT

GREETING = Law("greeting", "the greeting names POP2", "937 p.10")
NUMBER = Law("number", "behind the sign stands a number", "937 p.10")
LESS = Law("length", "as many octets come as were announced, and no reply before them all", "937 p.5")
MORE = Law("length", "behind the octets that were announced nothing comes unasked", "937 p.5")
SAME = Law("length", f"after {NACK.keyword} the length of the same message is told once more", "937 p.9")
STABLE = Law("length", "a message that nobody has changed has the length that it had", "937 p.5")
_NUMBER = re.compile(rb"[0-9]{1,18}(?![0-9])")


class Pop2Judge:
    """Judges what only POP2 has.

    Args:
        protocol: the edition whose rules hold.
    """

    def __init__(self, protocol: Protocol) -> None:
        self._title = protocol.title.encode()
        self._line = next((row for row in protocol.limits if row.name == "text line"), None)

    def faults(self, conversation: Conversation, messages: Sequence[Message]) -> Iterator[Fault]:
        """The faults of one conversation."""
        announced, sizes = -1, _Sizes()
        for one in messages:
            if one.endpoint == CLIENT or not one.whole or one.missing:
                continue
            asked = one.answers
            if asked and asked.trigger is Occurrence.OPENED:
                if one.reply and one.reply.positive and not one.text.upper().startswith(self._title):
                    yield Fault.of(GREETING, one, "a greeting of something else")
            elif one.reply in (COUNT, LENGTH):
                number = _NUMBER.match(one.text)
                if number is None:
                    yield Fault.of(NUMBER, one, "a reply without its number")
                elif one.reply is LENGTH:
                    announced = int(number[0])
                    yield from sizes.told(one, announced)
                else:
                    sizes.clear()
            elif one.reply is None:
                yield from self._octets(one, announced)

    def _octets(self, one: Message, announced: int) -> Iterator[Fault]:
        """Counted octets, or what follows them."""
        if Oddity.SHORT in one.odd:
            yield Fault.of(LESS, one, f"{len(one.octets):,} octets of {announced:,} that were announced")
        elif Oddity.STRAY in one.odd:
            yield Fault.of(MORE, one, f"more octets than the {max(announced, 0):,} that were announced")
        elif one.answers and self._line:
            place = 0
            for line in one.octets.split(CRLF):
                if len(line) + len(CRLF) > self._line.value:
                    most = f"at most {self._line.value:,} {self._line.meaning}"
                    found = f"a line of {len(line) + len(CRLF):,} octets"
                    yield Fault(one, found, most, self._line.name, self._line, place)
                    return
                place += len(line) + len(CRLF)


class _Sizes:
    """The lengths that were told of the messages of a mailbox."""

    def __init__(self) -> None:
        self._last = -1
        self._known: dict[int, int] = {}

    def clear(self) -> None:
        """Another mailbox is open."""
        self._known.clear()
        self._last = -1

    def told(self, one: Message, size: int) -> Iterator[Fault]:
        """A length was told."""
        request = one.answers.request if one.answers else None
        form = request.trigger if request else None
        last, self._last = self._last, size
        if form is NACK and last >= 0 and last != size:
            yield Fault.of(SAME, one, f"a length of {size:,} after {NACK.keyword}, and of {last:,} before")
        elif form is READ_MSG and request and isinstance(form, Form):
            known = self._known.setdefault(request.number, size)
            if size and known != size:
                yield Fault.of(STABLE, one, f"a length of {size:,}, of a message that had {known:,}")
        elif form not in (READ, RETR, FOLD, NACK, READ_MSG):
            self._last = size
