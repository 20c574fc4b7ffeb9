"""The parts of a server's message: statuses, data, texts, literals and what ends a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from popsim.protocols.model import ALWAYS, Datum, Form, Reference, Reply, Row, Rule, Unit, trigger_name
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import NO_TAG

CRLF = b"\r\n"
STUFFED = "added dot"
"""The name of a dot that stands before a line only because the line begins with a dot."""
_BODY = "body"
_LITERAL = re.compile(rb"\{([0-9]{1,10})\}\r?\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message: octets ``start`` to ``end``, its name, why it is there and what says so."""

    start: int
    end: int
    name: str
    meaning: str
    reference: Reference | None


def of_reply(octets: bytes, rule: Rule | None, protocol: Protocol) -> Iterator[Part]:
    """The parts of a server's message.

    Args:
        octets: the message.
        rule: the row of the table that it follows, where that is known.
        protocol: what is spoken.
    """
    if protocol.table.tagged:
        yield from _Tagged(octets, rule, protocol).parts()
    elif rule and Unit.STATUS_LINES in rule.units:
        yield from _status_lines(octets, rule, protocol)
    elif rule and rule.reply is None:
        meaning = (
            f"what was asked for by {rule.trigger}" if isinstance(rule.trigger, Form) else trigger_name(rule.trigger)
        )
        yield Part(0, len(octets), "data", meaning, _of(protocol, rule))
    else:
        yield from _plain(octets, rule, protocol)


def _plain(octets: bytes, rule: Rule | None, protocol: Protocol) -> Iterator[Part]:
    head = octets.find(b"\n") + 1 or len(octets)
    yield from _line(octets, 0, head, rule, protocol)
    if head < len(octets):
        yield from _body(octets, head, rule, protocol)


def _line(octets: bytes, place: int, end: int, rule: Rule | None, protocol: Protocol) -> Iterator[Part]:
    """A line with a status, from a place to its end."""
    line = octets[:end].removesuffix(b"\n").removesuffix(b"\r")
    reply = (rule.reply if rule else None) or _status(line[place:], protocol)
    if reply and line.startswith(reply.mark.encode(), place):
        start, place = place, place + len(reply.mark)
        yield Part(start, place, "status", reply.meaning, protocol.reference(reply))
    if line[place : place + 1] == b" ":
        place += 1
    if place < len(line):
        yield from _text(line, place, rule, reply, protocol)
    if len(line) < end:
        yield Part(len(line), end, "CRLF", "ends the line", line_rule(protocol, "reply line"))


def _text(line: bytes, place: int, rule: Rule | None, reply: Reply | None, protocol: Protocol) -> Iterator[Part]:
    """The text after a status; a code in square brackets at its beginning is a part of its own."""
    marks = {str(code).encode().partition(b"]")[0].upper(): code for code in protocol.codes}
    end = line.find(b"]", place) + 1
    opening = re.split(rb"[ \]]", line[place:end], maxsplit=1)[0].upper() if end else b""
    if opening in marks:
        code = marks[opening]
        yield Part(place, end, "code", code.meaning, protocol.reference(code))
        place = end + (line[end : end + 1] == b" ")
    if place < len(line):
        yield Part(place, len(line), "text", _text_meaning(rule), _of(protocol, rule, reply))


def _status_lines(octets: bytes, rule: Rule, protocol: Protocol) -> Iterator[Part]:
    """Lines that all open with the status; a mark behind it tells the last one from the others."""
    place = 0
    mark = len(rule.reply.mark) if rule.reply else 0
    while place < len(octets):
        end = octets.find(b"\n", place) + 1 or len(octets)
        if octets[place + mark : place + mark + 1] == b"-":
            line = octets[:end].removesuffix(b"\n").removesuffix(b"\r")
            meaning = rule.reply.meaning if rule.reply else ""
            yield Part(place, place + mark, "status", meaning, _of(protocol, rule.reply))
            yield Part(place + mark, place + mark + 1, "more", "a hyphen: the reply goes on", _of(protocol, rule.reply))
            if place + mark + 1 < len(line):
                yield Part(place + mark + 1, len(line), "text", _text_meaning(rule), _of(protocol, rule))
            if len(line) < end:
                yield Part(len(line), end, "CRLF", "ends the line", line_rule(protocol, "reply line"))
        else:
            yield from _line(octets, place, end, rule, protocol)
        place = end


class _Tagged:
    """The parts of a message in which data without a tag come before the line with the status.

    Args:
        octets: the message.
        rule: the row of the table that it follows, where that is known.
        protocol: what is spoken.
    """

    def __init__(self, octets: bytes, rule: Rule | None, protocol: Protocol) -> None:
        self._octets, self._rule, self._protocol = octets, rule, protocol
        self._data = {datum.mark.encode(): datum for datum in protocol.data}
        self._marks = {reply.mark.encode() for reply in protocol.replies}
        self._asks = {reply.mark.encode() for reply in protocol.replies if reply.positive is None}

    def parts(self) -> Iterator[Part]:
        """All of them, in order."""
        place = 0
        while place < len(self._octets):
            end = self._end(place)
            opening = self._octets[place:end].split(b" ", 1)[0].rstrip(CRLF)
            if opening == NO_TAG:
                for part in self._datum(place, end):
                    yield part
                    end = max(end, part.end)  # a literal goes beyond its line
            elif opening in self._asks:
                yield from _line(self._octets, place, end, self._rule, self._protocol)
            else:
                meaning = "the client's name for the command that this completes"
                yield Part(place, place + len(opening), "tag", meaning, _of(self._protocol, self._rule))
                yield from _line(self._octets, place + len(opening) + 1, end, self._rule, self._protocol)
            place = end

    def _end(self, place: int) -> int:
        return self._octets.find(b"\n", place) + 1 or len(self._octets)

    def _datum(self, place: int, end: int) -> Iterator[Part]:
        """A line of data, with the literals in it and the rest of it behind them."""
        words = self._octets[place:end].rstrip(CRLF).split(b" ", 3)
        known = next((self._data[word] for word in words[1:3] if word in self._data), None)
        reference = _of(self._protocol, known, self._rule)
        yield Part(place, place + 1, "untagged", "data: it completes no command", reference)
        if words[1:2] and words[1] in self._marks:
            yield from _line(self._octets, place + len(NO_TAG) + 1, end, None, self._protocol)
            return
        if known:
            place = self._octets.index(known.mark.encode(), place, end)
            if known.numbered:
                number = words[1]
                yield Part(place - 1 - len(number), place - 1, "number", "of the message, or of them all", reference)
            yield Part(place, place + len(known.mark), "word", known.meaning, reference)
            place += len(known.mark)
        else:
            place += 1
        yield from self._rest(place, known, reference)

    def _rest(self, place: int, known: Datum | None, reference: Reference | None) -> Iterator[Part]:
        """What a line of data says behind its first word."""
        while True:
            end = self._end(place)
            announced = _LITERAL.search(self._octets[place : end - 1])
            stop = end - len(CRLF) if self._octets[:end].endswith(CRLF) else end
            start = place + (self._octets[place : place + 1] == b" ")
            if start < stop:
                yield Part(start, stop, "values", "what belongs to the word" if known else "data", reference)
            if stop < end:
                yield Part(stop, end, "CRLF", "ends the line", line_rule(self._protocol, "reply line"))
            if not announced or end >= len(self._octets):
                return
            place = min(end + int(announced[1]), len(self._octets))
            if end < place:
                meaning = "octets that were announced: they end where the number says, whatever they are"
                yield Part(end, place, "literal", meaning, reference)
            if place >= len(self._octets):
                return


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


def line_rule(protocol: Protocol, limit: str) -> Reference | None:
    """Where this edition says how a line is made: the row of the line's limit speaks of its CRLF, else the replies'."""
    return _of(protocol, *(row for row in protocol.table.limits if row.name == limit), *protocol.replies)


def _body(octets: bytes, head: int, rule: Rule | None, protocol: Protocol) -> Iterator[Part]:
    """What follows the first line."""
    meaning = rule.trigger.meaning if rule and isinstance(rule.trigger, Form) else "what follows the line"
    told = _of(protocol, rule)
    if rule and Unit.MULTILINE not in rule.units or not octets.endswith(b"\n.\r\n"):
        yield Part(head, len(octets), _BODY, meaning, told)
    else:
        yield from stuffed_parts(octets, head, Part(0, 0, _BODY, meaning, told), line_rule(protocol, "reply line"))


def stuffed_parts(octets: bytes, head: int, body: Part, made: Reference | None) -> Iterator[Part]:
    """Lines up to a lone dot: the dots that were added and the last line stand out.

    Args:
        octets: the message, which ends in that line.
        head: where the lines begin.
        body: the name, meaning and source of all that is left.
        made: where such lines are described.
    """
    end = len(octets) - 3
    place = head
    for dot in _stuffed(octets, head, end):
        if place < dot:
            yield Part(place, dot, body.name, body.meaning, body.reference)
        why = "was put before a line that begins with a dot; the receiver takes it away"
        yield Part(dot, dot + 1, STUFFED, why, made)
        place = dot + 1
    if place < end:
        yield Part(place, end, body.name, body.meaning, body.reference)
    what = "answer" if body.name == _BODY else body.name
    yield Part(end, len(octets), "end", f"a line with nothing but a dot ends the {what}", made)


def _stuffed(octets: bytes, head: int, end: int) -> Iterator[int]:
    """Where the dots stand that begin a line before the end."""
    if octets.startswith(b".", head) and not head and end > 0:
        yield 0
    place = octets.find(b"\n.", max(head - 1, 0), end)
    while place >= 0:
        yield place + 1
        place = octets.find(b"\n.", place + 1, end)
