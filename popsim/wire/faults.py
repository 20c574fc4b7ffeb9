"""What can go wrong in a run: part of its scenario, so that it goes wrong again at the same octet."""

from __future__ import annotations

import re
from dataclasses import dataclass

from popsim.wire.quantity import nanoseconds, written

CUT_AFTER, CUT_BEFORE, KEEP = "cut after", "cut before", "keep"
LOSE, CORRUPT, STALL_AFTER, STALL_AT = "lose", "corrupt", "stall after", "stall at"

_END, _COUNT, _ON = "(client|server)", "([1-9][0-9]{0,17})", "(?: on ([0-9]{1,9}))?"
_TIME = r"([0-9.]+ ?[a-zµ]+)"
_CUT = re.compile(rf"cut {_END} after ([0-9]{{1,18}}){_ON}")
_BEFORE = re.compile(rf"cut before (\S+(?: [0-9]+)?){_ON}")
_KEEP = re.compile(r"keep (\S+) ([0-9]{1,18})")
_LOSE = re.compile(rf"lose {_END} segment {_COUNT}{_ON}")
_CORRUPT = re.compile(rf"corrupt {_END} at {_COUNT}{_ON}")
_STALL_AFTER = re.compile(rf"stall {_END} after {_COUNT} for {_TIME}{_ON}")
_STALL_AT = re.compile(rf"stall {_END} at {_TIME} for {_TIME}{_ON}")

FORMS = (
    "cut server after 120",
    "cut before COMMAND",
    "keep alice 2",
    "lose server segment 3",
    "stall server after 120 for 5 s",
    "stall client at 2 s for 5 s",
    "corrupt server at 120",
)
"""An example of each form."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Its forms, each with its text. Octets are those on the wire, so under TLS those of its records; octets and segments
    are counted from 1, and what is said of the server holds for the client too:

    * ``cut server after 120``: the line is cut when octet 120 of what the server sends has left;
    * ``cut before QUIT``: the line is cut instead of the first command line that begins with these words, in upper
      or lower case;
    * ``keep alice 2``: the message that has number 2 in alice's maildrop can't be removed;
    * ``lose server segment 3``: the third segment that the server sends, its SYN ACK included, is lost, or damaged so
      that its checksum tells; it is sent once more after the retransmission timeout (:class:`popsim.wire.Link`);
    * ``stall server after 120 for 5 s``: when octet 120 of what the server sends has left, nothing leaves it for 5 s;
    * ``stall client at 2 s for 5 s``: nothing leaves the client from the second second of the run to the seventh;
    * ``corrupt server at 120``: octet 120 arrives with its lowest bit flipped, and yet the checksum of its segment is
      right. TCP's has 16 bits, and such changes do happen, mostly inside of routers; POP3 has no means to notice, TLS
      has.

    Args:
        kind: ``"cut after"``, ``"cut before"``, ``"keep"``, ``"lose"``, ``"stall after"``, ``"stall at"``,
            ``"corrupt"``.
        who: the sender, the words of the command or the user.
        number: the octet, the message-number, the segment or, for ``"stall at"``, the moment in nanoseconds.
        connection: the connection that it happens to, counted from 0.
        time: how long a stall lasts, in nanoseconds.
    """

    kind: str
    who: str
    number: int = 0
    connection: int = 0
    time: int = 0

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read one of the forms; ``on 1`` at the end names the connection (the first one is 0).

        Raises:
            ValueError: the text is none of them.
        """
        for kind, form in ((CUT_AFTER, _CUT), (LOSE, _LOSE), (CORRUPT, _CORRUPT)):
            if match := form.fullmatch(text):
                return cls(kind, match[1], int(match[2]), int(match[3] or 0))
        if match := _BEFORE.fullmatch(text):
            return cls(CUT_BEFORE, match[1], 0, int(match[2] or 0))
        if match := _KEEP.fullmatch(text):
            return cls(KEEP, match[1], int(match[2]))
        if match := _STALL_AFTER.fullmatch(text):
            return cls(STALL_AFTER, match[1], int(match[2]), int(match[4] or 0), nanoseconds(match[3]))
        if match := _STALL_AT.fullmatch(text):
            return cls(STALL_AT, match[1], nanoseconds(match[2]), int(match[4] or 0), nanoseconds(match[3]))
        known = ", ".join(map(repr, FORMS[:-1]))
        raise ValueError(f"expected a fault as {known} or {FORMS[-1]!r}, got {text!r}")

    def __str__(self) -> str:
        on = f" on {self.connection}" if self.connection else ""
        return {
            CUT_AFTER: f"cut {self.who} after {self.number}{on}",
            CUT_BEFORE: f"cut before {self.who}{on}",
            KEEP: f"keep {self.who} {self.number}",
            LOSE: f"lose {self.who} segment {self.number}{on}",
            CORRUPT: f"corrupt {self.who} at {self.number}{on}",
            STALL_AFTER: f"stall {self.who} after {self.number} for {written(self.time)}{on}",
            STALL_AT: f"stall {self.who} at {written(self.number)} for {written(self.time)}{on}",
        }[self.kind]

    def stops(self, line: bytes) -> bool:
        """Whether this fault cuts the connection instead of sending this command line."""
        words, given = self.who.encode().upper(), line.upper()
        return self.kind == CUT_BEFORE and (given == words or given.startswith(words + b" "))
