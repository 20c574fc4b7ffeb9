"""Events put into words: the one place where a view gets its times, its sizes and its sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.protocols import spoken
from popsim.protocols.model import Occurrence
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import NO_TAG
from popsim.timeline import Event, Timeline
from popsim.timeline.event import ENDED, LOST, OPEN, reason_key, record_key, rule_key, segment_key, state_key
from popsim.views.store_words import store_words

if TYPE_CHECKING:
    from popsim.views.reading import Reading

LONGEST = 76
"""How many characters of a line are shown, where nothing else is asked for."""

_MS = 1_000_000


def protocol_of(timeline: Timeline, connection: int = 0) -> Protocol:
    """The protocol that a connection was recorded with: its edition, its extensions and what was left out.

    Raises:
        ValueError: popsim knows no such protocol or edition.
    """
    return spoken(timeline.header, connection)


def format_time(nanoseconds: int) -> str:
    """A virtual time in words: ``"120.5 ms"``, and from ten seconds on ``"12.000 s"``."""
    if nanoseconds >= 10_000 * _MS:
        milliseconds = (nanoseconds + _MS // 2) // _MS
        return f"{milliseconds // 1000:,}.{milliseconds % 1000:03} s"
    tenths = (nanoseconds + _MS // 20) // (_MS // 10)
    return f"{tenths // 10:,}.{tenths % 10} ms"


def format_moment(nanoseconds: int) -> str:
    """A moment of a run that takes hours, to the second: ``"0:10:02"``, ``"3 d 0:00:05"``; below a minute as a time."""
    if nanoseconds < 60_000 * _MS:
        return format_time(nanoseconds)
    minutes, seconds = divmod((nanoseconds + 500 * _MS) // (1000 * _MS), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days} d " * (days > 0) + f"{hours}:{minutes:02}:{seconds:02}"


def format_octets(count: int) -> str:
    """A size in words: ``"1 octet"``, ``"1,234 octets"``."""
    return f"{count:,} octet" if count == 1 else f"{count:,} octets"


def format_lines(count: int) -> str:
    """A number of lines in words: ``"1 line"``, ``"41 lines"``."""
    return f"{count:,} line" if count == 1 else f"{count:,} lines"


def printable(octets: bytes) -> str:
    """Octets as text that is safe to show anywhere: UTF-8 where it is that, ``\\x1b`` for what can't be seen.

    Control characters, marks that change the direction of writing and octets that are no UTF-8 never come
    through.
    """
    text = octets.decode("utf-8", "surrogateescape")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return "".join(f"\\x{octet:02x}" for octet in character.encode("utf-8", "surrogateescape"))


def first_line(octets: bytes, longest: int = LONGEST) -> str:
    """The first line of a message as safe printable text, without its CRLF, at most ``longest`` characters.

    The end of a longer line is left out and ``...`` stands in its place.
    """
    # A character takes four octets at most; one character more shows whether anything is left out.
    line = octets[: 4 * longest + 4].partition(b"\n")[0].removesuffix(b"\r")
    return shortened(printable(line), longest)


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text of at most ``longest`` characters, whose end is ``...`` where something was left out."""
    return text if len(text) <= longest else text[: max(longest - 3, 0)] + "..."


def body_size(octets: bytes) -> tuple[int, int]:
    """How many lines and octets follow the first line of a message."""
    head = octets.find(b"\n") + 1
    if not head or head == len(octets):
        return 0, 0
    lines = octets.count(b"\n", head) + (not octets.endswith(b"\n"))
    return lines, len(octets) - head


def said(event: Event, reading: Reading, longest: int = LONGEST) -> str:
    """The first line of a message event, without secrets, as :func:`first_line` has it."""
    return first_line(reading.shown(event), longest)


def told(event: Event, reading: Reading, longest: int = LONGEST) -> str:
    """What a message says in one line: its first one and, of an answer that opens with data, how it ends.

    ``* 8 EXISTS ... a2 OK`` stands for an answer of which both are worth knowing.
    """
    end = _ending(event, reading)
    return said(event, reading, longest - len(end)) + end


def _ending(event: Event, reading: Reading) -> str:
    """The tag and the status of an answer that opens with data; nothing for any other message."""
    protocol = reading.protocol(event.connection)
    if event.sender == "client" or event.is_wire or not protocol.table.tagged:
        return ""
    octets = reading.timeline.octets(event)
    last = octets[octets.rfind(b"\n", 0, -1) + 1 :]
    words = printable(last[:LONGEST]).split(" ", 2)
    has_status = len(words) > 1 and words[1] in {reply.mark for reply in protocol.replies}
    opens_with_data = octets.startswith(NO_TAG + b" ") and not last.startswith(NO_TAG)
    return f" ... {words[0]} {words[1]}" if has_status and opens_with_data else ""


def state_after(timeline: Timeline, event: Event) -> str | None:
    """The state into which the end of this event moved together with it, or None where it stayed."""
    for index in range(event.index + 1, len(timeline)):
        near = timeline[index]
        same = (near.time, near.connection, near.endpoint) == (event.time, event.connection, event.endpoint)
        if not same or near.layer not in ("session", "store"):
            return None
        if near.layer == "session":
            return new_state(near)
    return None


def new_state(moved: Event) -> str:
    """The name of the state that a Moved event leads to."""
    wanted = state_key(moved.connection, moved.endpoint)
    return str((moved.values or {}).get(wanted, ""))


def old_state(timeline: Timeline, moved: Event) -> str | None:
    """The name of the state that a Moved event leaves, or None where it is the first one."""
    return timeline.at(moved.index - 1).state(moved.endpoint, moved.connection)


def describe(event: Event, reading: Reading) -> str:
    """An event in words: who does what and, of a message, its first line, its size and the state that follows.

    Args:
        event: which one.
        reading: the timeline that it is from, as its protocol reads it.
    """
    words = _BY_LAYER[event.layer](event, reading)
    several = len(reading.timeline.connections) > 1 and event.layer != "store"
    return f"connection {event.connection}: {words}" if several else words


def segment_name(timeline: Timeline, event: Event) -> str:
    """What a segment without octets is for, such as ``SYN``; empty where the recording doesn't say."""
    sent = timeline[event.cause] if event.kind != "Sent" and event.cause >= 0 else event
    return str((sent.values or {}).get(segment_key(sent.connection, sent.endpoint), ""))


def _segment(event: Event, reading: Reading) -> str:
    size = event.end - event.start
    name = segment_name(reading.timeline, event)
    what = f"a segment of {format_octets(size)}" if size else f"the {name} segment" if name else "a segment"
    if event.kind == "Delivered":
        return f"{what} arrives at the {event.endpoint}"
    if event.kind == "Dropped":
        return f"{what} from the {event.endpoint} is lost on its way"
    return f"{what} leaves the {event.endpoint}"


def _ciphertext(event: Event, reading: Reading) -> str:
    sent = reading.timeline[event.cause] if event.kind == "Delivered" and event.cause >= 0 else event
    name = str((sent.values or {}).get(record_key(sent.connection, sent.endpoint), "record"))
    what = f"TLS {name}, {format_octets(event.end - event.start)},"
    return f"{what} {'arrives at' if event.kind == 'Delivered' else 'leaves'} the {event.endpoint}"


CONDITIONS = {"Opened": OPEN, "Closed": ENDED, "Lost": LOST, "Secured": "secured"}
"""What can become of a connection, by the kind of its event."""


def _stream(event: Event, reading: Reading) -> str:
    return f"the connection is {CONDITIONS[event.kind]} at the {event.endpoint}{why(event)}"


def why(event: Event) -> str:
    """Why a connection was lost, where the recording says it; to be put behind the event's words."""
    reason = (event.values or {}).get(reason_key(event.connection, event.endpoint))
    return f": {reason}" if reason else ""


def _message(event: Event, reading: Reading) -> str:
    text = told(event, reading)
    if event.kind == "Delivered":
        verb = "reads"
    elif event.endpoint == "client":
        verb = "sends"
    else:
        verb = _VERBS.get(_cause(event, reading), "answers")
    lines, size = body_size(reading.timeline.octets(event))
    body = f" and {format_lines(lines)}, {format_octets(size)}" if lines else ""
    state = state_after(reading.timeline, event) if event.kind == "Sent" else None
    return f"{event.endpoint} {verb} {text}{body}" + (f"; now {state}" if state else "")


def is_greeting(event: Event, reading: Reading) -> bool:
    """Whether a server's message answers nobody: it is what the server says when the connection opens."""
    return _cause(event, reading) is Occurrence.OPENED


_VERBS: dict[object, str] = {Occurrence.OPENED: "greets with", Occurrence.NEWS: "tells"}
"""What a server does with a message that nobody asked for."""


def _cause(event: Event, reading: Reading) -> object:
    """What a server's message is the answer to: a command, or what happened; None where the recording doesn't say."""
    rule = (event.values or {}).get(rule_key(event.connection, event.endpoint), "")
    try:
        return reading.protocol(event.connection).rule(str(rule)).trigger
    except LookupError:
        return None


def _session(event: Event, reading: Reading) -> str:
    state = new_state(event)
    return f"{event.endpoint} {'stays' if old_state(reading.timeline, event) == state else 'is now'} in {state}"


def _store(event: Event, reading: Reading) -> str:
    return store_words(event)


_BY_LAYER = {
    "segment": _segment,
    "ciphertext": _ciphertext,
    "stream": _stream,
    "message": _message,
    "session": _session,
    "store": _store,
}
