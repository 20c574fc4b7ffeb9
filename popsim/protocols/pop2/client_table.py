"""The machine of POP2's client: RFC 937's decision table of p.20 and its actions of p.21, row by row.

A row says what the client hears and what it then sends: what it wants decides among the rows of one pair.
"""

# ruff: noqa: F403, F405
from __future__ import annotations

from popsim.protocols.model import ALWAYS, ANY, CLOSED, START, Occurrence, Rule
from popsim.protocols.pop2.word_table import *

DATA = Occurrence.CONTINUED
"""What a client hears where the octets of a message come, and no reply."""
OTHER = Occurrence.UNRECOGNIZED
"""What a client hears where a line comes that is no reply of this protocol."""

_GREETING = "the scenario on p.4 greets '+ POP2 Server Ready', p.10 and the syntax want the host's name after POP2"
_EMPTY = "p.5: a length of 0 is that of a message that does not exist, or of an empty one; the two can't be told apart"
_NOTHING = "that a user who wants nothing more leaves too, only the diagram on p.17 shows"
_FOLDER = "the diagram has it, action 4 on p.21 forgets it"

CLIENT_STATES = (CALL, NMBR, SIZE, XFER, EXIT)

CLIENT_RULES = (
    # state what comes  condition          what is sent     the state that follows
    Rule(START, Occurrence.OPENED, ALWAYS, to=CALL, cites="937 p.17"),
    Rule(CALL, PLUS, GREETED, sends=HELO, to=NMBR, cites=f"937 p.21 ({_GREETING}: only POP2 is looked for)"),
    Rule(CALL, PLUS, NOT_GREETED, sends=QUIT, to=EXIT, cites=f"937 p.21 ({_NOTHING})"),
    #
    Rule(NMBR, COUNT, WANTS_CURRENT, sends=READ, to=SIZE, cites="937 p.21"),
    Rule(NMBR, COUNT, WANTS_NUMBERED, sends=READ_MSG, to=SIZE, cites="937 p.21"),
    Rule(NMBR, COUNT, MAILBOX_EMPTY, sends=QUIT, to=EXIT, cites=f"937 p.21 ({_NOTHING})"),
    Rule(NMBR, COUNT, WANTS_MAILBOX, sends=FOLD, to=NMBR, cites="937 p.21"),
    #
    Rule(SIZE, LENGTH, WANTS_IT, sends=RETR, to=XFER, cites="937 p.21"),
    Rule(SIZE, LENGTH, NO_MORE, sends=QUIT, to=EXIT, cites=f"937 p.21 ({_EMPTY}; {_NOTHING})"),
    Rule(SIZE, LENGTH, WANTS_OTHER, sends=READ_MSG, to=SIZE, cites="937 p.21"),
    Rule(SIZE, LENGTH, WANTS_SAME, sends=READ, to=SIZE, cites="937 p.17"),
    Rule(SIZE, LENGTH, WANTS_MAILBOX, sends=FOLD, to=NMBR, cites=f"937 p.17 ({_FOLDER})"),
    #
    Rule(XFER, DATA, KEEPS, sends=ACKS, to=SIZE, cites="937 p.21"),
    Rule(XFER, DATA, DELETES, sends=ACKD, to=SIZE, cites="937 p.21"),
    Rule(XFER, DATA, AGAIN, sends=NACK, to=SIZE, cites="937 p.21"),
    #
    # EXIT: whatever comes, the connection is closed
    *(Rule(EXIT, heard, GOODBYE, to=CLOSED, cites="937 p.21")
      for heard in (PLUS, MINUS, COUNT, LENGTH, DATA, OTHER, Occurrence.EXPIRED)),
    Rule(EXIT, Occurrence.LOST, LINE_GONE, to=CLOSED, cites="937 p.21"),
    #
    # Everywhere else
    *(Rule(ANY, heard, GARBAGE, sends=QUIT, to=EXIT, cites="937 p.21")
      for heard in (PLUS, MINUS, COUNT, LENGTH, DATA, OTHER)),
    Rule(ANY, Occurrence.EXPIRED, GARBAGE, sends=QUIT, to=EXIT, cites="937 p.21 (action 1; after the time T1, which "
         "p.11 wants short and does not name)"),
    Rule(ANY, Occurrence.LOST, LINE_GONE, to=CLOSED, cites="937 p.21 (action 1 sends QUIT and goes to EXIT, where the "
         "connection is closed: on one that is gone nothing can be sent, and it is closed)"),
)  # fmt: skip
