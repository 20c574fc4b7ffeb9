"""What the octets of SMTP tell besides statuses: what is wrong with a text, and with a line of an exchange."""

from __future__ import annotations

import re

from popsim.capture.dissect_said import Message
from popsim.capture.dissect_sasl import Exchange
from popsim.engine.framing import CRLF, END
from popsim.protocols.model import Reader
from popsim.protocols.smtp.extension_word_table import CANCEL, CANCELLED, EMPTY, NO_BASE64
from popsim.protocols.smtp.word_table import BARE_END, EIGHT_BITS

EXCHANGE = Exchange(CANCEL, EMPTY, CANCELLED, NO_BASE64)
LONE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
"""A CR or LF that stands alone (RFC 5321 §2.3.8)."""


def fits(condition: str, asked: Message, answer: Message) -> bool:
    """Whether a condition can have held, by what the client sent."""
    if asked.part is not Reader.DOT_ENDED or asked.missing:
        return True
    text = asked.octets.removesuffix(END) + CRLF
    if condition == BARE_END:
        return LONE.search(text) is not None
    return condition != EIGHT_BITS or not text.isascii()
