"""Names of mailboxes with wildcards in them, as a client asks for a list of them (RFC 3501 §6.3.8)."""

from __future__ import annotations

import re

from popsim.mail.names import DELIMITER, INBOX

_WILD = re.compile(r"[*%]{2,}")


class Pattern:
    """One pattern, whatever a stranger wrote: it takes time in proportion to the name alone.

    Args:
        text: ``*`` stands for any characters, ``%`` for any but the delimiter, the rest for itself.
    """

    def __init__(self, text: str) -> None:
        text = _WILD.sub(lambda run: "*" if "*" in run[0] else "%", text)
        self.ends_open = text.endswith("%")
        """Whether a level of a name is asked for at its end: then the names above others count too."""
        self._any, self._level, self._last = 0, 0, 1 << len(text)
        self._places: dict[str, int] = {}
        for place, character in enumerate(text):
            if character == "*":
                self._any |= 1 << place
            elif character == "%":
                self._level |= 1 << place
            else:
                self._places[character] = self._places.get(character, 0) | 1 << place
        self._wild = self._any | self._level
        inbox = re.split(f"({DELIMITER})", text, maxsplit=1)
        self._inbox = Pattern(inbox[0].upper() + "".join(inbox[1:])) if _would_differ(inbox[0]) else None

    def matches(self, name: str) -> bool:
        """Whether a name is one of those."""
        places = self._opened(1)  # bit n: the first n characters of the pattern stand for what was read
        for character in name:
            stay = places & (self._any if character == DELIMITER else self._wild)
            places = self._opened((places & self._places.get(character, 0)) << 1 | stay)
            if not places:
                break
        if places & self._last:
            return True
        return self._inbox is not None and name.split(DELIMITER)[0] == INBOX and self._inbox.matches(name)

    def _opened(self, places: int) -> int:
        """The places with those behind a wildcard, which may stand for nothing."""
        return places | (places & self._wild) << 1


def _would_differ(opening: str) -> bool:
    """Whether the first level of a pattern has letters in lower case, which the inbox takes for upper case."""
    return opening != opening.upper()
