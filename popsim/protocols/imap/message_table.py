"""The rules of IMAP's table about the messages of the open mailbox."""

# ruff: noqa: F403, F405
from __future__ import annotations

from popsim.protocols.imap.session_table import DATA_LINE
from popsim.protocols.imap.word_table import *
from popsim.protocols.model import ALWAYS, Form, Reply, Rule

_GONE = "(of a message that is gone, all that was not kept is missing; RFC 2180 §4.1 has the ways)"
_ALONE = "(while somebody else has the mailbox to himself nothing is removed)"
_UIDS = "3501 §6.4.8; 9051 §6.4.9"


def _rows(form: Form, *outcomes: tuple[str, Reply, str]) -> tuple[Rule, ...]:
    """The outcomes of a command: condition, status, citations. The mailbox stays open in all of them."""
    return tuple(Rule(SELECTED, form, when, reply, DATA_LINE, cites=cites) for when, reply, cites in outcomes)


def _beyond(*places: str) -> tuple[str, Reply, str]:
    """A message number that is too high; a unique identifier never is (RFC 3501 §6.4.8)."""
    noted = "; ".join(f"{place} (§9 at seq-number: BAD, '*' of an empty mailbox too)" for place in places)
    return NUMBER_BEYOND, BAD, noted


_SEARCH = (
    *_rows(
        SEARCH,
        (ALWAYS, OK, "3501 §6.4.4; 9051 §6.4.4"),
        (CHARSET_UNKNOWN, NO, "3501 §6.4.4; 9051 §6.4.4"),
        _beyond("3501 §6.4.4", "9051 §6.4.4"),
    ),
    *_rows(UID_SEARCH, (ALWAYS, OK, _UIDS), (CHARSET_UNKNOWN, NO, _UIDS), _beyond("3501 §6.4.8", "9051 §6.4.9")),
    *_rows(
        SEARCH_RETURN,
        (ALWAYS, OK, "4731 §3.1; 9051 §6.4.4"),
        (CHARSET_UNKNOWN, NO, "4731 §3.1; 9051 §6.4.4"),
        _beyond("4731 §3.1", "9051 §6.4.4"),
    ),
    *_rows(
        UID_SEARCH_RETURN,
        (ALWAYS, OK, "4731 §3.1; 9051 §6.4.9"),
        (CHARSET_UNKNOWN, NO, "4731 §3.1; 9051 §6.4.9"),
        _beyond("4731 §3.1", "9051 §6.4.9"),
    ),
)

_NO_REASON = "(a server may have a reason; this one has none: what is gone is an identifier that nobody has)"
_FETCHED = f"3501 §6.4.5 {_GONE}; 9051 §6.4.5 {_GONE}"
_FETCH = (
    *_rows(
        FETCH,
        (ALWAYS, OK, "3501 §6.4.5; 9051 §6.4.5"),
        (SOME_GONE, NO, _FETCHED),
        (ENCODING_UNKNOWN, NO, "9051 §6.4.5"),
        _beyond("3501 §6.4.5", "9051 §6.4.5"),
    ),
    *_rows(
        UID_FETCH,
        (ALWAYS, OK, _UIDS),
        (NOT_NOW, NO, f"3501 §6.4.8 {_NO_REASON}"),
        (ENCODING_UNKNOWN, NO, "9051 §6.4.9"),
    ),
    *_rows(FETCH_CHANGED, (ALWAYS, OK, "7162 §3.1.4.1"), (SOME_GONE, NO, "7162 §3.1.4.1"), _beyond("7162 §3.1.4.1")),
    *_rows(UID_FETCH_CHANGED, (ALWAYS, OK, "7162 §3.1.4.1"), (NOT_NOW, NO, f"7162 §3.1.4.1 {_NO_REASON}")),
)


def _store(form: Form, places: str, *more: tuple[str, Reply, str]) -> tuple[Rule, ...]:
    return _rows(
        form,
        (STORED, OK, places),
        (OPEN_READ_ONLY, NO, places),
        (FLAGS_REFUSED, NO, places),
        *more,
    )


_STORED = "3501 §6.4.6; 9051 §6.4.6"
_CHANGED = (SOME_CHANGED, OK, "7162 §3.1.3 (OK, as in its examples; NO where SOME were gone as well)")
_STORE = (
    *_store(STORE, _STORED, (SOME_GONE, NO, _STORED), _beyond("3501 §6.4.6", "9051 §6.4.6")),
    *_store(UID_STORE, _UIDS),
    *_store(STORE_UNCHANGED, "7162 §3.1.3", (SOME_GONE, NO, "7162 §3.1.3"), _CHANGED, _beyond("7162 §3.1.3")),
    *_store(UID_STORE_UNCHANGED, "7162 §3.1.3", _CHANGED),
)


def _copy(form: Form, places: str, *more: tuple[str, Reply, str]) -> tuple[Rule, ...]:
    return _rows(
        form,
        (COPIED, OK, places),
        (TARGET_MISSING, NO, places),
        (TARGET_REFUSED, NO, places),
        *more,
    )


def _move(form: Form, places: str, *more: tuple[str, Reply, str]) -> tuple[Rule, ...]:
    return _rows(
        form,
        (MOVED, OK, places),
        (TARGET_MISSING, NO, places),
        (TARGET_REFUSED, NO, places),
        (OPEN_READ_ONLY, NO, places),
        (MAILBOX_IN_USE, NO, places),
        *more,
    )


_COPIED, _MOVED = "3501 §6.4.7; 9051 §6.4.7", "6851 §3.3; 9051 §6.4.8"
_COPY = (
    *_copy(COPY, _COPIED, (SOME_GONE, NO, _COPIED), _beyond("3501 §6.4.7", "9051 §6.4.7")),
    *_copy(UID_COPY, _UIDS),
    *_move(MOVE, _MOVED, (SOME_GONE, NO, _MOVED), _beyond("6851 §3.3", "9051 §6.4.8")),
    *_move(UID_MOVE, "6851 §3.3; 9051 §6.4.9"),
)

_REMOVE = (
    *_rows(CHECK, (ALWAYS, OK, "3501 §6.4.1")),
    *_rows(
        EXPUNGE,
        (EXPUNGED, OK, "3501 §6.4.3; 9051 §6.4.3"),
        (OPEN_READ_ONLY, NO, "3501 §6.4.3; 9051 §6.4.3"),
        (MAILBOX_IN_USE, NO, f"3501 §6.4.3 {_ALONE}; 9051 §6.4.3 {_ALONE}"),
    ),
    *_rows(
        UID_EXPUNGE,
        (EXPUNGED, OK, "4315 §2.1; 9051 §6.4.9"),
        (OPEN_READ_ONLY, NO, "4315 §2.1; 9051 §6.4.9"),
        (MAILBOX_IN_USE, NO, f"4315 §2.1 {_ALONE}; 9051 §6.4.9 {_ALONE}"),
    ),
)

RULES = (*_REMOVE, *_SEARCH, *_FETCH, *_STORE, *_COPY)
