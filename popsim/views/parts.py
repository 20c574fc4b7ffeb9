"""The parts of a message, named: what each octet of a command or of an answer is there for."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from popsim.protocols.model import ALWAYS, Form, Reference, Reply, Row, Rule, Unit, trigger_name
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request, spans
from popsim.timeline import Event
from popsim.timeline.event import rule_key
from popsim.views.reading import Reading
from popsim.views.wording import printable

CRLF = b"\r\n"
STUFFED = "added dot"
"""The name of a dot that stands before a line only because the line begins with a dot."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message: octets ``start`` to ``end``, its name, why it is there and what says so."""

    start: int
    end: int
    name: str
    meaning: str
    reference: Reference | None


def parts(event: Event, reading: Reading) -> list[Part]:
    """The parts of a message event's octets, in order. Spaces between parts belong to none."""
    timeline, protocol = reading.timeline, reading.protocol
    octets = timeline.octets(event)
    if event.layer == "ciphertext":
        return list(_of_record(octets))
    if asked := reading.asked(event):
        return list(_of_exchange(octets, asked.keyword, asked.rule, protocol, decodes=not reading.hides))
    if event.sender == "client":
        return list(_of_request(octets, reading.request(event), protocol))
    sent = timeline[event.cause] if event.kind == "Delivered" and event.cause >= 0 else event
    return list(_of_reply(octets, _rule(sent, protocol), protocol))


def _of_request(line: bytes, request: Request, protocol: Protocol) -> Iterator[Part]:
    for span in spans(request, line):
        if line[span.start : span.end] == CRLF:
            reference = _line_rule(protocol, "command line")
        else:
            reference = _says(request, protocol)
        yield Part(span.start, span.end, span.name, span.meaning, reference)


_RECORD = Reference(8446, "§5.1")


def _of_record(record: bytes) -> Iterator[Part]:
    """The parts of a TLS record: its header crosses in clear."""
    fields = (
        (0, 1, "type", "what the record holds, as far as it says"),
        (1, 3, "version", "a version that old equipment on the way knows; the real one is agreed on inside"),
        (3, 5, "length", "how many octets follow"),
        (5, len(record), "content", "the handshake's own words or, once there are keys, ciphertext"),
    )
    for start, end, name, meaning in fields:
        if start < min(end, len(record)):
            yield Part(start, min(end, len(record)), name, meaning, _RECORD)


def _of_exchange(line: bytes, keyword: str, asked: Rule, protocol: Protocol, decodes: bool) -> Iterator[Part]:
    """The parts of a line that is no command: the server asked for it, and reads it in its own way."""
    end = len(line.removesuffix(b"\n").removesuffix(b"\r"))
    meaning = f"what the server asked for in answer to {keyword}"
    inside = _decoded(line[:end]) if decodes else ""
    meaning += f"; base64 hides nothing, it stands for {inside}" if inside else ""
    yield Part(0, end, "response", meaning, protocol.reference(asked))
    if end < len(line):
        yield Part(end, len(line), "CRLF", "ends the line", _line_rule(protocol, "command line"))


def _decoded(line: bytes) -> str:
    """What a line of base64 stands for, as safe text; empty where it is none."""
    try:
        return printable(binascii.a2b_base64(line, strict_mode=True))
    except binascii.Error:
        return ""


def _says(request: Request, protocol: Protocol) -> Reference | None:
    """Where a command is described or, of a line that is none, the answer to it."""
    if isinstance(request.trigger, Form):
        return protocol.reference(request.trigger)
    rows = [rule for rule in protocol.rules if rule.trigger is request.trigger]
    return protocol.reference(rows[-1]) if rows else None


def _rule(sent: Event, protocol: Protocol) -> Rule | None:
    """The rule that a server's message follows, where the recording names one."""
    name = (sent.values or {}).get(rule_key(sent.connection, sent.endpoint), "")
    return next((rule for rule in protocol.resolved() if rule.id == name), None)


def _of_reply(octets: bytes, rule: Rule | None, protocol: Protocol) -> Iterator[Part]:
    head = octets.find(b"\n") + 1 or len(octets)
    line = octets[:head].removesuffix(b"\n").removesuffix(b"\r")
    place = 0
    reply = rule.reply if rule else _status(line, protocol)
    if reply and line.startswith(reply.mark.encode()):
        place = len(reply.mark)
        yield Part(0, place, "status", reply.meaning, protocol.reference(reply))
    if line[place : place + 1] == b" ":
        place += 1
    if place < len(line):
        yield Part(place, len(line), "text", _text_meaning(rule), _of(protocol, rule, reply))
    if len(line) < head:
        yield Part(len(line), head, "CRLF", "ends the line", _line_rule(protocol, "reply line"))
    if head < len(octets):
        yield from _body(octets, head, rule, protocol)


def _status(line: bytes, protocol: Protocol) -> Reply | None:
    marks = sorted(protocol.replies, key=lambda reply: -len(reply.mark))
    return next((reply for reply in marks if line.startswith(reply.mark.encode())), None)


def _text_meaning(rule: Rule | None) -> str:
    """What the text after a status is for: the row's condition or, of a row without one, what it answers."""
    if rule is None or Unit.MULTILINE in rule.units and rule.condition == ALWAYS:
        return "more about it, in words"
    if rule.condition != ALWAYS:
        return rule.condition
    return rule.trigger.meaning if isinstance(rule.trigger, Form) else trigger_name(rule.trigger)


def _of(protocol: Protocol, *rows: Row | None) -> Reference | None:
    """What the first of these rows cites."""
    return next((reference for row in rows if row and (reference := protocol.reference(row))), None)


def _line_rule(protocol: Protocol, limit: str) -> Reference | None:
    """Where this edition says how a line is made: the row of the line's limit speaks of its CRLF, else the replies'."""
    return _of(protocol, *(row for row in protocol.table.limits if row.name == limit), *protocol.replies)


def _body(octets: bytes, head: int, rule: Rule | None, protocol: Protocol) -> Iterator[Part]:
    """What follows the first line: of a multi-line answer, its added dots and its last one stand out."""
    meaning = rule.trigger.meaning if rule and isinstance(rule.trigger, Form) else "what follows the line"
    told = _of(protocol, rule)
    if rule and Unit.MULTILINE not in rule.units or not octets.endswith(b"\n.\r\n"):
        yield Part(head, len(octets), "body", meaning, told)
        return
    made = _line_rule(protocol, "reply line")
    end = len(octets) - 3
    place = head
    for dot in _stuffed(octets, head, end):
        if place < dot:
            yield Part(place, dot, "body", meaning, told)
        why = "was put before a line that begins with a dot; the receiver takes it away"
        yield Part(dot, dot + 1, STUFFED, why, made)
        place = dot + 1
    if place < end:
        yield Part(place, end, "body", meaning, told)
    yield Part(end, len(octets), "end", "a line with nothing but a dot ends the answer", made)


def _stuffed(octets: bytes, head: int, end: int) -> Iterator[int]:
    """Where the dots stand that begin a line before the end."""
    place = octets.find(b"\n.", head - 1, end)
    while place >= 0:
        yield place + 1
        place = octets.find(b"\n.", place + 1, end)
