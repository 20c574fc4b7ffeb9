"""The clock runs what was planned in the order of time, and of planning where the time is the same."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.wire.clock import Clock


@settings(derandomize=True, deadline=None, max_examples=100)
@given(times=st.lists(st.integers(0, 20), max_size=12), until=st.integers(0, 25))
def test_order_and_where_it_stops(times: list[int], until: int) -> None:
    clock, seen = Clock(), []
    for number, time in enumerate(times):
        clock.plan(time, lambda number=number: seen.append((clock.now, number)))  # type: ignore[misc]
    clock.run(until)
    expected = sorted((time, number) for number, time in enumerate(times))
    assert seen == [pair for pair in expected if pair[0] <= until] and clock.now == until
    clock.run()
    assert seen == expected
    assert clock.now == max([until, *times])


def test_what_is_planned_on_the_way_and_too_late() -> None:
    clock = Clock()
    seen: list[tuple[str, int]] = []

    def first() -> None:
        seen.append(("first", clock.now))
        clock.plan(3, lambda: seen.append(("too late", clock.now)))
        clock.plan(12, lambda: seen.append(("later", clock.now)))

    clock.plan(5, first)
    clock.plan(10, lambda: seen.append(("second", clock.now)))
    clock.run()
    assert seen == [("first", 5), ("too late", 5), ("second", 10), ("later", 12)]
