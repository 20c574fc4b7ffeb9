"""What a line of an AUTH exchange tells: whether it is base64, and whether it cancels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from popsim.capture.dissect_said import Link, Message
from popsim.sasl import SaslError, decode


@dataclass(frozen=True, slots=True)
class Exchange:
    """How a protocol's table calls what is wrong with a line of an exchange.

    Args:
        cancel: the line that ends an exchange without a login.
        empty: stands for an initial response of no octets.
        cancelled, no_base64: the conditions of the rows.
    """

    cancel: bytes
    empty: bytes
    cancelled: str
    no_base64: str

    def fits(self, condition: str, asked: Message) -> bool | None:
        """Whether a condition can have held when a command or a line was refused; None where it is no line of one."""
        if asked.places and all(place.reader for place in asked.places):
            line = asked.octets.rstrip(b"\r\n")
            why = self.cancelled if line == self.cancel else self.no_base64 if not is_base64(line) else ""
            return condition == why if why else condition not in (self.cancelled, self.no_base64)
        if condition == self.no_base64:
            return not is_base64(asked.octets.rstrip(b"\r\n").rpartition(b" ")[2].removeprefix(self.empty))
        return None


def is_base64(line: bytes) -> bool:
    """Whether a line may be part of an AUTH exchange (RFC 5034 §4)."""
    try:
        decode(line)
    except SaslError:
        return False
    return True


class ExchangeSigns:
    """What one session has shown of itself, of a protocol whose exchanges tell and nothing else does.

    Args:
        exchange: the words of its table.
        fits: whether a condition fits a command and its answer; what it says of a condition counts.
    """

    def __init__(self, exchange: Exchange, fits: Callable[[str, Message, Message], bool]) -> None:
        self._exchange, self._fits = exchange, fits

    def missed(self) -> None:
        """Something was said that nobody heard: it changes nothing."""

    def narrowed(self, links: list[Link], asked: Message, answer: Message) -> list[Link]:
        """Those links whose condition fits what was said; all of them where that leaves none."""
        kept = [link for link in links if not link.rules or self._may(link.rules[-1].condition, asked, answer)]
        return kept or links

    def _may(self, condition: str, asked: Message, answer: Message) -> bool:
        told = self._exchange.fits(condition, asked)
        return told if told is not None else self._fits(condition, asked, answer)
