"""The table of IMAP2, the Interactive Mail Access Protocol: printed, compared and drawn, and never run.

RFC 1064 (July 1988) and RFC 1176 (August 1990) name no states. Those here are read out of what must come before what.
"""

# ruff: noqa: F403, F405
from __future__ import annotations

from popsim.protocols.imap2.word_table import *
from popsim.protocols.model import ALWAYS, ANY, CLOSED, START, Continuation, Limit, Occurrence, Reader, Rule, Unit
from popsim.protocols.protocol import Protocol, Table

_LINE = (Unit.LINE,)
_DATA = (Unit.UNTAGGED, Unit.LINE)
_LITERAL = (Unit.LINE, Continuation(Reader.LITERAL))

_NEEDS_LOGIN = "1176 p.6 (nothing but LOGIN and LOGOUT before the login); 1064 p.5 (LOGIN comes first)"
_MAY_ASK = "1064 p.9 (nothing forbids it before the login, as RFC 1176 does)"
_LEFT = "1176 p.11 (the mailbox before is left all the same); 1064 p.9 (the mailbox before is left first)"
_FAULTY = "1176 p.18 (faulty protocol); 1064 p.15 (faulty protocol)"
_UNTOLD = "the text has no word for it"
_GONE = f"1176 p.11 ({_UNTOLD}); 1064 p.9 ({_UNTOLD})"
_BOTH = (KNOWN, CHOSEN)

RULES = (
    Rule(START, Occurrence.OPENED, ALWAYS, OK, _LINE, STRANGER, cites="1176 p.6; 1064 p.5"),
    Rule(STRANGER, LOGIN, LOGGED_IN, OK, _LINE, KNOWN, cites="1176 p.10; 1064 p.9"),
    Rule(STRANGER, LOGIN, LOGIN_WRONG, NO, _LINE, cites="1176 p.18; 1064 p.15"),
    Rule(STRANGER, NOOP, ALWAYS, OK, _DATA, cites=_MAY_ASK),
    #
    *(Rule(state, NOOP, ALWAYS, OK, _DATA, cites="1176 p.10; 1064 p.9") for state in _BOTH),
    *(Rule(state, SELECT, MAILBOX_THERE, OK, _DATA, CHOSEN, cites="1176 p.11; 1064 p.9") for state in _BOTH),
    *(Rule(state, SELECT, MAILBOX_MISSING, NO, _LINE, KNOWN, cites=_LEFT) for state in _BOTH),
    *(Rule(state, BBOARD, MAILBOX_THERE, OK, _DATA, CHOSEN, cites="1176 p.11") for state in _BOTH),
    *(Rule(state, BBOARD, MAILBOX_MISSING, NO, _LINE, KNOWN, cites="1176 p.11") for state in _BOTH),
    *(Rule(state, FIND_MAILBOXES, ALWAYS, OK, _DATA, cites="1176 p.12") for state in _BOTH),
    *(Rule(state, FIND_BBOARDS, ALWAYS, OK, _DATA, cites="1176 p.12") for state in _BOTH),
    #
    Rule(CHOSEN, CHECK, ALWAYS, OK, _DATA, cites="1176 p.13; 1064 p.10"),
    Rule(CHOSEN, EXPUNGE, MAY_WRITE, OK, _DATA, cites="1176 p.13; 1064 p.10"),
    Rule(CHOSEN, EXPUNGE, READ_ONLY, NO, _LINE, cites="1176 p.13; 1064 p.11"),
    Rule(CHOSEN, COPY, MAY_WRITE, OK, _DATA, cites="1176 p.13; 1064 p.11"),
    Rule(CHOSEN, COPY, READ_ONLY, NO, _LINE, cites="1176 p.14; 1064 p.11"),
    Rule(CHOSEN, FETCH, ALWAYS, OK, _DATA, cites="1176 p.14; 1064 p.11"),
    Rule(CHOSEN, STORE, MAY_WRITE, OK, _DATA, cites="1176 p.15; 1064 p.12"),
    Rule(CHOSEN, STORE, READ_ONLY, NO, _LINE, cites="1176 p.15; 1064 p.12"),
    Rule(CHOSEN, SEARCH, ALWAYS, OK, _DATA, cites="1176 p.16; 1064 p.13"),
    #
    Rule(ANY, LOGOUT, ALWAYS, OK, _DATA, CLOSED, cites="1176 p.11; 1064 p.9"),
    Rule(ANY, Occurrence.LITERAL, LITERAL_ASKED, GO_ON, _LITERAL, cites="1176 p.21; 1064 p.18"),
    Rule(ANY, Occurrence.LITERAL, LITERAL_REFUSED, BAD, _LINE, cites="1176 p.21; 1064 p.18"),
    Rule(ANY, Occurrence.NEWS, ALWAYS, None, (Unit.UNTAGGED,),
         cites="1176 p.5 (the server may send data at any time); 1064 p.5 (the server may send data at any time)"),
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, BAD, _LINE, cites=_NEEDS_LOGIN),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, BAD, _LINE, cites=_FAULTY),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, BAD, _LINE, cites=_FAULTY),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, BAD, _LINE, cites=_FAULTY),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, BYE, _LINE, CLOSED,
         cites="1176 p.20 (some servers do; no time is named); 1064 p.17 (some servers do; no time is named)"),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites=_GONE),
)  # fmt: skip

IMAP2 = Protocol(
    Table(
        name="imap2",
        title="Interactive Mail Access Protocol",
        port=143,
        editions=(1176, 1064),
        states=(STRANGER, KNOWN, CHOSEN),
        forms=(NOOP, LOGIN, LOGOUT, SELECT, BBOARD, FIND_MAILBOXES, FIND_BBOARDS, CHECK, EXPUNGE, COPY, FETCH, STORE,
               SEARCH),
        replies=(OK, NO, BAD, BYE, GO_ON),
        rules=RULES,
        limits=(Limit("command line", 10000, "octets of a command line, of the DEC-20's server",
                      "1176 p.29 (no limit is set; one server has this); 1064 p.21 (likewise)"),),
        data=DATA,
        words=(*FETCHED, *SEARCHED),
        tagged=True,
        is_history=True,
    ),
    number=1176,
)  # fmt: skip
