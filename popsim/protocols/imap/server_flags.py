"""Flags and sets of numbers as they are written; each set of flags is written once."""

from __future__ import annotations

from collections.abc import Iterable

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


def number_set(numbers: Iterable[int]) -> bytes:
    """Numbers in the order given as a set of ranges, such as ``1:3,5`` (RFC 3501 §9, sequence-set).

    Args:
        numbers: one or more.
    """
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return b",".join([b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in ranges])
