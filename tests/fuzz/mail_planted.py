"""Bugs to be planted in what reads POP2, IMAP and SMTP: one for each place where octets are easily miscounted.

The runs see which branches are gone here too: a condition that is met by steps is written in steps.
"""

# ruff: noqa: SIM102

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from popsim.engine.client import ClientEngine
from popsim.engine.framing import DotEnded
from popsim.engine.plan import Ways
from popsim.mail import parts
from popsim.protocols.imap import search_syntax, server_patterns, syntax
from popsim.protocols.imap.items import Numbers
from tests.fuzz import parsers


class Planted(Exception):
    """The planted bug was reached."""


Undo = Callable[[], None]


class Planting(NamedTuple):
    """A bug: the target that must find it, and what plants it and returns how to take it out."""

    target: str
    plant: Callable[[], Undo]


def wrapped(owner: Any, name: str, wrong: Callable[..., Any]) -> Undo:
    """Put ``wrong``, which gets the right function first, in the place of a function."""
    right = getattr(owner, name)

    def instead(*given: Any) -> Any:
        return wrong(right, *given)

    setattr(owner, name, instead)
    return lambda: setattr(owner, name, right)


def _literal() -> Undo:
    """The fourth literal of a command."""

    def wrong(right: Any, ways: Any, request: Any, part: Any) -> Any:
        before = request.arguments[1].count(b"}\r\n")
        if before > 1:
            if before > 2:
                raise Planted
        return right(ways, request, part)

    return wrapped(Ways, "gone_on", wrong)


def _search() -> Undo:
    """A NOT that stands four deep inside of other keys."""

    def wrong(right: Any, reader: Any, text: bytes, place: int, depth: int) -> Any:
        if depth > 1:
            if depth > 2:
                if depth > 3 and text[place : place + 3] == b"NOT":
                    raise Planted
        return right(reader, text, place, depth)

    return wrapped(search_syntax._Search, "_key", wrong)


def _numbers() -> Undo:
    """Three ranges and more, of which the last has a star."""

    def wrong(right: Any, text: bytes, place: int) -> tuple[Numbers, int]:
        found, end = right(text, place)
        if len(found.ranges) > 2:
            if not all(found.ranges[-1]):
                raise Planted
        return found, end

    return wrapped(syntax, "_numbers", wrong)


def _mime() -> Undo:
    """A boundary ends all multiparts at once, four deep."""

    def wrong(right: Any, splitter: Any, start: int, boundary: bytes, default: Any, depth: int) -> Any:
        found, hit = right(splitter, start, boundary, default, depth)
        if depth >= 3 and hit is not None and hit.level == 0 and found:
            raise Planted
        return found, hit

    return wrapped(parts._Splitter, "_children", wrong)


def _name() -> Undo:
    """Four runs of base64 in one name."""

    def wrong(right: Any, octets: bytes) -> str:
        found: str = right(octets)
        if octets.count(b"&") - octets.count(b"&-") > 3:
            raise Planted
        return found

    return wrapped(parsers, "decode", wrong)


def _counted() -> Undo:
    """A message of fewer octets than ten is announced with zeros before its number, after it was announced before."""

    def wrong(right: Any, client: Any) -> None:
        head = client._responses[-1].text if client._responses else b""
        if client._announced and head[:1] == b"0":
            raise Planted
        right(client)

    return wrapped(ClientEngine, "_expect_octets", wrong)


def _dots() -> Undo:
    """A text in which a line is two dots."""

    def wrong(right: Any, part: Any) -> bytes:
        found: bytes = right(part)
        if b"\r\n.\r\n" in found:
            raise Planted
        return found

    return wrapped(DotEnded, "text", wrong)


def _lines() -> Undo:
    """A reply of three lines and more, of which the first has another status than the last."""

    def wrong(right: Any, client: Any, line: bytes) -> Any:
        if len(client._status_lines) > 2 and client._status_lines[0][:3] != line[:3]:
            raise Planted
        return right(client, line)

    return wrapped(ClientEngine, "_joined", wrong)


def _data() -> Undo:
    """Untagged data with two literals, of which the second is empty."""

    def wrong(right: Any, client: Any, line: bytes) -> None:
        if len(client._unfinished) > 6:
            if len(client._unfinished[-1]) == 0:
                raise Planted
        right(client, line)

    return wrapped(ClientEngine, "_take_untagged", wrong)


def _pattern() -> Undo:
    """A star and a percent sign stand together twice in a pattern of four levels."""

    def wrong(right: Any, pattern: Any, text: str) -> None:
        if "%*" in text.partition("/")[2] and "*%" in text and text.count("/") == 3:
            raise Planted
        right(pattern, text)

    return wrapped(server_patterns.Pattern, "__init__", wrong)


PLANTED = {
    "literal": Planting("literals", _literal),
    "search": Planting("syntax", _search),
    "numbers": Planting("syntax", _numbers),
    "structure": Planting("mime", _mime),
    "name": Planting("names", _name),
    "counted": Planting("pop2-client", _counted),
    "dots": Planting("smtp-server", _dots),
    "lines": Planting("smtp-client", _lines),
    "data": Planting("imap-client", _data),
    "pattern": Planting("patterns", _pattern),
}
