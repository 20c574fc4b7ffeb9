"""What a client's line says: the command form, its arguments, or what is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from popsim.protocols.model import Form, Kind, Occurrence, Trigger

if TYPE_CHECKING:
    from popsim.protocols.protocol import Protocol

Value = int | bytes
NO_TAG = b"*"
"""Stands where the client's tag would, in a reply to a line that has none (RFC 3501 §7.1)."""
_TAG = re.compile(rb"[!#$&',-\[\]-z|}~]+")  # RFC 3501 §9: what may be repeated without being taken for something else
REMEMBERED = 1024
"""How many different command lines are remembered with what they say."""


class Span(NamedTuple):
    """Where a part of a line stands: octets ``start`` to ``end`` of the line, and what the part is."""

    start: int
    end: int
    name: str
    meaning: str


class Request(NamedTuple):
    """A command as the server reads it.

    ``trigger`` is the form, or the occurrence that says why the line is none; ``problem`` then says it in words.
    """

    trigger: Trigger
    keyword: str
    arguments: tuple[Value, ...] = ()
    tag: bytes = b""
    problem: str = ""

    @property
    def number(self) -> int:
        """The first argument, of a form whose first argument is a number."""
        return int(self.arguments[0])


class Grammar:
    """Reads the command lines of one protocol edition.

    Args:
        protocol: whose forms and limits are to be read.
    """

    def __init__(self, protocol: Protocol) -> None:
        self._tagged = protocol.table.tagged
        self._limit = protocol.limit("argument")
        self._rfcs = protocol.rfcs
        self._forms: dict[bytes, list[Form]] = {}
        self._patterns: dict[Form, re.Pattern[bytes]] = {}
        for form in protocol.forms:
            self._forms.setdefault(form.keyword.encode(), []).append(form)
            kinds = [argument.kind_in(self._rfcs) for argument in form.arguments]
            self._patterns[form] = re.compile(b" ".join(b"(" + kind.pattern.pattern + b")" for kind in kinds))
        self._known: dict[bytes, Request] = {}

    def parse(self, line: bytes) -> Request:
        """Read one line, without its CRLF. Never raises: noise is a request that says what is wrong with it."""
        known = self._known.get(line)
        if known is not None:
            return known
        if not self._tagged:
            return self._remembered(line, self._command(line, b""))
        tag, _, rest = line.partition(b" ")
        if not _TAG.fullmatch(tag):
            return Request(Occurrence.MALFORMED, "", tag=NO_TAG, problem="a command opens with a tag such as a1")
        return self._command(rest, tag)

    def _remembered(self, line: bytes, request: Request) -> Request:
        """Keep what a line says: mail readers send the same few lines again and again. A secret is never kept."""
        form = request.trigger
        if isinstance(form, Form) and not any(argument.secret for argument in form.arguments):
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[line] = request
        return request

    def forms(self, keyword: str) -> list[Form]:
        """The forms of a keyword, empty where it is unknown."""
        return self._forms.get(keyword.encode("ascii", "replace"), [])

    def _command(self, line: bytes, tag: bytes) -> Request:
        word, space, rest = line.partition(b" ")
        forms = self._forms.get(word.upper())
        if forms is None:
            shown = readable(word)
            return Request(Occurrence.UNRECOGNIZED, shown, tag=tag, problem=f"{shown} is no command of this protocol")
        keyword = forms[0].keyword
        problem = ""
        for form in forms:
            if bool(form.arguments) != bool(space):
                continue
            values = self._values(form, rest)
            if values is not None:
                return Request(form, keyword, values, tag)
            problem = self._problem(form, rest)
        wanted = " or ".join(form.name for form in forms)
        problem = f"expected {wanted}{'; ' + problem if problem else ''}"
        return Request(Occurrence.MALFORMED, keyword, tag=tag, problem=problem)

    def _values(self, form: Form, text: bytes) -> tuple[Value, ...] | None:
        """The values of a form's arguments, or None where the text is not what the form wants."""
        match = self._patterns[form].fullmatch(text)
        if match is None:
            return None
        parts: tuple[bytes, ...] = match.groups()
        if self._limit and len(text) > self._limit and any(len(part) > self._limit for part in parts):
            return None
        if len(parts) == 1:
            return (int(text),) if form.arguments[0].kind.numeric else parts
        return tuple([int(p) if a.kind.numeric else p for a, p in zip(form.arguments, parts, strict=True)])

    def _problem(self, form: Form, text: bytes) -> str:
        """What is wrong with a form's arguments, in words."""
        count = len(form.arguments)
        last_takes_spaces = form.arguments[-1].kind is Kind.STRING
        parts = text.split(b" ", count - 1) if last_takes_spaces else text.split(b" ")
        if len(parts) != count or not all(parts):
            return f"{count} argument{'s' * (count > 1)}, each after one space"
        for argument, part in zip(form.arguments, parts, strict=True):
            if self._limit and len(part) > self._limit:
                return f"{argument.name} has {len(part)} octets and at most {self._limit} are allowed"
            kind = argument.kind_in(self._rfcs)
            if not kind.pattern.fullmatch(part):
                return f"{argument.name} is {kind.words}"
        return f"{form.name} is not written like this"


def readable(octets: bytes, longest: int = 20) -> str:
    """Octets of a stranger, fit for a reply or a picture: printable ASCII, cut short, never empty."""
    text = "".join(chr(c) if 0x21 <= c <= 0x7E else "?" for c in octets[:longest])
    return (text + "..." if len(octets) > longest else text) or "(nothing)"


def spans(request: Request, line: bytes) -> list[Span]:
    """Where the keyword and each argument of a request stand in its line, for a view of the octets."""
    found: list[Span] = []
    place = 0
    if request.tag and request.tag != NO_TAG:
        found.append(Span(0, len(request.tag), "tag", "the client's name for this command"))
        place = len(request.tag) + 1
    text = line.removesuffix(b"\n").removesuffix(b"\r")
    place = min(place, len(text))
    end = text.find(b" ", place)
    end = len(text) if end < 0 else end
    form = request.trigger if isinstance(request.trigger, Form) else None
    found.append(Span(place, end, "keyword", form.meaning if form else request.problem))
    for n, argument in enumerate(form.arguments if form else ()):
        place = end + 1
        is_last = n == len(form.arguments) - 1 if form else True
        end = len(text) if is_last else text.find(b" ", place)
        found.append(Span(place, end, argument.name, argument.meaning))
    if form is None and end < len(text):
        found.append(Span(end + 1, len(text), "arguments", request.problem))
    if len(line) > len(text):
        found.append(Span(len(text), len(line), "CRLF", "ends the line"))
    return found
