"""What an IMAP server says, read octet by octet without popsim: lists, strings, numbers and atoms."""

from __future__ import annotations

from collections.abc import Sequence

from tests.imap.raw import Raw

PATIENCE = 20.0
Value = None | bytes | int | list["Value"]
"""NIL, a string, a number, or a list; an atom is bytes as a string is."""


def read(octets: bytes) -> list[Value]:
    """The values in an answer, one after the other; a section and what stands in it is one atom.

    Raises:
        AssertionError: it is not what RFC 3501 §9 allows.
    """
    values, place = _values(octets, 0)
    assert place == len(octets), f"this is left over: {octets[place : place + 80]!r}"
    return values


def _values(octets: bytes, place: int) -> tuple[list[Value], int]:
    values: list[Value] = []
    while place < len(octets):
        mark = octets[place : place + 1]
        if mark == b")":
            break
        if mark == b" ":
            assert values and octets[place + 1 : place + 2] not in (b"", b" ", b")"), f"a space too many at {place}"
            place += 1
            continue
        one, place = _value(octets, place)
        values.append(one)
    return values, place


def _value(octets: bytes, place: int) -> tuple[Value, int]:
    mark = octets[place : place + 1]
    if mark == b"(":
        inside, place = _values(octets, place + 1)
        assert octets[place : place + 1] == b")", "a list does not end"
        return inside, place + 1
    if mark == b'"':
        return _quoted(octets, place + 1)
    if mark == b"{":
        end = octets.index(b"}\r\n", place)
        start, size = end + 3, int(octets[place + 1 : end])
        assert len(octets) >= start + size, "a literal is shorter than it says"
        text = octets[start : start + size]
        assert b"\0" not in text, "NUL is no CHAR8 (RFC 3501 §9)"
        return text, start + size
    return _atom(octets, place)


def _quoted(octets: bytes, place: int) -> tuple[bytes, int]:
    text = bytearray()
    while octets[place] != 0x22:
        if octets[place] == 0x5C:
            place += 1
            assert octets[place] in b'"\\', "only a quote and a backslash can be escaped"
        assert octets[place] < 0x80 and octets[place] not in b"\r\n\0", f"{octets[place]} is no QUOTED-CHAR"
        text.append(octets[place])
        place += 1
    return bytes(text), place + 1


def _atom(octets: bytes, place: int) -> tuple[Value, int]:
    start, depth = place, 0
    while place < len(octets) and (depth or octets[place] not in b' ()"'):
        depth += {0x5B: 1, 0x5D: -1}.get(octets[place], 0)
        place += 1
    atom = octets[start:place]
    assert atom, f"nothing stands at {place}"
    if atom == b"NIL":
        return None, place
    return (int(atom) if atom.isdigit() else atom), place


class Session(Raw):
    """A connection that asks in lock-step.

    Args:
        port: on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        super().__init__(port, PATIENCE)
        self._count = 0
        self.greeting = self._line()

    def ask(self, command: bytes, *literals: bytes) -> tuple[bytes, list[bytes]]:
        """Send a command and read its answer.

        Args:
            command: without tag and line end.
            literals: the octets that follow it where it ends in ``{n}``, and the rest of the command after them.

        Returns:
            The status line without its tag, and the untagged answers without ``* `` with their literals inside.
        """
        self._count += 1
        tag = b"t%d" % self._count
        self._socket.sendall(tag + b" " + command + b"\r\n")
        for literal in literals:
            assert self._line().startswith(b"+")
            self._socket.sendall(literal + b"\r\n")
        untagged: list[bytes] = []
        while True:
            answer = self._unit()
            if answer.startswith(tag + b" "):
                return answer.removeprefix(tag + b" "), untagged
            assert answer.startswith(b"* "), f"this is no answer: {answer[:200]!r}"
            untagged.append(answer[2:])

    def fetch(self, items: str) -> list[dict[bytes, Value]]:
        """What a FETCH of all messages says of each, by item, in the order of their numbers."""
        status, untagged = self.ask(b"FETCH 1:* (" + items.encode() + b")")
        assert status.startswith(b"OK"), status
        rows = sorted((read(one) for one in untagged if b" FETCH (" in one[:20]), key=lambda row: _number(row[0]))
        return [_pairs(row[2]) for row in rows]

    def search(self, criteria: bytes, *literals: bytes) -> list[int] | None:
        """The numbers that a SEARCH finds, or None where it is refused."""
        status, untagged = self.ask(b"SEARCH " + criteria, *literals)
        if not status.startswith(b"OK"):
            return None
        (answer,) = (one for one in untagged if one.startswith(b"SEARCH"))
        return [int(word) for word in answer.split()[1:]]


def _number(value: Value) -> int:
    assert isinstance(value, int)
    return value


def _pairs(value: Value) -> dict[bytes, Value]:
    assert isinstance(value, list)
    names: Sequence[Value] = value[::2]
    assert len(value) == 2 * len(names)
    return {name: what for name, what in zip(names, value[1::2], strict=True) if isinstance(name, bytes)}
