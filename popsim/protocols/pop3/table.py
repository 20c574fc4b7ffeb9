"""The table of POP3: its rules, each with its RFC and section; the words that they are made of are in ``word_table``.

Read it as the RFCs' own summary. A row is part of an edition exactly when it cites that edition's RFC. The rows that
extensions add are in ``extension_table``.
"""

# ruff: noqa: F403, F405
from __future__ import annotations

from popsim.protocols.model import ALWAYS, ANY, CLOSED, START, Limit, Occurrence, Rule, Unit
from popsim.protocols.pop3 import extension_table as extensions
from popsim.protocols.pop3.extension_word_table import *
from popsim.protocols.pop3.word_table import *
from popsim.protocols.protocol import Protocol, Table

_LINE = (Unit.LINE,)
_LINES = (Unit.LINE, Unit.MULTILINE)
_AT_ONCE = "1939 §7 (PASS only immediately after USER: any other line ends the attempt)"


def _each(note: str, *places: str) -> str:
    """The same note on several texts."""
    return "; ".join(f"{place} ({note})" for place in places)


_NO_RULE = "the text sets no rule for such a line; read as RFC 1939 §3 has it"
_SILENT = _each(_NO_RULE, "1725 §3", "1460 §3", "1225 p.2", "1081 p.2")
_AFTER_USER = _each("after USER the text knows PASS and QUIT only", "1725 §4", "1460 §4")
_AFTER_OLD_USER = _each("after USER the text knows PASS, QUIT and, later on, RPOP only", "1225 p.3", "1081 p.3")
_NEW_TRY = "1725 §4 (after a refusal 'a new authentication command' may come, this one among them)"
_STAYS_OPEN = "1725 §4 (a server may close the connection then; this one does not)"
_TRUST = _each(
    "who trusts whom, .rhosts for one, is the server's affair: here a user who logs in by RPOP trusts "
    "one user of any host, by name; the port must be a reserved one",
    "1225 p.12",
    "1081 p.12",
)
_UNTIMED = _each("the text has no timer; as any other end without QUIT", "1460 §6", "1225 p.10", "1081 p.10")
_NO_TIMER = _each("no timer is named; as in 1939", "1460 §6", "1225 p.10", "1081 p.10")
_ONLY_QUIT = _each("UPDATE is entered by QUIT only", "1460 §6", "1225 p.10", "1081 p.10")
_NO_LIMIT = _each("no limit is set; as RFC 2449 §4", "1725 §3", "1460 §3", "1225 p.2", "1081 p.2")
_SUCCESS = _each("the text prints +OK only, but 'replies as to the success'", "1460 §6", "1225 p.10", "1081 p.10")

RULES = (
    # state        what comes            condition         reply  what is sent   the state that follows
    Rule(START, Occurrence.OPENED, ALWAYS, OK, _LINE, AUTHORIZATION,
         cites="1939 §4; 1725 §4; 1460 §4; 1225 p.3; 1081 p.3"),
    #
    # AUTHORIZATION
    Rule(AUTHORIZATION, USER, NAME_ACCEPTED, OK, _LINE, USER_ACCEPTED,
         cites="1939 §7; 1725 §4; 1460 §4; 1225 p.3; 1081 p.3"),
    Rule(AUTHORIZATION, USER, NAME_REFUSED, ERR, _LINE, AUTHORIZATION, cites="1939 §7; 1725 §4; 1225 p.3; 1081 p.3"),
    Rule(AUTHORIZATION, USER, NAME_REFUSED, ERR, _LINE, LOGIN_REFUSED, cites="1460 §4"),
    Rule(AUTHORIZATION, APOP, LOGGED_IN, OK, _LINE, TRANSACTION, cites="1939 §7; 1725 §7; 1460 §7"),
    Rule(AUTHORIZATION, APOP, LOGIN_WRONG, ERR, _LINE, AUTHORIZATION, cites=f"1939 §7; {_NEW_TRY}"),
    Rule(AUTHORIZATION, APOP, LOGIN_WRONG, ERR, _LINE, LOGIN_REFUSED, cites="1460 §7"),
    Rule(AUTHORIZATION, APOP, MAILDROP_LOCKED, ERR, _LINE, AUTHORIZATION, cites=f"1939 §4; {_NEW_TRY}"),
    Rule(AUTHORIZATION, APOP, MAILDROP_LOCKED, ERR, _LINE, LOGIN_REFUSED, cites="1460 §4"),
    Rule(AUTHORIZATION, QUIT, ALWAYS, OK, _LINE, CLOSED, cites="1939 §4; 1725 §4; 1460 §4; 1225 p.10; 1081 p.10"),
    #
    # AUTHORIZATION, a name accepted
    Rule(USER_ACCEPTED, PASS, LOGGED_IN, OK, _LINE, TRANSACTION, cites="1939 §7; 1725 §4; 1460 §4; 1225 p.3; 1081 p.3"),
    Rule(USER_ACCEPTED, PASS, LOGIN_WRONG, ERR, _LINE, AUTHORIZATION,
         cites=f"1939 §7; {_STAYS_OPEN}; 1225 p.4; 1081 p.4"),
    Rule(USER_ACCEPTED, PASS, LOGIN_WRONG, ERR, _LINE, LOGIN_REFUSED, cites="1460 §4"),
    Rule(USER_ACCEPTED, PASS, MAILDROP_LOCKED, ERR, _LINE, AUTHORIZATION,
         cites=f"1939 §4; {_STAYS_OPEN}; 1225 p.4; 1081 p.4"),
    Rule(USER_ACCEPTED, PASS, MAILDROP_LOCKED, ERR, _LINE, LOGIN_REFUSED, cites="1460 §4"),
    Rule(USER_ACCEPTED, RPOP, TRUSTED, OK, _LINE, TRANSACTION, cites=_TRUST),
    Rule(USER_ACCEPTED, RPOP, NOT_TRUSTED, ERR, _LINE, AUTHORIZATION, cites="1225 p.12; 1081 p.12"),
    Rule(USER_ACCEPTED, RPOP, MAILDROP_LOCKED, ERR, _LINE, AUTHORIZATION, cites="1225 p.12; 1081 p.12"),
    Rule(USER_ACCEPTED, USER, NAME_PENDING, ERR, _LINE, AUTHORIZATION, cites="1939 §7"),
    Rule(USER_ACCEPTED, USER, NAME_PENDING, ERR, _LINE, USER_ACCEPTED, cites=f"{_AFTER_USER}; {_AFTER_OLD_USER}"),
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
    Rule(TRANSACTION, STAT, ALWAYS, OK, _LINE, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.5; 1081 p.5"),
    Rule(TRANSACTION, LIST, ALWAYS, OK, _LINES, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.6; 1081 p.6"),
    Rule(TRANSACTION, LIST_MSG, MESSAGE_THERE, OK, _LINE, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.6; 1081 p.6"),
    Rule(TRANSACTION, LIST_MSG, NO_SUCH_MESSAGE, ERR, _LINE, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.7; 1081 p.7"),
    Rule(TRANSACTION, LIST_MSG, MESSAGE_MARKED, ERR, _LINE, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.6; 1081 p.6"),
    Rule(TRANSACTION, RETR, MESSAGE_THERE, OK, _LINES, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.7; 1081 p.7"),
    Rule(TRANSACTION, RETR, NO_SUCH_MESSAGE, ERR, _LINE, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.8; 1081 p.8"),
    Rule(TRANSACTION, RETR, MESSAGE_MARKED, ERR, _LINE, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.7; 1081 p.7"),
    Rule(TRANSACTION, DELE, MESSAGE_THERE, OK, _LINE, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.8; 1081 p.8"),
    Rule(TRANSACTION, DELE, NO_SUCH_MESSAGE, ERR, _LINE, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.8; 1081 p.8"),
    Rule(TRANSACTION, DELE, MESSAGE_MARKED, ERR, _LINE, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.8; 1081 p.8"),
    Rule(TRANSACTION, NOOP, ALWAYS, OK, _LINE, cites="1939 §5; 1725 §5; 1460 §5; 1225 p.8; 1081 p.8"),
    Rule(TRANSACTION, LAST, ALWAYS, OK, _LINE, cites="1460 §5; 1225 p.9; 1081 p.9"),
    Rule(TRANSACTION, RSET, ALWAYS, OK, _LINE, cites="1939 §5; 1725 §5"),
    Rule(TRANSACTION, RSET, RESET_TO_ZERO, OK, _LINE, cites="1460 §5"),
    Rule(TRANSACTION, RSET, RESET_TO_OPENING, OK, _LINE, cites="1225 p.10; 1081 p.10"),
    Rule(TRANSACTION, TOP, MESSAGE_THERE, OK, _LINES, cites="1939 §7; 1725 §7; 1460 §7; 1225 p.11; 1081 p.11"),
    Rule(TRANSACTION, TOP, NO_SUCH_MESSAGE, ERR, _LINE, cites="1939 §7; 1725 §7; 1460 §7; 1225 p.11; 1081 p.11"),
    Rule(TRANSACTION, TOP, MESSAGE_MARKED, ERR, _LINE, cites="1939 §7; 1725 §7; 1460 §7; 1225 p.11; 1081 p.11"),
    Rule(TRANSACTION, UIDL, ALWAYS, OK, _LINES, cites="1939 §7; 1725 §7"),
    Rule(TRANSACTION, UIDL_MSG, MESSAGE_THERE, OK, _LINE, cites="1939 §7; 1725 §7"),
    Rule(TRANSACTION, UIDL_MSG, NO_SUCH_MESSAGE, ERR, _LINE, cites="1939 §7; 1725 §7"),
    Rule(TRANSACTION, UIDL_MSG, MESSAGE_MARKED, ERR, _LINE, cites="1939 §7; 1725 §7"),
    Rule(TRANSACTION, QUIT, ALWAYS, None, (), UPDATE, Occurrence.COMMITTED,
         cites="1939 §6; 1725 §6; 1460 §6; 1225 p.10; 1081 p.10"),
    #
    # UPDATE: the answer to QUIT comes when the removal is done
    Rule(UPDATE, Occurrence.COMMITTED, ALL_REMOVED, OK, _LINE, CLOSED,
         cites="1939 §6; 1725 §6; 1460 §6; 1225 p.10; 1081 p.10"),
    Rule(UPDATE, Occurrence.COMMITTED, SOME_KEPT, ERR, _LINE, CLOSED,
         cites=f"1939 §6; 1725 §6 (the text prints +OK only, but 'replies as to the status'); {_SUCCESS}"),
    Rule(UPDATE, Occurrence.NOT_ALLOWED, NOT_READ, cites="1939 §6; 1725 §6; 1460 §6; 1225 p.10; 1081 p.10"),
    Rule(UPDATE, Occurrence.UNRECOGNIZED, NOT_READ, cites="1939 §6; 1725 §6; 1460 §6; 1225 p.10; 1081 p.10"),
    Rule(UPDATE, Occurrence.MALFORMED, NOT_READ, cites="1939 §6; 1725 §6; 1460 §6; 1225 p.10; 1081 p.10"),
    Rule(UPDATE, Occurrence.OVERLONG, NOT_READ, cites="1939 §6; 1725 §6; 1460 §6; 1225 p.10; 1081 p.10"),
    #
    # Everywhere else: refused, and the session goes on; ended without QUIT, and nothing is removed
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, ERR, _LINE, cites=f"1939 §3; {_SILENT}"),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, ERR, _LINE, cites=f"1939 §3; {_SILENT}"),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, ERR, _LINE, cites=f"1939 §3; {_SILENT}"),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, ERR, _LINE, cites=f"1939 §3; {_SILENT}"),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, None, (), CLOSED,
         cites=f"1939 §3; 1725 §3; {_UNTIMED}"),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED,
         cites=f"1939 §6; 1725 §6; {_ONLY_QUIT}"),
)  # fmt: skip

_MAY_HAVE = _each("a server may have a timer, of ten minutes at least", "1939 §3", "1725 §3")

LIMITS = (
    Limit("argument", 40, "octets of one argument", "1939 §3; 1725 §3"),
    Limit("reply line", 512, "octets of a reply line with its CRLF", "1939 §3"),
    Limit("command line", 255, "octets of a command line with its CRLF",
          f"1939 §3 (no limit on lines is set; RFC 2449 §4 has 255); {_NO_LIMIT}"),
    Limit("autologout", 600, "seconds of silence after which the server closes the connection",
          f"{_MAY_HAVE}; {_NO_TIMER}"),
)  # fmt: skip

POP3 = Protocol(
    Table(
        name="pop3",
        title="POP3",
        port=110,
        secure_port=995,
        editions=(1939, 1725, 1460, 1225, 1081),
        extensions=extensions.EXTENSIONS,
        needs=extensions.NEEDS,
        obsolete=extensions.OBSOLETE,
        states=(AUTHORIZATION, USER_ACCEPTED, LOGIN_REFUSED, *extensions.STATES, TRANSACTION, UPDATE),
        forms=(USER, PASS, RPOP, APOP, STAT, LIST, LIST_MSG, RETR, DELE, NOOP, LAST, RSET, TOP, UIDL, UIDL_MSG,
               *extensions.FORMS, QUIT),
        replies=(OK, ERR, *extensions.REPLIES),
        rules=(*RULES, *extensions.RULES),
        limits=(*LIMITS, *extensions.LIMITS),
        capabilities=extensions.CAPABILITIES,
        codes=extensions.CODES,
    ),
    number=1939,
)  # fmt: skip
