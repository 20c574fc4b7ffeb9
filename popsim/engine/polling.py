"""A mail reader that comes again and again, whatever protocol it speaks."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.script import Script, Wait
from popsim.engine.visit import Visit


def poll(
    session: Callable[[], Script[Visit]],
    every: int,
    times: int | None = None,
    seen: Callable[[Visit], None] | None = None,
    after: int = 0,
) -> Script[tuple[Visit, ...]]:
    """Visit again and again.

    Args:
        session: makes the script of one visit.
        every: how long to wait between two visits, in nanoseconds; the server may ask for more (RFC 2449 §6.5).
        times: how many visits; None for no end.
        seen: is told of each visit when it is over.
        after: how long to wait before the first, in nanoseconds.

    Returns:
        The visits, in order.
    """
    visits: list[Visit] = []
    if after:
        yield Wait(after)
    while True:
        last = yield from session()
        if seen:
            seen(last)
        visits.append(last)
        if times is None:
            visits.clear()
        elif len(visits) >= times:
            return tuple(visits)
        yield Wait(max(every, last.login_delay))
