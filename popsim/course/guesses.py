"""A learner's guesses, read before anything is sent: what is blank or unreadable gets one clear line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from popsim.course.feedback import BLANK
from popsim.protocols.model import START
from popsim.protocols.protocol import Protocol

REPLY, STATE, LEFT, FETCHED = "reply", "state", "left", "fetched"
"""What a guess can be about: the reply's status, the state that follows, how many messages are left, and how many a
mail reader fetches."""
NUMBERS = (LEFT, FETCHED)
"""Those that are whole numbers."""
NO_REPLY = "none"


class Unreadable(ValueError):
    """A guess is blank or of the wrong kind; the message is one line for the learner."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A guess: what it is about, and what was said, as the table spells it."""

    about: str
    value: str | int


def read(protocol: Protocol, said: Mapping[str, object]) -> list[Guess]:
    """The guesses of a learner.

    Args:
        protocol: whose replies and states may be named.
        said: what was said about each thing; None where it was not asked.

    Raises:
        Unreadable: something is blank, of the wrong type, or names nothing that there is.
    """
    asked = {about: value for about, value in said.items() if value is not None}
    if not asked:
        raise Unreadable(f"Say what you expect: {_either(f'`{about}=`' for about in said)}.")
    if blank := [f"`{about}`" for about, value in asked.items() if value is BLANK]:
        raise Unreadable(f"Your guess first: write it in place of the three dots after {' and '.join(blank)}.")
    return [Guess(about, _value(protocol, about, value)) for about, value in asked.items()]


def _value(protocol: Protocol, about: str, value: object) -> str | int:
    if about in NUMBERS:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise Unreadable(f"For `{about}` expected a whole number without quotes, such as `0`; got `{value!r}`.")
    known = _known(protocol)[about]
    wanted = value.strip().casefold() if isinstance(value, str) else None
    for name in known:
        if name.casefold() == wanted:
            return name
    outer = {state.outer.name for state in protocol.states}
    shown = [f'`"{name}"`' for name in known if about == REPLY or name in outer]
    raise Unreadable(f"For `{about}` expected {_either(shown)}, in quotes; got `{value!r}`.")


def _known(protocol: Protocol) -> dict[str, list[str]]:
    return {
        REPLY: [*(reply.mark for reply in protocol.replies), NO_REPLY],
        STATE: [state.name for state in protocol.states if state is not START],
    }


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
