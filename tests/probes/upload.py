"""A probe like SMTP: text up to a lone dot, counted octets, challenges, and replies of numbers and several lines."""

from __future__ import annotations

from popsim.engine.answer import Answer, Handler, Plain
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

READY = Reply("220", "the service is ready", True, "5321 §4.2.3")
BYE = Reply("221", "the service closes", True, "5321 §4.2.3")
WELCOME = Reply("235", "the client is known", True, "4954 §6")
DONE = Reply("250", "done", True, "5321 §4.2.3")
CHALLENGE = Reply("334", "a challenge: the answer is next", None, "4954 §4")
START_MAIL = Reply("354", "start the mail, end it with a lone dot", None, "5321 §4.2.3")
TIME_IS_UP = Reply("421", "the service closes", False, "5321 §4.2.3")
UNKNOWN = Reply("500", "no command of this protocol", False, "5321 §4.2.3")
WRONG_ARGUMENTS = Reply("501", "wrong arguments", False, "5321 §4.2.3")
WRONG_ORDER = Reply("503", "wrong order", False, "5321 §4.2.3")
NOT_KNOWN = Reply("535", "name or secret is wrong", False, "4954 §6")
TOO_LARGE = Reply("552", "too large", False, "5321 §4.2.3")
REFUSED = Reply("554", "not taken", False, "5321 §4.2.3")

IDLE = State("waits for mail", "no mail has begun", "5321 §4.1.4")
ENVELOPE = State("envelope", "the sender is known", "5321 §4.1.4")
TEXT = State("text", "the text comes in", "5321 §4.1.1.4", reads_commands=False)
LOGGING_IN = State("logging in", "the answer to a challenge comes in", "4954 §4", reads_commands=False)

EHLO = Form("EHLO", (Argument("domain", Kind.WORD, "the client's name"),), "greets", "5321 §4.1.1.1")
AUTH = Form("AUTH", (Argument("mechanism", Kind.WORD, "how to log in"),), "begins a login", "4954 §4")
BDAT = Form("BDAT", (Argument("size", Kind.NUMBER, "how many octets follow"),), "octets follow", "3030 §2")
MAIL = Form("MAIL", (Argument("path", Kind.STRING, "FROM and the sender"),), "begins a mail", "5321 §4.1.1.2")
DATA = Form("DATA", (), "the text follows", "5321 §4.1.1.4")
QUIT = Form("QUIT", (), "ends the session", "5321 §4.1.1.10")

TAKEN, NOT_TAKEN = "the text is taken", "the text is not wanted"

_LINE = (Unit.LINE,)
_LINES = (Unit.STATUS_LINES,)
_ASK = (Unit.LINE, Continuation(Reader.LINE, secret=True))
_TEXT = (Unit.LINE, Continuation(Reader.DOT_ENDED))

RULES = (
    Rule(START, Occurrence.OPENED, ALWAYS, READY, _LINE, IDLE, cites="5321 §4.3.1"),
    Rule(ANY, EHLO, ALWAYS, DONE, _LINES, IDLE, cites="5321 §4.1.1.1"),
    Rule(IDLE, AUTH, ALWAYS, CHALLENGE, _ASK, LOGGING_IN, cites="4954 §4"),
    Rule(LOGGING_IN, Occurrence.CONTINUED, TAKEN, WELCOME, _LINE, IDLE, cites="4954 §4"),
    Rule(LOGGING_IN, Occurrence.CONTINUED, NOT_TAKEN, NOT_KNOWN, _LINE, IDLE, cites="4954 §4"),
    Rule(LOGGING_IN, Occurrence.OVERLONG, ALWAYS, UNKNOWN, _LINE, IDLE, cites="4954 §4"),
    Rule(LOGGING_IN, Occurrence.MALFORMED, ALWAYS, WRONG_ARGUMENTS, _LINE, IDLE, cites="4954 §4"),
    Rule(ENVELOPE, BDAT, ALWAYS, None, (Continuation(Reader.COUNTED),), TEXT, cites="3030 §2"),
    Rule(IDLE, MAIL, ALWAYS, DONE, _LINE, ENVELOPE, cites="5321 §4.1.1.2"),
    Rule(ENVELOPE, DATA, ALWAYS, START_MAIL, _TEXT, TEXT, cites="5321 §4.1.1.4"),
    Rule(TEXT, Occurrence.CONTINUED, TAKEN, DONE, _LINE, IDLE, cites="5321 §4.1.1.4"),
    Rule(TEXT, Occurrence.CONTINUED, NOT_TAKEN, REFUSED, _LINE, IDLE, cites="5321 §4.2.5"),
    Rule(TEXT, Occurrence.OVERLONG, ALWAYS, TOO_LARGE, _LINE, IDLE, cites="5321 §4.5.3.1.9"),
    Rule(TEXT, Occurrence.MALFORMED, ALWAYS, REFUSED, _LINE, IDLE, cites="5321 §4.2.5"),
    Rule(ANY, QUIT, ALWAYS, BYE, _LINE, CLOSED, cites="5321 §4.1.1.10"),
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, WRONG_ORDER, _LINE, cites="5321 §4.1.4"),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, UNKNOWN, _LINE, cites="5321 §4.2.4"),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, WRONG_ARGUMENTS, _LINE, cites="5321 §4.2.4"),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, UNKNOWN, _LINE, cites="5321 §4.5.3.1.9"),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, TIME_IS_UP, _LINE, CLOSED, cites="5321 §4.5.3.2"),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites="5321 §4.1.1.10"),
)

LARGEST = 2000

UPLOAD = Protocol(
    Table(
        name="upload",
        title="Upload",
        port=25,
        editions=(5321,),
        extensions=(3030, 4954),
        states=(IDLE, LOGGING_IN, ENVELOPE, TEXT),
        forms=(EHLO, AUTH, MAIL, DATA, BDAT, QUIT),
        replies=(
            READY, BYE, WELCOME, DONE, CHALLENGE, START_MAIL, TIME_IS_UP, UNKNOWN, WRONG_ARGUMENTS, WRONG_ORDER,
            NOT_KNOWN, TOO_LARGE, REFUSED,
        ),
        rules=RULES,
        limits=(
            Limit("command line", 512, "octets of a command line with its CRLF", "5321 §4.5.3.1.4"),
            Limit("upload", LARGEST, "octets of a text (fewer than the RFC allows, for the tests)", "5321 §4.5.3.1.7"),
        ),
    ),
    number=5321,
    enabled=(3030, 4954),
)  # fmt: skip


class UploadService(Plain):
    """One session; a text without a Subject is not wanted."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.handlers: dict[Trigger, Handler] = {
            Occurrence.OPENED: lambda _: Answer(ALWAYS, b"probe.example"),
            EHLO: lambda _: Answer(ALWAYS, b"AUTH ONE", untagged=(b"probe.example", b"SIZE %d" % LARGEST)),
            AUTH: lambda _: Answer(ALWAYS),
            BDAT: lambda request: Answer(ALWAYS, expects=request.number),
            MAIL: lambda _: Answer(ALWAYS, b"go on"),
            DATA: lambda _: Answer(ALWAYS, b"end with a lone dot"),
            QUIT: lambda _: Answer(ALWAYS, b"bye"),
            Occurrence.CONTINUED: self._continued,
        }

    def _continued(self, request: Request) -> Answer:
        (text,) = request.arguments
        assert isinstance(text, bytes)
        if request.keyword == AUTH.keyword:
            return Answer(TAKEN, b"welcome") if text == b"secret" else Answer(NOT_TAKEN, b"no")
        if text.startswith(b"Unwanted"):
            return Answer(NOT_TAKEN, b"no thank you")
        self.taken.append(text)
        return Answer(TAKEN, b"taken")
