"""What the judge knows of exchanges of challenges and answers, whatever the protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from popsim.capture.dissect_said import Message
from popsim.capture.dissect_sasl import is_base64
from popsim.capture.law import Fault, Law
from popsim.engine.framing import CRLF
from popsim.protocols.model import Continuation, Occurrence, Reader
from popsim.timeline.event import CLIENT

_WHERE = "5034 §4; 4954 §4; 3501 §6.2.2; 9051 §6.2.2"
CHALLENGE = Law("challenge", "a challenge is a sign, a space and base64", _WHERE)
RESPONSE = Law("response", "the answer to a challenge is base64, or an asterisk that cancels", _WHERE)
_CANCEL = b"*"


def exchanges(messages: Iterable[Message]) -> Iterator[Fault]:
    """What is wrong with challenges and the answers to them."""
    for one in messages:
        if one.endpoint == CLIENT:
            yield from _response(one)
        elif one.answers and one.whole and not one.missing and _asks(one):
            mark = one.reply.mark.encode() if one.reply else b""
            if not one.line.startswith(mark + b" ") or not is_base64(one.text):
                yield Fault.of(CHALLENGE, one, "a challenge that is not written like this")


def _response(one: Message) -> Iterator[Fault]:
    """A line of an exchange."""
    asked = [place for place in one.places if place.reader is Reader.LINE and place.is_secret]
    if one.part or not asked or len(asked) < len(one.places) or not one.octets.endswith(CRLF):
        return
    line = one.octets[: -len(CRLF)]
    if line != _CANCEL and not is_base64(line):
        yield Fault.of(RESPONSE, one, "an answer to a challenge that is no base64")


def _asks(one: Message) -> bool:
    """Whether it is a challenge, by every row that it may follow."""
    rules = one.steps[0].rules if one.steps else ()
    lasts = [rule.units[-1] if rule.units else None for rule in rules]
    is_one = [isinstance(unit, Continuation) and unit.secret and unit.reader is Reader.LINE for unit in lasts]
    return bool(is_one) and all(is_one) and all(rule.trigger is not Occurrence.LITERAL for rule in rules)
