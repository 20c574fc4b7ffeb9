"""How long a client has been silent, and when that is too long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_LEAST = 0.1
"""Seconds between two looks, at least."""


class Silence:
    """The silence of one client.

    Args:
        patience: how many seconds of it are borne as things stand now; None: any number.
        over: is called once it was too long, and not again before :meth:`begin`.
    """

    def __init__(self, patience: Callable[[], float | None], over: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._patience: Callable[[], float | None] | None = patience
        self._over = over
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """It begins now, and is measured from now on by the patience of now."""
        self.broken()
        self.stop()
        self._look()

    def broken(self) -> None:
        """The client has given a sign."""
        self._since = self._loop.time()

    def stop(self) -> None:
        """It is not measured any more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def end(self) -> None:
        """The client is gone. Whose patience it was is let go, and so freed at once with all that it has read."""
        self.stop()
        self._patience, self._over = None, _nothing

    def _look(self) -> None:
        if self._patience is None:
            return
        patience = self._patience()
        left = _LEAST if patience is None else self._since + patience - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(max(left, _LEAST), self._look)
        else:
            self._timer = None
            self._over()


def _nothing() -> None:
    """What is done when it is nobody's patience any more."""
