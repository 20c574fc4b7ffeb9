"""A probe like IMAP: tags, data that no command asked for, a state that waits (IDLE), and literals."""

from __future__ import annotations

from popsim.engine.answer import Answer, Handler
from popsim.protocols.model import (
    ALWAYS,
    ANY,
    CLOSED,
    START,
    Argument,
    Continuation,
    Form,
    Kind,
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
IDLING = State("waits for news", "until the client ends it", "2177 §3")
APPENDING = State("appending", "a message comes in", "3501 §6.3.11")

USER = Argument("user", Kind.WORD, "the name")
PASSWORD = Argument("password", Kind.WORD, "the password", secret=True)
SIZE = Argument("{n}", Kind.WORD, "how many octets follow")
LOGIN = Form("LOGIN", (USER, PASSWORD), "logs in", "3501 §6.2.3")
FETCH = Form("FETCH", (Argument("number", Kind.NUMBER, "which"),), "the text of a message", "3501 §6.4.5")
APPEND = Form("APPEND", (SIZE,), "puts a message in", "3501 §6.3.11")
IDLE = Form("IDLE", (), "wants to hear news at once", "2177 §3")
NOOP = Form("NOOP", (), "asks for news", "3501 §6.1.2")
LOGOUT = Form("LOGOUT", (), "ends the session", "3501 §6.1.3")

RIGHT, WRONG = "name and password are right", "they are not"
ENDED, SOMETHING_ELSE = "the client has ended it", "the client says something else"
OCTETS, END_OF_LINE = "the literal has come", "the command has ended"
KNOWN_SIZE, NO_SIZE = "a literal is announced", "none is"

_LINE = (Unit.LINE,)
_DATA = (Unit.UNTAGGED, Unit.LINE)

RULES = (
    Rule(START, Occurrence.OPENED, ALWAYS, None, (Unit.UNTAGGED,), STRANGER, cites="3501 §7.1.1"),
    Rule(STRANGER, LOGIN, RIGHT, OK, _LINE, SELECTED, cites="3501 §6.2.3"),
    Rule(STRANGER, LOGIN, WRONG, NO, _LINE, cites="3501 §6.2.3"),
    Rule(SELECTED, FETCH, ALWAYS, OK, _DATA, cites="3501 §6.4.5"),
    Rule(SELECTED, APPEND, KNOWN_SIZE, GO_ON, (Unit.LINE, Continuation(Reader.COUNTED)), APPENDING, cites="3501 §7.5"),
    Rule(SELECTED, APPEND, NO_SIZE, BAD, _LINE, cites="3501 §6.3.11"),
    Rule(APPENDING, Occurrence.CONTINUED, OCTETS, None, (Continuation(Reader.LINE),), cites="3501 §4.3"),
    Rule(APPENDING, Occurrence.CONTINUED, END_OF_LINE, OK, _DATA, SELECTED, cites="3501 §6.3.11"),
    Rule(APPENDING, Occurrence.OVERLONG, ALWAYS, BAD, _LINE, SELECTED, cites="3501 §6.3.11"),
    Rule(APPENDING, Occurrence.MALFORMED, ALWAYS, BAD, _LINE, SELECTED, cites="3501 §6.3.11"),
    Rule(SELECTED, IDLE, ALWAYS, GO_ON, (Unit.LINE, Continuation(Reader.LINE)), IDLING, cites="2177 §3"),
    Rule(IDLING, Occurrence.CONTINUED, ENDED, OK, _LINE, SELECTED, cites="2177 §3"),
    Rule(IDLING, Occurrence.CONTINUED, SOMETHING_ELSE, BAD, _LINE, SELECTED, cites="2177 §3"),
    Rule(IDLING, Occurrence.OVERLONG, ALWAYS, BAD, _LINE, SELECTED, cites="2177 §3"),
    Rule(IDLING, Occurrence.MALFORMED, ALWAYS, BAD, _LINE, SELECTED, cites="2177 §3"),
    Rule(IDLING, Occurrence.NEWS, ALWAYS, None, (Unit.UNTAGGED,), cites="2177 §3"),
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

WITHOUT_IDLE = Protocol(
    Table(
        name="tagged",
        title="Tagged",
        port=143,
        editions=(3501,),
        extensions=(2177,),
        states=(STRANGER, SELECTED, IDLING, APPENDING),
        forms=(LOGIN, FETCH, APPEND, IDLE, NOOP, LOGOUT),
        replies=(OK, NO, BAD, GO_ON),
        rules=RULES,
        tagged=True,
    ),
    number=3501,
)
TAGGED = Protocol(WITHOUT_IDLE.table, number=3501, enabled=(2177,))


class TaggedService:
    """One session with a mailbox that grows; ``deliver`` tells it that there is one message more."""

    def __init__(self, text: bytes = b"") -> None:
        self.text = text
        self.appended: list[bytes] = []
        self.count = self.told = 2
        self._idling = False
        self._octets = b""
        self._wants_octets = False
        self.handlers: dict[Trigger, Handler] = {
            Occurrence.OPENED: lambda _: Answer(ALWAYS, untagged=(b"OK probe ready",)),
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
        given = request.arguments[0]
        digits = given[1:-1] if isinstance(given, bytes) and given.startswith(b"{") and given.endswith(b"}") else b""
        if not digits.isdigit():
            return Answer(NO_SIZE, b"expected {n}")
        self._wants_octets = True
        return Answer(KNOWN_SIZE, b"go on", expects=int(digits))

    def _idle(self, _: Request) -> Answer:
        self._idling = True
        return Answer(ALWAYS, b"idling")

    def _continued(self, request: Request) -> Answer:
        (octets,) = request.arguments
        assert isinstance(octets, bytes)
        if self._idling:
            self._idling = False
            done = octets.upper() == b"DONE"
            return Answer(ENDED if done else SOMETHING_ELSE, b"IDLE completed" if done else b"expected DONE")
        if self._wants_octets:
            self._wants_octets, self._octets = False, octets
            return Answer(OCTETS)
        self.appended.append(self._octets)
        self.count += 1
        return Answer(END_OF_LINE, b"APPEND completed", untagged=self._news())
