"""Looks at the disk while clients wait for mail and ask for nothing: other programs deliver there and tell nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from popsim.mail.store import Store

EVERY = 1.0
"""Seconds between two looks."""
SHARE = 0.05
"""The part of the time that looking may take: where a look takes long the next one comes later."""


class DiskWatch:
    """The looks at one store's boxes, as far as an IMAP session has them open.

    Args:
        store: the users and their mail.
        changed: is told, after a look in which something has changed, whose mail it is and which rows changed: whether
            each is there now. Where only flags did there are no rows.
    """

    def __init__(self, store: Store, changed: Callable[[str, dict[int, bool]], None]) -> None:
        self._store, self._changed = store, changed
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Look from now on; a second time does nothing, and nor does a store that has nothing on the disk."""
        if self._timer is None and self._store.boxes:
            self._plan(EVERY)

    def stop(self) -> None:
        """Look no more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _plan(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        begun = time.monotonic()
        for name, account in self._store.accounts.items():
            for mailbox in list(account.mailboxes.values()):
                if mailbox.box and mailbox.is_open:
                    before = self._store.version
                    rows = mailbox.refresh()
                    if self._store.version != before or mailbox.box.trouble:
                        self._changed(name, rows)
        self._plan(max(EVERY, (time.monotonic() - begun) / SHARE))
