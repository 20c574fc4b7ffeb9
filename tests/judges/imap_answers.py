"""What an IMAP server answers, read octet by octet without popsim, and what of it two servers can be held to.

Texts are each server's own, and so are UIDVALIDITY, the numbers of changes and the names of capabilities. What a
session is told of its mailbox is applied to what its client knows, as a client does: numbers mean messages.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.imap.heard import Heard, heard, parsed
from tests.judges.imap_engine import Reading

PATIENCE = 6.0
_LITERAL = re.compile(rb"\{(\d+)\}\Z")
_STATUSES = ("OK", "NO", "BAD")
_KEPT_CODES = {
    "BADCHARSET", "PERMANENTFLAGS", "READ-ONLY", "READ-WRITE", "TRYCREATE", "UIDNEXT", "UIDVALIDITY", "UNSEEN",
    "APPENDUID", "COPYUID", "MODIFIED", "CLOSED", "UIDNOTSTICKY", "NOMODSEQ",
}  # fmt: skip
"""The codes of RFC 3501 and of the extensions that both speak, without those that only one of them need give."""

Fact = tuple[object, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of a command.

    Args:
        status: "OK", "NO", "BAD", or "" where no tagged answer came.
        code: what stands in square brackets in it.
        facts: what the untagged data say.
        asked: how often the server asked for more.
        goes_on: whether the connection goes on.
    """

    status: str
    code: str = ""
    facts: frozenset[Fact] = frozenset()
    asked: int = 0
    goes_on: bool = True

    def __str__(self) -> str:
        facts = ", ".join(sorted(map(_shown, self.facts)))
        asked = f" after {self.asked}x+" if self.asked else ""
        return f"{self.status or 'nothing'}{f' [{self.code}]' if self.code else ''}{asked} {{{facts}}}{'' if self.goes_on else ', closes'}"


def _shown(fact: Fact) -> str:
    return " ".join(str(one) for one in fact)


@dataclass
class Known:
    """What a client knows of the mailbox that is open: a number of its own for each message, in order.

    Args:
        there: the messages.
        came: how many it ever knew.
    """

    there: list[int] = field(default_factory=list)
    came: int = 0

    def opened(self, count: int) -> None:
        self.there, self.came = list(range(1, count + 1)), count

    def exists(self, count: int) -> None:
        assert count >= len(self.there), f"EXISTS {count}, and {len(self.there)} were there: only EXPUNGE takes away"
        more = count - len(self.there)
        self.there += range(self.came + 1, self.came + more + 1)
        self.came += more

    def expunged(self, number: int) -> int:
        assert 0 < number <= len(self.there), f"EXPUNGE {number} of {len(self.there)}"
        return self.there.pop(number - 1)

    def message(self, number: int) -> int:
        assert 0 < number <= len(self.there), f"FETCH {number} of {len(self.there)}"
        return self.there[number - 1]


class Session:
    """A connection that asks in lock-step.

    Args:
        port: on 127.0.0.1.
        reading: popsim's client engine that reads along, or None.
    """

    def __init__(self, port: int, reading: Reading | None = None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got = b""
        self._tags = 0
        self.reading = reading
        self.known = Known()
        self.closed = False
        self.greeting = self._unit()
        self.said: list[bytes] = []
        """What it has sent, for the story of a failure."""

    def close(self) -> None:
        self._socket.close()

    def ask(self, parts: Sequence[bytes], *, bare: bool = False, end: bytes = b"*\r\n") -> Outcome:
        """Send a command, and read the whole answer.

        Args:
            parts: the command without its tag, and what is sent each time that the server asks for more.
            bare: whether it gets no tag; then a NOOP behind it shows where its answer ends.
            end: what is sent where the server asks for more and there is no more.
        """
        assert self._got == b"", f"nobody asked for {self._got[:200]!r}"
        self._tags += 1
        tag = b"t%d" % self._tags
        asked = 0
        units: list[bytes] = []
        try:
            if bare:
                self._send(parts[0], first=True)
                self._send(tag + b" NOOP\r\n", first=True)
            else:
                self._send(tag + b" " + parts[0], first=True)
            while not (unit := self._unit()).startswith(tag + b" "):
                if unit.startswith(b"+"):
                    asked += 1
                    self._send(parts[asked] if asked < len(parts) else end, first=False)
                else:
                    units.append(unit)
        except ConnectionError:
            self.closed = True
            unit = b""
        answer = heard(unit + b"\r\n")[0] if unit and not bare else None
        status = answer.word if answer else ""
        opens = parts[0].split(b" ")[0].strip().upper() in (b"SELECT", b"EXAMINE") and not bare
        facts = self._facts([one for text in units for one in heard(text + b"\r\n")], opens, status)
        assert not answer or status in _STATUSES, f"this is no answer: {unit!r}"
        return Outcome(status, _code(answer) if answer else "", frozenset(facts), asked, not self.closed)

    def waits(self, parts: Sequence[bytes]) -> None:
        """Send what has no answer of its own."""
        for part in parts:
            self._send(part, first=False)

    # What the data say

    def _facts(self, data: Iterable[Heard], opens: bool, status: str) -> list[Fact]:
        facts: list[Fact] = []
        fetched: dict[int, dict[str, object]] = {}
        known = self.known
        data = list(data)
        if opens and (status != "BAD" or any(one.code == "CLOSED" for one in data)):
            known.opened(0)
        for one in data:
            if one.word == "EXISTS" and one.number is not None:
                if opens and status == "OK":
                    known.opened(one.number)
                known.exists(one.number)
            elif one.word == "EXPUNGE" and one.number is not None:
                facts.append(("gone", known.expunged(one.number)))
            elif one.word == "FETCH" and one.number is not None:
                fetched.setdefault(known.message(one.number), {}).update(_items(one))
            else:
                facts += _fact(one, opens)
        told = [one for one in data if one.word in ("EXISTS", "RECENT")]
        facts += {one.word: (one.word, one.number) for one in told}.values()  # the last one of each kind counts
        facts += [("FETCH", message, *sorted(items.items())) for message, items in fetched.items()]
        return facts

    # Octets

    def _send(self, octets: bytes, first: bool) -> None:
        self.said.append(octets)
        if self.reading:
            self.reading.sends(octets, first)
        self._socket.sendall(octets)

    def _unit(self) -> bytes:
        """A line with the literals that it announces, without its end."""
        unit = self._line()
        while found := _LITERAL.search(unit):
            unit += b"\r\n" + self._octets(int(found[1])) + self._line()
        return unit

    def _octets(self, size: int) -> bytes:
        while len(self._got) < size:
            self._more()
        octets, self._got = self._got[:size], self._got[size:]
        return octets

    def _line(self) -> bytes:
        while b"\r\n" not in self._got:
            self._more()
        line, _, self._got = self._got.partition(b"\r\n")
        return line

    def _more(self) -> None:
        data = self._socket.recv(1 << 18)
        if not data:
            raise ConnectionResetError("the server has closed the connection")
        self._got += data
        if self.reading:
            self.reading.hears(data)


def _code(answer: Heard) -> str:
    name, _, rest = answer.code.partition(" ")
    if name.upper() not in _KEPT_CODES:
        return ""
    if name in ("APPENDUID", "COPYUID"):
        return f"{name} {' '.join(_numbers(text) for text in rest.split(' ')[1:])}"
    return name if name in ("UIDVALIDITY", "BADCHARSET") else answer.code


def _numbers(text: str) -> str:
    found = []
    for one in text.split(","):
        first, _, last = one.partition(":")
        found += range(int(first), int(last or first) + 1)
    return ",".join(map(str, found))


def _items(one: Heard) -> dict[str, object]:
    return {name.replace('"', ""): _value(name, value) for name, value in one.data.items()}


def _value(name: str, value: object) -> object:
    if name == "FLAGS":
        assert isinstance(value, list), value
        return tuple(sorted(flag.decode().lower() for flag in value))
    if name == "MODSEQ":
        return "is told"
    if name == "INTERNALDATE":
        assert isinstance(value, bytes)
        return value.replace(b" ", b"0", 1) if value[:1] == b" " else value  # either may be (RFC 3501 §9, date-day-fixed)
    return _frozen(value)


def _frozen(value: object) -> object:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value.lower() if name_like(value) else value


def name_like(value: object) -> bool:
    """Whether it is a word of a structure, in which letters are not told apart."""
    return isinstance(value, bytes) and len(value) < 12 and value.isalpha()


def _fact(one: Heard, opens: bool) -> list[Fact]:
    """What a line of data says that does not depend on who says it."""
    word = one.word
    if word in _STATUSES or word == "PREAUTH":
        code = _code(one)
        if code.startswith("PERMANENTFLAGS") and not opens:
            return []
        if code.startswith("PERMANENTFLAGS"):
            return [("PERMANENTFLAGS", *_flags(parsed(code.partition(" ")[2].encode())[0]))]
        return [("code", code)] if code else [(word,)] if word != "OK" else []
    if word in ("EXISTS", "RECENT") or word == "FLAGS" and not opens:
        return []
    if word == "FLAGS":
        return [("FLAGS", *_flags(parsed(one.rest)[0]))]
    if word == "SEARCH":
        numbers, _, more = one.rest.partition(b"(")
        return [("SEARCH", tuple(sorted(map(int, numbers.split()))), "modseq" if more else "")]
    if word == "ESEARCH":
        return [("ESEARCH", *_esearch(one.rest))]
    if word in ("LIST", "LSUB"):
        flags, delimiter, name = parsed(one.rest)
        return [(word, name, delimiter, b"\\noselect" in [flag.lower() for flag in flags])]
    if word == "STATUS":
        name, items = parsed(one.rest)
        pairs = dict(zip(items[::2], items[1::2], strict=True))
        own = {b"UIDVALIDITY", b"HIGHESTMODSEQ"}
        return [("STATUS", b"INBOX" if name.upper() == b"INBOX" else name, *sorted((key, b"" if key in own else value) for key, value in pairs.items()))]
    if word in ("NAMESPACE", "ENABLED"):
        return [(word, str(parsed(one.rest)))]
    return [(word,)]


def _flags(flags: list[bytes]) -> list[str]:
    """The flags without keywords: which of these there are, each server knows for itself."""
    return sorted(flag.decode().lower() for flag in flags if flag.startswith(b"\\"))


def _esearch(rest: bytes) -> list[object]:
    words = [one for one in parsed(rest) if not isinstance(one, list)]
    texts = [word.decode() for word in words]
    by_uid = "UID" in texts
    texts = [text for text in texts if text != "UID"]
    pairs = [(n, _numbers(v) if n == "ALL" else v) for n, v in zip(texts[::2], texts[1::2], strict=True) if n != "MODSEQ"]
    return [by_uid, *sorted(pairs)]
