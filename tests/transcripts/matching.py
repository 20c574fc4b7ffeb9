"""What the S lines of a transcript stand for, and how what a server sent differs from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class Piece(NamedTuple):
    """What the server must send next: what a pattern matches, then CRLF where the line ends there."""

    pattern: str
    ends: bool = True
    in_order: bool = True
    is_octets: bool = False
    """Whether the pattern is the very octets, line ends among them."""


def stand_in(number: int, size: int) -> bytes:
    """A message of exactly ``size`` octets; the lines of its body begin with a dot, so a size that counts
    stuffed dots is found out.

    Raises:
        ValueError: the size is too small for a header, a blank line and a body.
    """
    head = f"Subject: stand-in {number}\r\n\r\n".encode()
    left = size - len(head)
    if left < 3:
        raise ValueError(f"a stand-in has {len(head) + 3} octets or more, not {size}")
    body = b""
    while left:
        length = min(left, 60) if left - 60 not in (1, 2) else 50
        body += b"." * (length - 2) + b"\r\n"
        left -= length
    return head + body


def stuffed_lines(octets: bytes) -> list[str]:
    """The lines of a message as RFC 1939 §3 sends them, without the closing dot."""
    lines = octets.decode("latin-1").split("\r\n")[:-1]
    return ["." + line if line[:1] == "." else line for line in lines]


def top_lines(octets: bytes, count: int) -> list[str]:
    """The same for the headers, the blank line and ``count`` lines of the body (RFC 1939 §7)."""
    lines = stuffed_lines(octets)
    return lines[: lines.index("") + 1 + count]


def expanded(pattern: str, messages: Sequence[bytes]) -> list[str]:
    """The patterns of the lines that one ``S:`` line stands for: a message is as many as it has lines."""
    match pattern.strip("<>").split() if pattern.startswith("<") else []:
        case ["message", n]:
            return [re.escape(line) for line in stuffed_lines(messages[int(n) - 1])]
        case ["top", n, count]:
            return [re.escape(line) for line in top_lines(messages[int(n) - 1], int(count))]
    free = re.escape(pattern).replace(r"\ \.\.\.", "( .*)?")
    for opening, closing in ((r"\(", r"\)"), (r"\[", r"\]"), (r"\{", r"\}"), ("<", ">")):
        free = free.replace(rf"{opening}\.\.\.{closing}", f"{opening}.*{closing}")
    return [free]


def octets_of(text: str, messages: Sequence[bytes]) -> bytes | None:
    """The octets that ``<octets 2>``, ``<header 2>`` or ``<body 2>`` stands for, or None."""
    match text.strip("<>").split() if text.startswith("<") else []:
        case ["octets", n]:
            return messages[int(n) - 1]
        case ["header", n]:
            head, blank, _ = messages[int(n) - 1].partition(b"\r\n\r\n")
            return head + blank
        case ["body", n]:
            return messages[int(n) - 1].partition(b"\r\n\r\n")[2]
    return None


def said(octets: bytes, messages: Sequence[bytes]) -> bytes:
    """What the client sends where its line stands for a message."""
    text = octets.removesuffix(b"\r\n").decode("latin-1")
    raw = octets_of(text, messages)
    if raw is not None:
        return raw
    if text.startswith("<message "):
        lines = stuffed_lines(messages[int(text.strip("<>").split()[1]) - 1])
        return b"".join([line.encode("latin-1") + b"\r\n" for line in lines])
    return octets


def pieces(pattern: str, messages: Sequence[bytes], ends: bool = True, in_order: bool = True) -> list[Piece]:
    """What one S line stands for."""
    raw = octets_of(pattern, messages)
    if raw is not None:
        return [Piece(re.escape(raw.decode("latin-1")), ends=False, is_octets=True)]
    return [Piece(one, ends, in_order) for one in expanded(pattern, messages)]


def mismatch(wanted: Sequence[Piece | str], sent: bytes) -> str:
    """How what a server sent differs from what was expected; empty if it does not. A text is a line's pattern."""
    rest = sent.decode("latin-1")
    left = [one if isinstance(one, Piece) else Piece(one) for one in wanted]
    number = 0
    while left:
        number += 1
        group = _group(left)
        used = [(piece, _taken(piece, rest)) for piece in group]
        piece, length = next(((p, n) for p, n in used if n >= 0), (group[0], -1))
        if length < 0:
            return _problem(piece, rest, number)
        left.remove(piece)
        rest = rest[length:]
    if rest and not rest.endswith("\r\n"):
        return f"the last line has no CRLF: {rest[-60:]!r}"
    return f"the server also sent {rest.partition(chr(13))[0]!r}" if rest else ""


def _group(left: list[Piece]) -> list[Piece]:
    """The pieces any of which may come next."""
    group: list[Piece] = []
    for piece in left:
        if piece.in_order:
            break
        group.append(piece)
    return group or left[:1]


def _taken(piece: Piece, rest: str) -> int:
    """How much of the text a piece takes; -1: it does not match."""
    if piece.is_octets or not piece.ends:
        match = re.match(piece.pattern, rest, re.DOTALL)
        return match.end() if match else -1
    line, end, _ = rest.partition("\r\n")
    return len(line) + len(end) if end and re.fullmatch(piece.pattern, line, re.DOTALL) else -1


def _problem(piece: Piece, rest: str, number: int) -> str:
    line, end, _ = rest.partition("\r\n")
    if not rest:
        return f"the server is silent, expected {piece.pattern!r}"
    if not end and piece.ends:
        return f"the last line has no CRLF: {rest[-60:]!r}"
    return f"reply line {number} is {line!r}, expected {piece.pattern!r}"
