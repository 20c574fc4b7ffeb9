"""Where Dovecot 2.3 answers otherwise than popsim, each with the section that says who is right.

A row holds for one state, one command and one class of arguments, and says what both answer. A row that no stream
meets fails the test, and so does a difference without a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tests.judges.answers import Outcome
from tests.judges.streams import AUTHORIZATION, INTERRUPTED, NAMED, TRANSACTION, UNENDED

BEFORE_LOGIN = (AUTHORIZATION, NAMED, INTERRUPTED)

SYNTAX = "RFC 1939 §3: a syntactically invalid command is answered by a negative status indicator"
SINGLE_SPACE = "RFC 1939 §3: keywords and arguments are each separated by a single SPACE"
NO_ARGUMENTS = f"{SYNTAX}; this command has no arguments"
AT_ONCE = "RFC 1939 §7: PASS only immediately after a successful USER"
NOT_AGAIN = "RFC 1939 §7: USER only after the greeting or after an unsuccessful USER or PASS"
STUFFED = "RFC 1939 §3: a line that begins with the termination octet is byte-stuffed, the first one too"
GOES_ON = "RFC 1939 §3: an invalid command is answered by a negative status indicator; nothing ends the session"
SIZE = "RFC 1939 §11: sizes count each line end as two octets, and RETR sends one after the last line"
NO_LIST = "RFC 5034 §4: AUTH has a mechanism as its first argument; the mechanisms are listed by CAPA (§3)"
WHOLE_LINE = "RFC 1939 §3: keywords consist of printable ASCII characters; NUL is none"
ONE_NAME = "RFC 1939 §3: arguments are separated by a single SPACE, so these are two; USER has one (§7)"


@dataclass(frozen=True)
class Deviation:
    """One difference.

    Args:
        state, command, arguments: where it holds, as in ``tests.judges.streams``.
        ours, theirs: the kind of popsim's answer and of Dovecot's.
        cites: the section that decides it, and what it says.
        exact: where both are positive: makes of popsim's outcome exactly what Dovecot's must be.
    """

    state: str
    command: str
    arguments: str
    ours: str
    theirs: str
    cites: str
    exact: Callable[[Outcome], Outcome] | None = None

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it holds."""
        return self.state, self.command, self.arguments

    def explains(self, ours: Outcome, theirs: Outcome) -> bool:
        """Whether it is this difference."""
        if self.exact is not None:
            return self.exact(ours) == theirs
        return (ours.kind, theirs.kind) == (self.ours, self.theirs)


def _taken(states: Iterable[str], command: str, classes: Iterable[str], cites: str, theirs: str) -> list[Deviation]:
    """What popsim refuses, and Dovecot answers so."""
    return [Deviation(state, command, one, "-ERR", theirs, cites) for state in states for one in classes]


def _undotted(outcome: Outcome) -> Outcome:
    return replace(outcome, lines=(outcome.lines or b"")[1:])


def _two_less(outcome: Outcome) -> Outcome:
    """With the size of that message, or of all together, two octets less."""
    if len(outcome.facts) == 1:
        ((number, size),) = outcome.facts
        return replace(outcome, facts=((number, size - 2),))
    return replace(outcome, facts=tuple((n, size - 2 * (n == UNENDED)) for n, size in outcome.facts))


_IN = (TRANSACTION,)
_BLANK, _MORE, _WIDE = ("a space and nothing",), ("an argument",), ("two spaces before it",)
_DOTTED = "a message that begins with a dot"
_ENDLESS = "a message whose last line has no end"

DEVIATIONS: tuple[Deviation, ...] = (
    # Before the login
    *_taken(BEFORE_LOGIN, "USER", ("no argument", "a space and nothing"), SYNTAX, "+OK"),
    *_taken(BEFORE_LOGIN, "USER", ("two names",), ONE_NAME, "+OK"),
    *_taken((NAMED,), "USER", ("the user", "the user, in lower case", "nobody", "a long name"), NOT_AGAIN, "+OK"),
    *_taken((INTERRUPTED,), "PASS", ("the password",), AT_ONCE, "+OK"),
    *_taken(BEFORE_LOGIN, "AUTH", ("no argument",), NO_LIST, "+OK lines"),
    *_taken(BEFORE_LOGIN, "STLS", _MORE, NO_ARGUMENTS, "+OK"),
    *_taken(BEFORE_LOGIN, "CAPA", _BLANK + _MORE, NO_ARGUMENTS, "+OK lines"),
    *_taken(BEFORE_LOGIN, "QUIT", _BLANK + _MORE, NO_ARGUMENTS, "+OK"),
    # After it: what follows a command without arguments is not looked at
    *_taken(_IN, "CAPA", _BLANK + _MORE, NO_ARGUMENTS, "+OK lines"),
    *_taken(_IN, "STAT", _BLANK + _MORE, NO_ARGUMENTS, "+OK"),
    *_taken(_IN, "NOOP", _BLANK + _MORE, NO_ARGUMENTS, "+OK"),
    *_taken(_IN, "RSET", _BLANK + _MORE, NO_ARGUMENTS, "+OK"),
    *_taken(_IN, "QUIT", _BLANK + _MORE, NO_ARGUMENTS, "+OK"),
    *_taken(_IN, "LIST", _BLANK, SINGLE_SPACE, "+OK lines"),
    *_taken(_IN, "UIDL", _BLANK, SINGLE_SPACE, "+OK lines"),
    # nor how many spaces there are
    *_taken(_IN, "LIST", _WIDE, SINGLE_SPACE, "+OK"),
    *_taken(_IN, "UIDL", _WIDE, SINGLE_SPACE, "+OK"),
    *_taken(_IN, "DELE", _WIDE, SINGLE_SPACE, "+OK"),
    *_taken(_IN, "RETR", _WIDE, SINGLE_SPACE, "+OK lines"),
    *_taken(_IN, "TOP", _WIDE, SINGLE_SPACE, "+OK lines"),
    *_taken(_IN, "", ("a NUL at the end",), WHOLE_LINE, "+OK"),
    # Dots, and line ends
    *(Deviation(TRANSACTION, name, _DOTTED, "+OK lines", "+OK lines", STUFFED, _undotted) for name in ("RETR", "TOP")),
    Deviation(TRANSACTION, "LIST", _ENDLESS, "+OK", "+OK", SIZE, _two_less),
    Deviation(TRANSACTION, "LIST", "no argument, with such a message", "+OK lines", "+OK lines", SIZE, _two_less),
    Deviation(TRANSACTION, "STAT", "no argument, with such a message", "+OK", "+OK", SIZE, _two_less),
    # What it does not bear
    *(
        Deviation(state, "", arguments, "-ERR", "-ERR, closes", GOES_ON)
        for state in (*BEFORE_LOGIN, TRANSACTION)
        for arguments in ("5,000 octets", "20,000 octets", "a bad line too many")
        if (state, arguments) != (NAMED, "a bad line too many")
    ),
)
