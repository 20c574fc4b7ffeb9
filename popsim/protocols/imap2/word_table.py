"""The words of IMAP2's table: states, replies, commands, what can be fetched and searched by, and data.

The two RFCs have no section numbers: they are cited by page.
"""

from __future__ import annotations

from popsim.protocols.model import Argument, Datum, Form, Kind, Reply, State, Word

# Replies

OK = Reply("OK", "done", True, "1176 p.18; 1064 p.15")
NO = Reply("NO", "not done", False, "1176 p.18; 1064 p.15")
BAD = Reply("BAD", "faulty: a bug of the client", False, "1176 p.18; 1064 p.15")
BYE = Reply("BYE", "the server closes the connection", False, "1176 p.20; 1064 p.17")
GO_ON = Reply("+", "the text of a literal may come", None, "1176 p.21; 1064 p.18")

# States: the texts speak of none, only of what must come before what.

_OURS = "the text names no states; this one is our reading"
STRANGER = State("not logged in", "the server waits for a login", f"1176 p.6 ({_OURS}); 1064 p.5 ({_OURS})")
KNOWN = State("logged in", "the user is known, and no mailbox is selected", f"1176 p.6 ({_OURS}); 1064 p.5 ({_OURS})")
CHOSEN = State("mailbox selected", "messages are fetched, flagged and removed",
               f"1176 p.6 ({_OURS}); 1064 p.5 ({_OURS})")  # fmt: skip

# Arguments

USER = Argument("user", Kind.WORD, "the user's name")
PASSWORD = Argument("password", Kind.STRING, "the password", secret=True)
MAILBOX = Argument("mailbox", Kind.STRING, "the name of a mailbox; INBOX is the user's first one")
BOARD = Argument("bulletin_board", Kind.STRING, "the name of a mailbox that many share")
PATTERN = Argument("pattern", Kind.STRING, "a name; * stands for any characters, % for one")
SEQUENCE = Argument("sequence", Kind.WORD, "which messages: 2,4:7,9,12:15")
DATA_ITEMS = Argument("data", Kind.STRING, "one item, several in brackets, or a macro")
CHANGE = Argument("data-value", Kind.STRING, "which flags are set, added (+) or taken away (-)")
CRITERIA = Argument("search_criteria", Kind.STRING, "what a message must fit, all of it")

# Commands

NOOP = Form("NOOP", (), "nothing, but an answer", "1176 p.10; 1064 p.9")
LOGIN = Form("LOGIN", (USER, PASSWORD), "logs in with name and password", "1176 p.10; 1064 p.9")
LOGOUT = Form("LOGOUT", (), "ends the session", "1176 p.11; 1064 p.9")
SELECT = Form("SELECT", (MAILBOX,), "selects a mailbox; the one before is left", "1176 p.11; 1064 p.9")
BBOARD = Form("BBOARD", (BOARD,), "the same for a mailbox that many share", "1176 p.11", optional=True)
FIND_MAILBOXES = Form("FIND MAILBOXES", (PATTERN,), "the mailboxes whose names fit", "1176 p.12", optional=True)
FIND_BBOARDS = Form("FIND BBOARDS", (PATTERN,), "the shared mailboxes whose names fit", "1176 p.12", optional=True)
CHECK = Form("CHECK", (), "looks for new messages", "1176 p.13; 1064 p.10")
EXPUNGE = Form("EXPUNGE", (), "removes the messages that are marked", "1176 p.13; 1064 p.10")
COPY = Form("COPY", (SEQUENCE, MAILBOX), "copies some messages; a mailbox that is missing is made",
            "1176 p.13; 1064 p.11")  # fmt: skip
FETCH = Form("FETCH", (SEQUENCE, DATA_ITEMS), "what is wanted of some messages", "1176 p.14; 1064 p.11")
STORE = Form("STORE", (SEQUENCE, CHANGE), "changes the flags of some messages", "1176 p.15; 1064 p.12")
SEARCH = Form("SEARCH", (CRITERIA,), "the numbers of the messages that fit", "1176 p.16; 1064 p.13")

# Conditions

LOGGED_IN = "name and password are right"
LOGIN_WRONG = "name or password is wrong"
MAILBOX_THERE = "the mailbox can be read"
MAILBOX_MISSING = "there is no such mailbox, or the user may not read it"
MAY_WRITE = "the user may write"
READ_ONLY = "the user may only read"
LITERAL_ASKED = "the octets are asked for"
LITERAL_REFUSED = "no literal is expected here"

# What can be fetched, stored and searched by

_FETCH = "1176 p.14; 1064 p.11"
_SEARCH = "1176 p.16; 1064 p.13"
FETCHED = tuple(
    Word(mark, "data item", meaning, _FETCH)
    for mark, meaning in (
        ("ENVELOPE", "the header fields that a list of messages shows, taken apart"),
        ("FLAGS", "the flags that are set"),
        ("INTERNALDATE", "when the message was written to the mailbox"),
        ("RFC822", "the whole message"),
        ("RFC822.HEADER", "its header"),
        ("RFC822.SIZE", "its size in characters"),
        ("RFC822.TEXT", "its text"),
        ("ALL", "FLAGS, INTERNALDATE, RFC822.SIZE and ENVELOPE"),
        ("FAST", "FLAGS, INTERNALDATE and RFC822.SIZE"),
    )
)
SEARCHED = tuple(
    Word(mark, "search key", meaning, _SEARCH, takes)
    for mark, takes, meaning in (
        ("ALL", "", "every message"),
        ("ANSWERED", "", "messages that were answered"),
        ("BCC", "string", "messages with this text in the BCC field"),
        ("BEFORE", "date", "messages that came in before this day"),
        ("BODY", "string", "messages with this text in the body"),
        ("CC", "string", "messages with this text in the CC field"),
        ("DELETED", "", "messages that are marked for removal"),
        ("FLAGGED", "", "messages that are flagged"),
        ("FROM", "string", "messages with this text in the FROM field"),
        ("KEYWORD", "flag", "messages with this flag"),
        ("NEW", "", "messages that are recent and were not read"),
        ("OLD", "", "messages that are not recent"),
        ("ON", "date", "messages that came in on this day"),
        ("RECENT", "", "messages that are recent"),
        ("SEEN", "", "messages that were read"),
        ("SINCE", "date", "messages that came in after this day"),
        ("SUBJECT", "string", "messages with this text in the SUBJECT field"),
        ("TEXT", "string", "messages with this text anywhere"),
        ("TO", "string", "messages with this text in the TO field"),
        ("UNANSWERED", "", "messages that were not answered"),
        ("UNDELETED", "", "messages that are not marked for removal"),
        ("UNFLAGGED", "", "messages that are not flagged"),
        ("UNKEYWORD", "flag", "messages without this flag"),
        ("UNSEEN", "", "messages that were not read"),
    )
)

# Data without a tag

DATA = (
    Datum("OK", "a word of the server, the greeting for one", "1176 p.20; 1064 p.17"),
    Datum("NO", "a warning", "1176 p.21; 1064 p.17"),
    Datum("BAD", "an error that no command can be named for", "1176 p.21; 1064 p.17"),
    Datum("BYE", "the connection is about to be closed", "1176 p.20; 1064 p.17"),
    Datum("EXISTS", "how many messages there are", "1176 p.18; 1064 p.15", numbered=True),
    Datum("RECENT", "how many of them are new", "1176 p.18; 1064 p.15", numbered=True),
    Datum("EXPUNGE", "the message of this number is gone", "1176 p.18; 1064 p.15", numbered=True),
    Datum("STORE", "as FETCH", "1176 p.18 (obsolete by then); 1064 p.15", numbered=True),
    Datum("FETCH", "something of a message", "1176 p.18; 1064 p.15", numbered=True),
    Datum("COPY", "the message was copied", "1176 p.13; 1064 p.11", numbered=True),
    Datum("FLAGS", "the flags that there are in the mailbox", "1176 p.20; 1064 p.17"),
    Datum("SEARCH", "the numbers of the messages that fit", "1176 p.20; 1064 p.17"),
    Datum("BBOARD", "the name of a shared mailbox", "1176 p.20"),
    Datum("MAILBOX", "the name of a mailbox", "1176 p.20"),
)
