"""A probe like POP2: counted data without an end mark, fatal errors, and a client with a machine of its own."""

from __future__ import annotations

from popsim.engine.answer import Answer, Handler, Plain
from popsim.engine.framing import Listing
from popsim.protocols.model import (
    ALWAYS,
    ANY,
    CLOSED,
    START,
    Argument,
    Form,
    Kind,
    Limit,
    Occurrence,
    Reply,
    Rule,
    State,
    Trigger,
    Unit,
)
from popsim.protocols.protocol import Protocol, Table
from popsim.protocols.request import Request

YES = Reply("+", "greeting or farewell", True, "937 p.10")
NO = Reply("-", "an error: the connection is closed", False, "937 p.10")
MANY = Reply("#", "so many messages", True, "937 p.10", spaced=False)
LONG = Reply("=", "so many octets are next", True, "937 p.10", announces=True, spaced=False)

AUTH = State("AUTH", "waits for HELO", "937 p.22")
MBOX = State("MBOX", "a mailbox is open", "937 p.22")
ITEM = State("ITEM", "a message is chosen", "937 p.22")
NEXT = State("NEXT", "a message was sent: the client says what becomes of it", "937 p.22")

HELO = Form(
    "HELO",
    (Argument("user", Kind.WORD, "whose mailbox"), Argument("password", Kind.WORD, "the password", secret=True)),
    "says who it is",
    "937 p.6",
)
READ = Form("READ", (), "chooses the current message", "937 p.7")
RETR = Form("RETR", (), "asks for the chosen message", "937 p.8")
ACKS = Form("ACKS", (), "got it, keep it", "937 p.8")
ACKD = Form("ACKD", (), "got it, delete it", "937 p.9")
QUIT = Form("QUIT", (), "ends the session", "937 p.10")

WELCOME, STRANGER = "the password is right", "it is not"
THERE, MISSING = "a message is chosen", "none is"

_LINE = (Unit.LINE,)
_FATAL = "937 p.22 (action 1)"

SERVER_RULES = (
    Rule(START, Occurrence.OPENED, ALWAYS, YES, _LINE, AUTH, cites="937 p.10"),
    Rule(AUTH, HELO, WELCOME, MANY, _LINE, MBOX, cites="937 p.22"),
    Rule(AUTH, HELO, STRANGER, NO, _LINE, CLOSED, cites="937 p.22"),
    Rule(MBOX, READ, ALWAYS, LONG, _LINE, ITEM, cites="937 p.22"),
    Rule(ITEM, READ, ALWAYS, LONG, _LINE, ITEM, cites="937 p.22"),
    Rule(ITEM, RETR, THERE, None, (Unit.COUNTED,), NEXT, cites="937 p.22"),
    Rule(ITEM, RETR, MISSING, None, (), CLOSED, cites="937 p.22 (action 7)"),
    Rule(NEXT, ACKS, ALWAYS, LONG, _LINE, ITEM, cites="937 p.22"),
    Rule(NEXT, ACKD, ALWAYS, LONG, _LINE, ITEM, cites="937 p.22"),
    *(Rule(state, QUIT, ALWAYS, YES, _LINE, CLOSED, cites="937 p.22") for state in (AUTH, MBOX, ITEM)),
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, NO, _LINE, CLOSED, cites=_FATAL),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, NO, _LINE, CLOSED, cites=_FATAL),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, NO, _LINE, CLOSED, cites=_FATAL),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, NO, _LINE, CLOSED, cites=_FATAL),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, NO, _LINE, CLOSED, cites=_FATAL),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites="937 p.22"),
)

CALL = State("CALL", "waits for the greeting", "937 p.20")
NMBR = State("NMBR", "waits for the number of messages", "937 p.20")
SIZE = State("SIZE", "waits for the size of a message", "937 p.20")
XFER = State("XFER", "waits for a message", "937 p.20")
EXIT = State("EXIT", "waits for the end", "937 p.20")

DATA = Occurrence.CONTINUED
"""What a client hears when octets come instead of a reply."""
HEARD = (YES, NO, MANY, LONG, DATA, Occurrence.UNRECOGNIZED, Occurrence.EXPIRED)

CLIENT_RULES = (
    Rule(START, Occurrence.OPENED, ALWAYS, to=CALL, cites="937 p.20"),
    Rule(CALL, YES, "greeted", to=NMBR, sends=HELO, cites="937 p.20"),
    Rule(NMBR, MANY, "wants a message", to=SIZE, sends=READ, cites="937 p.20"),
    Rule(NMBR, MANY, "wants none", to=EXIT, sends=QUIT, cites="937 p.20"),
    Rule(SIZE, LONG, "wants it", to=XFER, sends=RETR, cites="937 p.20"),
    Rule(SIZE, LONG, "wants no more", to=EXIT, sends=QUIT, cites="937 p.20"),
    Rule(XFER, DATA, "keeps it there", to=SIZE, sends=ACKS, cites="937 p.20"),
    Rule(XFER, DATA, "wants it deleted", to=SIZE, sends=ACKD, cites="937 p.20"),
    Rule(EXIT, YES, ALWAYS, to=CLOSED, cites="937 p.20"),
    *(Rule(ANY, heard, "is lost", to=EXIT, sends=QUIT, cites="937 p.20") for heard in HEARD),
    Rule(ANY, Occurrence.LOST, ALWAYS, to=CLOSED, cites="937 p.20"),
)

COUNTED = Protocol(
    Table(
        name="counted",
        title="Counted",
        port=109,
        editions=(937,),
        states=(AUTH, MBOX, ITEM, NEXT),
        forms=(HELO, READ, RETR, ACKS, ACKD, QUIT),
        replies=(YES, NO, MANY, LONG),
        rules=SERVER_RULES,
        limits=(Limit("command line", 512, "octets of a command line with its CRLF", "937 p.12"),),
        client_states=(CALL, NMBR, SIZE, XFER, EXIT),
        client_rules=CLIENT_RULES,
    ),
    number=937,
)


class CountedService(Plain):
    """One session with a mailbox of messages; alice's password is secret."""

    def __init__(self, messages: list[bytes]) -> None:
        self.messages: list[bytes | None] = list(messages)
        self.current = 0
        self.handlers: dict[Trigger, Handler] = {
            Occurrence.OPENED: lambda _: Answer(ALWAYS, b"POP2 probe.example"),
            HELO: self._helo,
            READ: self._size,
            RETR: self._retr,
            ACKS: self._next,
            ACKD: self._delete,
            QUIT: lambda _: Answer(ALWAYS, b"Bye"),
            Occurrence.LOST: lambda _: Answer(ALWAYS),
        }

    def _chosen(self) -> bytes:
        return (self.messages[self.current] if self.current < len(self.messages) else None) or b""

    def _helo(self, request: Request) -> Answer:
        if request.arguments != (b"alice", b"secret"):
            return Answer(STRANGER, b"error")
        return Answer(WELCOME, b"%d messages" % len(self.messages))

    def _size(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"%d" % len(self._chosen()))

    def _retr(self, _: Request) -> Answer:
        chosen = self._chosen()
        return Answer(THERE, body=Listing(chosen)) if chosen else Answer(MISSING)

    def _next(self, request: Request) -> Answer:
        self.current += 1
        return self._size(request)

    def _delete(self, request: Request) -> Answer:
        self.messages[self.current] = None
        return self._next(request)
