"""What an IMAP server's answer says that does not depend on who says it.

Texts are each server's own, and so are UIDVALIDITY, the numbers of changes and the names of capabilities. What a
session is told of its mailbox is applied to what its client knows, as a client does: numbers mean messages.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tests.imap.heard import Heard, parsed

STATUSES = ("OK", "NO", "BAD")
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
        code = f" [{self.code}]" if self.code else ""
        return f"{self.status or 'nothing'}{code}{asked} {{{facts}}}{'' if self.goes_on else ', closes'}"


NEWS = ("EXISTS", "RECENT", "gone")


def without_news(outcome: Outcome) -> Outcome:
    """What was asked for, without what the session is told besides; when that is told the RFC leaves free (§5.2)."""
    kept = [one for one in outcome.facts if one[0] not in NEWS and not _only_flags(one)]
    return replace(outcome, facts=frozenset(kept))


def _only_flags(fact: Fact) -> bool:
    names = {one[0] for one in fact[2:] if isinstance(one, tuple) and one}
    return fact[0] == "FETCH" and names <= {"FLAGS", "UID", "MODSEQ"}


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


def code_of(answer: Heard) -> str:
    name, _, rest = answer.code.partition(" ")
    if name.upper() not in _KEPT_CODES:
        return ""
    if name in ("APPENDUID", "COPYUID"):
        return f"{name} {' '.join(_numbers(text) for text in rest.split(' ')[1:])}"
    return name if name in ("UIDVALIDITY", "BADCHARSET") else answer.code


def _numbers(text: str) -> str:
    found: list[int] = []
    for one in text.split(","):
        first, _, last = one.partition(":")
        found += range(int(first), int(last or first) + 1)
    return ",".join(map(str, found))


def items_of(one: Heard) -> dict[str, object]:
    return {name.replace('"', ""): _value(name, value) for name, value in one.data.items()}


def _value(name: str, value: object) -> object:
    if name == "FLAGS":
        assert isinstance(value, list), value
        return tuple(sorted(flag.decode().lower() for flag in value))
    if name == "MODSEQ":
        return "is told"
    if name == "INTERNALDATE":
        assert isinstance(value, bytes)
        return (
            value.replace(b" ", b"0", 1) if value[:1] == b" " else value
        )  # either may be (RFC 3501 §9, date-day-fixed)
    return _frozen(value)


def _frozen(value: object) -> object:
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    # A word of a structure, in which letters are not told apart.
    return value.lower() if isinstance(value, bytes) and len(value) < 12 and value.isalpha() else value


def facts_of(one: Heard, opens: bool) -> list[Fact]:
    """What a line of data says that does not depend on who says it."""
    word = one.word
    if one.tag != "*":
        return [("an answer to nothing",)]
    if word in STATUSES or word == "PREAUTH":
        code = code_of(one)
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
        own = {b"UIDVALIDITY", b"HIGHESTMODSEQ", b"RECENT"}  # which session hears of a message first is free
        return [
            (
                "STATUS",
                b"INBOX" if name.upper() == b"INBOX" else name,
                *sorted((key, b"" if key in own else value) for key, value in pairs.items()),
            )
        ]
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
    pairs = [
        (n, _numbers(v) if n == "ALL" else v) for n, v in zip(texts[::2], texts[1::2], strict=True) if n != "MODSEQ"
    ]
    return [by_uid, *sorted(pairs)]
