"""Mail readers: what a client does with a maildrop, as scripts for any wire.

A reader marks for deletion only what its keeper has safely kept, and calls deleted only what the server has removed:
that is, once the last command was answered positively (RFC 1939 §6). So a connection that is lost anywhere loses no
message: it is in the maildrop, or kept, or both.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from popsim.engine.entering import TLS_ALWAYS, TLS_NEVER, TLS_OFFERED, Refused, line, said
from popsim.engine.polling import poll
from popsim.engine.script import Connect, Disconnected, Hang, Script, Send
from popsim.mail.dates import SECOND
from popsim.protocols.pop3 import extension_word_table as extra
from popsim.protocols.pop3 import word_table as words
from popsim.protocols.pop3.client_exchange import authenticate, code_of
from popsim.protocols.pop3.client_login import Entrance, Login, enter
from popsim.protocols.pop3.client_reader import DAY, READERS, Reader, after_days, reader
from popsim.protocols.pop3.client_visit import Ending, Item, Keeper, Notes, Progress, Told, Visit
from popsim.protocols.pop3.client_work import Work
from popsim.protocols.protocol import Protocol

__all__ = [
    "DAY",
    "READERS",
    "TLS_ALWAYS",
    "TLS_NEVER",
    "TLS_OFFERED",
    "Ending",
    "Item",
    "Keeper",
    "Login",
    "Progress",
    "Reader",
    "Refused",
    "Told",
    "Visit",
    "after_days",
    "authenticate",
    "poll",
    "reader",
    "visit",
]


def visit(
    wanted: Reader,
    login: Login,
    keeper: Keeper,
    *,
    protocol: Protocol,
    now: Callable[[], int],
    nonce: Callable[[], str],
    secure: bool = False,
    told: Told | None = None,
) -> Script[Visit]:
    """One session: connect, log in, fetch what is new, mark what is to go, and quit.

    Args:
        wanted: what to do.
        login: who does it.
        keeper: where messages are kept; it knows those of earlier visits.
        protocol: which commands may be tried.
        now: gives the time in nanoseconds, on the clock of :meth:`Keeper.kept_at`.
        nonce: gives a text that was never used before: printable ASCII without a space or comma.
        secure: whether the connection begins with TLS (RFC 8314 §3).
        told: is told how far it has come.

    Returns:
        What came of it, whatever went wrong on the wire or at the server.
    """
    notes = Notes(wanted.name, told)
    try:
        (greeting,) = yield Connect(secure)
        try:
            entrance = yield from enter(login, protocol, greeting, secured=secure, nonce=nonce)
            _note(notes, entrance, wanted.pipelined)
            yield from Work(wanted, keeper, protocol, now, notes).all()
        except Refused as refused:
            notes.end(Ending.STOPPED if notes.way else Ending.REFUSED, str(refused), refused.code)
        yield from _leave(keeper, notes)
    except Disconnected as lost:
        notes.end(Ending.LOST, str(lost))
    else:
        with suppress(Disconnected):  # the last word was said: how the connection ends changes nothing
            yield Hang()
    return notes.visit()


def _note(notes: Notes, entrance: Entrance, pipelined: bool | None) -> None:
    """What is known once the login is done."""
    notes.way, notes.secured = entrance.way, entrance.secured
    capabilities = entrance.capabilities or {}
    delay = capabilities.get(extra.CAP_DELAY.tag, ())
    notes.login_delay = int(delay[0]) * SECOND if delay and delay[0].isascii() and delay[0].isdecimal() else 0
    notes.pipelined = extra.CAP_PIPELINING.tag in capabilities if pipelined is None else pipelined


def _leave(keeper: Keeper, notes: Notes) -> Script[None]:
    """Say goodbye: only now is anything removed."""
    (answer,) = yield Send.of(line(words.QUIT))
    if answer.positive:
        notes.deleted = list(notes.marked)
        for item in notes.deleted:
            if item.uid is not None:
                keeper.removed(item.uid)
            notes.tell("deleted", item)
    elif notes.marked:
        notes.end(
            Ending.SOME_LEFT,
            f"the server could not remove all that was marked, and does not say which: {said(answer)}",
            code_of(answer),
        )
