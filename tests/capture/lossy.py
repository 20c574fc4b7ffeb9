"""A session in which two segments are lost and sent again, written down event by event."""

from popsim import Timeline
from popsim.timeline.event import (
    CLIENT,
    ENDPOINTS,
    SEGMENT_DELIVERED,
    SEGMENT_DROPPED,
    SEGMENT_SENT,
    SERVER,
    segment_key,
)
from popsim.timeline.recorder import Recorder

MS = 10**6


def lossy() -> Timeline:
    """The client's command is lost once, and of the server's three segments the second one."""
    recorder = Recorder({"protocol": "pop3", "edition": 1939, "scenario": "", "mail": {}})
    recorder.stream(0, CLIENT).append(b"NOOP\r\n")
    recorder.stream(0, SERVER).append(b"+OK a\r\nrest\r\n."[:15])
    flights: list[tuple[int, int, str, int, int, bool]] = [
        (0, CLIENT, "SYN", 0, 0, True),
        (10, SERVER, "SYN ACK", 0, 0, True),
        (20, CLIENT, "ACK", 0, 0, True),
        (100, CLIENT, "data", 0, 6, False),
        (300, CLIENT, "data", 0, 6, True),
        (400, SERVER, "data", 0, 5, True),
        (410, SERVER, "data", 5, 10, False),
        (420, SERVER, "data", 10, 14, True),
        (700, SERVER, "data", 5, 10, True),
    ]
    due: list[tuple[int, int, int, int, int, int]] = []
    for at, end, what, start, last, arrives in flights:
        for then, kind, who, cause, a, b in [item for item in due if item[0] <= at]:
            recorder.now = then * MS
            recorder.add(kind, 0, who, cause=cause, start=a, end=b)
        due = [item for item in due if item[0] > at]
        recorder.now = at * MS
        sent = recorder.add(SEGMENT_SENT, 0, end, start=start, end=last, values={segment_key(0, ENDPOINTS[end]): what})
        kind, who = (SEGMENT_DELIVERED, 1 - end) if arrives else (SEGMENT_DROPPED, end)
        due.append((at + 10, kind, who, sent, start, last))
    for then, kind, who, cause, a, b in due:
        recorder.now = then * MS
        recorder.add(kind, 0, who, cause=cause, start=a, end=b)
    return Timeline(recorder)
