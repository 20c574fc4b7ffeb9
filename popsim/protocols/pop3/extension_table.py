"""The rows that extensions add to POP3's table: rules and limits."""

# ruff: noqa: F403, F405
from __future__ import annotations

from popsim.protocols.model import ALWAYS, Continuation, Limit, Occurrence, Reader, Rule, Unit
from popsim.protocols.pop3.extension_word_table import *
from popsim.protocols.pop3.word_table import *

_LINE = (Unit.LINE,)
_LINES = (Unit.LINE, Unit.MULTILINE)
_ASK = (Unit.LINE, Continuation(Reader.LINE, secret=True))

_ENDS_THE_NAME = "(it may come between USER and PASS, and as RFC 1939 §7 has it PASS is then too late)"
_AUTH = "5034 §4; 1734 §2"
_AFRESH = "5034 §4 (as if there had been no AUTH); 1734 §2"

_LOGIN = (
    Rule(USER_ACCEPTED, PASS, LOGIN_TOO_SOON, ERR, _LINE, AUTHORIZATION, cites="2449 §8.1.1"),
    Rule(
        USER_ACCEPTED,
        RPOP,
        LOGIN_TOO_SOON,
        ERR,
        _LINE,
        AUTHORIZATION,
        cites="2449 §8.1.1 (RPOP had gone by then; as for PASS)",
    ),
    Rule(AUTHORIZATION, APOP, LOGIN_TOO_SOON, ERR, _LINE, AUTHORIZATION, cites="2449 §8.1.1"),
    #
    # AUTH: the exchange may begin with the client's word or the server's
    Rule(AUTHORIZATION, AUTH, CHALLENGED, CONTINUE, _ASK, EXCHANGE, cites=_AUTH),
    Rule(AUTHORIZATION, AUTH, MECHANISM_UNKNOWN, ERR, _LINE, AUTHORIZATION, cites=_AUTH),
    Rule(AUTHORIZATION, AUTH_INITIAL, CHALLENGED, CONTINUE, _ASK, EXCHANGE, cites="5034 §4"),
    Rule(AUTHORIZATION, AUTH_INITIAL, LOGGED_IN, OK, _LINE, TRANSACTION, cites="5034 §4"),
    Rule(AUTHORIZATION, AUTH_INITIAL, MECHANISM_UNKNOWN, ERR, _LINE, AUTHORIZATION, cites="5034 §4"),
    Rule(AUTHORIZATION, AUTH_INITIAL, SERVER_FIRST, ERR, _LINE, AUTHORIZATION, cites="5034 §4"),
    Rule(AUTHORIZATION, AUTH_INITIAL, NO_BASE64, ERR, _LINE, AUTHORIZATION, cites="5034 §4"),
    Rule(AUTHORIZATION, AUTH_INITIAL, ANSWER_WRONG, ERR, _LINE, AUTHORIZATION, cites="5034 §4"),
    Rule(AUTHORIZATION, AUTH_INITIAL, LOGIN_WRONG, ERR, _LINE, AUTHORIZATION, cites="5034 §4"),
    Rule(AUTHORIZATION, AUTH_INITIAL, MAILDROP_LOCKED, ERR, _LINE, AUTHORIZATION, cites="5034 §4"),
    Rule(AUTHORIZATION, AUTH_INITIAL, LOGIN_TOO_SOON, ERR, _LINE, AUTHORIZATION, cites="5034 §4"),
    #
    # AUTH exchange: whatever comes is an answer, even if it reads like a command
    Rule(EXCHANGE, Occurrence.CONTINUED, CHALLENGED, CONTINUE, _ASK, EXCHANGE, cites=_AUTH),
    Rule(EXCHANGE, Occurrence.CONTINUED, LOGGED_IN, OK, _LINE, TRANSACTION, cites=_AUTH),
    Rule(EXCHANGE, Occurrence.CONTINUED, CANCELLED, ERR, _LINE, AUTHORIZATION, cites=_AFRESH),
    Rule(EXCHANGE, Occurrence.CONTINUED, NO_BASE64, ERR, _LINE, AUTHORIZATION, cites=_AFRESH),
    Rule(EXCHANGE, Occurrence.CONTINUED, ANSWER_WRONG, ERR, _LINE, AUTHORIZATION, cites=_AFRESH),
    Rule(EXCHANGE, Occurrence.CONTINUED, LOGIN_WRONG, ERR, _LINE, AUTHORIZATION, cites=_AFRESH),
    Rule(EXCHANGE, Occurrence.CONTINUED, MAILDROP_LOCKED, ERR, _LINE, AUTHORIZATION, cites=_AFRESH),
    Rule(EXCHANGE, Occurrence.CONTINUED, LOGIN_TOO_SOON, ERR, _LINE, AUTHORIZATION, cites=_AFRESH, only_with=2449),
    Rule(EXCHANGE, Occurrence.NOT_ALLOWED, READ_AS_ANSWER, ERR, _LINE, AUTHORIZATION, cites=_AFRESH),
    Rule(EXCHANGE, Occurrence.UNRECOGNIZED, READ_AS_ANSWER, ERR, _LINE, AUTHORIZATION, cites=_AFRESH),
    Rule(EXCHANGE, Occurrence.MALFORMED, ALWAYS, ERR, _LINE, AUTHORIZATION, cites=_AFRESH),
    Rule(EXCHANGE, Occurrence.OVERLONG, ALWAYS, ERR, _LINE, AUTHORIZATION, cites=_AFRESH),
)

_TLS = (
    Rule(AUTHORIZATION, STLS, CLEAR, OK, _LINE, HANDSHAKE, Occurrence.SECURED, cites="2595 §4"),
    Rule(AUTHORIZATION, STLS, ALREADY_SECURED, ERR, _LINE, AUTHORIZATION, cites="2595 §4"),
    Rule(AUTHORIZATION, STLS, AFTER_UTF8, ERR, _LINE, AUTHORIZATION, cites="6856 §2.1", only_with=2595),
    #
    # TLS handshake: the session begins afresh after it, and a name that was given before is forgotten
    Rule(HANDSHAKE, Occurrence.SECURED, ALWAYS, None, (), AUTHORIZATION, cites="2595 §4"),
    Rule(HANDSHAKE, Occurrence.NOT_ALLOWED, NOT_YET_READ, cites="2595 §4"),
    Rule(HANDSHAKE, Occurrence.UNRECOGNIZED, NOT_YET_READ, cites="2595 §4"),
    Rule(HANDSHAKE, Occurrence.MALFORMED, NOT_YET_READ, cites="2595 §4"),
    Rule(HANDSHAKE, Occurrence.OVERLONG, NOT_YET_READ, cites="2595 §4"),
)

_ASKED = (
    Rule(AUTHORIZATION, CAPA, ALWAYS, OK, _LINES, cites="2449 §5"),
    Rule(USER_ACCEPTED, CAPA, ALWAYS, OK, _LINES, AUTHORIZATION, cites=f"2449 §5 {_ENDS_THE_NAME}"),
    Rule(TRANSACTION, CAPA, ALWAYS, OK, _LINES, cites="2449 §5"),
    #
    # UTF-8 and languages
    Rule(AUTHORIZATION, UTF8, ALWAYS, OK, _LINE, cites="6856 §2.1"),
    Rule(USER_ACCEPTED, UTF8, ALWAYS, OK, _LINE, AUTHORIZATION, cites=f"6856 §2.1 {_ENDS_THE_NAME}"),
    Rule(AUTHORIZATION, LANG, ALWAYS, OK, _LINES, cites="6856 §3.2"),
    Rule(USER_ACCEPTED, LANG, ALWAYS, OK, _LINES, AUTHORIZATION, cites=f"6856 §3.2 {_ENDS_THE_NAME}"),
    Rule(TRANSACTION, LANG, ALWAYS, OK, _LINES, cites="6856 §3.2"),
    Rule(AUTHORIZATION, LANG_RANGE, LANGUAGE_KNOWN, OK, _LINE, cites="6856 §3.2"),
    Rule(AUTHORIZATION, LANG_RANGE, LANGUAGE_UNKNOWN, ERR, _LINE, cites="6856 §3.2"),
    Rule(USER_ACCEPTED, LANG_RANGE, LANGUAGE_KNOWN, OK, _LINE, AUTHORIZATION, cites=f"6856 §3.2 {_ENDS_THE_NAME}"),
    Rule(USER_ACCEPTED, LANG_RANGE, LANGUAGE_UNKNOWN, ERR, _LINE, AUTHORIZATION, cites=f"6856 §3.2 {_ENDS_THE_NAME}"),
    Rule(TRANSACTION, LANG_RANGE, LANGUAGE_KNOWN, OK, _LINE, cites="6856 §3.2"),
    Rule(TRANSACTION, LANG_RANGE, LANGUAGE_UNKNOWN, ERR, _LINE, cites="6856 §3.2"),
    Rule(TRANSACTION, RETR, NEEDS_UTF8, ERR, _LINE,
         cites="6856 §2.1 (a surrogate may be sent instead; here the message is refused, and its size still listed)"),
    Rule(TRANSACTION, TOP, NEEDS_UTF8, ERR, _LINE,
         cites="6856 §2.1 (a surrogate may be sent instead; here the message is refused, and its size still listed)"),
)  # fmt: skip

RULES = (*_LOGIN, *_TLS, *_ASKED)

LIMITS = (
    Limit("argument", 249, "octets of one argument: what a line leaves it after a keyword of three letters",
          "2449 §4"),
    Limit("command line", 255, "octets of a command line with its CRLF", "2449 §4"),
)  # fmt: skip

EXTENSIONS = (2449, 3206, 5034, 2595, 6856, 1734)
NEEDS = ((3206, (2449,)), (5034, (2449,)), (2595, (2449,)), (6856, (2449,)))
"""RFC 2595 §4 demands the list of capabilities; the others announce themselves in it."""
OBSOLETE = (1734,)
"""RFC 1734 is AUTH as the edition of 1994 had it; RFC 5034 took its place."""

STATES = (EXCHANGE, HANDSHAKE)
FORMS = (CAPA, AUTH, AUTH_INITIAL, STLS, UTF8, LANG, LANG_RANGE)
REPLIES = (CONTINUE,)
CAPABILITIES = (
    CAP_TOP, CAP_USER, CAP_SASL, CAP_CODES, CAP_DELAY, CAP_PIPELINING, CAP_EXPIRE, CAP_UIDL, CAP_STLS, CAP_UTF8,
    CAP_LANG, CAP_AUTH, CAP_NAME,
)  # fmt: skip
