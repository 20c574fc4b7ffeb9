"""The words in which a protocol is written down: the rows of its table.

A table is data. It is made of states, command forms, replies, limits and rules; every row carries the RFC and the
section that it was read in. **A row exists in an edition exactly when it cites that edition's RFC**: the citation is
the membership, so no row can be in an edition without a source.

A rule is (state, trigger, named condition) -> what is sent and the state that follows. The handler chooses the
condition; the table chooses the reply's status, its framing and the state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from popsim.protocols.citation import Reference as Reference
from popsim.protocols.citation import Row as Row
from popsim.protocols.citation import cite as cite
from popsim.protocols.kind import Kind as Kind
from popsim.protocols.kind import Syntax as Syntax
from popsim.protocols.vocabulary import Code as Code
from popsim.protocols.vocabulary import Datum as Datum
from popsim.protocols.vocabulary import Word as Word


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

    __hash__ = object.__hash__  # each is there once; the hash of Enum is a Python function, and slow


REFUSALS = (Occurrence.NOT_ALLOWED, Occurrence.UNRECOGNIZED, Occurrence.MALFORMED, Occurrence.OVERLONG)
"""What is wrong with a line that is no command here."""


class Unit(Enum):
    """A piece of what one end sends, by the way in which its end is found.

    LINE: the line with the status, to CRLF; in a tagged protocol it opens with the tag of the command, but where it
    asks for more. MULTILINE: lines up to a lone dot, the dots in them doubled. COUNTED: as many octets as the reply
    before said that announces them, and no line. UNTAGGED: lines of data that each open with ``* `` and may have
    literals in them; in a tagged protocol only. STATUS_LINES: the answer's lines, each after the status, which is of
    three digits then for every reply: a hyphen says that more follow, a space that this is the last (RFC 5321 §4.2.1).
    """

    LINE = "line"
    MULTILINE = "multi-line"
    COUNTED = "counted octets"
    UNTAGGED = "untagged data"
    STATUS_LINES = "lines that each open with the status"


class Reader(Enum):
    """Who reads the next octets after a continuation, instead of the command reader.

    LINE and COUNTED (``Answer.expects`` says how many) and DOT_ENDED bring what they have read as CONTINUED, to the
    state that follows. LITERAL stands in rows of LITERAL alone, in a tagged protocol: it reads the octets that the
    command's line has announced and the rest of that line, and then the whole command happens.
    """

    LINE = "one line"
    DOT_ENDED = "lines up to a lone dot"
    COUNTED = "counted octets"
    LITERAL = "a literal, and then the command goes on"


@dataclass(frozen=True, slots=True)
class Continuation:
    """The last unit of an outcome that hands the next octets to somebody else than the command reader.

    ``secret`` says that what comes is masked where a view hides passwords.
    """

    reader: Reader
    secret: bool = False


@dataclass(frozen=True, eq=False)
class State(Row):
    """A state of one end's machine; ``within`` names the outer state of a finer step.

    ``reads_commands`` is False where what comes is no command, whatever it looks like: in an exchange, in a handshake.
    Then the commands of the state around it are not its own.
    """

    name: str
    meaning: str
    cites: str
    within: State | None = None
    kind: str = "state"
    reads_commands: bool = True

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
    """One argument of a command form; ``secret`` ones are masked where a view hides passwords.

    ``wider`` is the kind that an extension gives it, and ``widened_by`` the RFC number of that extension. An optional
    one has the value None where it is left out; it is read by a :class:`Syntax`, which tells it from what follows. An
    alternative to an optional argument is a second form with the same keyword, as in SMTP and POP3: the forms of a
    keyword are tried in the table's order.
    """

    name: str
    kind: Kind | Syntax
    meaning: str
    secret: bool = False
    wider: Kind | Syntax | None = None
    widened_by: int = 0
    optional: bool = False

    def kind_in(self, rfcs: Iterable[int]) -> Kind | Syntax:
        """Its kind in a protocol that is made of these RFCs."""
        known = tuple(rfcs)
        kind = self.wider if self.wider and self.widened_by in known else self.kind
        return kind.fit(known) if isinstance(kind, Syntax) and kind.fit else kind


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
        return " ".join([self.keyword, *(f"[{a.name}]" if a.optional else a.name for a in self.arguments)])

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
class Capability(Row):
    """Something that a server can announce.

    Args:
        tag: what opens its line in the list of capabilities.
        meaning: what it tells the client.
        cites: RFC and section.
        form: the command that it announces, where it announces one; it is left out together with that.
        only_in: the state in which alone it is announced; None: in every one that has such a list.
    """

    tag: str
    meaning: str
    cites: str
    form: Form | None = None
    only_in: State | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", cite(self.cites))

    def __str__(self) -> str:
        return self.tag


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
        only_with: the RFC number of an extension without which the row makes no sense, though it is another's.
        not_with: the RFC number of an extension that takes the row away.
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
    only_with: int = 0
    not_with: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", cite(self.cites))
        object.__setattr__(self, "id", f"{self.state}|{trigger_name(self.trigger)}|{self.condition}")

    id: str = ""

    def reference(self, rfcs: Iterable[int]) -> Reference | None:
        """The row's citation of the first of these RFCs that it cites, or None."""
        known = tuple(rfcs)
        is_out = self.not_with in known or (self.only_with and self.only_with not in known)
        return None if is_out else super().reference(known)

    @property
    def reader(self) -> Reader | None:
        """Who reads the next octets, where this row ends in a continuation."""
        last = self.units[-1] if self.units else None
        return last.reader if isinstance(last, Continuation) else None


ALWAYS = "always"
"""The condition of a row that is alone in its state and trigger."""
