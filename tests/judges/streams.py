"""Command streams, good and bad: every command with every class of arguments, in every state.

A line is drawn for a class, not the other way round, so it is known what it stands for.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass, field

AUTHORIZATION, NAMED, INTERRUPTED, EXCHANGE, TRANSACTION = (
    "AUTHORIZATION",
    "name accepted",
    "name accepted, then something else",
    "AUTH exchange",
    "TRANSACTION",
)
STATES = (AUTHORIZATION, NAMED, INTERRUPTED, EXCHANGE, TRANSACTION)

MAIL = [
    b"Subject: one\n\nbody\n.\n..\n.end\n",
    b".Dot: first\nSubject: dots\n\nx\n",
    b"Subject: lines\n\n" + b"".join(b"line %d\n" % n for n in range(300)),
    b"Subject: no body\n",
    b"Subject: octets\n\n\xff\x80\x00\rx\n \n",
    b"Subject: the last line\n\nhas no end",
    b"\n",
    b"Subject: .\n\n.\n.\n.\n",
]
DOTTED, UNENDED = 2, 6
"""The numbers of the message whose first octet is a dot, and of the one whose last line has no end in its file."""


@dataclass(frozen=True)
class Command:
    """A line of a stream.

    Args:
        line: its octets, the line end included.
        keyword: the command in upper case; "" for a line that begins with none, or that answers a challenge.
        arguments: the class of its arguments, or of the line.
    """

    line: bytes
    keyword: str
    arguments: str


@dataclass
class Model:
    """What is known of the session, as far as it decides the class of a line.

    Args:
        user, secret: who logs in.
    """

    user: str
    secret: str
    state: str = AUTHORIZATION
    marked: set[int] = field(default_factory=set)

    def follow(self, command: Command, status: str) -> None:
        """Take note of what a command did."""
        done = status == "+OK"
        if self.state == TRANSACTION:
            if done and command.keyword == "DELE":
                self.marked.add(int(command.line.split()[1]))
            elif done and command.keyword == "RSET":
                self.marked.clear()
        elif done and (self.state == EXCHANGE or command.keyword in ("PASS", "APOP", "AUTH")):
            self.state = TRANSACTION
        elif done and command.keyword == "USER":
            self.state = NAMED
        elif status == "+":
            self.state = EXCHANGE
        elif self.state == NAMED and command.keyword != "PASS":
            self.state = INTERRUPTED
        elif self.state != INTERRUPTED or command.keyword == "PASS":
            self.state = AUTHORIZATION

    @property
    def there(self) -> list[int]:
        """The messages that can be fetched and have nothing special about them."""
        return [n for n in range(1, len(MAIL) + 1) if n not in self.marked | {DOTTED, UNENDED}]

    def plain(self, secret: str) -> bytes:
        """The one response of the mechanism PLAIN (RFC 4616 §2)."""
        return base64.b64encode(f"\0{self.user}\0{secret}".encode())


Draw = Callable[[Model, random.Random], "bytes | None"]
"""Draws the arguments, the space before them included; None where there are none of that class now."""
Classes = dict[str, Draw]


def _one(*texts: bytes) -> Draw:
    return lambda model, chance: chance.choice(texts)


def _there(before: bytes = b" ", after: bytes = b"") -> Draw:
    def draw(model: Model, chance: random.Random) -> bytes | None:
        return before + b"%d" % chance.choice(model.there) + after if model.there else None

    return draw


def _beyond(after: bytes = b"") -> Draw:
    return lambda model, chance: b" %d" % (len(MAIL) + chance.randint(1, 9)) + after


def _marked(after: bytes = b"") -> Draw:
    def draw(model: Model, chance: random.Random) -> bytes | None:
        return b" %d" % chance.choice(sorted(model.marked)) + after if model.marked else None

    return draw


def _special(number: int, after: bytes = b"") -> Draw:
    return lambda model, chance: None if number in model.marked else b" %d" % number + after


def _all(such: bool) -> Draw:
    """No argument, where the message without a last line end counts or does not."""

    def draw(model: Model, chance: random.Random) -> bytes | None:
        counts = model.state == TRANSACTION and UNENDED not in model.marked
        return b"" if such is counts else None

    return draw


def _numbers(after: bytes = b"") -> Classes:
    """The classes of a message-number, with something after it."""
    return {
        "a message": _there(after=after),
        "a message that begins with a dot": _special(DOTTED, after),
        "a message whose last line has no end": _special(UNENDED, after),
        "a marked message": _marked(after),
        "no such message": _beyond(after),
        "0": _one(b" 0" + after, b" 00" + after),
        "a number beyond 2^32": _one(*(b" " + n + after for n in (b"4294967297", b"18446744073709551617", b"9" * 30))),
        "a number with a sign": _one(b" -1" + after, b" +1" + after),
        "no number": _one(*(b" " + n + after for n in (b"x", b"1x", b"0x1", b"1.0", b"*", b"1,2"))),
        "a number that is not ASCII": _one(b" \xb9" + after, b" \xd9\xa1" + after),
        "a number with leading zeros": _there(b" 00", after),
        "two spaces before it": _there(b"  ", after),
        "a tab before it": _there(b"\t", after),
    }


_NONE = {"no argument": _one(b"")}
_BLANK = {"a space and nothing": _one(b" ")}
_ALONE: Classes = {
    **_NONE,
    **_BLANK,
    "no argument, in lower case": _one(b""),
    "an argument": _one(b" 1", b" x"),
}
_MESSAGE: Classes = {
    **_NONE,
    **_BLANK,
    **_numbers(),
    "a message, in lower case": _there(),
    "a space at the end": _there(after=b" "),
    "one argument too many": _there(after=b" 1"),
}
_TOP: Classes = {
    **_NONE,
    **_numbers(b" 1"),
    "a message, in lower case": _there(after=b" 1"),
    "a message and no lines": _there(after=b" 0"),
    "a message and all lines": _there(after=b" 100000"),
    "a message and more lines than 2^32": _there(after=b" 4294967297"),
    "a message without lines": _there(),
    "a message and a negative number of lines": _there(after=b" -1"),
    "a message and no number of lines": _there(after=b" x"),
    "one argument too many": _there(after=b" 1 1"),
}
_TOTALS: Classes = {
    "no argument": _all(False),
    "no argument, in lower case": _all(False),
    "no argument, with such a message": _all(True),
}
CATALOGUE: dict[str, Classes] = {
    "USER": {
        **_NONE,
        **_BLANK,
        "the user": lambda model, chance: b" " + model.user.encode(),
        "the user, in lower case": lambda model, chance: b" " + model.user.encode(),
        "nobody": _one(b" nobody", b" eve"),
        "two names": lambda model, chance: b" " + model.user.encode() + b" bob",
        "a long name": _one(b" " + b"x" * 60),
    },
    "PASS": {
        **_NONE,
        **_BLANK,
        "the password": lambda model, chance: b" " + model.secret.encode(),
        "a wrong password": _one(b" wrong", b"  se cret", b" se"),
        "the password and a space": lambda model, chance: b" " + model.secret.encode() + b" ",
    },
    "APOP": {
        **_NONE,
        "a name alone": lambda model, chance: b" " + model.user.encode(),
        "a wrong digest": lambda model, chance: b" " + model.user.encode() + b" " + b"0123456789abcdef" * 2,
        "no digest": lambda model, chance: b" " + model.user.encode() + b" xyz",
    },
    "AUTH": {
        **_NONE,
        "no such mechanism": _one(b" KERBEROS_V4", b" X"),
        "a challenge wanted": _one(b" PLAIN", b" LOGIN", b" CRAM-MD5", b" plain"),
        "PLAIN with the password": lambda model, chance: b" PLAIN " + model.plain(model.secret),
        "PLAIN with a wrong password": lambda model, chance: b" PLAIN " + model.plain("wrong"),
        "PLAIN with bad base64": _one(b" PLAIN !!!!", b" PLAIN AGF"),
        "PLAIN with an empty response": _one(b" PLAIN ="),
        "one argument too many": lambda model, chance: b" PLAIN " + model.plain("wrong") + b" x",
    },
    "CAPA": _ALONE,
    "STLS": {"an argument": _one(b" 1")},  # without one, what follows is TLS
    "STAT": {**_ALONE, **_TOTALS},
    "LIST": {**_MESSAGE, **_TOTALS},
    "RETR": _MESSAGE,
    "DELE": _MESSAGE,
    "NOOP": _ALONE,
    "RSET": _ALONE,
    "TOP": _TOP,
    "UIDL": _MESSAGE,
    "QUIT": {**_BLANK, "an argument": _one(b" 1")},  # without one, at the end of a stream
}
LINES: Classes = {
    "an unknown command": _one(b"XYZZY", b"LAST", b"RPOP alice", b"HELO", b"GET / HTTP/1.0"),
    "an empty line": _one(b""),
    "a space alone": _one(b" "),
    "a space before the command": _one(b" NOOP", b" STAT"),
    "an octet beyond ASCII": _one(b"N\xd6\xd6P", b"\xff\xfe"),
    "a NUL": _one(b"NO\0OP"),
    "a NUL at the end": _one(b"NOOP\0"),
    "a CR within": _one(b"NO\rOP"),
    "a command that runs on": _one(b"NOOPNOOP", b"STAT1", b"LIST1"),
    "255 octets": _one(b"XYZZY " + b"x" * 247),
    "256 octets": _one(b"XYZZY " + b"x" * 248),
    "5,000 octets": _one(b"XYZZY " + b"x" * 4992),
    "20,000 octets": _one(b"XYZZY " + b"x" * 19_992),
    "a bad line too many": _one(b"XYZZY"),  # after as many others as are still borne
}
RESPONSES: Classes = {
    "cancelled": _one(b"*"),
    "bad base64": _one(b"!!!!", b"AGF", b"A"),
    "base64 of nonsense": _one(base64.b64encode(b"nonsense")),
    "an empty line": _one(b""),
    "a command": _one(b"STAT"),
}
CLOSING = ("5,000 octets", "20,000 octets", "a bad line too many")
"""Classes after which it is worth a look whether the server closes the connection."""


def borne(state: str) -> int:
    """How many refused lines in a row Dovecot bears."""
    return 20 if state == TRANSACTION else 2


def draw(model: Model, keyword: str, arguments: str, chance: random.Random) -> Command | None:
    """A command of a class, or None where there is none now."""
    classes = CATALOGUE[keyword] if keyword else RESPONSES if model.state == EXCHANGE else LINES
    found = classes[arguments](model, chance)
    if found is None:
        return None
    spelled = keyword.lower() if arguments.endswith("in lower case") else keyword
    return Command(spelled.encode() + found + b"\r\n", keyword, arguments)


def every(state: str) -> list[tuple[str, str]]:
    """Every command with every class of its arguments that can come in a state."""
    if state == EXCHANGE:
        return [("", arguments) for arguments in RESPONSES]
    known = [(keyword, arguments) for keyword, classes in CATALOGUE.items() for arguments in classes]
    known += [("", arguments) for arguments in LINES]
    never = {"a marked message", "no argument, with such a message"} if state != TRANSACTION else set()
    if state == NAMED:
        never.add("a bad line too many")  # the first bad one leads out of this state
    return [(keyword, arguments) for keyword, arguments in known if arguments not in never]
