"""The parts of a message, named: what each octet of a command, of a record or of an exchange is there for."""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from popsim.protocols.model import Form, Occurrence, Reader, Reference, Rule
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request, spans
from popsim.timeline import Event
from popsim.timeline.event import rule_key
from popsim.views.reading import Reading
from popsim.views.reply_parts import CRLF, Part, line_rule, of_reply, stuffed_parts
from popsim.views.wording import printable


def parts(event: Event, reading: Reading) -> list[Part]:
    """The parts of a message event's octets, in order. Spaces between parts belong to none."""
    timeline, protocol = reading.timeline, reading.protocol(event.connection)
    octets = timeline.octets(event)
    if event.layer == "ciphertext":
        return list(_of_record(octets))
    asked = reading.asked(event)
    if asked and asked.goes_on:
        return list(_of_rest(octets, asked.before, reading.request(event), protocol))
    if asked and asked.rule and asked.rule.reader is Reader.DOT_ENDED:
        return list(_of_upload(octets, asked.keyword, asked.rule, protocol))
    if asked and asked.rule:
        return list(_of_exchange(octets, asked.keyword, asked.rule, protocol, decodes=not reading.hides))
    if event.sender == "client":
        return list(_of_request(octets, reading.request(event), protocol))
    sent = timeline[event.cause] if event.kind == "Delivered" and event.cause >= 0 else event
    return list(of_reply(octets, _rule(sent, protocol), protocol))


_GOES_ON = "the command goes on behind the literal that it announces here"


def _of_request(line: bytes, request: Request, protocol: Protocol) -> Iterator[Part]:
    for span in spans(request, line):
        if line[span.start : span.end] == CRLF:
            reference = line_rule(protocol, "command line")
        else:
            reference = _says(request, protocol)
        meaning = span.meaning or _GOES_ON if request.trigger is Occurrence.LITERAL else span.meaning
        yield Part(span.start, span.end, span.name, meaning, reference)


def _of_rest(octets: bytes, before: bytes, request: Request, protocol: Protocol) -> Iterator[Part]:
    """The parts of a message with which a command goes on: those of the whole command, as far as they are in it."""
    for part in _of_request(before + octets, request, protocol):
        start, end = part.start - len(before), part.end - len(before)
        if end > 0:
            yield Part(max(start, 0), end, part.name, part.meaning, part.reference)


def _of_upload(octets: bytes, keyword: str, asked: Rule, protocol: Protocol) -> Iterator[Part]:
    """The parts of text that goes up to a lone dot, or of a piece of it."""
    text = Part(0, len(octets), "text", f"what the server asked for in answer to {keyword}", protocol.reference(asked))
    if octets == b".\r\n" or octets.endswith(b"\n.\r\n"):
        yield from stuffed_parts(octets, 0, text, protocol.reference(asked))
    else:
        yield text


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
        yield Part(end, len(line), "CRLF", "ends the line", line_rule(protocol, "command line"))


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
