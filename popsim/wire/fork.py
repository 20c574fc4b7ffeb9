"""Changing the past: a fork is a re-run of a scenario up to some event, with one more edit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from popsim.mail.collection import Mail
from popsim.wire.past import Past
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
    return fork_of(simulation, at, instead)[0]


def fork_of(simulation: Simulation, at: int, instead: bytes | None = None) -> tuple[Scenario, Past]:
    """The scenario of another future of a run, and what had crossed under TLS by then: the past stays as it was.

    Of ciphertext no two runs have the same octets, so whoever runs the scenario hands the past to it. What follows is
    encrypted with other keys.

    Args:
        simulation: the parent, run to its end.
        at, instead: as for :func:`fork`.

    Raises:
        ValueError: as for :func:`fork`.
    """
    count = len(simulation.recorder)
    if not 0 <= at < count:
        raise ValueError(f"the timeline has the events 0 to {count - 1}, not {at}")
    kept = [begun for begun in simulation.begun if begun.index <= at]
    edits, common = simulation.scenario.edits, at
    if instead is not None:
        replaced = _replaced(kept)
        edits = (*edits, Edit(replaced.message, instead, replaced.action.connection))
        common = replaced.index - 1
    child = replace(simulation.scenario, actions=tuple(begun.action for begun in kept), edits=edits)
    return child, Past.of_timeline(simulation.timeline, common)


def _replaced(kept: list[Begun]) -> Begun:
    """What sent the last line."""
    lines = [begun for begun in kept if begun.message >= 0]
    if not lines:
        raise ValueError("nothing had been sent before that event: there is no line to replace")
    return lines[-1]
