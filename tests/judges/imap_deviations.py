"""Where Dovecot 2.3 answers otherwise than popsim, each with the section that says who is right, or that both are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.judges.imap_answers import Outcome


@dataclass(frozen=True)
class Deviation:
    """One difference, at all places that it names.

    Args:
        situations, commands, arguments: where it holds, as in ``tests.judges.imap_streams``; empty ones hold everywhere.
        ours, theirs: popsim's status and Dovecot's.
        cites: the section that decides it, and what it says.
        leads_apart: whether the two sessions are in different states then.
    """

    situations: tuple[str, ...]
    commands: tuple[str, ...]
    arguments: tuple[str, ...]
    ours: str
    theirs: str
    cites: str
    leads_apart: bool = False

    def explains(self, ours: Outcome, theirs: Outcome) -> bool:
        return (ours.status, theirs.status) == (self.ours, self.theirs)


DEVIATIONS: tuple[Deviation, ...] = ()


def deviation(situation: str, keyword: str, arguments: str, parts: tuple[bytes, ...]) -> Deviation | None:
    return None
