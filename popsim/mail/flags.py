"""The flags of a message: five that every server knows, and keywords (RFC 3501 §2.3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

SEEN, ANSWERED, FLAGGED, DELETED, DRAFT = "\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"
RECENT = "\\Recent"
"""What a session is told of new messages; nobody sets it."""

SYSTEM = (ANSWERED, FLAGGED, DELETED, SEEN, DRAFT)
MOST_KEYWORDS = 200
"""How many keywords one mailbox takes."""

NONE: frozenset[str] = frozenset()

_SYSTEM = {flag.lower(): flag for flag in SYSTEM}


class Keywords:
    """The keywords that a mailbox has ever had; their case does not matter, and the first spelling stays."""

    __slots__ = ("_known", "_sets")

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._known.values()))

    def __len__(self) -> int:
        return len(self._known)

    def spelled(self, flags: Iterable[str]) -> frozenset[str]:
        r"""A set of flags, each in its one spelling, without ``\Recent``.

        Raises:
            ValueError: a flag with a backslash is none that there is, or there would be too many keywords.
        """
        given = flags if isinstance(flags, frozenset) else frozenset(flags)
        found = self._sets.get(given)
        if found is None:
            found = self._sets[given] = frozenset(filter(None, map(self._spelled, sorted(given))))
            if len(self._sets) > 10_000:
                self._sets.clear()
        return found

    def _spelled(self, flag: str) -> str:
        low = flag.lower()
        if low in _SYSTEM:
            return _SYSTEM[low]
        if low == RECENT.lower():
            return ""
        if flag.startswith("\\") or not flag:
            named = flag[:40] or "without a name"
            raise ValueError(f"no flag {named}: with a backslash there are {', '.join(sorted(SYSTEM))}")
        if low not in self._known and len(self._known) >= MOST_KEYWORDS:
            raise ValueError(f"no keyword {flag[:40]}: this mailbox has {MOST_KEYWORDS} already, which is the most")
        return self._known.setdefault(low, flag)
