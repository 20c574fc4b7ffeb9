"""Times, rates and probabilities as people write them: ``40 ms``, ``1 Mbit/s``, ``2%``."""

from __future__ import annotations

import re
from fractions import Fraction

_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
MILLION = 1_000_000
"""The probability of what is certain."""
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-zµ/]*)\s*")
_TIMES = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9}
LARGEST = 10**15
"""The largest time in nanoseconds (more than eleven days) and rate in bit/s: times add up, and fit 64 bits."""
_RATES = {"bit/s": 1, "kbit/s": 10**3, "Mbit/s": 10**6, "Gbit/s": 10**9}


def nanoseconds(value: int | str) -> int:
    """A time in nanoseconds.

    Args:
        value: nanoseconds as an int, or a text with a unit: ns, us, ms, s, min or h.

    Raises:
        ValueError: the text has no such form, or the time is negative.
    """
    return _read(value, _TIMES, "a time such as '40 ms'")


def bits_per_second(value: int | str | None) -> int:
    """A rate in bit/s; None and 0 mean a line without a limit.

    Args:
        value: bit/s as an int, or a text with a unit: bit/s, kbit/s, Mbit/s or Gbit/s.

    Raises:
        ValueError: the text has no such form, or the rate is negative.
    """
    return 0 if value is None or value == "unlimited" else _read(value, _RATES, "a rate such as '1 Mbit/s'")


def millionths(value: float | str) -> int:
    """A probability in millionths.

    Args:
        value: a number from 0 to 1, or a text such as ``"2%"`` or ``"0.05 %"``.

    Raises:
        ValueError: it is no probability, or no whole number of millionths.
    """
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match:
        number = Fraction(match[1]) * 10_000
    elif isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        number = Fraction(repr(value)) * MILLION
    else:
        number = Fraction(-1)
    if number.denominator != 1 or not 0 <= number <= MILLION:
        raise ValueError(f"expected a probability from 0 to 1 or such as '2%', in whole millionths, got {value!r}")
    return int(number)


def percent(value: int) -> str:
    """The text of a probability in millionths."""
    whole, rest = divmod(value, 10_000)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".") + "%"


def written(value: int, *, rate: bool = False) -> str:
    """The shortest exact text of a time (nanoseconds) or a rate (bit/s)."""
    if rate and not value:
        return "unlimited"
    units = _RATES if rate else {u: s for u, s in _TIMES.items() if u not in ("µs", "h", "min")}
    unit, size = max(((u, s) for u, s in units.items() if value % s == 0), key=lambda pair: pair[1])
    return f"{value // size} {unit}" if value else f"0 {'ms'}"


def _read(value: int | str, units: dict[str, int], wanted: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST:
        return value
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if not match or match[2] not in units:
        raise ValueError(f"expected {wanted} (units: {', '.join(units)}), got {value!r}")
    number = Fraction(match[1]) * units[match[2]]
    if number.denominator != 1 or number > LARGEST:
        smallest = next(iter(units))
        raise ValueError(f"expected {wanted}, a whole number of {smallest} and at most {LARGEST}, got {value!r}")
    return int(number)
