"""The words that extensions add to SMTP's table: replies, states, commands, conditions, capabilities, parameters."""

from __future__ import annotations

from popsim.protocols.model import Argument, Capability, Form, Kind, Reply, State
from popsim.protocols.smtp.word_table import READY

# Replies

LOGGED_IN_NOW = Reply("235", "the client is known now", True, "4954 §6")
CHALLENGE = Reply("334", "the exchange goes on: the next line is the answer to this one", None, "4954 §4")
WRONG_LOGIN = Reply("535", "name or secret is wrong", False, "4954 §6")

# States: finer steps of READY, in which no command is read

EXCHANGE = State(
    "AUTH exchange", "a login is under way: the next line is the answer to a challenge", "4954 §4",
    READY, reads_commands=False,
)  # fmt: skip
HANDSHAKE = State(
    "TLS handshake", "both ends agree on keys: what comes is no command until they have", "3207 §4",
    READY, reads_commands=False,
)  # fmt: skip

# Arguments

MECHANISM = Argument("mechanism", Kind.WORD, "the name of a SASL mechanism")
INITIAL = Argument(
    "initial-response", Kind.WORD, "what the client says first, in base64; = alone is an empty one", secret=True
)

# Commands

AUTH = Form("AUTH", (MECHANISM,), "logs in by an exchange of challenges and answers", "4954 §4")
AUTH_INITIAL = Form("AUTH", (MECHANISM, INITIAL), "the same, one round trip shorter", "4954 §4")
STARTTLS = Form("STARTTLS", (), "begins TLS: from here on all that crosses is encrypted", "3207 §4")

# Conditions

PARAMETER_WRONG = "a parameter's value is wrong"
DECLARED_LARGE = "the size that is declared is too large"
CHALLENGED = "an answer is wanted"
LOGGED_IN = "name and secret are right"
LOGIN_WRONG = "name or secret is wrong"
LOGGED_IN_BEFORE = "somebody is logged in already"
MECHANISM_UNKNOWN = "mechanism not offered"
SERVER_FIRST = "the server has the first word"
NO_BASE64 = "no base64"
ANSWER_WRONG = "no answer of this mechanism"
CANCELLED = "cancelled"
READ_AS_ANSWER = "it is read as an answer, and is none"
CLEAR = "the line is in clear"
ALREADY_SECURED = "TLS is active already"
NOT_YET_READ = "nothing is read before the handshake is done"

# Capabilities, in the order in which a server lists them

CAP_PIPELINING = Capability("PIPELINING", "a command may be sent before the one before it is answered", "2920 §2")
CAP_SIZE = Capability("SIZE", "the largest message that is taken, in octets; 0 for no limit", "1870 §3")
CAP_EIGHT = Capability(
    "8BITMIME", "the text may have octets above 127", "6152 §2 (the text is not at hand: read from RFC 5321 §2.4)"
)
CAP_STARTTLS = Capability("STARTTLS", "TLS can begin; not listed once it has", "3207 §2", STARTTLS)
CAP_AUTH = Capability("AUTH", "the mechanisms of the command", "4954 §3", AUTH)

# Parameters of MAIL, each known by the tag of the capability that announces it

BODY = "BODY"
"""Whether the text has octets above 127 (RFC 6152 §2)."""
SEVEN_BIT, EIGHT_BIT = "7BIT", "8BITMIME"
"""What that parameter may say."""
NULL = "<>"
"""What AUTH= says where nobody is known to have submitted the message (RFC 4954 §5)."""

CANCEL = b"*"
"""The line that ends an exchange without a login (RFC 4954 §4)."""
EMPTY = b"="
"""The initial response that is there and empty (RFC 4954 §4)."""
LOGGED_IN_MARK, SECURED_MARK = "A", "S"
"""What the field for the trace adds after a login, and under TLS (RFC 4954 §7)."""
