"""A message as the player gets it: its octets, cut to what can be read, and its parts with what each one means."""

from __future__ import annotations

from typing import Any

from popsim.protocols.protocol import Protocol
from popsim.timeline import Event, Timeline
from popsim.timeline.event import ENDPOINTS
from popsim.views.parts import Part, parts
from popsim.views.wording import body_size, first_line

HEAD, TAIL = 1024, 256
"""How many octets of a long message are shown: the first ones and the last ones."""

Row = tuple[int, int, str, str, str]
"""A part: where it starts and ends, its name, its meaning, its RFC and section."""


def message_row(timeline: Timeline, event: Event, protocol: Protocol) -> dict[str, Any]:
    """What the browser gets of one message; plain JSON, the octets as characters U+0000 to U+00FF.

    Args:
        timeline: where it is from.
        event: its first event: it left, or was read where only that was recorded.
        protocol: whose table names the parts.
    """
    octets = timeline.octets(event)
    length = len(octets)
    is_long = length > HEAD + TAIL
    lines, size = body_size(octets)
    return {
        "connection": event.connection,
        "sender": ENDPOINTS.index(event.sender),
        "start": event.start,
        "length": length,
        "head": (octets[:HEAD] if is_long else octets).decode("latin-1"),
        "tail": octets[-TAIL:].decode("latin-1") if is_long else "",
        "parts": rows(parts(timeline, event, protocol), length),
        "title": first_line(octets),
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
