"""A snapshot: everything that is so at one moment, folded from the events before it by assignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from popsim.timeline.event import TO_COME, delivered_key, flags_key, lock_key, mark_key, sent_key, state_key


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is so right after one event.

    Args:
        index: the index of that event, -1 for the beginning.
        time: virtual time in nanoseconds.
        values: every name that was assigned so far, with its last value.
    """

    index: int
    time: int
    values: Mapping[str, Any]

    def state(self, endpoint: str = "server", connection: int = 0) -> str:
        """The name of the state that one end is in."""
        return str(self.values.get(state_key(connection, endpoint), ""))

    def marks(self, user: str) -> dict[int, str]:
        """The mark of every message that has come to a user's maildrop, by its number in the timeline."""
        found = {}
        number = 1
        while (key := mark_key(user, number)) in self.values:
            if self.values[key] != TO_COME:
                found[number] = str(self.values[key])
            number += 1
        return found

    def flags(self, user: str) -> dict[int, frozenset[str]]:
        """The flags of every message of a user that has some, by its number in the timeline."""
        numbers = self.marks(user)
        found = {number: str(self.values.get(flags_key(user, number), "")).split() for number in numbers}
        return {number: frozenset(flags) for number, flags in found.items() if flags}

    def lock(self, user: str) -> int | None:
        """The connection that holds the lock on a user's maildrop, or None."""
        holder = self.values.get(lock_key(user))
        return None if holder is None else int(holder)

    def octets(self, endpoint: str = "server", connection: int = 0) -> int:
        """How many octets of one end's stream have arrived at the other."""
        return int(self.values.get(delivered_key(connection, endpoint), 0))

    def in_flight(self, endpoint: str = "server", connection: int = 0) -> int:
        """How many octets one end has sent that have not arrived yet."""
        return int(self.values.get(sent_key(connection, endpoint), 0)) - self.octets(endpoint, connection)
