"""Flags as they are written; each set of them is written once."""

from __future__ import annotations

from popsim.protocols.imap.server_session import shown

REMEMBERED = 1024
"""How many different sets of flags are remembered: a client may make up keywords without end."""


class FlagWords(dict[frozenset[str], bytes]):
    """What is sent for each set of flags, without its parentheses (RFC 3501 §9, flag-list)."""

    def __missing__(self, flags: frozenset[str]) -> bytes:
        if len(self) >= REMEMBERED:
            self.clear()
        text = self[flags] = shown(flags).encode()
        return text


FLAG_WORDS = FlagWords()
"""Shared by all sessions: most messages have one of a few sets."""
