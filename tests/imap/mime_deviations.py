"""Where Dovecot 2.3 describes a message otherwise than popsim, each with the rule that decides.

A row that is not met fails the test, and so does a difference without a row.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.imap.judged import BODY, ENVELOPE, STRUCTURE

OBSOLETE_LIST = "RFC 5322 §4.4: an address list may have empty members, and they are no addresses"
OBSOLETE_LOCAL = "RFC 5322 §4.4: the words of a local part may be quoted one by one, with blanks around the dots"
UNFOLDED = "RFC 5322 §2.2.3: unfolding takes out the line ends and nothing else"
NO_SYNTAX = "RFC 5322 §3.4: this is no address list; what can be read as an address is one"
DEFAULT_TYPE = "RFC 2045 §5.2: a Content-Type that breaks the grammar counts as text/plain in US-ASCII"
DISPOSITION = "RFC 2183 §2: without a disposition type there is no disposition"
OCTETS = "RFC 3501 §7.4.2: the member is the text of the field; NUL alone cannot be in a string (§9, CHAR8)"
MIME_FIELDS = "RFC 3501 §7.4.2: the structure is computed from the MIME header fields; none but these are asked for"
LINE_END = "RFC 2046 §5.1.1: the line end before a boundary belongs to the boundary"

ONLY_FIELDS = "RFC 3501 §6.4.5: HEADER.FIELDS.NOT has the header fields with other names, and such a line is no field"
NO_BLANK = "RFC 3501 §6.4.5: no blank line where the message has no body and no blank line"


@dataclass(frozen=True)
class Deviation:
    """One difference.

    Args:
        message: the name of the message in ``NASTY``.
        item: what is asked for.
        cites: the section that decides, and what it says.
    """

    message: str
    item: str
    cites: str


def _both(message: str, cites: str) -> tuple[Deviation, Deviation]:
    return Deviation(message, STRUCTURE, cites), Deviation(message, BODY, cites)


STRUCTURES: tuple[Deviation, ...] = (
    Deviation("a sender of nothing", ENVELOPE, OBSOLETE_LIST),
    Deviation("commas", ENVELOPE, OBSOLETE_LIST),
    Deviation("local parts in quotes", ENVELOPE, OBSOLETE_LOCAL),
    Deviation("spaces everywhere", ENVELOPE, OBSOLETE_LOCAL),
    Deviation("groups that do not end", ENVELOPE, NO_SYNTAX),
    Deviation("brackets that do not end", ENVELOPE, NO_SYNTAX),
    Deviation("semicolons", ENVELOPE, NO_SYNTAX),
    Deviation("an address with two ats", ENVELOPE, NO_SYNTAX),
    Deviation("dots at the wrong places", ENVELOPE, NO_SYNTAX),
    Deviation("text after brackets", ENVELOPE, NO_SYNTAX),
    Deviation("folded addresses", ENVELOPE, UNFOLDED),
    Deviation("spaces around values", ENVELOPE, UNFOLDED),
    Deviation("a bare CR", ENVELOPE, OCTETS),
    Deviation("a NUL", ENVELOPE, OCTETS),
    *_both("a type without a subtype", DEFAULT_TYPE),
    *_both("a type that is none", DEFAULT_TYPE),
    *_both("an empty type", DEFAULT_TYPE),
    *_both("a message without a body inside", LINE_END),
    *_both("a message that ends in a boundary", LINE_END),
    Deviation("an empty disposition", STRUCTURE, DISPOSITION),
    Deviation("languages, without MIME-Version", STRUCTURE, MIME_FIELDS),
    *_both("an encoding with a comment, without MIME-Version", MIME_FIELDS),
)

SECTIONS: tuple[Deviation, ...] = (
    Deviation("a message without a body inside", "1", LINE_END),
    Deviation("a message without anything inside", "1.HEADER.FIELDS (SUBJECT)", NO_BLANK),
    Deviation("a digest with a part of nothing", "1.HEADER.FIELDS (SUBJECT)", NO_BLANK),
    Deviation("no blank line", "HEADER.FIELDS (Subject From X-1 content-type)", NO_BLANK),
    Deviation("no blank line", "HEADER.FIELDS (Nothing)", NO_BLANK),
    Deviation("a type of a line without a colon", "HEADER.FIELDS.NOT (Subject)", ONLY_FIELDS),
    Deviation("a line that starts with a colon", "HEADER.FIELDS.NOT (Subject)", ONLY_FIELDS),
)

INSIDE = "RFC 3501 §6.4.4: BODY looks into the body of the message, and the headers of its parts stand there"
AS_WRITTEN = "RFC 3501 §6.4.4: FROM looks into the addresses; what Dovecot invents for them is in no message"
NAME_FIRST = "RFC 3501 §6.4.4: the names in the address are searched as they were written, without Dovecot's quotes"
OTHER_OCTETS = "RFC 3501 §6.4.4: octets that are no UTF-8 have no charset; popsim takes them for ISO 8859-1"
"""What decides differences of SEARCH, with UNFOLDED and NO_SYNTAX."""

SEARCHES: dict[tuple[str, ...], str] = {
    ("SUBJECT", "folded twice"): UNFOLDED,
    ("SUBJECT", "folded  twice"): UNFOLDED,
    ("FROM", "Terry Gray <gray@"): NAME_FIRST,
    ("TO", "c d <c@d>"): NAME_FIRST,
    ("FROM", "MISSING"): AS_WRITTEN,
    ("FROM", "josé"): OTHER_OCTETS,
    ("TO", "a@b"): NO_SYNTAX,
    ("TO", "c@d"): NO_SYNTAX,
    ("CC", "g@h"): NO_SYNTAX,
    **{
        ("BODY", text): INSIDE for text in ("one", "alternative", "inside", "content-type", "subject", "GIF", "dot.png")
    },
}
"""What Dovecot finds otherwise, by key and text."""
