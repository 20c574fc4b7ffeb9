"""What the arguments of IMAP's commands say, once they are read: sets of numbers, items, keys, changes of flags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

LAST = 0
"""Stands in a set of numbers for ``*``: the highest number in use (RFC 3501 §9, seq-number)."""


class Numbers(NamedTuple):
    """A set of message numbers or unique identifiers (RFC 3501 §9, sequence-set).

    Args:
        ranges: the ranges as they were written, both ends belong to them, in either order; LAST stands for ``*``.
        saved: whether the set is ``$``, what the last search that was to be kept has found (RFC 9051 §6.4.4.1).
    """

    ranges: tuple[tuple[int, int], ...] = ()
    saved: bool = False

    def among(self, last: int) -> tuple[range, ...]:
        """The numbers in rising order, none twice.

        Args:
            last: the highest number in use, which ``*`` stands for; 0 where there is none.

        Returns:
            ranges that do not touch; they may go far beyond ``last`` (and start at 0 only for ``*`` of nothing).
        """
        return tuple(joined((first or last, end or last) for first, end in self.ranges))

    def fits(self, last: int) -> bool:
        """Whether every number in the set is one of 1 to ``last``; a ``*`` is not, where there is nothing."""
        return all(0 < (number or last) <= last for pair in self.ranges for number in pair)


def joined(ranges: Iterable[tuple[int, int]]) -> list[range]:
    """Ranges with both ends, in either order, as rising ranges that do not touch."""
    found: list[range] = []
    for low, high in sorted((min(pair), max(pair)) for pair in ranges):
        if found and low <= found[-1].stop:
            found[-1] = range(found[-1].start, max(found[-1].stop, high + 1))
        else:
            found.append(range(low, high + 1))
    return found


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


class Section(NamedTuple):
    """Which octets of a message are meant (RFC 3501 §6.4.5).

    Args:
        part: the numbers of the part, such as (4, 2), each at least 1; empty for the whole message.
        text: what of the part: the mark of one of ``SECTION_TEXTS``, or nothing for the part itself.
        fields: the names of header fields, as they were written.
    """

    part: tuple[int, ...] = ()
    text: str = ""
    fields: tuple[bytes, ...] = ()


class FetchItem(NamedTuple):
    """One thing to fetch of a message.

    Args:
        name: the mark of one of ``FETCH_ITEMS``; macros have been spelled out.
        section: what stood in square brackets, or None where there were none.
        partial: first octet (from 0) and number of octets (at least 1), or None for all of them.
        peek: whether the flag of a message that was read is to stay as it is.
    """

    name: str
    section: Section | None = None
    partial: tuple[int, int] | None = None
    peek: bool = False


class SearchKey(NamedTuple):
    """One key of a search.

    Args:
        name: the mark of one of ``SEARCH_KEYS``, or of ``KEY_NUMBERS`` or ``KEY_ALL_OF``.
        arguments: what follows it: nothing; texts (bytes, in the search's charset); a flag (str); a
            ``datetime.date``; a number (int); a :class:`Numbers`; or, for ``KEY_NOT``, ``KEY_OR`` and ``KEY_ALL_OF``,
            the keys inside. ``KEY_HEADER`` has the field's name and the text.
    """

    name: str
    arguments: tuple[object, ...] = ()


class FlagChange(NamedTuple):
    """What to do with the flags of messages (RFC 3501 §6.4.6).

    Args:
        sign: ``+`` adds, ``-`` takes away, nothing replaces.
        silent: whether the new flags are not to be told.
        flags: the flags; those that every server knows in the spelling of the table.
    """

    sign: str
    silent: bool
    flags: tuple[str, ...]


class Choices(NamedTuple):
    """What a list of mailboxes is to return, or which of them (RFC 9051 §6.3.9).

    Args:
        names: marks of ``LIST_CHOICES`` or ``LIST_RETURNS``.
        status: the status items to return, where the names have ``LIST_WITH_STATUS``.
    """

    names: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
