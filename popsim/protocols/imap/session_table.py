"""The rules of IMAP's table about the session itself: greeting, login, what holds everywhere, and its end."""

# ruff: noqa: F403, F405
from __future__ import annotations

from popsim.protocols.imap.word_table import *
from popsim.protocols.model import ALWAYS, ANY, CLOSED, START, Continuation, Occurrence, Reader, Rule, State, Unit

LINE = (Unit.LINE,)
DATA_LINE = (Unit.UNTAGGED, Unit.LINE)
"""Data first: what was asked for, and the news; then the line that completes the command."""
_ASK = (Unit.LINE, Continuation(Reader.LINE, secret=True))
READING = (NOT_AUTHENTICATED, AUTHENTICATED, SELECTED)
"""The states in which commands are read."""

_GREETING = "3501 §7.1; 9051 §7.1"
_FAILS = "3501 §6.2.2; 9051 §6.2.2"
_INITIAL = "4959 §3; 9051 §6.2.2"
_AFRESH = "3501 §6.2.2 (the command is over); 9051 §6.2.2 (the command is over)"
_CLEAR = "3501 §6.2.2; 9051 §6.2.2"
_BASE64 = "3501 §6.2.2 (BAD, as for arguments that are invalid); 9051 §6.2.2 (BAD, as for arguments that are invalid)"
_WRONG_STATE = "3501 §3 (BAD or NO; here BAD); 9051 §3 (BAD or NO; here BAD)"
_TOO_LONG = "3501 §7.1.3 (the tag may be lost: then it is untagged); 9051 §7.1.3"
_HANDSHAKE = "3501 §6.2.1; 9051 §6.2.1"

_OPENING = (
    Rule(START, Occurrence.OPENED, READY, OK, LINE, NOT_AUTHENTICATED, cites="3501 §7.1.1; 9051 §7.1.1"),
    Rule(START, Occurrence.OPENED, KNOWN_ALREADY, PREAUTH, LINE, AUTHENTICATED, cites="3501 §7.1.4; 9051 §7.1.4"),
    Rule(START, Occurrence.OPENED, NOT_SERVED, BYE, LINE, CLOSED, cites="3501 §7.1.5; 9051 §7.1.5"),
)

_ANYWHERE = (
    Rule(ANY, CAPABILITY, ALWAYS, OK, DATA_LINE, cites="3501 §6.1.1; 9051 §6.1.1"),
    Rule(ANY, NOOP, ALWAYS, OK, DATA_LINE, cites="3501 §6.1.2; 9051 §6.1.2"),
    Rule(ANY, LOGOUT, ALWAYS, None, (), LOGOUT_STATE, Occurrence.COMMITTED,
         cites="3501 §6.1.3 (nothing is removed); 9051 §6.1.3 (nothing is removed)"),
    Rule(ANY, ID, ALWAYS, OK, DATA_LINE, cites="2971 §3.1"),
)  # fmt: skip

_LOGIN = (
    Rule(NOT_AUTHENTICATED, STARTTLS, CLEAR, OK, LINE, HANDSHAKE, Occurrence.SECURED, cites=_HANDSHAKE),
    Rule(NOT_AUTHENTICATED, STARTTLS, ALREADY_SECURED, BAD, LINE,
         cites="3501 §6.2.1 (the text does not say; BAD, as RFC 9051 has it); 9051 §6.2.1"),
    Rule(NOT_AUTHENTICATED, STARTTLS, TLS_REFUSED, NO, LINE, cites="9051 §6.2.1"),
    Rule(NOT_AUTHENTICATED, LOGIN, LOGGED_IN, OK, LINE, AUTHENTICATED, cites="3501 §6.2.3; 9051 §6.2.3"),
    Rule(NOT_AUTHENTICATED, LOGIN, LOGIN_WRONG, NO, LINE, cites="3501 §6.2.3; 9051 §6.2.3"),
    Rule(NOT_AUTHENTICATED, LOGIN, LOGIN_IN_CLEAR, NO, LINE, cites="3501 §6.2.3; 9051 §6.2.3"),
    Rule(NOT_AUTHENTICATED, AUTHENTICATE, CHALLENGED, GO_ON, _ASK, EXCHANGE, cites=_FAILS),
    Rule(NOT_AUTHENTICATED, AUTHENTICATE, MECHANISM_UNKNOWN, NO, LINE, cites=_FAILS),
    Rule(NOT_AUTHENTICATED, AUTHENTICATE, LOGIN_IN_CLEAR, NO, LINE, cites=_CLEAR),
    Rule(NOT_AUTHENTICATED, AUTHENTICATE_INITIAL, CHALLENGED, GO_ON, _ASK, EXCHANGE, cites=_INITIAL),
    Rule(NOT_AUTHENTICATED, AUTHENTICATE_INITIAL, LOGGED_IN, OK, LINE, AUTHENTICATED, cites=_INITIAL),
    Rule(NOT_AUTHENTICATED, AUTHENTICATE_INITIAL, MECHANISM_UNKNOWN, NO, LINE, cites=_INITIAL),
    Rule(NOT_AUTHENTICATED, AUTHENTICATE_INITIAL, LOGIN_IN_CLEAR, NO, LINE, cites=_INITIAL),
    Rule(NOT_AUTHENTICATED, AUTHENTICATE_INITIAL, SERVER_FIRST, BAD, LINE, cites=_INITIAL),
    Rule(NOT_AUTHENTICATED, AUTHENTICATE_INITIAL, NO_BASE64, BAD, LINE, cites=_INITIAL),
    Rule(NOT_AUTHENTICATED, AUTHENTICATE_INITIAL, ANSWER_WRONG, NO, LINE, cites=_INITIAL),
    Rule(NOT_AUTHENTICATED, AUTHENTICATE_INITIAL, LOGIN_WRONG, NO, LINE, cites=_INITIAL),
    #
    # The exchange: whatever comes is an answer, even if it reads like a command
    Rule(EXCHANGE, Occurrence.CONTINUED, CHALLENGED, GO_ON, _ASK, EXCHANGE, cites=_FAILS),
    Rule(EXCHANGE, Occurrence.CONTINUED, LOGGED_IN, OK, LINE, AUTHENTICATED, cites=_FAILS),
    Rule(EXCHANGE, Occurrence.CONTINUED, CANCELLED, BAD, LINE, NOT_AUTHENTICATED, cites=_FAILS),
    Rule(EXCHANGE, Occurrence.CONTINUED, NO_BASE64, BAD, LINE, NOT_AUTHENTICATED, cites=_BASE64),
    Rule(EXCHANGE, Occurrence.CONTINUED, ANSWER_WRONG, NO, LINE, NOT_AUTHENTICATED, cites=_FAILS),
    Rule(EXCHANGE, Occurrence.CONTINUED, LOGIN_WRONG, NO, LINE, NOT_AUTHENTICATED, cites=_FAILS),
    Rule(EXCHANGE, Occurrence.NOT_ALLOWED, READ_AS_ANSWER, BAD, LINE, NOT_AUTHENTICATED, cites=_AFRESH),
    Rule(EXCHANGE, Occurrence.UNRECOGNIZED, READ_AS_ANSWER, BAD, LINE, NOT_AUTHENTICATED, cites=_AFRESH),
    Rule(EXCHANGE, Occurrence.MALFORMED, ALWAYS, BAD, LINE, NOT_AUTHENTICATED, cites=_AFRESH),
    Rule(EXCHANGE, Occurrence.OVERLONG, ALWAYS, BAD, LINE, NOT_AUTHENTICATED, cites=_AFRESH),
    #
    # The handshake: the session begins afresh after it
    Rule(HANDSHAKE, Occurrence.SECURED, ALWAYS, None, (), NOT_AUTHENTICATED, cites=_HANDSHAKE),
    Rule(HANDSHAKE, Occurrence.NOT_ALLOWED, NOT_YET_READ, cites=_HANDSHAKE),
    Rule(HANDSHAKE, Occurrence.UNRECOGNIZED, NOT_YET_READ, cites=_HANDSHAKE),
    Rule(HANDSHAKE, Occurrence.MALFORMED, NOT_YET_READ, cites=_HANDSHAKE),
    Rule(HANDSHAKE, Occurrence.OVERLONG, NOT_YET_READ, cites=_HANDSHAKE),
)  # fmt: skip


def _literals(state: State) -> tuple[Rule, ...]:
    """What becomes of a literal that a command's line announces."""
    there = Continuation(Reader.LITERAL)
    secret = Continuation(Reader.LITERAL, secret=True)
    asked = "3501 §4.3; 9051 §4.3"
    at_once = "7888 §4; 9051 §4.3"
    return (
        Rule(state, Occurrence.LITERAL, LITERAL_ASKED, GO_ON, (Unit.LINE, there), cites=asked),
        Rule(state, Occurrence.LITERAL, SECRET_ASKED, GO_ON, (Unit.LINE, secret), cites=asked),
        Rule(state, Occurrence.LITERAL, LITERAL_AT_ONCE, None, (there,), cites=at_once),
        Rule(state, Occurrence.LITERAL, SECRET_AT_ONCE, None, (secret,), cites=at_once),
        Rule(state, Occurrence.LITERAL, LITERAL_NOT_OFFERED, BAD, LINE, not_with=7888,
             cites="3501 §9 (a literal without its + only; the octets are thrown away all the same)"),
        Rule(state, Occurrence.LITERAL, LITERAL_TOO_LARGE, NO, LINE,
             cites="3501 §7.5 (a command may be refused instead); 9051 §7.6 (a command may be refused instead)"),
        Rule(state, Occurrence.LITERAL, LITERAL_TOO_LARGE_AT_ONCE, BAD, LINE,
             cites="9051 §4.3 (as RFC 7888 §5 has it)"),
    )  # fmt: skip


def _idle(state: State, outer: State) -> tuple[Rule, ...]:
    """Waiting for news: any line ends it, the one that should well, any other badly."""
    place = "2177 §3; 9051 §6.3.13"
    ended = "2177 §3 (any line ends it; one that is not DONE with BAD); 9051 §6.3.13 (likewise)"
    wait = (Unit.UNTAGGED, Unit.LINE, Continuation(Reader.LINE))  # what was held back comes first: RFC 2177 §3
    return (
        Rule(outer, IDLE, ALWAYS, GO_ON, wait, state, cites=place),
        Rule(outer, IDLE, NOT_NOW, NO, DATA_LINE, cites=place),
        Rule(state, Occurrence.NEWS, TOLD, None, (Unit.UNTAGGED,), cites=place),
        Rule(state, Occurrence.CONTINUED, NEWS_ENDED, OK, DATA_LINE, outer, cites=place),
        Rule(state, Occurrence.CONTINUED, NOT_THE_END, BAD, LINE, outer, cites=ended),
        Rule(state, Occurrence.NOT_ALLOWED, NOT_THE_END, BAD, LINE, outer, cites=ended),
        Rule(state, Occurrence.UNRECOGNIZED, NOT_THE_END, BAD, LINE, outer, cites=ended),
        Rule(state, Occurrence.MALFORMED, ALWAYS, BAD, LINE, outer, cites=ended),
        Rule(state, Occurrence.OVERLONG, ALWAYS, BAD, LINE, outer, cites=ended),
    )


_HELD = (
    "3501 §5.2 (a server may tell of new messages at any time, of removed ones never when no command is in progress: "
    "§7.4.1; here all is told with the answer to the next command); 9051 §5.2 (likewise; §7.5.1)"
)
_END = "3501 §3.4; 9051 §3.4"

_CLOSING = (
    Rule(LOGOUT_STATE, Occurrence.COMMITTED, ALWAYS, OK, DATA_LINE, CLOSED, cites="3501 §6.1.3; 9051 §6.1.3"),
    Rule(LOGOUT_STATE, Occurrence.NOT_ALLOWED, CLOSING, cites=_END),
    Rule(LOGOUT_STATE, Occurrence.UNRECOGNIZED, CLOSING, cites=_END),
    Rule(LOGOUT_STATE, Occurrence.MALFORMED, CLOSING, cites=_END),
    Rule(LOGOUT_STATE, Occurrence.OVERLONG, CLOSING, cites=_END),
)

_EVERYWHERE_ELSE = (
    Rule(ANY, Occurrence.NEWS, HELD_BACK, cites=_HELD),
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, BAD, LINE, cites=_WRONG_STATE),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, BAD, LINE, cites="3501 §7.1.3; 9051 §7.1.3"),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, BAD, LINE, cites="3501 §7.1.3; 9051 §7.1.3"),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, BAD, LINE, cites=_TOO_LONG),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, BYE, LINE, CLOSED,
         cites="3501 §5.4 (the farewell is that of §7.1.5); 9051 §5.4 (the farewell is that of §7.1.5)"),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites=_END),
)  # fmt: skip

RULES = (
    *_OPENING,
    *_ANYWHERE,
    *_LOGIN,
    *(rule for state in READING for rule in _literals(state)),
    *_idle(IDLE_AUTHENTICATED, AUTHENTICATED),
    *_idle(IDLE_SELECTED, SELECTED),
    *_CLOSING,
    *_EVERYWHERE_ELSE,
)
