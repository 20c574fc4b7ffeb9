"""A probe like IMAP: tags, data that no command asked for, a state that waits (IDLE), and literals.

Who writes a protocol of this kind may begin here: first the words (replies, states, commands), then the rules, then a
service with a handler for each command. A literal needs no handler: where the table has rows for it, it is read, and
the command happens when it is whole.
"""

from __future__ import annotations

import re

from popsim.engine.answer import Answer, Handler, Plain
from popsim.protocols.kind import NotRead, Syntax
from popsim.protocols.model import (
    ALWAYS,
    ANY,
    CLOSED,
    START,
    Argument,
    Continuation,
    Form,
    Kind,
    Limit,
    Occurrence,
    Reader,
    Reply,
    Rule,
    State,
    Trigger,
    Unit,
)
from popsim.protocols.protocol import Protocol, Table
from popsim.protocols.request import Request

OK = Reply("OK", "done", True, "3501 §7.1.1")
NO = Reply("NO", "not done", False, "3501 §7.1.2")
BAD = Reply("BAD", "not understood", False, "3501 §7.1.3")
GO_ON = Reply("+", "go on", None, "3501 §7.5")

STRANGER = State("not authenticated", "waits for a login", "3501 §3.1")
SELECTED = State("selected", "a mailbox is open", "3501 §3.3")
IDLING = State("waits for news", "until the client ends it", "2177 §3", reads_commands=False)

# Arguments. A word is a pattern; a string finds its own end, for a literal may hold spaces and line ends.

_WORD = re.compile(rb"[^\x00-\x20(){}\x7f-\xff]+")
_ANNOUNCED = re.compile(rb"\{([0-9]+)\+?\}\r\n")


def _literal(text: bytes, place: int) -> tuple[object, int]:
    """The octets of a literal that begins there, and the place behind them."""
    found = _ANNOUNCED.match(text, place)
    if found is None:
        raise NotRead("a literal such as {5} and five octets on the next line")
    end = found.end() + int(found[1])
    return text[found.end() : end], end


def _string(text: bytes, place: int) -> tuple[object, int]:
    """A word, or a literal where it would not do."""
    found = _WORD.match(text, place)
    return (found[0], found.end()) if found else _literal(text, place)


LITERAL = Syntax("literal", "octets", _literal)
STRING = Syntax("string", "a word, or a literal", _string)

LOGIN = Form(
    "LOGIN",
    (Argument("user", STRING, "the name"), Argument("password", STRING, "the password", secret=True)),
    "logs in",
    "3501 §6.2.3",
)
FETCH = Form("FETCH", (Argument("number", Kind.NUMBER, "which"),), "the text of a message", "3501 §6.4.5")
APPEND = Form("APPEND", (Argument("message", LITERAL, "its octets"),), "puts a message in", "3501 §6.3.11")
IDLE = Form("IDLE", (), "wants to hear news at once", "2177 §3")
NOOP = Form("NOOP", (), "asks for news", "3501 §6.1.2")
LOGOUT = Form("LOGOUT", (), "ends the session", "3501 §6.1.3")

RIGHT, WRONG = "name and password are right", "they are not"
ENDED, SOMETHING_ELSE = "the client has ended it", "the client says something else"
ASKED, AT_ONCE = "the octets are asked for", "the octets are on their way"
NOT_OFFERED = "octets that nobody has asked for are not taken"

_LINE = (Unit.LINE,)
_DATA = (Unit.UNTAGGED, Unit.LINE)

RULES = (
    Rule(START, Occurrence.OPENED, ALWAYS, OK, _LINE, STRANGER, cites="3501 §7.1.1"),
    Rule(STRANGER, LOGIN, RIGHT, OK, _LINE, SELECTED, cites="3501 §6.2.3"),
    Rule(STRANGER, LOGIN, WRONG, NO, _LINE, cites="3501 §6.2.3"),
    Rule(SELECTED, FETCH, ALWAYS, OK, _DATA, cites="3501 §6.4.5"),
    Rule(SELECTED, APPEND, ALWAYS, OK, _DATA, cites="3501 §6.3.11"),
    Rule(SELECTED, IDLE, ALWAYS, GO_ON, (Unit.LINE, Continuation(Reader.LINE)), IDLING, cites="2177 §3"),
    Rule(IDLING, Occurrence.CONTINUED, ENDED, OK, _LINE, SELECTED, cites="2177 §3"),
    Rule(IDLING, Occurrence.CONTINUED, SOMETHING_ELSE, BAD, _LINE, SELECTED, cites="2177 §3"),
    Rule(IDLING, Occurrence.OVERLONG, ALWAYS, BAD, _LINE, SELECTED, cites="2177 §3"),
    Rule(IDLING, Occurrence.MALFORMED, ALWAYS, BAD, _LINE, SELECTED, cites="2177 §3"),
    Rule(IDLING, Occurrence.NEWS, ALWAYS, None, (Unit.UNTAGGED,), cites="2177 §3"),
    Rule(ANY, Occurrence.LITERAL, ASKED, GO_ON, (Unit.LINE, Continuation(Reader.LITERAL)), cites="3501 §7.5"),
    Rule(ANY, Occurrence.LITERAL, AT_ONCE, None, (Continuation(Reader.LITERAL),), cites="7888 §4"),
    Rule(ANY, Occurrence.LITERAL, NOT_OFFERED, BAD, _LINE, cites="3501 §4.3"),
    Rule(ANY, Occurrence.NEWS, ALWAYS, None, (), cites="3501 §5.2 (told with the next command)"),
    Rule(ANY, NOOP, ALWAYS, OK, _DATA, cites="3501 §6.1.2"),
    Rule(ANY, LOGOUT, ALWAYS, OK, _DATA, CLOSED, cites="3501 §6.1.3"),
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, BAD, _LINE, cites="3501 §3"),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, BAD, _LINE, cites="3501 §7.1.3"),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, BAD, _LINE, cites="3501 §7.1.3"),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, BAD, _LINE, cites="3501 §7.1.3"),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, None, (Unit.UNTAGGED,), CLOSED, cites="3501 §5.4"),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites="3501 §3.4"),
)

LARGEST = 5000

BARE = Protocol(
    Table(
        name="tagged",
        title="Tagged",
        port=143,
        editions=(3501,),
        extensions=(2177, 7888),
        states=(STRANGER, SELECTED, IDLING),
        forms=(LOGIN, FETCH, APPEND, IDLE, NOOP, LOGOUT),
        replies=(OK, NO, BAD, GO_ON),
        rules=RULES,
        limits=(
            Limit("command line", 1000, "octets of a line of a command with its CRLF", "3501 §4"),
            Limit("literal", LARGEST, "octets of a command with its literals", "3501 §4.3"),
        ),
        tagged=True,
    ),
    number=3501,
)
TAGGED = Protocol(BARE.table, number=3501, enabled=(2177, 7888))


class TaggedService(Plain):
    """One session with a mailbox that grows; ``deliver`` tells it that there is one message more."""

    def __init__(self, text: bytes = b"") -> None:
        self.text = text
        self.appended: list[bytes] = []
        self.count = self.told = 2
        self._idling = False
        self.handlers: dict[Trigger, Handler] = {
            Occurrence.OPENED: lambda _: Answer(ALWAYS, b"probe ready"),
            LOGIN: self._login,
            FETCH: self._fetch,
            APPEND: self._append,
            IDLE: self._idle,
            NOOP: lambda _: Answer(ALWAYS, b"nothing done", untagged=self._news()),
            LOGOUT: lambda _: Answer(ALWAYS, b"gone", untagged=(b"BYE",)),
            Occurrence.NEWS: lambda _: Answer(ALWAYS, untagged=self._news() if self._idling else ()),
            Occurrence.CONTINUED: self._continued,
            Occurrence.EXPIRED: lambda _: Answer(ALWAYS, untagged=(b"BYE too slow",)),
        }

    def _news(self) -> tuple[bytes, ...]:
        """What the client has not been told yet."""
        told, self.told = self.told, self.count
        return (b"%d EXISTS" % self.count,) if told != self.count else ()

    def _login(self, request: Request) -> Answer:
        right = request.arguments == (b"alice", b"secret")
        return Answer(RIGHT if right else WRONG, b"LOGIN completed" if right else b"LOGIN failed")

    def _fetch(self, request: Request) -> Answer:
        data = b"%d FETCH (BODY[] {%d}\r\n%b FLAGS ())" % (request.number, len(self.text), self.text)
        return Answer(ALWAYS, b"FETCH completed", untagged=(data, *self._news()))

    def _append(self, request: Request) -> Answer:
        (octets,) = request.arguments
        assert isinstance(octets, bytes)
        self.appended.append(octets)
        self.count += 1
        return Answer(ALWAYS, b"APPEND completed", untagged=self._news())

    def _idle(self, _: Request) -> Answer:
        self._idling = True
        return Answer(ALWAYS, b"idling")

    def _continued(self, request: Request) -> Answer:
        self._idling = False
        done = request.arguments == (b"DONE",) or request.arguments == (b"done",)
        return Answer(ENDED if done else SOMETHING_ELSE, b"IDLE completed" if done else b"expected DONE")
