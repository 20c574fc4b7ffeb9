"""The table of POP3: its states, commands, replies and rules, each with its RFC and section.

Read it as the RFCs' own summary. A row is part of an edition exactly when it cites that edition's RFC. States,
commands and replies are spelled here and nowhere else in the package; everything else refers to these names.
"""

from __future__ import annotations

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
    Unit,
)
from popsim.protocols.protocol import Protocol, Table

# Replies

OK = Reply("+OK", "the command was received and done", True, "1939 §3; 1460 §3")
ERR = Reply("-ERR", "the command was received and not done", False, "1939 §3; 1460 §3")

# States. An inner state is a finer step of the state around it: the RFCs have three.

AUTHORIZATION = State("AUTHORIZATION", "the server waits for the client to say who it is", "1939 §4; 1460 §4")
USER_ACCEPTED = State(
    "USER accepted", "a name was just accepted: the password comes next", "1939 §7; 1460 §4", AUTHORIZATION
)
LOGIN_REFUSED = State(
    "login refused",
    "a name, password or digest was just refused: a digest is no longer taken",
    "1460 §7 (APOP may be given 'after the POP3 greeting', where USER may follow a refusal too)",
    AUTHORIZATION,
)
TRANSACTION = State("TRANSACTION", "the client lists, fetches and marks messages", "1939 §5; 1460 §5")
UPDATE = State("UPDATE", "the server removes the messages that are marked", "1939 §6; 1460 §6")

# Arguments

NAME = Argument("name", Kind.WORD, "the name of a maildrop")
PASSWORD = Argument("string", Kind.STRING, "the password; spaces belong to it", secret=True)
DIGEST = Argument("digest", Kind.DIGEST, "MD5 of the greeting's timestamp and the shared secret")
MSG = Argument("msg", Kind.NUMBER, "a message-number, counted from 1 when the maildrop was opened")
LINES = Argument("n", Kind.COUNT, "how many lines of the body")

# Commands

USER = Form("USER", (NAME,), "names the maildrop", "1939 §7; 1460 §4")
PASS = Form("PASS", (PASSWORD,), "gives the password of the name before it", "1939 §7; 1460 §4")
APOP = Form("APOP", (NAME, DIGEST), "logs in without sending the password", "1939 §7; 1460 §7", optional=True)
QUIT = Form("QUIT", (), "ends the session; only then is anything removed", "1939 §6; 1460 §6")
STAT = Form("STAT", (), "how many messages, how many octets", "1939 §5; 1460 §5")
LIST = Form("LIST", (), "number and size of every message", "1939 §5; 1460 §5")
LIST_MSG = Form("LIST", (MSG,), "number and size of one message", "1939 §5; 1460 §5")
RETR = Form("RETR", (MSG,), "the whole message", "1939 §5; 1460 §5")
DELE = Form("DELE", (MSG,), "marks a message for removal", "1939 §5; 1460 §5")
NOOP = Form("NOOP", (), "nothing, but an answer", "1939 §5; 1460 §5")
LAST = Form("LAST", (), "the highest message-number accessed", "1460 §5")
RSET = Form("RSET", (), "takes back all marks", "1939 §5; 1460 §5")
TOP = Form("TOP", (MSG, LINES), "the header and the first n lines", "1939 §7; 1460 §7", optional=True)
UIDL = Form("UIDL", (), "number and unique-id of every message", "1939 §7", optional=True)
UIDL_MSG = Form("UIDL", (MSG,), "number and unique-id of one message", "1939 §7", optional=True)

# Conditions, by which the server says which row holds

NAME_ACCEPTED = "name accepted"
NAME_REFUSED = "no such name, or no password login for it"
NAME_PENDING = "a name was accepted already"
LOGGED_IN = "name and secret are right, maildrop locked"
LOGIN_WRONG = "name or secret is wrong"
MAILDROP_LOCKED = "another session has the maildrop"
TOO_LATE = "only right after the greeting"
MESSAGE_THERE = "message there"
NO_SUCH_MESSAGE = "no such message"
MESSAGE_MARKED = "message marked as deleted"
ALL_REMOVED = "all marked messages removed"
SOME_KEPT = "some marked messages not removed"
NOT_READ = "nothing is read after the last command"

_LINE = (Unit.LINE,)
_LINES = (Unit.LINE, Unit.MULTILINE)
_SILENT = "1460 §3 (the text sets no rule for such a line; read as RFC 1939 §3 has it)"
_AT_ONCE = "1939 §7 (PASS only immediately after USER: any other line ends the attempt)"
_AFTER_USER = "1460 §4 (after USER the text knows PASS and QUIT only)"

RULES = (
    # state        what comes            condition         reply  what is sent   the state that follows
    Rule(START, Occurrence.OPENED, ALWAYS, OK, _LINE, AUTHORIZATION, cites="1939 §4; 1460 §4"),
    #
    # AUTHORIZATION
    Rule(AUTHORIZATION, USER, NAME_ACCEPTED, OK, _LINE, USER_ACCEPTED, cites="1939 §7; 1460 §4"),
    Rule(AUTHORIZATION, USER, NAME_REFUSED, ERR, _LINE, AUTHORIZATION, cites="1939 §7"),
    Rule(AUTHORIZATION, USER, NAME_REFUSED, ERR, _LINE, LOGIN_REFUSED, cites="1460 §4"),
    Rule(AUTHORIZATION, APOP, LOGGED_IN, OK, _LINE, TRANSACTION, cites="1939 §7; 1460 §7"),
    Rule(AUTHORIZATION, APOP, LOGIN_WRONG, ERR, _LINE, AUTHORIZATION, cites="1939 §7"),
    Rule(AUTHORIZATION, APOP, LOGIN_WRONG, ERR, _LINE, LOGIN_REFUSED, cites="1460 §7"),
    Rule(AUTHORIZATION, APOP, MAILDROP_LOCKED, ERR, _LINE, AUTHORIZATION, cites="1939 §4"),
    Rule(AUTHORIZATION, APOP, MAILDROP_LOCKED, ERR, _LINE, LOGIN_REFUSED, cites="1460 §4"),
    Rule(AUTHORIZATION, QUIT, ALWAYS, OK, _LINE, CLOSED, cites="1939 §4; 1460 §4"),
    #
    # AUTHORIZATION, a name accepted
    Rule(USER_ACCEPTED, PASS, LOGGED_IN, OK, _LINE, TRANSACTION, cites="1939 §7; 1460 §4"),
    Rule(USER_ACCEPTED, PASS, LOGIN_WRONG, ERR, _LINE, AUTHORIZATION, cites="1939 §7"),
    Rule(USER_ACCEPTED, PASS, LOGIN_WRONG, ERR, _LINE, LOGIN_REFUSED, cites="1460 §4"),
    Rule(USER_ACCEPTED, PASS, MAILDROP_LOCKED, ERR, _LINE, AUTHORIZATION, cites="1939 §4"),
    Rule(USER_ACCEPTED, PASS, MAILDROP_LOCKED, ERR, _LINE, LOGIN_REFUSED, cites="1460 §4"),
    Rule(USER_ACCEPTED, USER, NAME_PENDING, ERR, _LINE, AUTHORIZATION, cites="1939 §7"),
    Rule(USER_ACCEPTED, USER, NAME_PENDING, ERR, _LINE, USER_ACCEPTED, cites=_AFTER_USER),
    Rule(USER_ACCEPTED, APOP, NAME_PENDING, ERR, _LINE, AUTHORIZATION, cites="1939 §7"),
    Rule(USER_ACCEPTED, APOP, NAME_PENDING, ERR, _LINE, USER_ACCEPTED, cites=_AFTER_USER),
    Rule(USER_ACCEPTED, Occurrence.NOT_ALLOWED, ALWAYS, ERR, _LINE, AUTHORIZATION, cites=_AT_ONCE),
    Rule(USER_ACCEPTED, Occurrence.UNRECOGNIZED, ALWAYS, ERR, _LINE, AUTHORIZATION, cites=_AT_ONCE),
    Rule(USER_ACCEPTED, Occurrence.MALFORMED, ALWAYS, ERR, _LINE, AUTHORIZATION, cites=_AT_ONCE),
    Rule(USER_ACCEPTED, Occurrence.OVERLONG, ALWAYS, ERR, _LINE, AUTHORIZATION, cites=_AT_ONCE),
    #
    # AUTHORIZATION, a login refused
    Rule(LOGIN_REFUSED, APOP, TOO_LATE, ERR, _LINE, LOGIN_REFUSED, cites="1460 §7"),
    #
    # TRANSACTION
    Rule(TRANSACTION, STAT, ALWAYS, OK, _LINE, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, LIST, ALWAYS, OK, _LINES, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, LIST_MSG, MESSAGE_THERE, OK, _LINE, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, LIST_MSG, NO_SUCH_MESSAGE, ERR, _LINE, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, LIST_MSG, MESSAGE_MARKED, ERR, _LINE, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, RETR, MESSAGE_THERE, OK, _LINES, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, RETR, NO_SUCH_MESSAGE, ERR, _LINE, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, RETR, MESSAGE_MARKED, ERR, _LINE, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, DELE, MESSAGE_THERE, OK, _LINE, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, DELE, NO_SUCH_MESSAGE, ERR, _LINE, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, DELE, MESSAGE_MARKED, ERR, _LINE, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, NOOP, ALWAYS, OK, _LINE, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, LAST, ALWAYS, OK, _LINE, cites="1460 §5"),
    Rule(TRANSACTION, RSET, ALWAYS, OK, _LINE, cites="1939 §5; 1460 §5"),
    Rule(TRANSACTION, TOP, MESSAGE_THERE, OK, _LINES, cites="1939 §7; 1460 §7"),
    Rule(TRANSACTION, TOP, NO_SUCH_MESSAGE, ERR, _LINE, cites="1939 §7; 1460 §7"),
    Rule(TRANSACTION, TOP, MESSAGE_MARKED, ERR, _LINE, cites="1939 §7; 1460 §7"),
    Rule(TRANSACTION, UIDL, ALWAYS, OK, _LINES, cites="1939 §7"),
    Rule(TRANSACTION, UIDL_MSG, MESSAGE_THERE, OK, _LINE, cites="1939 §7"),
    Rule(TRANSACTION, UIDL_MSG, NO_SUCH_MESSAGE, ERR, _LINE, cites="1939 §7"),
    Rule(TRANSACTION, UIDL_MSG, MESSAGE_MARKED, ERR, _LINE, cites="1939 §7"),
    Rule(TRANSACTION, QUIT, ALWAYS, None, (), UPDATE, Occurrence.COMMITTED, cites="1939 §6; 1460 §6"),
    #
    # UPDATE: the answer to QUIT comes when the removal is done
    Rule(UPDATE, Occurrence.COMMITTED, ALL_REMOVED, OK, _LINE, CLOSED, cites="1939 §6; 1460 §6"),
    Rule(UPDATE, Occurrence.COMMITTED, SOME_KEPT, ERR, _LINE, CLOSED,
         cites="1939 §6; 1460 §6 (the text prints +OK only, but 'replies as to the success')"),
    Rule(UPDATE, Occurrence.NOT_ALLOWED, NOT_READ, cites="1939 §6; 1460 §6"),
    Rule(UPDATE, Occurrence.UNRECOGNIZED, NOT_READ, cites="1939 §6; 1460 §6"),
    Rule(UPDATE, Occurrence.MALFORMED, NOT_READ, cites="1939 §6; 1460 §6"),
    Rule(UPDATE, Occurrence.OVERLONG, NOT_READ, cites="1939 §6; 1460 §6"),
    #
    # Everywhere else: refused, and the session goes on; ended without QUIT, and nothing is removed
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, ERR, _LINE, cites=f"1939 §3; {_SILENT}"),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, ERR, _LINE, cites=f"1939 §3; {_SILENT}"),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, ERR, _LINE, cites=f"1939 §3; {_SILENT}"),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, ERR, _LINE, cites=f"1939 §3; {_SILENT}"),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, None, (), CLOSED,
         cites="1939 §3; 1460 §6 (the text has no timer; as any other end without QUIT)"),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED,
         cites="1939 §6; 1460 §6 (UPDATE is entered by QUIT only)"),
)  # fmt: skip

LIMITS = (
    Limit("argument", 40, "octets of one argument", "1939 §3"),
    Limit("reply line", 512, "octets of a reply line with its CRLF", "1939 §3; 1460 §3 (no limit is set; as in 1939)"),
    Limit("command line", 255, "octets of a command line with its CRLF",
          "1939 §3 (no limit on lines is set; RFC 2449 §4 has 255); 1460 §3 (no limit is set; as RFC 2449 §4)"),
    Limit("autologout", 600, "seconds of silence after which the server closes the connection",
          "1939 §3 (a server may have a timer, of ten minutes at least); 1460 §6 (no timer is named; as in 1939)"),
)  # fmt: skip

POP3 = Protocol(
    Table(
        name="pop3",
        title="POP3",
        port=110,
        editions=(1939, 1460),
        states=(AUTHORIZATION, USER_ACCEPTED, LOGIN_REFUSED, TRANSACTION, UPDATE),
        forms=(USER, PASS, APOP, STAT, LIST, LIST_MSG, RETR, DELE, NOOP, LAST, RSET, TOP, UIDL, UIDL_MSG, QUIT),
        replies=(OK, ERR),
        rules=RULES,
        limits=LIMITS,
    ),
    number=1939,
)
