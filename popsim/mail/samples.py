"""Sample mail for the lessons, always the same to the octet."""

from __future__ import annotations

from functools import cache

from popsim.mail import letters
from popsim.mail.collection import Mail
from popsim.mail.message import Message

NAMES = ("inbox", "minimal", "four", "empty", "dots")
"""The names of the samples, each also a function of this module."""


@cache
def inbox() -> Mail:
    """Eight letters to Alice: plain text, Romanian, dots, two versions in one, a large picture,
    an empty body, a long line.  Numbers 3 and 6 are from Cristi."""
    chosen = (
        letters.welcome, letters.walk, letters.book, letters.homework,
        letters.newsletter, letters.photo, letters.library, letters.grandmother,
    )  # fmt: skip
    return Mail("inbox", [write() for write in chosen])


@cache
def minimal() -> Mail:
    """Two messages of 120 and 200 octets: the sizes in the examples of RFC 1939 §5."""
    return _mail(
        "minimal",
        """\
From: Dan <dan@example.org>
Subject: Key

Dear Alice, the key is under the blue flower pot, where it always is. Dan
""",
        """\
From: Ioana <ioana@example.org>
Subject: Tea

Dear Alice,
the kettle is on and the window is open, so you will hear it before
you see me. Bring nothing but one story, please: a long one.
Ioana
""",
    )


@cache
def four() -> Mail:
    """Four messages, together 320 octets, the third of 120: the sizes in the example of LAST
    in RFC 1460 §5."""
    return _mail(
        "four",
        "From: Dan <dan@example.org>\n\nIs it raining where you are, Ioana?\n",
        "From: Ioana <ioana@example.org>\n\nNo, it is snowing here. Tea?\n",
        """\
From: Dan <dan@example.org>
Subject: Snow

Then keep some of it until Saturday, please: I have found my old sledge.
""",
        "From: Ioana <ioana@example.org>\n\nIt is now kept in the freezer.\n",
    )


@cache
def empty() -> Mail:
    """No message at all."""
    return Mail("empty", ())


@cache
def dots() -> Mail:
    """Four messages about dot-stuffing (RFC 1939 §3): one whose very first octet is a dot, one
    of nothing but dots, one that ends in a line with a single dot, and one with dots
    everywhere but at the beginning of a line."""
    return _mail(
        "dots",
        """\
.Dotted: a field name may begin with a dot (RFC 5322 §2.2)
From: Dot <dot@example.org>
Subject: The first octet

.and so may a body.
""",
        ".\n..\n...\n",
        """\
From: Dot <dot@example.org>
Subject: The last line

My last word is a dot.
.
""",
        """\
From: Dot <dot@example.org>
Subject: Nothing to stuff

 .one after a space, ..two of them. At the end of a line.
They need no help...
""",
    )


def find(name: str) -> Mail:
    """The sample of that name.

    Raises:
        ValueError: there is none; the text tells the names.
    """
    if name in NAMES:
        mail: Mail = globals()[name]()
        return mail
    from difflib import get_close_matches

    near = get_close_matches(name, NAMES, 1)
    hint = f"did you mean {near[0]!r}? The samples are" if near else "there are"
    raise ValueError(f"no sample mail {name!r}: {hint} {', '.join(NAMES)}")


def _mail(name: str, *texts: str) -> Mail:
    return Mail(name, [Message.of(text.encode()) for text in texts])
