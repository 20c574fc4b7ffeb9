"""Where Dovecot 2.3 answers otherwise than popsim, each with the section that says who is right, or that both are.

Every row has to occur, and so has each class of arguments that a row names; a difference without a row is a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.judges.imap_facts import Fact, Outcome

Fits = Callable[["Case"], bool]


@dataclass(frozen=True)
class Case:
    """A command that the two have answered differently; the arguments are as in ``tests.judges.imap_streams``."""

    situation: str
    command: str
    arguments: str
    ours: Outcome
    theirs: Outcome

    @property
    def statuses(self) -> tuple[str, str]:
        """popsim's and Dovecot's."""
        return self.ours.status, self.theirs.status

    @property
    def kind(self) -> str:
        """The class of arguments, wherever in the command it is."""
        return self.arguments.removeprefix("to: ")


@dataclass(frozen=True)
class Deviation:
    """One kind of difference.

    Args:
        cites: the section that decides it, and what it says.
        fits: tells such a difference from others.
        kinds: the classes of arguments that it holds for; empty where the answers alone tell.
    """

    cites: str
    fits: Fits
    kinds: tuple[str, ...] = ()

    def explains(self, case: Case) -> bool:
        return (not self.kinds or case.kind in self.kinds) and self.fits(case)


def _taken(case: Case) -> bool:
    """popsim takes it for no command, and Dovecot takes it."""
    return case.ours.status == "BAD" and case.theirs.status in ("OK", "NO", "")


def _in(*commands: str) -> Fits:
    return lambda case: case.command in commands and _taken(case)


def _statuses(ours: str, theirs: str) -> Fits:
    return lambda case: case.statuses == (ours, theirs)


def _without(outcome: Outcome, *words: str) -> Outcome:
    return replace(outcome, facts=frozenset(fact for fact in outcome.facts if fact[0] not in words))


def _recent(case: Case) -> bool:
    """The two tell differently often how many messages are recent."""
    ours, theirs = _told(case.ours, "RECENT"), _told(case.theirs, "RECENT")
    return ours != theirs and not (ours and theirs) and _without(case.ours, "RECENT") == _without(case.theirs, "RECENT")


def _told(outcome: Outcome, word: str) -> list[Fact]:
    return [fact for fact in outcome.facts if fact[0] == word]


def _flags_untold(case: Case) -> bool:
    """All that Dovecot leaves out is what the flags of messages are that it has not changed."""
    if "STORE" not in case.command or _without(case.ours, "FETCH") != _without(case.theirs, "FETCH"):
        return False
    return case.theirs.facts < case.ours.facts


def _of_no_part(case: Case) -> bool:
    """A part that is not there is NIL to popsim, and empty to Dovecot."""
    return case.theirs == replace(case.ours, facts=frozenset(map(_emptied, case.ours.facts)))


def _emptied(fact: Fact) -> Fact:
    return tuple((one[0], b"") if isinstance(one, tuple) and one[1:] == (None,) else one for one in fact)


SPACES = (
    "a space and nothing", "a space at the end", "two spaces before it", "two spaces", "two spaces between",
    "two spaces between items", "a space after the parenthesis", "( FLAGS)", "(FLAGS  UID)", "(FLAGS )", "FLAGS ",
    "+FLAGS  (\\Seen)", "+FLAGS ( \\Seen)", "+FLAGS (\\Seen )", "( SEEN)", "(SEEN )", "SEEN ", "SEEN  ALL",
    "a space after the message",
)  # fmt: skip


DEVIATIONS: tuple[Deviation, ...] = (
    # Dovecot takes what the grammar does not have
    Deviation("RFC 3501 §9: the arguments have one SP between them, and none elsewhere", _taken, SPACES),
    Deviation("RFC 3501 §9: the command has no such argument", _taken, ("an argument", "one argument too many")),
    Deviation("RFC 3501 §9: sequence-set is no string", _taken, ("a literal", "in double quotes")),
    Deviation(
        "RFC 3501 §9, quoted: a backslash stands before a quote or a backslash only",
        _taken,
        ("a backslash that escapes nothing",),
    ),
    Deviation(
        "RFC 3501 §9, sequence-set: nz-number begins with no 0 and ends below 2^32; nothing ends in a comma",
        _taken,
        ("a comma at the end", "a leading zero", "30 digits", "1,"),
    ),
    Deviation(
        "RFC 5182 §2.1: $ belongs to an extension that popsim's edition of RFC 3501 does not offer",
        _taken,
        ("the saved ones", "$"),
    ),
    Deviation("RFC 3501 §9, seq-number: a number beyond the last message is answered with BAD", _taken, ("99", "1:99")),
    Deviation(
        "RFC 3501 §9, date-day: there is no such day",
        _taken,
        ("SINCE 30-Feb-2001", "SINCE 32-Jan-2001", "a day that is none"),
    ),
    Deviation(
        "RFC 3501 §9, fetch-att",
        _taken,
        ("BODY.PEEK[]<0>", "BODY.PEEK[]<5.0>", "BODY[01]", "BODY[0]", "ENVELOPE[]", "FLAGS ()"),
    ),
    Deviation(
        "RFC 3501 §9, store-att-flags: flags follow, in parentheses or one at least",
        _taken,
        ("FLAGS", "+FLAGS", "() +FLAGS (\\Flagged)"),
    ),
    Deviation(
        "RFC 3501 §9, search-key: KEYWORD has an atom, LARGER a number below 2^32",
        _taken,
        ("KEYWORD \\Seen", "LARGER 4294967296"),
    ),
    Deviation(
        "RFC 2971 §3.1: ID has NIL or a list of pairs of strings",
        _in("ID"),
        ("nothing", "an odd list", "no list", "words"),
    ),
    Deviation(
        "RFC 5258 §3: patterns in parentheses belong to an extension that popsim does not offer",
        _in("LIST", "LSUB"),
        ("a pattern in parentheses",),
    ),
    Deviation("RFC 4466 §2.1: select-params are one at least", _in("SELECT"), ("no parameter",)),
    Deviation("RFC 3501 §9, astring: list-wildcards and other specials are in no atom", _taken, ("a wildcard",)),
    Deviation(
        "RFC 3501 §9, flag-keyword: such an atom there is not; Dovecot answers NO",
        _statuses("BAD", "NO"),
        ("+FLAGS (a]b)", "+FLAGS (a*b)"),
    ),
    Deviation("RFC 3501 §4.3.1: no NUL may be sent in a literal", _taken, ("a NUL in the message",)),
    Deviation(
        "RFC 5161 §3.1: ENABLE only before a mailbox is selected; a server need not look",
        lambda case: _in("ENABLE")(case) and case.situation != "not authenticated",
        ("CONDSTORE", "unknown", "two", "in lower case", "nothing"),
    ),
    Deviation(
        "RFC 5161 §3.1: ENABLE only after the login",
        lambda case: _in("ENABLE")(case) and case.situation == "not authenticated",
        ("CONDSTORE", "unknown", "two", "in lower case", "nothing", "in parentheses", "in quotes"),
    ),
    Deviation(
        "RFC 5161 §3.2: whether ENABLED comes where nothing was is not said",
        lambda case: case.command == "ENABLE" and case.theirs == _without(case.ours, "ENABLED"),
    ),
    Deviation(
        "RFC 3501 §6.2.2: arguments that are none are BAD, in the exchange too",
        lambda case: case.command == "AUTHENTICATE" and case.statuses == ("BAD", "NO"),
    ),
    # Dovecot refuses what the grammar has
    Deviation(
        "RFC 3501 §9, tag: ASTRING-CHAR has the closing bracket",
        lambda case: case.command == "",
        ("a bracket in a tag",),
    ),
    Deviation(
        "RFC 3501 §9, flag-extension: other flags are flags; what can't be stored is NO (§6.4.6)",
        _statuses("NO", "BAD"),
        ("+FLAGS (\\XYZZY)", "a bad flag"),
    ),
    Deviation(
        "RFC 3501 §9, literal: its octets are any; in which character set they make no sense nothing is found",
        _statuses("OK", "BAD"),
        ("BODY {1}\r\n|\xd6", "CHARSET UTF-8 BODY {1}\r\n|\xd6"),
    ),
    Deviation("RFC 3501 §6.3.11: nothing forbids a message of no octets", _statuses("OK", "NO"), ("an empty message",)),
    # What was opened to be read (Dovecot says OK and does nothing, or shows what it does not do)
    Deviation(
        "RFC 3501 §6.3.2: EXAMINE permits no change to the mailbox; what asks for one fails",
        lambda case: (
            case.situation == "selected, read-only"
            and case.ours.status == "NO"
            and case.theirs.status in ("NO", "OK")
            and case.command.split()[-1] in ("STORE", "EXPUNGE", "MOVE")
        ),
    ),
    Deviation(
        "RFC 3501 §9, seq-number: in an empty mailbox every number is beyond, and so is *",
        lambda case: (
            case.situation == "selected, empty" and case.statuses == ("BAD", "OK") and case.command.endswith("SEARCH")
        ),
    ),
    # Freedoms
    Deviation(
        "RFC 3501 §6.3.3: a name with a delimiter at its end can be made, so TRYCREATE is right",
        _statuses("NO", "NO"),
        ("a delimiter at the end",),
    ),
    Deviation(
        "RFC 3501 §6.4.8: identifiers that no message has are no error; whether the mailbox is looked for is free",
        lambda case: (
            case.command in ("UID COPY", "UID MOVE") and case.statuses == ("NO", "OK") and case.theirs.code == ""
        ),
    ),
    Deviation(
        "RFC 2683 §3.2.1.5: a server should take command lines of 8,000 octets; Dovecot's login takes fewer",
        lambda case: case.situation == "not authenticated" and not case.theirs.goes_on,
        ("a line of 7,000 octets",),
    ),
    Deviation(
        "RFC 2180 §4.1: a message that another session has removed may be found, and counted, until that is told",
        lambda case: (
            case.situation == "selected, with news"
            and case.command.split()[-1] in ("SEARCH", "FETCH", "STORE", "COPY", "MOVE", "STATUS")
            and case.statuses in (("OK", "OK"), ("NO", "OK"), ("OK", "NO"))
        ),
    ),
    Deviation(
        "RFC 3501 §6.3.1: what fails deselects; whether a command that is none fails so is not said",
        lambda case: (
            case.command in ("SELECT", "EXAMINE")
            and case.statuses == ("BAD", "BAD")
            and ("code", "CLOSED") in case.theirs.facts
        ),
    ),
    Deviation(
        "RFC 3501 §4.3: a server may refuse before it asks for a literal, or after",
        lambda case: case.ours.status != "OK" and replace(case.ours, asked=case.theirs.asked) == case.theirs,
    ),
    Deviation(
        "RFC 3501 §7.3.2: RECENT comes when the size changes, such as by new messages; after an EXPUNGE it may", _recent
    ),
    Deviation("RFC 3501 §6.4.6: STORE returns the flags; Dovecot leaves out those that were so before", _flags_untold),
    Deviation("RFC 3501 §6.4.5: what a part is that is not there is not said: NIL or nothing", _of_no_part),
    Deviation(
        "RFC 3501 §6.3.8: the root name is empty where the reference is not rooted",
        lambda case: case.statuses == ("OK", "OK"),
        ("a reference for no pattern",),
    ),
    Deviation(
        "RFC 3501 §6.3.9: LSUB of an empty name is not said to be a question for the delimiter",
        lambda case: case.command == "LSUB",
        ("the delimiter",),
    ),
    Deviation(
        "RFC 3501 §6.3.7: a name that is not subscribed to may be refused",
        lambda case: case.command == "UNSUBSCRIBE" and case.statuses == ("NO", "OK"),
    ),
)

_INFERIORS = "RFC 3501 §6.3.3: that the names above are made is wanted (SHOULD); Dovecot lists them as \\Noselect"
_OCTETS_LEFT = "RFC 7888 §4: the octets of a literal at once are no command, also where the command is refused"
_NO_LITERAL = "RFC 3501 §2.2.1: what does not end in a literal ends with its line; Dovecot reads on in the midst of it"
AFTERWARDS: dict[tuple[str, str], str] = {
    ("DELETE", "with inferiors"): "RFC 3501 §6.3.4: a name with inferiors gets \\Noselect; Dovecot lists it without",
    ("CREATE", "an inferior one"): _INFERIORS,
    ("RENAME", "to below"): _INFERIORS,
    ("APPEND", "a date and flags"): _OCTETS_LEFT,
    ("APPEND", "a flag without parentheses"): _OCTETS_LEFT,
    ("APPEND", "a date without quotes"): _OCTETS_LEFT,
    ("LOGIN", "literals at once"): _OCTETS_LEFT,
    ("", "an unknown command with a literal at once"): _OCTETS_LEFT,
    ("APPEND", "a bad literal"): _NO_LITERAL,
    ("APPEND", "a negative literal"): _NO_LITERAL,
}
"""Where both answer alike, and Dovecot has done something else all the same."""


def deviation(case: Case) -> Deviation | None:
    """The row that explains a difference, or None."""
    return next((one for one in DEVIATIONS if one.explains(case)), None)
