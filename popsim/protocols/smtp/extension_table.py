"""The rows that extensions add to SMTP's table: rules and limits."""

# ruff: noqa: F403, F405
from __future__ import annotations

from popsim.protocols.model import ALWAYS, CLOSED, Continuation, Limit, Occurrence, Reader, Rule, Unit
from popsim.protocols.smtp.extension_word_table import *
from popsim.protocols.smtp.word_table import *

_LINE = (Unit.LINE,)
_ASK = (Unit.LINE, Continuation(Reader.LINE, secret=True))

_AFTER_GREETING = "(what extensions there are is told in the answer to the client's first word, so it comes before)"
_TWICE = "4954 §4"
_PROOF = "4954 §4 (501 is for what is no base64; this is, and proves nothing)"

_PARAMETERS = (
    Rule(READY, MAIL_WITH, DECLARED_LARGE, TOO_MUCH, _LINE, cites="1870 §6.1"),
    Rule(READY, MAIL_WITH, PARAMETER_WRONG, WRONG_ARGUMENT, _LINE, cites="1870 §6; 6152 §2; 4954 §5"),
)

_LOGIN = (
    # AUTH: the exchange may begin with the client's word or the server's
    Rule(READY, AUTH, CHALLENGED, CHALLENGE, _ASK, EXCHANGE, cites=f"4954 §4 {_AFTER_GREETING}"),
    Rule(READY, AUTH, MECHANISM_UNKNOWN, WRONG_VALUE, _LINE, READY, cites="4954 §4"),
    Rule(READY, AUTH, LOGGED_IN_BEFORE, WRONG_ORDER, _LINE, READY, cites=_TWICE),
    Rule(READY, AUTH_INITIAL, CHALLENGED, CHALLENGE, _ASK, EXCHANGE, cites="4954 §4"),
    Rule(READY, AUTH_INITIAL, LOGGED_IN, LOGGED_IN_NOW, _LINE, READY, cites="4954 §4"),
    Rule(READY, AUTH_INITIAL, MECHANISM_UNKNOWN, WRONG_VALUE, _LINE, READY, cites="4954 §4"),
    Rule(READY, AUTH_INITIAL, LOGGED_IN_BEFORE, WRONG_ORDER, _LINE, READY, cites=_TWICE),
    Rule(READY, AUTH_INITIAL, SERVER_FIRST, WRONG_ARGUMENT, _LINE, READY, cites="4954 §4"),
    Rule(READY, AUTH_INITIAL, NO_BASE64, WRONG_ARGUMENT, _LINE, READY, cites="4954 §4"),
    Rule(READY, AUTH_INITIAL, ANSWER_WRONG, WRONG_LOGIN, _LINE, READY, cites=_PROOF),
    Rule(READY, AUTH_INITIAL, LOGIN_WRONG, WRONG_LOGIN, _LINE, READY, cites="4954 §4"),
    #
    # AUTH exchange: whatever comes is an answer, even if it reads like a command
    Rule(EXCHANGE, Occurrence.CONTINUED, CHALLENGED, CHALLENGE, _ASK, EXCHANGE, cites="4954 §4"),
    Rule(EXCHANGE, Occurrence.CONTINUED, LOGGED_IN, LOGGED_IN_NOW, _LINE, READY, cites="4954 §4"),
    Rule(EXCHANGE, Occurrence.CONTINUED, CANCELLED, WRONG_ARGUMENT, _LINE, READY, cites="4954 §4"),
    Rule(EXCHANGE, Occurrence.CONTINUED, NO_BASE64, WRONG_ARGUMENT, _LINE, READY, cites="4954 §4"),
    Rule(EXCHANGE, Occurrence.CONTINUED, ANSWER_WRONG, WRONG_LOGIN, _LINE, READY, cites=_PROOF),
    Rule(EXCHANGE, Occurrence.CONTINUED, LOGIN_WRONG, WRONG_LOGIN, _LINE, READY, cites="4954 §4"),
    Rule(EXCHANGE, Occurrence.NOT_ALLOWED, READ_AS_ANSWER, WRONG_ARGUMENT, _LINE, READY, cites="4954 §4"),
    Rule(EXCHANGE, Occurrence.UNRECOGNIZED, READ_AS_ANSWER, WRONG_ARGUMENT, _LINE, READY, cites="4954 §4"),
    Rule(EXCHANGE, Occurrence.MALFORMED, ALWAYS, WRONG_ARGUMENT, _LINE, READY, cites="4954 §4"),
    Rule(EXCHANGE, Occurrence.OVERLONG, ALWAYS, UNKNOWN, _LINE, READY, cites="4954 §4"),
)

_TLS = (
    Rule(READY, STARTTLS, CLEAR, READY_TO_SERVE, _LINE, HANDSHAKE, Occurrence.SECURED,
         cites=f"3207 §4 {_AFTER_GREETING}"),
    Rule(READY, STARTTLS, ALREADY_SECURED, WRONG_ORDER, _LINE, READY,
         cites="3207 §4.2 (a client MUST NOT, and no code is named for one that does)"),
    #
    # TLS handshake: afterwards all is as right after the greeting, and the client says again who it is
    Rule(HANDSHAKE, Occurrence.SECURED, ALWAYS, None, (), CONNECTED, cites="3207 §4.2"),
    Rule(HANDSHAKE, Occurrence.NOT_ALLOWED, NOT_YET_READ, cites="3207 §4"),
    Rule(HANDSHAKE, Occurrence.UNRECOGNIZED, NOT_YET_READ, cites="3207 §4"),
    Rule(HANDSHAKE, Occurrence.MALFORMED, NOT_YET_READ, cites="3207 §4"),
    Rule(HANDSHAKE, Occurrence.OVERLONG, NOT_YET_READ, cites="3207 §4"),
    Rule(HANDSHAKE, Occurrence.EXPIRED, ALWAYS, None, (), CLOSED,
         cites="3207 §4 (no reply could be read in the middle of a handshake)"),
)  # fmt: skip

RULES = (*_PARAMETERS, *_LOGIN, *_TLS)

LIMITS = (
    Limit("command line", 538, "octets of a command line with its CRLF: 26 more than without the extension",
          "1870 §3 (the 26 are for MAIL; here every line may have them)"),
    Limit("command line", 1038, "octets of a command line with its CRLF: 526 more than without extensions",
          "4954 §3 (500 for MAIL, and the 26 of RFC 1870; here every line may have them)"),
    Limit("exchange line", 12288, "octets of a line in an exchange, with its CRLF", "4954 §4"),
)  # fmt: skip

EXTENSIONS = (2920, 1870, 6152, 3207, 4954)
STATES = (EXCHANGE, HANDSHAKE)
FORMS = (STARTTLS, AUTH, AUTH_INITIAL)
REPLIES = (LOGGED_IN_NOW, CHALLENGE, WRONG_LOGIN)
CAPABILITIES = (CAP_PIPELINING, CAP_SIZE, CAP_EIGHT, CAP_STARTTLS, CAP_AUTH)
