"""What can go wrong in a run: part of its scenario, so that it goes wrong again at the same octet."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CUT = re.compile(r"cut (client|server) after ([0-9]+)(?: on ([0-9]+))?")
_BEFORE = re.compile(r"cut before (\S+(?: [0-9]+)?)(?: on ([0-9]+))?")
_KEEP = re.compile(r"keep (\S+) ([0-9]+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Three forms, each with its text:

    * ``cut server after 120``: the line is cut when octet 120 of the server's stream has left (or the client's);
    * ``cut before QUIT``: the line is cut instead of the first command line that begins with these words, in upper
      or lower case;
    * ``keep alice 2``: the message that has number 2 in alice's maildrop can't be removed.

    Args:
        kind: ``"cut after"``, ``"cut before"`` or ``"keep"``.
        who: the sender, the words of the command or the user.
        number: the octet, or the message-number.
        connection: the connection that is cut, counted from 0.
    """

    kind: str
    who: str
    number: int = 0
    connection: int = 0

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read one of the three forms; ``on 1`` at the end names the connection (the first one is 0).

        Raises:
            ValueError: the text is none of them.
        """
        if match := _CUT.fullmatch(text):
            return cls("cut after", match[1], int(match[2]), int(match[3] or 0))
        if match := _BEFORE.fullmatch(text):
            return cls("cut before", match[1], 0, int(match[2] or 0))
        if match := _KEEP.fullmatch(text):
            return cls("keep", match[1], int(match[2]))
        raise ValueError(
            f"expected a fault as 'cut server after 120', 'cut before COMMAND' or 'keep alice 2', got {text!r}"
        )

    def __str__(self) -> str:
        on = f" on {self.connection}" if self.connection else ""
        if self.kind == "cut after":
            return f"cut {self.who} after {self.number}{on}"
        return f"cut before {self.who}{on}" if self.kind == "cut before" else f"keep {self.who} {self.number}"

    def stops(self, line: bytes) -> bool:
        """Whether this fault cuts the connection instead of sending this command line."""
        words, given = self.who.encode().upper(), line.upper()
        return self.kind == "cut before" and (given == words or given.startswith(words + b" "))
