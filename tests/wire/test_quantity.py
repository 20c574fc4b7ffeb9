"""Times and rates as people write them, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.wire.quantity import LARGEST, bits_per_second, nanoseconds, written

SIZES = st.integers(0, LARGEST) | st.tuples(st.integers(0, 999), st.sampled_from([1, 10**3, 10**6, 10**9])).map(
    lambda pair: pair[0] * pair[1]
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(value=SIZES)
def test_what_is_written_is_read_again(value: int) -> None:
    assert nanoseconds(written(value)) == value == nanoseconds(value)
    assert bits_per_second(written(value, rate=True)) == value == bits_per_second(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("40 ms", 40_000_000),
        ("40ms", 40_000_000),
        (" 1.5 s ", 1_500_000_000),
        ("20 µs", 20_000),
        ("20 us", 20_000),
        ("1 min", 60 * 10**9),
        ("0 s", 0),
    ],
)
def test_times(text: str, value: int) -> None:
    assert nanoseconds(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("9600 bit/s", 9600), ("56 kbit/s", 56_000), ("1.5Mbit/s", 1_500_000), ("unlimited", 0), (None, 0)],
)
def test_rates(text: str | None, value: int) -> None:
    assert bits_per_second(text) == value


WRONG = [
    "",
    "ms",
    "40",
    "40 m",
    "-40 ms",
    "4e3 ms",
    "40 MS",
    "1,5 s",
    "0.5 ns",
    "1 s 2 ms",
    "99999999999 s",
    -1,
    LARGEST + 1,
    1.5,
    True,
    None,
    b"1 s",
]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_time(wrong: object) -> None:
    with pytest.raises(ValueError, match="^expected a time such as '40 ms'") as caught:
        nanoseconds(wrong)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wrong", ["1 Mb/s", "1", "0.5 bit/s", "1 MBIT/S", "-1 bit/s", -1, 1.5, "10000000 Gbit/s"])
def test_what_is_no_rate(wrong: object) -> None:
    with pytest.raises(ValueError, match="^expected a rate such as '1 Mbit/s'"):
        bits_per_second(wrong)  # type: ignore[arg-type]
