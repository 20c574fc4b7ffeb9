"""What the judge knows of SMTP besides its table: replies of several lines, and the text of a message."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from popsim.capture.conversation import Conversation
from popsim.capture.dissect_said import Message, Oddity
from popsim.capture.dissect_smtp import LONE
from popsim.capture.judge_sasl import exchanges
from popsim.capture.law import Fault, Law
from popsim.engine.framing import CRLF, END
from popsim.protocols.model import Form, Reader
from popsim.protocols.protocol import Protocol
from popsim.protocols.smtp.extension_word_table import BODY, EIGHT_BIT
from popsim.protocols.smtp.word_table import DATA, EHLO, EXPN, HELO, MAIL, NOOP, NOOP_WITH, QUIT, TURN, VRFY
from popsim.timeline.event import CLIENT

ONE_CODE = Law("reply", "all lines of a reply have the same code", "5321 §4.2.1; 821 §4.2.1")
LAST_LINE = Law("reply", "the last line of a reply has a space behind its code", "5321 §4.2.1; 821 §4.2.1")
KNOWN = Law("code", "the first digit of a code is one of 2 to 5", "5321 §4.2.1; 821 §4.2.1")
TEXT_END = Law("text", "the text ends with a lone dot between CRLF, and with nothing else", "5321 §4.1.1.4; 821 §4.1.1")
LONE_END = Law("text", "CR and LF stand together or not at all", "5321 §2.3.8; 821 §4.1.1")
DOUBLED = Law("dots", "a line of the text that begins with a dot has one more put before it", "5321 §4.5.2; 821 §4.5.2")
SEVEN_BITS = Law("text", f"octets up to 127, unless {EIGHT_BIT} was agreed upon", "5321 §2.4; 821 §4.5.2")
ASKED = Law("text", "the text is sent when the server has asked for it", "5321 §4.1.1.4; 821 §4.1.1")
LAST = Law("pipelining", "nothing is sent behind it until it is answered", "2920 §3.1")

_SINGLE = re.compile(rb"(?:\A|(?<=\r\n))\.(?!\.)(?!\r\n\Z)")
_ALONE = frozenset(form.keyword for form in (EHLO, HELO, DATA, VRFY, EXPN, TURN, QUIT, NOOP, NOOP_WITH))
"""The commands that come last of those that are sent at once (RFC 2920 §3.1; RFC 5321 §4.1.1)."""


class SmtpJudge:
    """Judges what only SMTP has.

    Args:
        protocol: the edition whose rules hold.
    """

    def __init__(self, protocol: Protocol) -> None:
        self._longest = next((row for row in protocol.limits if row.name == "text line"), None)
        self._line = next((row for row in protocol.limits if row.name == "reply line"), None)

    def faults(self, conversation: Conversation, messages: Sequence[Message]) -> Iterator[Fault]:
        """The faults of one conversation."""
        yield from exchanges(messages)
        wide = False
        for one in messages:
            if one.endpoint != CLIENT:
                yield from self._reply(one)
            elif one.part is Reader.DOT_ENDED:
                yield from self._text(one, wide)
            elif one.request and one.request.keyword == MAIL.keyword:
                wide = f"{BODY}={EIGHT_BIT}".encode() in one.octets.upper()
        yield from _grouped(messages)

    def _reply(self, one: Message) -> Iterator[Fault]:
        """A reply, of one line or several."""
        lines = one.octets[: one.head].split(CRLF)[:-1] if one.whole else []
        if any(line[:3] != lines[-1][:3] for line in lines):
            yield Fault.of(ONE_CODE, one, "lines of one reply with different codes")
        elif lines and one.whole and lines[-1][3:4] == b"-":
            yield Fault.of(LAST_LINE, one, "a reply without its last line")
        if lines and lines[-1][:3].isdigit() and not b"2" <= lines[-1][:1] <= b"5":
            yield Fault.of(KNOWN, one, "a code whose first digit has no meaning")

    def _text(self, one: Message, wide: bool) -> Iterator[Fault]:
        """The text of a message."""
        if Oddity.EARLY in one.odd:
            yield Fault.of(ASKED, one, "text before it was asked for")
        if Oddity.LOOSE_END in one.odd:
            yield Fault.of(TEXT_END, one, "text that is taken to end where no CRLF, dot and CRLF stand")
            return
        if not one.whole or one.missing:
            return
        text = one.octets.removesuffix(END)
        if lone := LONE.search(text):
            yield Fault.of(LONE_END, one, "a CR or LF that stands alone", text.rfind(b"\n", 0, lone.start()) + 1)
        if loose := _SINGLE.search(text):
            yield Fault.of(DOUBLED, one, "a line begins with a single dot", loose.start())
        if not wide and not text.isascii():
            yield Fault.of(SEVEN_BITS, one, "octets above 127")
        yield from self._long(one, text)

    def _long(self, one: Message, text: bytes) -> Iterator[Fault]:
        """A line that is too long; a dot that was added does not count."""
        if self._longest is None:
            return
        place = 0
        for line in text.split(CRLF):
            size = len(line.removeprefix(b".")) + len(CRLF)
            if size > self._longest.value:
                most = f"at most {self._longest.value:,} {self._longest.meaning}"
                yield Fault(one, f"a line of {size:,} octets", most, self._longest.name, self._longest, place)
                return
            place += len(line) + len(CRLF)


def _grouped(messages: Sequence[Message]) -> Iterator[Fault]:
    """What is sent behind a command that has to come last."""
    alone: Message | None = None
    for one in messages:
        if one.endpoint != CLIENT:
            alone = None if alone is one.answers else alone
            continue
        is_early = alone is not None and one.first >= 0 and one.request is not None and one.part is None
        if alone and is_early and isinstance(one.request.trigger if one.request else None, Form):
            yield Fault.of(LAST, one, f"a command behind {alone.request.keyword if alone.request else 'one'}")
            alone = None
        elif one.request and one.request.keyword in _ALONE and one.part is None:
            alone = one
