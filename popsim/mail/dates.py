"""Dates as mail has them: days counted from 1970 on, always in universal time, and the forms that RFCs write."""

from __future__ import annotations

from typing import NamedTuple

SECOND = 10**9
DAY = 86_400 * SECOND
"""In nanoseconds."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LAST_SECOND = 253_402_300_799
"""The last second of the year 9999: later ones can't be written (RFC 3501 §9, date-year)."""

_DAYS = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")
"""From the first of January 1970 on."""
_DAY_SECONDS = 86_400


class Moment(NamedTuple):
    """A second as people write it."""

    year: int
    month: int
    day: int
    weekday: str
    time: str

    @classmethod
    def of(cls, seconds: int) -> Moment:
        """The moment so many seconds after the beginning of 1970, up to :data:`LAST_SECOND`."""
        from datetime import date

        days, rest = divmod(seconds, _DAY_SECONDS)
        day = date.fromordinal(date(1970, 1, 1).toordinal() + days)
        time = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
        return cls(day.year, day.month, day.day, _DAYS[days % 7], time)

    @property
    def month_name(self) -> str:
        """Its first three letters, such as ``Jan``."""
        return MONTHS[self.month - 1]


def month_of(name: str) -> int:
    """The number of a month from 1 on, by its first three letters in any case. Raises ValueError for no month."""
    return MONTHS.index(name.capitalize()) + 1


def header_date(seconds: int) -> str:
    """A second since 1970 as a header has it (RFC 5322 §3.3): ``Thu, 01 Jan 1970 00:00:00 +0000``."""
    at = Moment.of(seconds)
    return f"{at.weekday}, {at.day:02} {at.month_name} {at.year} {at.time} +0000"


def old_header_date(seconds: int) -> str:
    """The same as RFC 821 §4.1.2 has it: ``1 JAN 70 00:00:00 UT``."""
    at = Moment.of(seconds)
    return f"{at.day} {at.month_name.upper()} {at.year % 100:02} {at.time} UT"


def internal_date(seconds: int) -> str:
    """The same as IMAP has it, without its quotes (RFC 3501 §9, date-time): `` 1-Jan-1970 00:00:00 +0000``."""
    at = Moment.of(seconds)
    return f"{at.day:2}-{at.month_name}-{at.year:04} {at.time} +0000"


def mbox_date(seconds: int) -> str:
    """The same as the line before a message in an mbox has it (RFC 4155, appendix A): ``Thu Jan  1 00:00:00 1970``."""
    at = Moment.of(seconds)
    return f"{at.weekday} {at.month_name} {at.day:2} {at.time} {at.year}"


def second_of(year: int, month: int, day: int, time: tuple[int, int, int], zone: tuple[str, int, int]) -> int:
    """The second since 1970 of a date with time and zone; negative before 1970.

    Args:
        year, month, day: the date.
        time: hour, minute, second.
        zone: how far the clocks there are ahead: ``+`` or ``-``, hours, minutes.

    Raises:
        ValueError: there is no such date, time or zone.
    """
    from datetime import UTC, datetime, timedelta, timezone

    sign, hours, minutes = zone
    ahead = timedelta(hours=hours, minutes=minutes)
    found = datetime(year, month, day, *time, tzinfo=timezone(-ahead if sign == "-" else ahead))
    return (found - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
