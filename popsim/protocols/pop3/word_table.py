"""The words of POP3's table: its replies, states, commands and the conditions of its rules.

States, commands and replies are spelled here and, for the extensions, in ``extension_word_table``, and nowhere else
in the package; everything else refers to these names.
"""

from __future__ import annotations

from popsim.protocols.model import Argument, Form, Kind, Reply, State

# Replies

OK = Reply("+OK", "the command was received and done", True, "1939 §3; 1725 §3; 1460 §3; 1225 p.2; 1081 p.2")
ERR = Reply("-ERR", "the command was received and not done", False, "1939 §3; 1725 §3; 1460 §3; 1225 p.2; 1081 p.2")

# States. An inner state is a finer step of the state around it: the RFCs have three.

AUTHORIZATION = State(
    "AUTHORIZATION",
    "the server waits for the client to say who it is",
    "1939 §4; 1725 §4; 1460 §4; 1225 p.3; 1081 p.3",
)
USER_ACCEPTED = State(
    "USER accepted",
    "a name was just accepted: the password comes next",
    "1939 §7; 1725 §4; 1460 §4; 1225 p.3; 1081 p.3",
    AUTHORIZATION,
)
LOGIN_REFUSED = State(
    "login refused",
    "a name, password or digest was just refused: a digest is no longer taken",
    "1460 §7 (APOP may be given 'after the POP3 greeting', where USER may follow a refusal too)",
    AUTHORIZATION,
)
TRANSACTION = State(
    "TRANSACTION",
    "the client lists, fetches and marks messages",
    "1939 §5; 1725 §5; 1460 §5; 1225 p.5; 1081 p.5",
)
UPDATE = State(
    "UPDATE",
    "the server removes the messages that are marked",
    "1939 §6; 1725 §6; 1460 §6; 1225 p.10; 1081 p.10",
)

# Arguments

NAME = Argument("name", Kind.WORD, "the name of a maildrop", wider=Kind.WIDE_WORD, widened_by=6856)
PASSWORD = Argument(
    "string", Kind.STRING, "the password; spaces belong to it", secret=True, wider=Kind.WIDE_STRING, widened_by=6856
)
DIGEST = Argument("digest", Kind.DIGEST, "MD5 of the greeting's timestamp and the shared secret")
CLIENT_USER = Argument("user", Kind.WORD, "the name of a user of the client's own host")
MSG = Argument("msg", Kind.NUMBER, "a message-number, counted from 1 when the maildrop was opened")
LINES = Argument("n", Kind.COUNT, "how many lines of the body")

# Commands

USER = Form("USER", (NAME,), "names the maildrop", "1939 §7; 1725 §4; 1460 §4; 1225 p.4; 1081 p.4")
PASS = Form(
    "PASS", (PASSWORD,), "gives the password of the name before it", "1939 §7; 1725 §4; 1460 §4; 1225 p.4; 1081 p.4"
)
RPOP = Form(
    "RPOP", (CLIENT_USER,), "says who the client's user is, and that its host vouches for it", "1225 p.11; 1081 p.11",
    optional=True,
)  # fmt: skip
APOP = Form("APOP", (NAME, DIGEST), "logs in without sending the password", "1939 §7; 1725 §7; 1460 §7", optional=True)
QUIT = Form(
    "QUIT", (), "ends the session; only then is anything removed", "1939 §6; 1725 §6; 1460 §6; 1225 p.10; 1081 p.10"
)
STAT = Form("STAT", (), "how many messages, how many octets", "1939 §5; 1725 §5; 1460 §5; 1225 p.5; 1081 p.5")
LIST = Form("LIST", (), "number and size of every message", "1939 §5; 1725 §5; 1460 §5; 1225 p.6; 1081 p.6")
LIST_MSG = Form("LIST", (MSG,), "number and size of one message", "1939 §5; 1725 §5; 1460 §5; 1225 p.6; 1081 p.6")
RETR = Form("RETR", (MSG,), "the whole message", "1939 §5; 1725 §5; 1460 §5; 1225 p.7; 1081 p.7")
DELE = Form("DELE", (MSG,), "marks a message for removal", "1939 §5; 1725 §5; 1460 §5; 1225 p.8; 1081 p.8")
NOOP = Form("NOOP", (), "nothing, but an answer", "1939 §5; 1725 §5; 1460 §5; 1225 p.8; 1081 p.8")
LAST = Form("LAST", (), "the highest message-number accessed", "1460 §5; 1225 p.9; 1081 p.9")
RSET = Form("RSET", (), "takes back all marks", "1939 §5; 1725 §5; 1460 §5; 1225 p.9; 1081 p.9")
TOP = Form(
    "TOP",
    (MSG, LINES),
    "the header and the first n lines",
    "1939 §7; 1725 §7; 1460 §7; 1225 p.11; 1081 p.11",
    optional=True,
)
UIDL = Form("UIDL", (), "number and unique-id of every message", "1939 §7; 1725 §7", optional=True)
UIDL_MSG = Form("UIDL", (MSG,), "number and unique-id of one message", "1939 §7; 1725 §7", optional=True)

# Conditions, by which the server says which row holds

NAME_ACCEPTED = "name accepted"
NAME_REFUSED = "no such name, or no password login for it"
NAME_PENDING = "a name was accepted already"
LOGGED_IN = "name and secret are right, maildrop locked"
LOGIN_WRONG = "name or secret is wrong"
TRUSTED = "the client's user is trusted, maildrop locked"
NOT_TRUSTED = "the client's user or port is not trusted"
MAILDROP_LOCKED = "another session has the maildrop"
TOO_LATE = "only right after the greeting"
MESSAGE_THERE = "message there"
NO_SUCH_MESSAGE = "no such message"
MESSAGE_MARKED = "message marked as deleted"
RESET_TO_OPENING = "no mark is left; the highest number accessed is that of the session's beginning"
RESET_TO_ZERO = "no mark is left; the highest number accessed is 0"
ALL_REMOVED = "all marked messages removed"
SOME_KEPT = "some marked messages not removed"
NOT_READ = "nothing is read after the last command"
