"""A message as the player gets it: its octets, cut to what can be read, and its parts with what each one means."""

from __future__ import annotations

from typing import Any

from popsim.timeline import Event
from popsim.timeline.event import ENDPOINTS
from popsim.views.ciphertext import record_name
from popsim.views.parts import parts
from popsim.views.reading import Reading
from popsim.views.reply_parts import Part
from popsim.views.wording import body_size, told

HEAD, TAIL = 1024, 256
"""How many octets of a long message are shown: the first ones and the last ones."""

Row = tuple[int, int, str, str, str]
"""A part: where it starts and ends, its name, its meaning, its RFC and section."""


def message_row(event: Event, reading: Reading, reach: int) -> dict[str, Any]:
    """What the browser gets of one message; plain JSON, the octets as characters U+0000 to U+00FF.

    Of a secret the browser gets the length and nothing else.

    Args:
        event: its first event: it left, or was read where only that was recorded.
        reading: the timeline that it is from, and the table that names the parts.
        reach: up to which octet of the wire it goes.
    """
    octets = reading.timeline.octets(event)
    first, last = hidden = reading.hidden(event)
    octets = octets[:first] + b"*" * (last - first) + octets[last:]
    length = len(octets)
    is_long = length > HEAD + TAIL
    lines, size = (0, 0) if event.is_wire else body_size(octets)
    return {
        "connection": event.connection,
        "sender": ENDPOINTS.index(event.sender),
        "start": event.start,
        "length": length,
        "head": (octets[:HEAD] if is_long else octets).decode("latin-1"),
        "tail": octets[-TAIL:].decode("latin-1") if is_long else "",
        "parts": rows(parts(event, reading), length),
        "hidden": list(hidden),
        "reach": reach,
        "title": f"(TLS {record_name(event)})" if event.is_wire else told(event, reading),
        "body": [lines, size],
    }


def rows(found: list[Part], length: int) -> list[Row]:
    """The parts of a message of that length as rows, with a nameless one wherever octets stand between two of them.

    A part of a long message of which nothing is shown is left to the one before it.
    """
    whole: list[Row] = []
    place = 0
    for part in found:
        if _is_hidden(part.start, part.end, length):
            continue
        if part.start > place:
            if whole and place > HEAD and length > HEAD + TAIL:
                whole[-1] = (whole[-1][0], part.start, *whole[-1][2:])
            else:
                whole.append((place, part.start, "", "", ""))
        whole.append((part.start, part.end, part.name, part.meaning, str(part.reference or "")))
        place = part.end
    if place < length:
        whole.append((place, length, "", "", ""))
    return [row for row in whole if row[0] < row[1]]


def _is_hidden(start: int, end: int, length: int) -> bool:
    return length > HEAD + TAIL and start >= HEAD and end <= length - TAIL
