"""The text of an mbox file (RFC 4155): where its messages are, when they came, and what one more looks like."""

from __future__ import annotations

import re

from popsim.mail.dates import LAST_SECOND, mbox_date, month_of, second_of
from popsim.mail.message import Message

BEGINNING = re.compile(rb"^From ", re.MULTILINE)
LINE_ENDS = b"\r\n"

_DATE = re.compile(
    rb"([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d)(?::(\d\d))?(?: [A-Z]{1,5})? (\d{4})(?: ([+-])(\d\d)(\d\d))?\s*$"
)


def is_mbox(octets: bytes) -> bool:
    """Whether octets can be an mbox: nothing, or a line that begins with "From "."""
    first = octets.lstrip(LINE_ENDS)[:5]
    return not first or first == b"From "


def found_in(octets: bytes) -> list[tuple[bytes, Message]]:
    """Each message of the file after the line that says that it begins."""
    begins = [match.start() for match in BEGINNING.finditer(octets)]
    if not begins:
        return []
    found = []
    for start, end in zip(begins, [*begins[1:], len(octets)], strict=True):
        line_end = octets.find(b"\n", start, end) + 1 or end
        line = octets[start:line_end]
        found.append((line, Message.of(_without_blank(octets[line_end:end], line.endswith(b"\r\n")))))
    return found


def date_in(line: bytes) -> int | None:
    """The date at the end of a line such as ``From ana Mon Mar  4 08:15:00 2024``, in seconds since 1970, or None."""
    found = _DATE.search(line)
    if not found:
        return None
    month, day, hour, minute, second, year, sign, hours, minutes = found.groups()
    time = int(hour), int(minute), int(second or 0)
    zone = (sign or b"+").decode(), int(hours or 0), int(minutes or 0)
    try:
        at = second_of(int(year), month_of(month.decode()), int(day), time, zone)
    except ValueError:
        return None
    return min(max(at, 0), LAST_SECOND)


def with_message(data: bytes, message: Message, date: int) -> list[bytes]:
    """What a file holds once a message stands at its end: what it held, and what follows.

    Args:
        data: what it holds, an mbox.
        message: what is added; a line that begins with "From " gets a ">" before it.
        date: when it came, in seconds since 1970.
    """
    octets = BEGINNING.sub(b">From ", message.octets)
    # The file's lines end in LF as other programs expect, unless the message would not come back the same.
    for end in (b"\n", b"\r\n"):
        text = b"From MAILER-DAEMON %s%s%s%s" % (mbox_date(date).encode(), end, octets.replace(b"\r\n", end), end)
        if found_in(text)[0][1].octets == octets:
            break
    return [data, _gap(data) + text]


def _gap(data: bytes) -> bytes:
    """What has to stand behind the last message, so that another one can follow and this one stays what it is."""
    begins = [match.start() for match in BEGINNING.finditer(data)]
    if not begins:
        return b"" if not data or data.endswith(b"\n") else b"\n"
    last = data[begins[-1] :]
    before = found_in(last)[0][1].octets
    for gap in (b"", b"\n", b"\r\n", b"\n\n", b"\r\n\n", b"\r\n\r\n"):
        whole = last + gap
        line_end = whole.find(b"\n") + 1
        if not line_end or not whole.endswith(b"\n"):
            continue
        body, crlf = whole[line_end:], whole[:line_end].endswith(b"\r\n")
        if len(_without_blank(body, crlf)) < len(body) and found_in(whole)[0][1].octets == before:
            return gap
    return b"\n" if not last.endswith(b"\n") else b""


def _without_blank(data: bytes, crlf: bool) -> bytes:
    """A message without the blank line that ends it in the file, which ends as the line before the message does.

    Each message has its own way, so that it stays the same whatever is removed from the file.
    """
    for blank in (b"\r\n", b"\n") if crlf else (b"\n",):
        if data == blank or data.endswith(b"\n" + blank):
            return data[: -len(blank)]
    return data
