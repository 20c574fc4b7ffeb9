"""The rules of IMAP's table about mailboxes: opening, making, listing, and putting a message into one."""

# ruff: noqa: F403, F405
from __future__ import annotations

from popsim.protocols.imap.session_table import DATA_LINE, LINE
from popsim.protocols.imap.word_table import *
from popsim.protocols.model import ALWAYS, Form, Rule, State

_OPENED = "3501 §6.3.1; 9051 §6.3.2"
_ONLY_READ = "3501 §6.3.2; 9051 §6.3.3"
_NOT_OPENED = (
    "3501 §6.3.1 (the mailbox that was open is closed all the same: §3, arrow 6); "
    "9051 §6.3.2 (the mailbox that was open is closed all the same)"
)
_MAY_CHECK = "(a server may check that there is such a mailbox; this one does)"


def _open(state: State, form: Form, places: str, refused: str) -> tuple[Rule, ...]:
    """A mailbox is opened: the one that was open before is closed, whatever comes of it, and nothing is removed."""
    return (
        Rule(state, form, READ_ONLY, OK, DATA_LINE, SELECTED, cites=places),
        Rule(state, form, NO_SUCH_MAILBOX, NO, DATA_LINE, AUTHENTICATED, cites=refused),
    )


def _with_mailboxes(state: State) -> tuple[Rule, ...]:
    """What is allowed once the client is known, with a mailbox open or without."""
    return (
        Rule(state, SELECT, READ_WRITE, OK, DATA_LINE, SELECTED, cites=_OPENED),
        *_open(state, SELECT, _OPENED, _NOT_OPENED),
        *_open(state, EXAMINE, _ONLY_READ, _NOT_OPENED.replace("6.3.2", "6.3.3").replace("6.3.1", "6.3.2")),
        Rule(state, SELECT_CONDSTORE, READ_WRITE, OK, DATA_LINE, SELECTED, cites="7162 §3.1.8"),
        *_open(state, SELECT_CONDSTORE, "7162 §3.1.8", "7162 §3.1.8"),
        *_open(state, EXAMINE_CONDSTORE, "7162 §3.1.8", "7162 §3.1.8"),
        #
        Rule(state, CREATE, MADE, OK, DATA_LINE, cites="3501 §6.3.3; 9051 §6.3.4"),
        Rule(state, CREATE, MAILBOX_EXISTS, NO, DATA_LINE, cites="3501 §6.3.3; 9051 §6.3.4"),
        Rule(state, CREATE, NAME_REFUSED, NO, DATA_LINE, cites="3501 §6.3.3; 9051 §6.3.4"),
        Rule(state, DELETE, REMOVED, OK, DATA_LINE, cites="3501 §6.3.4; 9051 §6.3.5"),
        Rule(state, DELETE, NO_SUCH_MAILBOX, NO, DATA_LINE, cites="3501 §6.3.4; 9051 §6.3.5"),
        Rule(state, DELETE, IS_INBOX, NO, DATA_LINE, cites="3501 §6.3.4; 9051 §6.3.5"),
        Rule(state, DELETE, HAS_INFERIORS, NO, DATA_LINE,
             cites="3501 §6.3.4 (of a name that can't be opened: it is there for those below it); 9051 §6.3.5"),
        Rule(state, DELETE, MAILBOX_IN_USE, NO, DATA_LINE, cites="3501 §6.3.4; 9051 §6.3.5"),
        Rule(state, RENAME, RENAMED, OK, DATA_LINE, cites="3501 §6.3.5; 9051 §6.3.6"),
        Rule(state, RENAME, NO_SUCH_MAILBOX, NO, DATA_LINE, cites="3501 §6.3.5; 9051 §6.3.6"),
        Rule(state, RENAME, MAILBOX_EXISTS, NO, DATA_LINE, cites="3501 §6.3.5; 9051 §6.3.6"),
        Rule(state, RENAME, NAME_REFUSED, NO, DATA_LINE, cites="3501 §6.3.5; 9051 §6.3.6"),
        Rule(state, RENAME, MAILBOX_IN_USE, NO, DATA_LINE, cites="3501 §6.3.5; 9051 §6.3.6"),
        Rule(state, SUBSCRIBE, ALWAYS, OK, DATA_LINE, cites="3501 §6.3.6; 9051 §6.3.7"),
        Rule(state, SUBSCRIBE, NO_SUCH_MAILBOX, NO, DATA_LINE,
             cites=f"3501 §6.3.6 {_MAY_CHECK}; 9051 §6.3.7 {_MAY_CHECK}"),
        Rule(state, UNSUBSCRIBE, ALWAYS, OK, DATA_LINE, cites="3501 §6.3.7; 9051 §6.3.8"),
        Rule(state, UNSUBSCRIBE, NOT_SUBSCRIBED, NO, DATA_LINE, cites="3501 §6.3.7; 9051 §6.3.8"),
        #
        Rule(state, LIST, ALWAYS, OK, DATA_LINE, cites="3501 §6.3.8; 9051 §6.3.9"),
        Rule(state, LIST, LISTING_REFUSED, NO, DATA_LINE, cites="3501 §6.3.8; 9051 §6.3.9"),
        Rule(state, LIST_EXTENDED, ALWAYS, OK, DATA_LINE, cites="9051 §6.3.9; 6154 §2"),
        Rule(state, LIST_EXTENDED, LISTING_REFUSED, NO, DATA_LINE, cites="9051 §6.3.9; 6154 §2"),
        Rule(state, LSUB, ALWAYS, OK, DATA_LINE, cites="3501 §6.3.9"),
        Rule(state, LSUB, LISTING_REFUSED, NO, DATA_LINE, cites="3501 §6.3.9"),
        Rule(state, NAMESPACE, ALWAYS, OK, DATA_LINE, cites="2342 §5; 9051 §6.3.10"),
        Rule(state, NAMESPACE, NOT_NOW, NO, DATA_LINE, cites="2342 §5; 9051 §6.3.10"),
        Rule(state, STATUS, ALWAYS, OK, DATA_LINE, cites="3501 §6.3.10; 9051 §6.3.11"),
        Rule(state, STATUS, NO_SUCH_MAILBOX, NO, DATA_LINE, cites="3501 §6.3.10; 9051 §6.3.11"),
        Rule(state, APPEND, APPENDED, OK, DATA_LINE, cites="3501 §6.3.11; 9051 §6.3.12"),
        Rule(state, APPEND, TARGET_MISSING, NO, DATA_LINE, cites="3501 §6.3.11; 9051 §6.3.12"),
        Rule(state, APPEND, TARGET_REFUSED, NO, DATA_LINE, cites="3501 §6.3.11; 9051 §6.3.12"),
        Rule(state, APPEND, MESSAGE_REFUSED, NO, DATA_LINE, cites="3501 §6.3.11; 9051 §6.3.12"),
    )  # fmt: skip


RULES = (
    *_with_mailboxes(AUTHENTICATED),
    Rule(AUTHENTICATED, ENABLE, ALWAYS, OK, DATA_LINE, cites="5161 §3.1; 9051 §6.3.1"),
    *_with_mailboxes(SELECTED),
    Rule(SELECTED, CLOSE, ALWAYS, OK, LINE, AUTHENTICATED,
         cites="3501 §6.4.2 (what may not be removed now stays, without a word); 9051 §6.4.1"),
    Rule(SELECTED, UNSELECT, ALWAYS, OK, LINE, AUTHENTICATED, cites="3691 §2; 9051 §6.4.2"),
)  # fmt: skip
