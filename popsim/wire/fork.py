"""Changing the past: a fork is a re-run of a scenario up to some event, with one more edit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from popsim.mail.collection import Mail
from popsim.wire.scenario import Edit, Scenario
from popsim.wire.simulation import Begun, Simulation


def fork(scenario: Scenario, at: int, instead: bytes | None = None, mail: Iterable[Mail] = ()) -> Scenario:
    """The scenario of another future, the same up to an event.

    What the clients had begun by then stays begun and runs to its end; what they did later is gone, and the new
    scenario can go on in another way.

    Args:
        scenario: the parent.
        at: the index of an event of the parent's timeline.
        instead: the line (without CRLF) that leaves instead of the last one that had left by then.
        mail: the mail that the scenario names by digest.

    Raises:
        ValueError: there is no such event, or nothing had been sent that ``instead`` could replace.
    """
    simulation = Simulation(scenario, mail)
    simulation.perform(scenario.actions)
    count = len(simulation.recorder)
    if not 0 <= at < count:
        raise ValueError(f"the timeline has the events 0 to {count - 1}, not {at}")
    kept = [begun for begun in simulation.begun if begun.index <= at]
    edits = scenario.edits
    if instead is not None:
        edits = (*edits, _edit(kept, instead))
    return replace(scenario, actions=tuple(begun.action for begun in kept), edits=edits)


def _edit(kept: list[Begun], instead: bytes) -> Edit:
    """The edit of the last line that was sent."""
    lines = [begun for begun in kept if begun.message >= 0]
    if not lines:
        raise ValueError("nothing had been sent before that event: there is no line to replace")
    return Edit(lines[-1].message, instead, lines[-1].action.connection)
