"""What the octets of IMAP tell besides statuses: which reason an answer has, by the code that must stand in it."""

from __future__ import annotations

from popsim.capture.dissect_said import Message
from popsim.capture.dissect_sasl import Exchange
from popsim.protocols.imap.condition_table import (
    CANCEL,
    CANCELLED,
    DONE,
    EMPTY,
    NEWS_ENDED,
    NO_BASE64,
    NOT_THE_END,
    READ_ONLY,
    SOME_CHANGED,
    TARGET_MISSING,
)
from popsim.protocols.imap.form_table import EXAMINE

EXCHANGE = Exchange(CANCEL, EMPTY, CANCELLED, NO_BASE64)
_TOLD = (SOME_CHANGED, TARGET_MISSING, READ_ONLY)
"""Conditions that a server has to tell by a code: RFC 7162 §3.1.3; RFC 3501 §6.3.11, §6.4.7, §6.3.1."""


def fits(condition: str, asked: Message, answer: Message) -> bool:
    """Whether a condition can have held, by what the two ends said."""
    if condition in (NEWS_ENDED, NOT_THE_END):
        return (asked.octets.strip().upper() == DONE) is (condition == NEWS_ENDED)
    is_examine = asked.request is not None and asked.request.keyword == EXAMINE.keyword
    return condition not in _TOLD or is_examine or answer.text.startswith(b"[") or not answer.whole
