"""The words that extensions add to POP3's table: replies, states, commands, conditions, capabilities and codes."""

from __future__ import annotations

from popsim.protocols.model import Argument, Capability, Code, Form, Kind, Reply, State
from popsim.protocols.pop3.word_table import (
    AUTHORIZATION,
    LOGIN_WRONG,
    MAILDROP_LOCKED,
    SOME_KEPT,
    TOP,
    UIDL,
    USER,
)

# Replies

CONTINUE = Reply("+", "the exchange goes on: the next line is the answer to this one", None, "5034 §4; 1734 §2")

# States: finer steps of AUTHORIZATION, in which no command is read

EXCHANGE = State(
    "AUTH exchange", "a login is under way: the next line is the answer to a challenge", "5034 §4; 1734 §2",
    AUTHORIZATION, reads_commands=False,
)  # fmt: skip
HANDSHAKE = State(
    "TLS handshake", "both ends agree on keys: what comes is no command until they have", "2595 §4",
    AUTHORIZATION, reads_commands=False,
)  # fmt: skip

# Arguments

MECHANISM = Argument("mechanism", Kind.WORD, "the name of a SASL mechanism")
INITIAL = Argument(
    "initial-response", Kind.WORD, "what the client says first, in base64; = alone is an empty one", secret=True
)
LANGUAGE = Argument("range", Kind.WORD, "a language such as en or ro; * is the one that the server prefers")

# Commands

CAPA = Form("CAPA", (), "what the server can do", "2449 §5")
AUTH = Form("AUTH", (MECHANISM,), "logs in by an exchange of challenges and answers", "5034 §4; 1734 §2")
AUTH_INITIAL = Form("AUTH", (MECHANISM, INITIAL), "the same, one round trip shorter", "5034 §4")
STLS = Form("STLS", (), "begins TLS: from here on all that crosses is encrypted", "2595 §4")
UTF8 = Form("UTF8", (), "lets messages and replies be UTF-8", "6856 §2.1")
LANG = Form("LANG", (), "the languages that replies can be in", "6856 §3.2")
LANG_RANGE = Form("LANG", (LANGUAGE,), "chooses the language of replies", "6856 §3.2")

# Conditions

LOGIN_TOO_SOON = "too soon after the last login"
CHALLENGED = "an answer is wanted"
MECHANISM_UNKNOWN = "mechanism not offered"
SERVER_FIRST = "the server has the first word"
NO_BASE64 = "no base64"
ANSWER_WRONG = "no answer of this mechanism"
CANCELLED = "cancelled"
READ_AS_ANSWER = "it is read as an answer, and is none"
CLEAR = "the line is in clear"
ALREADY_SECURED = "TLS is active already"
AFTER_UTF8 = "UTF-8 mode is on"
LANGUAGE_KNOWN = "the language is known"
LANGUAGE_UNKNOWN = "the language is not known"
NEEDS_UTF8 = "the message's header is UTF-8, and UTF-8 mode is off"
NOT_YET_READ = "nothing is read before the handshake is done"

# Capabilities, in the order in which a server lists them. There is none for a login by digest (RFC 2449 §6): the
# timestamp in the greeting announces it.

CAP_TOP = Capability("TOP", "the command is there", "2449 §6.1", TOP)
CAP_USER = Capability("USER", "a password can be given, if not by everybody", "2449 §6.2", USER)
CAP_SASL = Capability("SASL", "the mechanisms of AUTH; it stays listed after the login", "5034 §3", AUTH)
CAP_CODES = Capability("RESP-CODES", "square brackets at the beginning of a text hold a code", "2449 §6.4")
CAP_DELAY = Capability(
    "LOGIN-DELAY", "seconds between two logins; before the login the longest of all users", "2449 §6.5"
)
CAP_PIPELINING = Capability("PIPELINING", "a command may be sent before the one before it is answered", "2449 §6.6")
CAP_EXPIRE = Capability(
    "EXPIRE", "days after which messages are removed; before the login the fewest of all users", "2449 §6.7"
)
CAP_UIDL = Capability("UIDL", "the command is there", "2449 §6.8", UIDL)
CAP_STLS = Capability("STLS", "TLS can begin; not listed once it has", "2595 §4", STLS, AUTHORIZATION)
CAP_UTF8 = Capability("UTF8", "the command is there, and names and passwords may be UTF-8", "6856 §2", UTF8)
CAP_LANG = Capability("LANG", "the command is there", "6856 §3.1", LANG)
CAP_AUTH = Capability("AUTH-RESP-CODE", "a wrong name or secret is told by a code of its own", "3206 §6")
CAP_NAME = Capability("IMPLEMENTATION", "what the server is; a client must not act on it", "2449 §6.9")

DIFFERS = CAP_USER.tag
"""What follows a number that is another one for another user (RFC 2449 §6.5, §6.7), and UTF8 (RFC 6856 §2.2)."""
ANY_LANGUAGE = b"*"
"""The range that leaves the choice of the language to the server (RFC 6856 §3.2)."""
CANCEL = b"*"
"""The line that ends an exchange without a login (RFC 5034 §4)."""
EMPTY = b"="
"""The initial response that is there and empty (RFC 5034 §4)."""

# Codes

CODES = (
    Code("IN-USE", MAILDROP_LOCKED, "try again later: name and secret were right", "2449 §8.1.2"),
    Code("LOGIN-DELAY", LOGIN_TOO_SOON, "try again later: name and secret were right", "2449 §8.1.1"),
    Code("AUTH", LOGIN_WRONG, "ask for another name or secret", "3206 §5"),
    Code("SYS/PERM", SOME_KEPT, "something is broken that does not mend by itself", "3206 §4"),
    Code("UTF8", NEEDS_UTF8, "try again in UTF-8 mode", "6856 §5"),
)
