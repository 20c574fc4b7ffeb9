"""The words in which a protocol is written down: the rows of its table.

A table is data. It is made of states, command forms, replies, limits and rules; every row carries the RFC and the
section that it was read in. **A row exists in an edition exactly when it cites that edition's RFC**: the citation is
the membership, so no row can be in an edition without a source.

A rule is (state, trigger, named condition) -> what is sent and the state that follows. The handler chooses the
condition; the table chooses the reply's status, its framing and the state.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

_CITATION = re.compile(r"(?:RFC )?(\d+) ((?:§|p\.)\S+|[A-Z]\w+)(?: \((.*)\))?")


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a rule is written: an RFC and its section, with a note where a reading was needed."""

    rfc: int
    section: str
    note: str = ""

    def __str__(self) -> str:
        return f"RFC {self.rfc} {self.section}"


def cite(text: str) -> tuple[Reference, ...]:
    """Read ``"1939 §7; 1460 §4 (our reading: ...)"`` into references.

    Args:
        text: citations separated by semicolons, each an RFC number, a section (``§7``) or page (``p.10``) and,
            in brackets, a note; the empty text gives no reference (the audit objects to such a row).

    Raises:
        ValueError: a citation is not of that form.
    """
    found = []
    for part in filter(None, map(str.strip, _citations(text))):
        match = _CITATION.fullmatch(part)
        if not match:
            raise ValueError(f"expected a citation like '1939 §7' or '1081 p.5', got {part!r}")
        found.append(Reference(int(match[1]), match[2], match[3] or ""))
    return tuple(found)


def _citations(text: str) -> list[str]:
    """The parts of a text between the semicolons that stand in no bracket."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == ";" and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


class Row:
    """What every row of a table has: the places that it was read in."""

    references: tuple[Reference, ...]

    def reference(self, rfcs: Iterable[int]) -> Reference | None:
        """The row's citation of the first of these RFCs that it cites, or None."""
        for rfc in rfcs:
            for reference in self.references:
                if reference.rfc == rfc:
                    return reference
        return None


class Occurrence(Enum):
    """What can happen to a session besides a well-formed command that is known."""

    OPENED = "opened"
    CONTINUED = "next part of an exchange"
    LITERAL = "literal announced"
    SECURED = "secured"
    COMMITTED = "committed"
    NEWS = "mailbox changed"
    EXPIRED = "timed out"
    LOST = "connection lost"
    NOT_ALLOWED = "command not allowed here"
    UNRECOGNIZED = "unrecognized command"
    MALFORMED = "bad arguments"
    OVERLONG = "line too long"


REFUSALS = (Occurrence.NOT_ALLOWED, Occurrence.UNRECOGNIZED, Occurrence.MALFORMED, Occurrence.OVERLONG)
"""What is wrong with a line that is no command here."""


class Unit(Enum):
    """A piece of what one end sends, by the way in which its end is found."""

    LINE = "line"
    MULTILINE = "multi-line"
    COUNTED = "counted octets"
    LITERAL = "literal"
    UNTAGGED = "untagged data"


class Reader(Enum):
    """Who reads the next octets after a continuation, instead of the command reader."""

    LINE = "one line"
    DOT_ENDED = "lines up to a lone dot"
    COUNTED = "counted octets"


@dataclass(frozen=True, slots=True)
class Continuation:
    """The last unit of an outcome that hands the next octets to somebody else than the command reader.

    ``secret`` says that what comes is masked where a view hides passwords.
    """

    reader: Reader
    secret: bool = False


class Kind(Enum):
    """The kinds of argument, each with the octets that it may have and the words for a message about it."""

    NUMBER = (rb"[0-9]{1,19}", "a message-number such as 1")
    COUNT = (rb"[0-9]{1,19}", "a number of lines, 0 or more")
    WORD = (rb"[\x21-\x7e]+", "one word of printable ASCII")
    STRING = (rb"[\x20-\x7e]+", "text of printable ASCII, spaces included")
    DIGEST = (rb"[0-9a-f]{32}", "32 lower-case hexadecimal digits")

    def __init__(self, pattern: bytes, words: str) -> None:
        self.pattern = re.compile(pattern)
        self.words = words
        self.numeric = pattern.startswith(rb"[0-9]{")
        """Whether the argument's value is an integer (else octets)."""


@dataclass(frozen=True, eq=False)
class State(Row):
    """A state of one end's machine; ``within`` names the outer state of a finer step."""

    name: str
    meaning: str
    cites: str
    within: State | None = None
    kind: str = "state"

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", cite(self.cites))

    @property
    def outer(self) -> State:
        """The outermost state that this one is part of (itself, mostly)."""
        return self.within.outer if self.within else self

    def __str__(self) -> str:
        return self.name


START = State("START", "before the connection is open", "", kind="start")
CLOSED = State("CLOSED", "the connection is closed", "", kind="end")
ANY = State("ANY", "every state that has no row of its own", "", kind="any")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command form; ``secret`` ones are masked where a view hides passwords."""

    name: str
    kind: Kind
    meaning: str
    secret: bool = False


@dataclass(frozen=True, eq=False)
class Form(Row):
    """A command in one of its forms: ``LIST`` and ``LIST msg`` are two, for they are framed differently."""

    keyword: str
    arguments: tuple[Argument, ...]
    meaning: str
    cites: str
    optional: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", cite(self.cites))

    @property
    def name(self) -> str:
        """The form as the RFCs print it, such as ``TOP msg n``."""
        return " ".join([self.keyword, *(a.name for a in self.arguments)])

    def __str__(self) -> str:
        return self.name


Trigger = Form | Occurrence


def trigger_name(trigger: Trigger | Reply) -> str:
    """A trigger in readable words: a form's name, a reply's mark or what happened."""
    return trigger.value if isinstance(trigger, Occurrence) else str(trigger)


@dataclass(frozen=True, eq=False)
class Reply(Row):
    """A reply's status: the mark that opens its line.

    ``positive`` is None for a continuation. ``announces`` says that the number in the line is the size of the
    counted octets to come; ``spaced``, whether a space stands between the mark and what follows it.
    """

    mark: str
    meaning: str
    positive: bool | None
    cites: str
    announces: bool = False
    spaced: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", cite(self.cites))

    def __str__(self) -> str:
        return self.mark


@dataclass(frozen=True, eq=False)
class Limit(Row):
    """A number that an edition sets, such as the longest argument; ``meaning`` says of what it is the number."""

    name: str
    value: int
    meaning: str
    cites: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", cite(self.cites))


@dataclass(frozen=True, eq=False)
class Rule(Row):
    """One row of a machine: in ``state``, on ``trigger``, when ``condition`` holds.

    Args:
        state: where the session is (ANY for a row that serves every state without one of its own).
        trigger: a command form, an occurrence or, in a client's machine, the reply that came.
        condition: the name by which the handler chooses this row.
        reply: the status of the line that completes the answer, or None where no line is sent.
        units: what is sent, in order.
        to: the state that follows; None: the state stays.
        awaits: what must happen before the next command is read.
        sends: in a client's machine, the command form that is sent.
        cites: RFC and section, one for each edition that has the row.
    """

    state: State
    trigger: Trigger | Reply
    condition: str
    reply: Reply | None = None
    units: tuple[Unit | Continuation, ...] = ()
    to: State | None = None
    awaits: Occurrence | None = None
    sends: Form | None = None
    cites: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", cite(self.cites))
        object.__setattr__(self, "id", f"{self.state}|{trigger_name(self.trigger)}|{self.condition}")

    id: str = ""

    @property
    def reader(self) -> Reader | None:
        """Who reads the next octets, where this row ends in a continuation."""
        last = self.units[-1] if self.units else None
        return last.reader if isinstance(last, Continuation) else None


ALWAYS = "always"
"""The condition of a row that is alone in its state and trigger."""
