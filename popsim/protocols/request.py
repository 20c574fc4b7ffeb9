"""What a client's line says: the command form, its arguments, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from popsim.protocols.kind import NotRead, Syntax
from popsim.protocols.literal import Announced as Announced
from popsim.protocols.literal import announced as announced
from popsim.protocols.model import Argument, Form, Kind, Occurrence, Trigger

if TYPE_CHECKING:
    from popsim.protocols.protocol import Protocol

Value = object
"""What an argument says: a number, octets, or what its syntax makes of it."""
NO_TAG = b"*"
"""Stands where the client's tag would, in a reply to a line that has none (RFC 3501 §7.1)."""
_TAG = re.compile(rb"[!#$&',-\[\]-z|}~]+")  # RFC 3501 §9: what may be repeated without being taken for something else
REMEMBERED = 1024
"""How many different command lines are remembered with what they say."""
LONGEST = 512
"""The longest line that is remembered, in octets."""


class Span(NamedTuple):
    """Where a part of a line stands: octets ``start`` to ``end`` of the line, and what the part is."""

    start: int
    end: int
    name: str
    meaning: str


A = TypeVar("A")


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
        value = self.arguments[0]
        assert isinstance(value, int)
        return value

    def octets(self, index: int) -> bytes:
        """An argument that is octets: see :meth:`argument`."""
        value = self.arguments[index]
        assert isinstance(value, bytes)
        return value

    def text(self, index: int) -> str:
        """An argument that is octets, as text: of a kind that lets nothing through that is no UTF-8."""
        return self.octets(index).decode()

    def argument(self, index: int, kind: type[A]) -> A:
        """An argument by its place, counted from 0; ``kind`` is what the form's kind of argument makes of it."""
        value = self.arguments[index]
        assert isinstance(value, kind)
        return value


class _Misread(Exception):
    """A form's arguments are not what they should be; it read so far, and this is wrong there."""

    def __init__(self, words: str = "", place: int = 0) -> None:
        super().__init__(words)
        self.words, self.place = words, place


class Grammar:
    """Reads the command lines of one protocol edition.

    Args:
        protocol: whose forms and limits are to be read.
    """

    def __init__(self, protocol: Protocol) -> None:
        self._tagged = protocol.table.tagged
        self._trims = protocol.table.trims
        self._limit = protocol.limit("argument")
        self._rfcs = protocol.rfcs
        self._forms: dict[bytes, list[Form]] = {}
        self._patterns: dict[Form, re.Pattern[bytes]] = {}
        self._kinds: dict[Form, list[Kind | Syntax]] = {}
        for form in protocol.forms:
            self._forms.setdefault(form.keyword.encode(), []).append(form)
            kinds = self._kinds[form] = [argument.kind_in(self._rfcs) for argument in form.arguments]
            patterns = [b"(" + kind.pattern.pattern + b")" for kind in kinds if isinstance(kind, Kind)]
            if len(patterns) == len(kinds):
                self._patterns[form] = re.compile(b" ".join(patterns))
        self._openings = {keyword.split(b" ")[0] for keyword in self._forms if b" " in keyword}
        self._known: dict[bytes, Request] = {}

    def parse(self, line: bytes) -> Request:
        """Read one command, without its last CRLF. Never raises: noise is a request that says what is wrong with it.

        A line of a tagged protocol that announces a literal is no command yet: its trigger is LITERAL, and its
        arguments are what was announced and the text so far, without the tag.
        """
        if self._trims:
            line = line.rstrip(b" \t")
        if not self._tagged:
            known = self._known.get(line)
            return known if known is not None else self._remembered(line, self._command(line, b""))
        tag, _, rest = line.partition(b" ")
        if not _TAG.fullmatch(tag):
            return Request(Occurrence.MALFORMED, "", tag=NO_TAG, problem="a command opens with a tag such as a1")
        known = self._known.get(rest)
        if known is None:
            literal = announced(rest)
            if literal:
                return Request(Occurrence.LITERAL, self._keyword(rest)[0], (literal, rest), tag)
            known = self._remembered(rest, self._command(rest, b""))
        return Request(known.trigger, known.keyword, known.arguments, tag, known.problem)

    def _remembered(self, line: bytes, request: Request) -> Request:
        """Keep what a line says: mail readers send the same few lines again and again. A secret is never kept."""
        form = request.trigger
        is_plain = isinstance(form, Form) and not any(argument.secret for argument in form.arguments)
        if is_plain and len(line) <= LONGEST:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[line] = request
        return request

    def whole(self, text: bytes, tag: bytes) -> Request:
        """Read a command whose literals have all come, without its tag and its last CRLF. Never raises.

        What it says is kept nowhere: a literal is long, or a password.
        """
        return self._command(text, tag)

    def forms(self, keyword: str) -> list[Form]:
        """The forms of a keyword, empty where it is unknown."""
        return self._forms.get(keyword.encode("ascii", "replace"), [])

    def _keyword(self, line: bytes) -> tuple[str, bool, bytes]:
        """The keyword of a command, whether something follows it after a space, and what; "" where it is unknown."""
        word, space, rest = line.partition(b" ")
        keyword = word.upper()
        if keyword in self._openings:
            second, more, after = rest.partition(b" ")
            if keyword + b" " + second.upper() in self._forms:
                keyword, space, rest = keyword + b" " + second.upper(), more, after
        return keyword.decode() if keyword in self._forms else "", bool(space), rest

    def _command(self, line: bytes, tag: bytes) -> Request:
        keyword, has_more, rest = self._keyword(line)
        if not keyword:
            shown = readable(line.partition(b" ")[0])
            return Request(Occurrence.UNRECOGNIZED, shown, tag=tag, problem=f"{shown} is no command of this protocol")
        forms, problem, furthest = self.forms(keyword), "", -1
        for form in forms:
            if bool(form.arguments) != has_more:
                continue
            try:
                return Request(form, keyword, self._values(form, rest), tag)
            except _Misread as wrong:  # of several forms, the one that it is most likely meant to be
                if wrong.place > furthest or not wrong.words:
                    problem, furthest = wrong.words or self._problem(form, rest), wrong.place
        wanted = " or ".join(form.name for form in forms)
        problem = f"expected {wanted}{'; ' + problem if problem else ''}"
        return Request(Occurrence.MALFORMED, keyword, tag=tag, problem=problem)

    def _values(self, form: Form, text: bytes) -> tuple[Value, ...]:
        """The values of a form's arguments. Raises _Misread, without words where :meth:`_problem` finds them."""
        pattern = self._patterns.get(form)
        if pattern is None:
            return self._read(form, text)
        match = pattern.fullmatch(text)
        if match is None:
            raise _Misread
        parts: tuple[bytes, ...] = match.groups()
        if self._limit and len(text) > self._limit and any(len(part) > self._limit for part in parts):
            raise _Misread
        if len(parts) == 1:
            return (int(text),) if form.arguments[0].kind.numeric else parts
        return tuple([int(p) if a.kind.numeric else p for a, p in zip(form.arguments, parts, strict=True)])

    def _read(self, form: Form, text: bytes) -> tuple[Value, ...]:
        """The values of arguments that say themselves where they end. Raises _Misread."""
        values: list[Value] = []
        place = 0
        skipped, before = "", form.keyword
        for argument, kind in zip(form.arguments, self._kinds[form], strict=True):
            start = place + 1 if place else 0
            if place and text[place:start] != b" ":
                if argument.optional:
                    values.append(None)
                    continue
                raise _Misread(f"{skipped}one space and {argument.name} after {before}", place)
            try:
                value, place = taken(kind, text, start)
            except NotRead as wrong:
                if not argument.optional:
                    raise _Misread(f"{skipped}{argument.name} is {wrong}", place) from None
                value, skipped = None, f"{argument.name}, if any, is {wrong}; "
            else:
                skipped, before = "", argument.name
            values.append(value)
        if place < len(text):
            raise _Misread(f"{skipped}nothing after {before}", place)
        return tuple(values)

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
            if isinstance(kind, Kind) and not kind.pattern.fullmatch(part):
                return f"{argument.name} is {kind.words}"
        return f"{form.name} is not written like this"


def taken(kind: Kind | Syntax, text: bytes, place: int) -> tuple[Value, int]:
    """The value of an argument that begins at a place, and the place behind it.

    Raises:
        NotRead: it is not what its kind wants.
    """
    if isinstance(kind, Syntax):
        return kind.read(text, place)
    match = kind.pattern.match(text, place)
    if match is None:
        raise NotRead(kind.words)
    return int(match[0]) if kind.numeric else match[0], match.end()


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
    if form:
        end = place + len(form.keyword)
    found.append(Span(place, end, "keyword", form.meaning if form else request.problem))
    for argument, place, stop in written(form, text, end) if form else ():
        found.append(Span(place, stop, argument.name, argument.meaning))
    if form is None and end < len(text):
        found.append(Span(end + 1, len(text), "arguments", request.problem))
    if len(line) > len(text):
        found.append(Span(len(text), len(line), "CRLF", "ends the line"))
    return found


def written(form: Form, text: bytes, end: int) -> Iterator[tuple[Argument, int, int]]:
    """The arguments of a command that is well formed, each with the places where it begins and ends.

    Args:
        form: the command.
        text: its line without CRLF.
        end: where its keyword ends.
    """
    left = list(form.arguments)
    while left and end < len(text):
        argument, place = left.pop(0), end + 1
        try:
            stop = taken(argument.kind, text, place)[1] if isinstance(argument.kind, Syntax) else text.find(b" ", place)
        except NotRead:  # an optional one that is not there; else what its kind in this edition alone allows
            if argument.optional:
                continue
            stop = -1
        end = stop if left and stop >= 0 else len(text)
        yield argument, place, end
