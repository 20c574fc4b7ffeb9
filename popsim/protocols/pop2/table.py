"""The table of POP2: its server's rules, each with its page of RFC 937; the client's are in ``client_table``.

The RFC gives two machines, as diagrams (p.17, p.18) and as decision tables (p.20, p.22). Where its text contradicts
itself, the row's note says which reading was taken; popsim counts ten places, and the notes name them all.
"""

# ruff: noqa: F403, F405
from __future__ import annotations

from popsim.protocols.model import ALWAYS, ANY, CLOSED, START, Limit, Occurrence, Rule, Unit
from popsim.protocols.pop2.client_table import CLIENT_RULES, CLIENT_STATES
from popsim.protocols.pop2.word_table import *
from popsim.protocols.protocol import Protocol, Table

_LINE = (Unit.LINE,)

_HOST = "the scenario on p.4 says no host, the syntax of p.16 wants one after POP2: it is said"
_NUMBER = "action 5 on p.23 prints +NNN, the command's text, the syntax and the diagram #NNN: a misprint"
_PERMITTED = "the server must check that the user may read it, and has no other reply to say that he may not: #0"
_NO_LOCK = (
    "no lock is asked for, and p.11 fears long ones; here a mailbox is one session's, as in POP3, "
    "or numbers and marks would not hold"
)
_EMPTY = "example 3 on p.14 closes the connection here, p.7 and action 6 answer =0: the RETR after it closes"
_ZERO = "without a word; no message, a deleted one and one of no octets are the same by design: p.5"
_SAME_REPLY = "the reply is the same whether or not the message will be deleted"
_GOODBYE = "p.4 and p.10 answer '+ OK', p.23 '+ Bye', the diagrams '+ BYE': only + has a meaning"
_FATAL = "any error ends the session, and what was marked stays, as after a lost connection"
_CASE = "whether a keyword may be in lower case is nowhere said: it may, and is sent in upper case"
_LOST = (
    "what becomes of the marked messages is not said: they stay, as in POP3; the text's reply, '- error', "
    "has nobody to read it"
)

RULES = (
    # state        what comes            condition         reply  what is sent   the state that follows
    Rule(START, Occurrence.OPENED, ALWAYS, PLUS, _LINE, AUTH, cites=f"937 p.23 ({_HOST})"),
    #
    # AUTH: one try
    Rule(AUTH, HELO, LOGGED_IN, COUNT, _LINE, MBOX, cites="937 p.23"),
    Rule(AUTH, HELO, LOGIN_WRONG, MINUS, _LINE, CLOSED, cites="937 p.23"),
    Rule(AUTH, HELO, MAILBOX_LOCKED, MINUS, _LINE, CLOSED, cites=f"937 p.23 ({_NO_LOCK})"),
    Rule(AUTH, QUIT, ALWAYS, PLUS, _LINE, DONE, Occurrence.COMMITTED, cites=f"937 p.23 ({_GOODBYE})"),
    #
    # MBOX: a mailbox is open
    Rule(MBOX, FOLD, MAILBOX_THERE, COUNT, _LINE, MBOX, cites=f"937 p.23 ({_NUMBER})"),
    Rule(MBOX, FOLD, MAILBOX_MISSING, COUNT, _LINE, MBOX, cites=f"937 p.7 ({_PERMITTED})"),
    Rule(MBOX, READ, MESSAGE_THERE, LENGTH, _LINE, ITEM, cites="937 p.23"),
    Rule(MBOX, READ, NO_MESSAGE, LENGTH, _LINE, ITEM, cites=f"937 p.7 ({_EMPTY})"),
    Rule(MBOX, READ_MSG, MESSAGE_THERE, LENGTH, _LINE, ITEM, cites="937 p.23"),
    Rule(MBOX, READ_MSG, NO_MESSAGE, LENGTH, _LINE, ITEM, cites=f"937 p.7 ({_EMPTY})"),
    Rule(MBOX, QUIT, ALWAYS, PLUS, _LINE, DONE, Occurrence.COMMITTED, cites=f"937 p.23 ({_GOODBYE})"),
    #
    # ITEM: the length of a message was told
    Rule(ITEM, FOLD, MAILBOX_THERE, COUNT, _LINE, MBOX, cites=f"937 p.23 ({_NUMBER})"),
    Rule(ITEM, FOLD, MAILBOX_MISSING, COUNT, _LINE, MBOX, cites=f"937 p.7 ({_PERMITTED})"),
    Rule(ITEM, READ, MESSAGE_THERE, LENGTH, _LINE, ITEM, cites="937 p.23"),
    Rule(ITEM, READ, NO_MESSAGE, LENGTH, _LINE, ITEM, cites=f"937 p.7 ({_EMPTY})"),
    Rule(ITEM, READ_MSG, MESSAGE_THERE, LENGTH, _LINE, ITEM, cites="937 p.23"),
    Rule(ITEM, READ_MSG, NO_MESSAGE, LENGTH, _LINE, ITEM, cites=f"937 p.7 ({_EMPTY})"),
    Rule(ITEM, RETR, MESSAGE_THERE, None, (Unit.COUNTED,), NEXT, cites="937 p.23 (the octets that were "
         "counted, with nothing before, among or behind them)"),
    Rule(ITEM, RETR, NO_MESSAGE, None, (), CLOSED, cites=f"937 p.23 ({_ZERO})"),
    Rule(ITEM, QUIT, ALWAYS, PLUS, _LINE, DONE, Occurrence.COMMITTED, cites=f"937 p.23 ({_GOODBYE})"),
    #
    # NEXT: what is to become of the message; QUIT is not allowed here
    Rule(NEXT, ACKS, ALWAYS, LENGTH, _LINE, ITEM, cites="937 p.8"),
    Rule(NEXT, ACKD, MESSAGE_MARKED, LENGTH, _LINE, ITEM, cites="937 p.9"),
    Rule(NEXT, ACKD, NO_WRITE_ACCESS, LENGTH, _LINE, ITEM, cites=f"937 p.9 ({_SAME_REPLY})"),
    Rule(NEXT, NACK, ALWAYS, LENGTH, _LINE, ITEM, cites="937 p.9"),
    #
    # DONE: the goodbye is said, the marked messages are removed
    Rule(DONE, Occurrence.COMMITTED, ALL_REMOVED, None, (), CLOSED, cites="937 p.9 (then the connection is closed: "
         "p.10)"),
    Rule(DONE, Occurrence.COMMITTED, SOME_KEPT, None, (), CLOSED, cites=f"937 p.9 ({_SAME_REPLY})"),
    Rule(DONE, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites="937 p.23"),
    #
    # Everywhere else: an error line, and the end
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, MINUS, _LINE, CLOSED, cites=f"937 p.23 ({_FATAL})"),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, MINUS, _LINE, CLOSED, cites=f"937 p.23 ({_CASE})"),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, MINUS, _LINE, CLOSED, cites=f"937 p.23 ({_FATAL})"),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, MINUS, _LINE, CLOSED, cites=f"937 p.23 ({_FATAL})"),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, MINUS, _LINE, CLOSED, cites=f"937 p.23 ({_FATAL})"),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites=f"937 p.23 ({_LOST})"),
)  # fmt: skip

LIMITS = (
    Limit("command line", 512, "octets of a command line with its CRLF",
          "937 p.12 (p.15 calls CR code 10 and LF code 13: it has them swapped)"),
    Limit("reply line", 512, "octets of a reply line with its CRLF", "937 p.12"),
    Limit("text line", 1000, "octets of a line of a message with its CRLF",
          "937 p.12 (a longer one is sent as it is: to break it would be to rewrite the mail)"),
    Limit("autologout", 600, "seconds of silence after which the server closes the connection",
          "937 p.11 (the time T2, which the text leaves open, small for programs and large for people: as in POP3)"),
)  # fmt: skip

POP2 = Protocol(
    Table(
        name="pop2",
        title="POP2",
        port=109,
        editions=(937,),
        states=(AUTH, MBOX, ITEM, NEXT, DONE),
        forms=(HELO, FOLD, READ, READ_MSG, RETR, ACKS, ACKD, NACK, QUIT),
        replies=(PLUS, MINUS, COUNT, LENGTH),
        rules=RULES,
        limits=LIMITS,
        client_states=CLIENT_STATES,
        client_rules=CLIENT_RULES,
    ),
    number=937,
)
