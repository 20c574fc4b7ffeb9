"""The words of POP2's table: its replies, states, commands and the conditions of its rules.

RFC 937 has no section numbers: it is cited by page.
"""

from __future__ import annotations

from popsim.protocols.model import Argument, Form, Kind, Reply, State, Syntax
from popsim.protocols.pop2.quoting import STRING, WORD, string, word

# Replies: one character. What follows it is free, but for a number and for the greeting.

PLUS = Reply("+", "the server greets, or says goodbye", True, "937 p.10 (only the character is fixed: p.6)")
MINUS = Reply("-", "an error; the connection is closed", False, "937 p.10 (the closing: p.2, p.23)")
COUNT = Reply("#", "so many messages are in the mailbox", True, "937 p.10", spaced=False)
LENGTH = Reply(
    "=",
    "so many octets has the message that comes next",
    True,
    "937 p.10 (all that is transmitted is counted, CRLF as two: p.5)",
    announces=True,
    spaced=False,
)

# The server's states

AUTH = State("AUTH", "the server waits to hear who is there", "937 p.18 (what the RFC calls LSTN, in which the server "
             "listens for a connection, is what comes before: START)")  # fmt: skip
MBOX = State("MBOX", "a mailbox is open", "937 p.18")
ITEM = State("ITEM", "the length of a message was told", "937 p.18")
NEXT = State("NEXT", "a message was sent: the client says what is to become of it", "937 p.18")
DONE = State(
    "DONE",
    "the client has said goodbye: the marked messages are removed, and the connection is closed",
    "937 p.18 (the machine waits here for the client to close, the text of p.10 has the server close after its reply: "
    "done so; what is closed is back in LSTN)",
)

# The client's states: each is named for what the client waits for

CALL = State("CALL", "the client waits for the greeting", "937 p.17")
NMBR = State("NMBR", "the client waits for the number of messages", "937 p.17")
SIZE = State("SIZE", "the client waits for the length of a message", "937 p.17")
XFER = State("XFER", "the client waits for a message", "937 p.17")
EXIT = State("EXIT", "the client has said goodbye and waits for the end", "937 p.17")

# Arguments

_NAME = Syntax("word", WORD, word)
USER = Argument("user", _NAME, "the name of an account")
PASSWORD = Argument("password", _NAME, "the account's password", secret=True)
MAILBOX = Argument("mailbox", Syntax("string", STRING, string), "the name of a mailbox, also called a folder")
NUMBER = Argument("n", Kind.NUMBER, "a message-number, counted from 1 when the mailbox was opened")

# Commands

_PUNCT = "the syntax of p.15 forgets . and ; among the signs of an argument: they are taken"
HELO = Form("HELO", (USER, PASSWORD), "says who is there, and proves it", f"937 p.7 ({_PUNCT})")
FOLD = Form("FOLD", (MAILBOX,), "leaves the mailbox and opens another", f"937 p.7 ({_PUNCT}; example 2 has a host's "
            "path with slashes: what a mailbox is called is the system's affair, p.4)")  # fmt: skip
READ = Form("READ", (), "asks for the length of the current message", "937 p.7")
READ_MSG = Form("READ", (NUMBER,), "makes a message the current one and asks for its length",
                "937 p.7 (one space, as p.16 has it; example 2 prints two)")  # fmt: skip
RETR = Form("RETR", (), "asks for the message itself", "937 p.8")
ACKS = Form("ACKS", (), "has the message, and it may stay; asks for the next one's length", "937 p.8")
ACKD = Form("ACKD", (), "has the message, and it may be deleted; asks for the next one's length", "937 p.9")
NACK = Form("NACK", (), "has not got the message; asks for its length again", "937 p.9")
QUIT = Form("QUIT", (), "ends the session", "937 p.10")

# Conditions of the server's rules

LOGGED_IN = "name and password are right"
LOGIN_WRONG = "name or password is wrong"
MAILBOX_LOCKED = "another session has the mailbox"
MAILBOX_THERE = "the mailbox is there"
MAILBOX_MISSING = "no such mailbox for this user, or another session has it"
MESSAGE_THERE = "there is a message"
NO_MESSAGE = "no message, a deleted one, or one of no octets"
MESSAGE_MARKED = "the message is marked for deletion"
NO_WRITE_ACCESS = "no write access: the message stays"
ALL_REMOVED = "the marked messages are removed"
SOME_KEPT = "some could not be removed"

# Conditions of the client's rules

GREETED = "a greeting of this protocol"
NOT_GREETED = "no greeting of this protocol, or the user wants nothing"
WANTS_CURRENT = "wants this mailbox's first message, and there is one"
WANTS_NUMBERED = "wants a message of this mailbox by its number, and there are some"
MAILBOX_EMPTY = "wants this mailbox, and it is empty, or wants none"
WANTS_MAILBOX = "wants another mailbox"
WANTS_IT = "wants this message, and there is one"
NO_MORE = "wants this message, and there is none, or wants no more"
WANTS_OTHER = "wants another message"
WANTS_SAME = "wants the current message's length again"
KEEPS = "wants it kept at the server"
DELETES = "wants it deleted at the server"
AGAIN = "wants it again"
GARBAGE = "this is garbage"
GOODBYE = "the server says goodbye, or anything else"
LINE_GONE = "the connection is gone"
