"""What the octets of a protocol tell besides statuses: which of several rows with one status an answer follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol as Interface

from popsim.capture import dissect_imap, dissect_smtp
from popsim.capture.dissect_pop2 import Pop2Signs
from popsim.capture.dissect_pop3 import Pop3Signs
from popsim.capture.dissect_said import Link, Message
from popsim.capture.dissect_sasl import ExchangeSigns
from popsim.protocols.imap.table import IMAP
from popsim.protocols.pop2.table import POP2
from popsim.protocols.pop3.table import POP3
from popsim.protocols.protocol import Protocol
from popsim.protocols.smtp.table import SMTP


class Signs(Interface):
    """What one session has shown of itself."""

    def missed(self) -> None:
        """Something was said that nobody heard."""

    def narrowed(self, links: list[Link], asked: Message, answer: Message) -> list[Link]:
        """Those links whose condition fits what was said; all of them where that leaves none."""


_SIGNS: dict[str, Callable[[bool], Signs]] = {
    POP2.name: lambda begun: Pop2Signs(),
    POP3.name: Pop3Signs,
    IMAP.name: lambda begun: ExchangeSigns(dissect_imap.EXCHANGE, dissect_imap.fits),
    SMTP.name: lambda begun: ExchangeSigns(dissect_smtp.EXCHANGE, dissect_smtp.fits),
}


def signs_of(protocol: Protocol, begun: bool) -> Signs:
    """What tells more of a session of a protocol.

    Args:
        protocol: what is spoken.
        begun: whether it was heard from its beginning.
    """
    return _SIGNS[protocol.name](begun)
