"""The table of POP1, the Post Office Protocol of October 1984: printed, compared and drawn, and never run.

RFC 918 has five pages and no section numbers. What it does not say is read as its diagram on p.5 shows it; the boxes
of that diagram are named S and C, for the end whose turn it is, so the names of the states are ours.
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
    Occurrence,
    Reply,
    Rule,
    State,
    Unit,
)
from popsim.protocols.protocol import Protocol, Table

# Replies

OK = Reply("+OK", "done", True, "918 p.2")
ERR = Reply("-ERR", "not done", False, "918 p.3 (p.2 prints -Error, every command -ERR)")
LENGTH = Reply("#", "so many characters are in the mailbox", True,
               "918 p.3 (characters, not messages: it announces the data)", announces=True, spaced=False)  # fmt: skip

# States

_OURS = "a box of the diagram; the name is ours"
NOBODY = State("NOBODY", "nobody has said a name yet", f"918 p.5 ({_OURS})")
NAMED = State("NAMED", "a name was taken: the password comes next", f"918 p.5 ({_OURS})")
KNOWN = State("KNOWN", "the user is known: no mailbox is open", f"918 p.5 ({_OURS})")
OFFERED = State("OFFERED", "a mailbox is open and locked, and its length was told", f"918 p.5 ({_OURS})")
SENT = State("SENT", "the mailbox was sent: the client says whether it has come", f"918 p.5 ({_OURS})")

# Commands

_MAILBOX = (Argument("mailbox", Kind.STRING, "the name of a mailbox"),)
USER = Form("USER", (Argument("name", Kind.WORD, "who it is"),), "says who is there", "918 p.3")
PASS = Form("PASS", (Argument("password", Kind.STRING, "the password", secret=True),), "proves it", "918 p.3")
RETR = Form("RETR", _MAILBOX, "begins to read all messages of a mailbox, which stay", "918 p.3")
RDEL = Form("RDEL", _MAILBOX, "begins to read all messages of a mailbox, which are deleted", "918 p.3")
RCEV = Form("RCEV", (), "is ready for the mail", "918 p.3 (the diagram on p.5 spells it RECV)")
RCVD = Form("RCVD", (), "has the mail", "918 p.3")
QUIT = Form("QUIT", (), "ends the session", "918 p.4")
NOOP = Form("NOOP", (), "nothing, but an answer", "918 p.4")
RSET = Form("RSET", (), "gives up what was begun", "918 p.4")

# Conditions

TAKEN = "the name is taken"
NOT_TAKEN = "the name is not taken"
LOGGED_IN = "the password is right"
LOGIN_WRONG = "the password is wrong"
OPENED = "the mailbox is open and locked"
NOT_OPENED = "the mailbox can't be opened"
TRANSFERRED = "the mail is sent"
BROKEN = "the transfer fails"
CLOSED_AGAIN = "the mailbox is closed; after RDEL its mail is deleted"
NOT_DELETED = "the mail could not be deleted"

_LINE = (Unit.LINE,)
_DATA = "p.2 and the diagram send the data, the command's text '+OK': data, as POP2 has it"
_SILENT = "nothing is said of such a line: read as refused, and the session goes on"
_BOTH = "the diagram leads back to USER, and to QUIT"

RULES = (
    Rule(START, Occurrence.OPENED, ALWAYS, OK, _LINE, NOBODY, cites="918 p.2"),
    Rule(NOBODY, USER, TAKEN, OK, _LINE, NAMED, cites="918 p.3"),
    Rule(NOBODY, USER, NOT_TAKEN, ERR, _LINE, NOBODY, cites=f"918 p.5 ({_BOTH})"),
    Rule(NOBODY, QUIT, ALWAYS, OK, _LINE, CLOSED, cites=f"918 p.5 ({_BOTH})"),
    Rule(NAMED, PASS, LOGGED_IN, OK, _LINE, KNOWN, cites="918 p.3"),
    Rule(NAMED, PASS, LOGIN_WRONG, ERR, _LINE, NOBODY, cites=f"918 p.5 ({_BOTH})"),
    *(Rule(KNOWN, form, OPENED, LENGTH, _LINE, OFFERED, cites="918 p.3") for form in (RETR, RDEL)),
    *(Rule(KNOWN, form, NOT_OPENED, ERR, _LINE, KNOWN, cites="918 p.3") for form in (RETR, RDEL)),
    Rule(KNOWN, NOOP, ALWAYS, OK, _LINE, KNOWN, cites="918 p.4"),
    Rule(KNOWN, RSET, ALWAYS, OK, _LINE, KNOWN, cites="918 p.5"),
    Rule(KNOWN, QUIT, ALWAYS, OK, _LINE, CLOSED, cites="918 p.4"),
    Rule(OFFERED, RCEV, TRANSFERRED, None, (Unit.COUNTED,), SENT, cites=f"918 p.3 ({_DATA})"),
    Rule(OFFERED, RCEV, BROKEN, None, (), CLOSED, cites="918 p.3 ('connection aborted')"),
    Rule(OFFERED, RSET, ALWAYS, OK, _LINE, KNOWN, cites="918 p.4"),
    Rule(SENT, RCVD, CLOSED_AGAIN, OK, _LINE, KNOWN, cites="918 p.3"),
    Rule(SENT, RCVD, NOT_DELETED, ERR, _LINE, KNOWN, cites="918 p.3"),
    Rule(SENT, RSET, ALWAYS, OK, _LINE, KNOWN, cites="918 p.5 (the diagram leads there; nothing is deleted)"),
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, ERR, _LINE, cites=f"918 p.3 ({_SILENT})"),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, ERR, _LINE, cites=f"918 p.3 ({_SILENT})"),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, ERR, _LINE, cites=f"918 p.3 ({_SILENT})"),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, ERR, _LINE, cites=f"918 p.3 ({_SILENT})"),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, None, (), CLOSED, cites="918 p.4 (no timer is named; as RSET, then the end)"),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites="918 p.4 (not said; as RSET: nothing is deleted)"),
)  # fmt: skip

POP1 = Protocol(
    Table(
        name="pop1",
        title="POP1",
        port=0,
        editions=(918,),
        states=(NOBODY, NAMED, KNOWN, OFFERED, SENT),
        forms=(USER, PASS, RETR, RDEL, RCEV, RCVD, QUIT, NOOP, RSET),
        replies=(OK, ERR, LENGTH),
        rules=RULES,
        is_history=True,
    ),
    number=918,
)
