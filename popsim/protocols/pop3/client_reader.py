"""What mail readers do with a maildrop, as values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from popsim.mail.dates import DAY as DAY

_AFTER = re.compile(r"delete after (\d+(?:\.\d+)?) days?")


@dataclass(frozen=True, slots=True)
class Reader:
    """What a mail reader does with a maildrop.

    Args:
        name: in words.
        age: how long after it was kept a message is removed from the server, in nanoseconds; 0 at once, None never.
        lines: only the header and so many lines of each message; None for all of it. Then nothing is removed.
        pipelined: whether to send commands without waiting for answers; None: where the server says that it can
            (RFC 2449 §6.6).
        blind: whether messages without unique-ids, which can't be known again, are fetched at each visit and left
            where they are: then the keeper has to know them by what is in them.

    Raises:
        ValueError: what is fetched in part only would be removed.
    """

    name: str
    age: int | None = None
    lines: int | None = None
    pipelined: bool | None = None
    blind: bool = False

    def __post_init__(self) -> None:
        if self.lines is not None and self.age is not None:
            raise ValueError("a reader that fetches headers only must not remove messages: age must be None")

    @property
    def recognises(self) -> bool:
        """Whether it makes no sense where messages have no unique-ids."""
        return self.lines is None and self.age != 0 and not self.blind


def after_days(days: float, pipelined: bool | None = None) -> Reader:
    """The reader that leaves messages on the server and removes each a number of days after it was kept."""
    if days < 0:
        raise ValueError(f"expected a number of days, 0 or more, got {days}")
    return Reader(f"delete after {days:g} day{'s' * (days != 1)}", round(days * DAY), pipelined=pipelined)


READERS = (
    Reader("download and delete", 0),
    Reader("leave on server"),
    Reader("headers only", lines=0),
)
"""The readers that need no number; see also :func:`after_days`."""


def reader(name: str, pipelined: bool | None = None) -> Reader:
    """The reader of that name: one of :data:`READERS`, or such as ``"delete after 3 days"``.

    Args:
        name: in words.
        pipelined: see :class:`Reader`.

    Raises:
        ValueError: there is no such reader.
    """
    if match := _AFTER.fullmatch(name):
        return after_days(float(match[1]), pipelined)
    for known in READERS:
        if known.name == name:
            return replace(known, pipelined=pipelined)
    names = ", ".join(f"'{known.name}'" for known in READERS)
    raise ValueError(f"expected a mail reader ({names} or such as 'delete after 3 days'), got {name!r}")
