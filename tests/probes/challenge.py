"""A probe like SASL and STLS in POP3: an exchange of challenges, its end, and a handshake."""

from __future__ import annotations

import base64
import binascii

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

OK = Reply("+OK", "done", True, "1939 §3")
ERR = Reply("-ERR", "not done", False, "1939 §3")
CHALLENGE = Reply("+", "a challenge: the answer is next", None, "5034 §4")

LOGGED_OUT = State("logged out", "waits for a login", "1939 §4")
CHALLENGED = State("challenged", "waits for the answer to a challenge", "5034 §4")
SHAKING = State("shaking hands", "waits for the end of the handshake", "2595 §4")
LOGGED_IN = State("logged in", "somebody is known", "1939 §5")

MECHANISM = Argument("mechanism", Kind.WORD, "how to log in")
AUTH = Form("AUTH", (MECHANISM,), "begins an exchange", "5034 §4")
STLS = Form("STLS", (), "begins a handshake", "2595 §4")
NOOP = Form("NOOP", (), "nothing", "1939 §5")
QUIT = Form("QUIT", (), "ends the session", "1939 §6")

KNOWN, UNKNOWN = "the mechanism is known", "it is not"
MORE, DONE, WRONG = "one more challenge", "the answer is right", "the answer is wrong"
CANCELLED, GARBAGE = "the client has cancelled", "the answer is no base64"

_LINE = (Unit.LINE,)
_ASK = (Unit.LINE, Continuation(Reader.LINE, secret=True))

RULES = (
    Rule(START, Occurrence.OPENED, ALWAYS, OK, _LINE, LOGGED_OUT, cites="1939 §4"),
    Rule(LOGGED_OUT, AUTH, KNOWN, CHALLENGE, _ASK, CHALLENGED, cites="5034 §4"),
    Rule(LOGGED_OUT, AUTH, UNKNOWN, ERR, _LINE, cites="5034 §4"),
    Rule(CHALLENGED, Occurrence.CONTINUED, MORE, CHALLENGE, _ASK, cites="5034 §4"),
    Rule(CHALLENGED, Occurrence.CONTINUED, DONE, OK, _LINE, LOGGED_IN, cites="5034 §4"),
    Rule(CHALLENGED, Occurrence.CONTINUED, WRONG, ERR, _LINE, LOGGED_OUT, cites="5034 §4"),
    Rule(CHALLENGED, Occurrence.CONTINUED, CANCELLED, ERR, _LINE, LOGGED_OUT, cites="5034 §4"),
    Rule(CHALLENGED, Occurrence.CONTINUED, GARBAGE, ERR, _LINE, LOGGED_OUT, cites="5034 §4"),
    Rule(CHALLENGED, Occurrence.OVERLONG, ALWAYS, ERR, _LINE, LOGGED_OUT, cites="5034 §4"),
    Rule(CHALLENGED, Occurrence.MALFORMED, ALWAYS, ERR, _LINE, LOGGED_OUT, cites="5034 §4"),
    Rule(LOGGED_OUT, STLS, ALWAYS, OK, _LINE, SHAKING, Occurrence.SECURED, cites="2595 §4"),
    Rule(SHAKING, Occurrence.SECURED, ALWAYS, None, (), LOGGED_OUT, cites="2595 §4"),
    Rule(SHAKING, Occurrence.NEWS, ALWAYS, None, (), cites="2595 §4"),
    Rule(LOGGED_IN, NOOP, ALWAYS, OK, _LINE, cites="1939 §5"),
    Rule(ANY, QUIT, ALWAYS, OK, _LINE, CLOSED, cites="1939 §6"),
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, ERR, _LINE, cites="1939 §3"),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, ERR, _LINE, cites="1939 §3"),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, ERR, _LINE, cites="1939 §3"),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, ERR, _LINE, cites="1939 §3"),
    Rule(ANY, Occurrence.NEWS, ALWAYS, None, (), cites="1939 §4 (a maildrop that is open does not grow)"),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, None, (), CLOSED, cites="1939 §3"),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites="1939 §6"),
)

PLAIN = Protocol(
    Table(
        name="challenge",
        title="Challenge",
        port=110,
        editions=(1939,),
        extensions=(5034, 2595),
        states=(LOGGED_OUT, CHALLENGED, SHAKING, LOGGED_IN),
        forms=(AUTH, STLS, NOOP, QUIT),
        replies=(OK, ERR, CHALLENGE),
        rules=RULES,
        limits=(Limit("command line", 255, "octets of a command line with its CRLF", "1939 §3"),),
    ),
    number=1939,
    enabled=(5034,),
)
CHALLENGING = Protocol(PLAIN.table, number=1939, enabled=(5034, 2595))


class ChallengeService(Plain):
    """One session; ``TWO`` asks for name and password one by one, ``ONE`` for both at once, with an empty challenge."""

    def __init__(self) -> None:
        self._questions: list[bytes] = []
        self._given: list[bytes] = []
        self.handlers: dict[Trigger, Handler] = {
            Occurrence.OPENED: lambda _: Answer(ALWAYS, b"ready"),
            AUTH: self._auth,
            Occurrence.CONTINUED: self._answered,
            STLS: lambda _: Answer(ALWAYS, b"shake hands"),
            NOOP: lambda _: Answer(ALWAYS),
            QUIT: lambda _: Answer(ALWAYS, b"bye"),
        }

    def _auth(self, request: Request) -> Answer:
        (mechanism,) = request.arguments
        assert isinstance(mechanism, bytes)
        questions = {b"ONE": [b""], b"TWO": [b"", b"Password:"]}.get(mechanism)
        if questions is None:
            return Answer(UNKNOWN, b"ONE and TWO are known")
        self._questions, self._given = questions, []
        return Answer(KNOWN, self._ask())

    def _ask(self) -> bytes:
        return base64.b64encode(self._questions.pop(0))

    def _answered(self, request: Request) -> Answer:
        (line,) = request.arguments
        assert isinstance(line, bytes)
        if line == b"*":
            return Answer(CANCELLED, b"cancelled")
        try:
            self._given.append(base64.b64decode(line, validate=True))
        except binascii.Error:
            return Answer(GARBAGE, b"expected base64")
        if self._questions:
            return Answer(MORE, self._ask())
        right = self._given in ([b"alice", b"secret"], [b"\x00alice\x00secret"])
        return Answer(DONE, b"welcome") if right else Answer(WRONG, b"no")
