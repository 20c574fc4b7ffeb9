"""Two IMAP clients and one POP3 client work on one mailbox in any order: every view of it stays true."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from popsim.mail.mailbox import Mailbox, OpenMailbox
from popsim.protocols.imap.server_session import Session
from tests.imap.household import Household


def played(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Household,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize="SEED" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )


def test_every_view_stays_true() -> None:
    played(examples=200, steps=40)


@pytest.mark.slow
def test_every_view_stays_true_for_long() -> None:
    played(examples=1200, steps=60)


# The machine must be able to fail.

NEWS, SET_FLAGS, WITHOUT = Session.news, Mailbox.set_flags, OpenMailbox._without


def forgets(self: Mailbox, uid: int, flags: Any, by: OpenMailbox | None = None) -> Any:
    """Who stores flags is not told what another has stored."""
    item = SET_FLAGS(self, uid, flags, by)
    if by:
        by.told(uid)
    return item


MISTAKES: dict[str, tuple[type, str, Any]] = {
    "removals are told with any command": (Session, "news", lambda self, expunged: NEWS(self, True)),
    "removals are never told": (Session, "news", lambda self, expunged: NEWS(self, False)),
    "removals are told in the wrong order": (OpenMailbox, "_without", lambda self, uids: WITHOUT(self, uids)[::-1]),
    "arrivals are not told": (OpenMailbox, "_came", lambda self, item: None),
    "flags are not told": (OpenMailbox, "_changed", lambda self, item: None),
    "flags are not told to who stores others": (Mailbox, "set_flags", forgets),
    "POP3's lock means nothing": (Mailbox, "is_locked", property(lambda self: False)),
}


RARE = ("removals are told in the wrong order", "flags are not told to who stores others")
"""These take a while to be found."""


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in RARE else n for n in MISTAKES])
def test_a_planted_mistake_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*MISTAKES[name])
    no_shrinking = settings(
        max_examples=300,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Household, settings=no_shrinking)
