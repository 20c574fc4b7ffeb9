"""What the octets of POP3 tell besides statuses: which of several reasons a refusal has."""

from __future__ import annotations

from popsim.capture.dissect_said import Link, Message
from popsim.capture.dissect_sasl import Exchange
from popsim.protocols.model import Form
from popsim.protocols.pop3.extension_word_table import CANCEL, CANCELLED, EMPTY, NO_BASE64
from popsim.protocols.pop3.word_table import DELE, MESSAGE_MARKED, NO_SUCH_MESSAGE, RSET

EXCHANGE = Exchange(CANCEL, EMPTY, CANCELLED, NO_BASE64)


class Pop3Signs:
    """What one session has shown of itself.

    Args:
        begun: whether it was heard from its beginning: only then is it known which messages are not marked.
    """

    def __init__(self, begun: bool) -> None:
        self._whole = begun
        self._marked: set[int] = set()

    def missed(self) -> None:
        """Something was said that nobody heard: a message may have been marked."""
        self._whole = False

    def narrowed(self, links: list[Link], asked: Message, answer: Message) -> list[Link]:
        """Those links whose condition fits what was said before; all of them where that leaves none."""
        kept = [link for link in links if not link.rules or self._fits(link.rules[-1].condition, asked)]
        self._follow(asked, answer)
        is_refusal = answer.reply is not None and answer.reply.positive is False
        return kept if kept and is_refusal else links

    def _fits(self, condition: str, asked: Message) -> bool:
        """Whether a condition can have held when a command or a line of an exchange was refused."""
        told = EXCHANGE.fits(condition, asked)
        if told is not None:
            return told
        if _number(asked) in self._marked:
            return condition != NO_SUCH_MESSAGE
        return condition != MESSAGE_MARKED or not self._whole

    def _follow(self, asked: Message, answer: Message) -> None:
        done = answer.reply is not None and bool(answer.reply.positive)
        form = asked.request.trigger if asked.request else None
        if not done or not isinstance(form, Form):
            if asked.request is None and asked.trigger is None:
                self._whole = False
            return
        if form is DELE:
            self._marked.add(_number(asked))
        elif form is RSET:
            self._marked.clear()
            self._whole = True


def _number(asked: Message) -> int:
    arguments = asked.request.arguments if asked.request else ()
    return arguments[0] if arguments and isinstance(arguments[0], int) else -1
