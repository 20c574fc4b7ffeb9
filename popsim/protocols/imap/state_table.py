"""The states and replies of IMAP's table."""

from __future__ import annotations

from popsim.protocols.model import Reply, State

# Replies

OK = Reply("OK", "done", True, "3501 §7.1.1; 9051 §7.1.1")
NO = Reply("NO", "understood and not done", False, "3501 §7.1.2; 9051 §7.1.2")
BAD = Reply("BAD", "not understood", False, "3501 §7.1.3; 9051 §7.1.3")
PREAUTH = Reply("PREAUTH", "the client is known already: no login is needed", True, "3501 §7.1.4; 9051 §7.1.4")
BYE = Reply("BYE", "the server closes the connection", False, "3501 §7.1.5; 9051 §7.1.5")
GO_ON = Reply("+", "the command goes on: the next octets are a part of it", None, "3501 §7.5; 9051 §7.6")

# States. An inner state is a finer step of the state around it.

NOT_AUTHENTICATED = State(
    "Not Authenticated", "the server waits for the client to say who it is", "3501 §3.1; 9051 §3.1"
)
AUTHENTICATED = State("Authenticated", "the client is known, and no mailbox is open", "3501 §3.2; 9051 §3.2")
SELECTED = State("Selected", "a mailbox is open", "3501 §3.3; 9051 §3.3")
LOGOUT_STATE = State("Logout", "the connection is being closed", "3501 §3.4; 9051 §3.4", reads_commands=False)

EXCHANGE = State(
    "AUTHENTICATE exchange",
    "a login is under way: the next line is the answer to a challenge",
    "3501 §6.2.2; 9051 §6.2.2",
    NOT_AUTHENTICATED,
    reads_commands=False,
)
HANDSHAKE = State(
    "TLS handshake",
    "both ends agree on keys: what comes is no command until they have",
    "3501 §6.2.1; 9051 §6.2.1",
    NOT_AUTHENTICATED,
    reads_commands=False,
)
IDLE_AUTHENTICATED = State(
    "IDLE in Authenticated",
    "the client waits for news, and no mailbox is open; a line ends it",
    "2177 §3; 9051 §6.3.13",
    AUTHENTICATED,
    reads_commands=False,
)
IDLE_SELECTED = State(
    "IDLE in Selected",
    "the client waits for news of the open mailbox; a line ends it",
    "2177 §3; 9051 §6.3.13",
    SELECTED,
    reads_commands=False,
)

STATES = (
    NOT_AUTHENTICATED, EXCHANGE, HANDSHAKE, AUTHENTICATED, IDLE_AUTHENTICATED, SELECTED, IDLE_SELECTED, LOGOUT_STATE,
)  # fmt: skip
REPLIES = (OK, NO, BAD, PREAUTH, BYE, GO_ON)
