"""What the octets of POP2 tell besides statuses: the numbers in its replies say which row was followed."""

from __future__ import annotations

from popsim.capture.dissect_said import Link, Message
from popsim.protocols.pop2.word_table import MAILBOX_MISSING, MESSAGE_THERE, NO_MESSAGE

_DIGITS = 18


class Pop2Signs:
    """What one session has shown of itself: each answer tells it alone."""

    def missed(self) -> None:
        """Something was said that nobody heard: it changes nothing."""

    def narrowed(self, links: list[Link], asked: Message, answer: Message) -> list[Link]:
        """Those links whose condition fits the number in the answer; all of them where that leaves none."""
        digits = answer.text.split(b" ")[0]
        if not answer.whole or answer.reply is None or not digits.isdigit() or len(digits) > _DIGITS:
            return links
        out = (MAILBOX_MISSING, NO_MESSAGE) if int(digits) else (MESSAGE_THERE,)
        kept = [link for link in links if not link.rules or link.rules[-1].condition not in out]
        return kept or links
