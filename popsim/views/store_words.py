"""What happens in a mail store, put into words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from popsim.timeline import Event

_NAME = re.compile(r"mail\.(?P<user>.*)\.(?:(?P<number>[0-9]+)(?:\.(?P<what>flags|mailbox))?|[a-z]+)")
"""The names under which a store's values are assigned: see the functions of :mod:`popsim.timeline.event`."""


@dataclass
class _Told:
    """What the values of an event say: of which user, of which messages, and what becomes of them."""

    user: str = ""
    numbers: set[int] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    mailboxes: set[str] = field(default_factory=set)
    last: Any = None


def store_words(event: Event) -> str:
    """An event of a mail store in words."""
    told = _told(event.values or {})
    whose = f"{numbered(sorted(told.numbers))} of {told.user}" if told.numbers else "no message"
    words = _WORDS[event.kind].format(user=told.user, messages=whose, connection=event.connection, last=told.last)
    if event.kind == "Flagged":
        only = next(iter(told.flags)) if len(told.flags) == 1 else None
        words += " changed" if only is None else f": {only}" if only else ": none"
    if event.kind == "Arrived" and told.mailboxes:
        words += f" in {', '.join(sorted(told.mailboxes))}"
    return words


def _told(values: Mapping[str, Any]) -> _Told:
    told = _Told(last=next(iter(values.values()), None))
    for name, value in values.items():
        found = _NAME.fullmatch(name)
        if not found:
            continue
        told.user = found["user"]
        if found["number"]:
            told.numbers.add(int(found["number"]))
        if found["what"] == "flags":
            told.flags.add(str(value or ""))
        elif found["what"] and value:
            told.mailboxes.add(str(value))
        elif name.endswith(".mailboxes"):
            told.last = ", ".join(map(str, value)) or "the inbox alone"
    return told


_WORDS = {
    "Locked": "the maildrop of {user} is locked for connection {connection}",
    "Unlocked": "the maildrop of {user} is unlocked",
    "Marked": "{messages} marked as deleted",
    "Unmarked": "{messages} not marked any more",
    "Accessed": "the highest message-number of {user} that was accessed is now {last}",
    "Removed": "{messages} removed",
    "Arrived": "{messages} arrived",
    "Flagged": "the flags of {messages}",
    "Arranged": "the mailboxes of {user} beside the inbox are now: {last}",
}


def numbered(numbers: list[int]) -> str:
    """Message-numbers, in order, in words; runs are written as ranges, so that a thousand of them make one line."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in runs)
    return f"message {shown}" if len(numbers) == 1 else f"messages {shown}"
