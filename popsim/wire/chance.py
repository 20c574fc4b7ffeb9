"""Chance from a seed: the same numbers for the same seed, in every Python, on every machine."""

from __future__ import annotations

BITS = 64
_MASK = (1 << BITS) - 1
_STEP = 0x9E3779B97F4A7C15


def draw(seed: int, *place: int) -> int:
    """A number from 0 to 2**64 - 1 that looks like chance.

    It depends on nothing but its arguments: what is drawn in one place does not shift what is drawn in another, so a
    fork has the chances of its parent. The mixing is that of SplitMix64 (Steele, Lea and Flood, 2014).

    Args:
        seed: the scenario's.
        place: what it is drawn for, such as a connection, an end and the number of a segment.
    """
    state = seed & _MASK
    for number in (*place, len(place)):
        state = _mixed((state + _STEP * (number + 1)) & _MASK)
    return state


def share(seed: int, most: int, *place: int) -> int:
    """A number from 0 to ``most``, each as likely as the others."""
    return draw(seed, *place) * (most + 1) >> BITS


def _mixed(state: int) -> int:
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
    return state ^ state >> 31
