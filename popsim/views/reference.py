"""The command reference of a protocol, printed from its table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from functools import cached_property

from popsim.protocols.protocol import Protocol
from popsim.views.columns import columns
from popsim.views.facts import ARGUMENTS, STAYS, Entry, Facts, Outcome, Source
from popsim.views.reference_html import reference_html
from popsim.views.rich import Rich

WIDTH = 100
"""Columns of the terminal that the text is laid out for."""
_SECTION = 11
"""Columns for a section and the number of its note."""


def reference(protocol: Protocol) -> CommandReference:
    """What an edition of a protocol has: its states, replies, commands with all outcomes, limits and readings."""
    return CommandReference(protocol)


class CommandReference(Rich):
    """The reference of one edition; :func:`reference` makes it."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol

    @cached_property
    def facts(self) -> Facts:
        """What it says."""
        return Facts(self.protocol)

    def html(self) -> str:
        return reference_html(self.facts)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        facts = self.facts
        yield facts.title
        yield f"Sections are those of RFC {self.protocol.number}."
        for heading, states in facts.places:
            yield from _table(heading, ((s.name, facts.described(s), source) for s, source in states))
        yield from _table("Replies", ((r.mark, r.meaning, source) for r, source in facts.replies))
        yield from _table(ARGUMENTS, facts.arguments)
        for heading, entries in facts.chapters:
            yield from ("", heading)
            for entry in entries:
                yield from _entry(entry)
        limits = ((limit.name, f"{limit.value} {limit.meaning}", source) for limit, source in facts.limits)
        for heading, rows in facts.announced:
            yield from _table(heading, rows)
        yield from _table("Limits", limits)
        if facts.notes:
            yield from ("", "Notes")
        for number, where, note in facts.notes:
            yield from textwrap.wrap(f"  [{number}] {where}: {note}", WIDTH, subsequent_indent=" " * 6)


def _table(heading: str, rows: Iterable[tuple[str, str, Source]]) -> Iterator[str]:
    """Names, what they mean and their sections, under a heading; nothing where there are no rows."""
    table = list(rows)
    if table:
        yield from ("", heading)
    width = max((len(name) for name, _, _ in table), default=0)
    for name, meaning, source in table:
        yield from columns(2, (name, width + 1), (meaning, WIDTH - width - _SECTION - 5), (_cited(source), _SECTION))


def _entry(entry: Entry) -> Iterator[str]:
    yield ""
    yield from columns(2, (entry.name, 24), (entry.meaning, 60), (_cited(entry.source), _SECTION))
    for name, note in entry.arguments:
        yield from textwrap.wrap(f"{name}: {note}", WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 6)
    for case in entry.cases:
        yield from textwrap.wrap(case.heading, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 6)
        for outcome in case.outcomes:
            yield from _outcome(outcome)


def _outcome(outcome: Outcome) -> Iterator[str]:
    next = outcome.next if outcome.next == STAYS else f"-> {outcome.next}"
    yield from columns(
        6,
        (outcome.condition, 38),
        (outcome.mark, 7),
        (outcome.sent, 16),
        (next, 16),
        (_cited(outcome.source), _SECTION),
    )


def _cited(source: Source | None) -> str:
    if source is None:
        return ""
    return f"{source.short} [{source.note}]" if source.note else source.short
