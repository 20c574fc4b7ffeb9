"""Dates in the forms of the RFCs, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popsim.mail.dates import (
    LAST_SECOND,
    header_date,
    internal_date,
    mbox_date,
    month_of,
    old_header_date,
    second_of,
)

DAY = 86_400


def test_the_same_day_in_every_form() -> None:
    leap = 11_016 * DAY
    assert header_date(0) == "Thu, 01 Jan 1970 00:00:00 +0000" and old_header_date(0) == "1 JAN 70 00:00:00 UT"
    assert header_date(leap - 1) == "Mon, 28 Feb 2000 23:59:59 +0000"
    assert header_date(leap) == "Tue, 29 Feb 2000 00:00:00 +0000" and old_header_date(leap) == "29 FEB 00 00:00:00 UT"
    assert internal_date(leap) == "29-Feb-2000 00:00:00 +0000" and internal_date(0) == " 1-Jan-1970 00:00:00 +0000"
    assert mbox_date(0) == "Thu Jan  1 00:00:00 1970"


@given(st.integers(0, LAST_SECOND))
def test_as_the_standard_library_writes_them(seconds: int) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert header_date(seconds) == format_datetime(at)
    assert mbox_date(seconds) == at.ctime()
    assert second_of(at.year, at.month, at.day, (at.hour, at.minute, at.second), ("+", 0, 0)) == seconds


def test_zones_and_what_is_no_date() -> None:
    assert second_of(1970, 1, 1, (2, 0, 0), ("+", 2, 0)) == 0 == second_of(1969, 12, 31, (22, 30, 0), ("-", 1, 30))
    assert [month_of(name) for name in ("JAN", "feb", "Dec")] == [1, 2, 12]
    for year, month, day, time, zone in (
        (2023, 2, 29, (0, 0, 0), ("+", 0, 0)),
        (2023, 1, 1, (24, 0, 0), ("+", 0, 0)),
        (0, 1, 1, (0, 0, 0), ("+", 0, 0)),
        (2023, 1, 1, (0, 0, 0), ("+", 24, 0)),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            second_of(year, month, day, time, zone)
    with pytest.raises(ValueError, match=r"\w"):
        month_of("Foo")
