"""Which client speaks which protocol: the one place where a mail reader is put together by the protocol's name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple
from typing import Protocol as Duck

from popsim import sasl
from popsim.engine.entering import TLS_ALWAYS as TLS_ALWAYS
from popsim.engine.entering import TLS_NEVER as TLS_NEVER
from popsim.engine.entering import TLS_OFFERED as TLS_OFFERED
from popsim.engine.entering import Refused, check_tls
from popsim.engine.script import Script
from popsim.engine.visit import Keeper, Told, Visit
from popsim.mail.names import INBOX
from popsim.protocols.imap import client as imap
from popsim.protocols.imap import client_exchange as imap_exchange
from popsim.protocols.imap import client_login as imap_login
from popsim.protocols.imap import word_table as imap_words
from popsim.protocols.imap.table import IMAP
from popsim.protocols.pop2 import client as pop2
from popsim.protocols.pop2 import word_table as pop2_words
from popsim.protocols.pop2.table import POP2
from popsim.protocols.pop3 import client as pop3
from popsim.protocols.pop3.table import POP3
from popsim.protocols.protocol import Protocol
from popsim.protocols.smtp import client_login as smtp_login
from popsim.protocols.smtp.table import SMTP


@dataclass(frozen=True, slots=True)
class Identity:
    """Who reads mail, and how much of it may be seen on the way; whichever protocol is spoken.

    Args:
        user: the name.
        secret: the password, or the shared secret.
        way: "" for the strongest way that both ends know; else a way that the protocol has, such as the name of a
            mechanism of SASL.
        tls: "never", "if offered" or "always".
        clear: whether a way may be taken that shows the secret to whoever reads along, where there is no TLS.
        digest: whether a digest may be tried that the greeting offers to everybody, but not every user can give.
    """

    user: str
    secret: str = field(repr=False)
    way: str = ""
    tls: str = TLS_NEVER
    clear: bool = True
    digest: bool = True


class Session(Duck):
    """Makes the script of one visit."""

    def __call__(
        self,
        keeper: Keeper,
        *,
        now: Callable[[], int],
        nonce: Callable[[], str],
        secure: bool = False,
        told: Told | None = None,
    ) -> Script[Visit]:
        """Connect, log in, fetch what is new, remove what is to go, and say goodbye.

        Args:
            keeper: where messages are kept; it knows those of earlier visits.
            now: gives the time in nanoseconds, on the clock of :meth:`Keeper.kept_at`.
            nonce: gives a text that was never used before: printable ASCII without a space or comma.
            secure: whether the connection begins with TLS (RFC 8314 §3).
            told: is told how far it has come.
        """


@dataclass(frozen=True, slots=True)
class MailReader:
    """A mail reader that is ready to begin.

    Args:
        name: what it does, in words.
        headers: whether it keeps headers only.
        session: makes the script of a visit.
    """

    name: str
    headers: bool
    session: Session


class _Wish(NamedTuple):
    """What a mail reader is to do."""

    name: str
    mailbox: str
    pipelined: bool | None
    blind: bool


def mail_reader(
    protocol: Protocol,
    name: str,
    who: Identity,
    *,
    mailbox: str = "",
    pipelined: bool | None = None,
    blind: bool = False,
) -> MailReader:
    """The mail reader of that name, in a protocol's words.

    Args:
        protocol: what it speaks; which commands may be tried.
        name: such as "download and delete" or "leave on server".
        who: whose mail it is.
        mailbox: which mailbox, where the protocol has several; "" for the one to which mail comes.
        pipelined: whether to send commands without waiting for answers; None: as is usual.
        blind: whether messages that have no unique-ids are fetched at each visit and left where they are: then the
            keeper has to know them by what is in them.

    Raises:
        ValueError: the protocol has no such reader, login or mailbox; the message lists what there is.
    """
    make = _MAKERS.get(protocol.name)
    if make is None:
        raise ValueError(f"no mail is read by {protocol.title}: mail readers speak {', '.join(_MAKERS)}")
    check_tls(who.tls)
    return make(protocol, _Wish(name, mailbox, pipelined, blind), who)


def _pop3(protocol: Protocol, wish: _Wish, who: Identity) -> MailReader:
    if wish.mailbox:
        raise ValueError(f"{protocol.title} knows no names of mailboxes: a user has one maildrop")
    wanted = replace(pop3.reader(wish.name, wish.pipelined), blind=wish.blind)
    login = pop3.Login(who.user, who.secret, who.way, who.tls, who.digest, who.clear)

    return MailReader(wanted.name, wanted.lines is not None, partial(pop3.visit, wanted, login, protocol=protocol))


def _imap(protocol: Protocol, wish: _Wish, who: Identity) -> MailReader:
    wanted = imap.reader(wish.name, wish.mailbox or INBOX, bool(wish.pipelined))
    login = imap.Login(who.user, who.secret, who.way, who.tls, who.clear)

    return MailReader(wanted.name, wanted.headers, partial(imap.visit, wanted, login, protocol=protocol))


def _pop2(protocol: Protocol, wish: _Wish, who: Identity) -> MailReader:
    wanted = pop2.reader(wish.name, wish.mailbox)
    if wish.pipelined:
        raise ValueError(f"{protocol.title} is a talk in turns: each command waits for the answer to the one before")
    if who.way.upper() not in ("", pop2_words.HELO.keyword):
        raise ValueError(f"expected {pop2_words.HELO.keyword} as a login, the only one there is, got {who.way!r}")
    if who.tls == TLS_ALWAYS:
        raise ValueError(f"{protocol.title} has no command that begins TLS: tls can't be 'always'")
    login = pop2.Login(who.user, who.secret, who.clear)

    return MailReader(wanted.name, False, partial(pop2.visit, wanted, login, protocol=protocol))


_MAKERS: dict[str, Callable[[Protocol, _Wish, Identity], MailReader]] = {
    POP3.name: _pop3,
    IMAP.name: _imap,
    POP2.name: _pop2,
}


def authenticate(
    protocol: Protocol, mechanism: str, user: str, secret: str, *, nonce: str, initial: bool = True
) -> Script[None]:
    """Log in by a mechanism of SASL on a connection that is open; what comes of it stands in the record.

    Args:
        protocol: what is spoken there.
        mechanism: the name of the mechanism.
        user, secret: who it is.
        nonce: a text that was never used before.
        initial: whether what the client says first may stand in the command line.

    Raises:
        ValueError: there is no such mechanism, or none can be used in this protocol.
    """
    if protocol.name not in _EXCHANGES:
        raise ValueError(f"{protocol.title} knows no mechanisms: they are used in {', '.join(_EXCHANGES)}")
    if sasl.strongest([mechanism]) is None:
        raise ValueError(f"expected one of the mechanisms {', '.join(sasl.NAMES)}, got {mechanism!r}")
    return _EXCHANGES[protocol.name](protocol, mechanism, user, secret, nonce, initial)


def _by_pop3(protocol: Protocol, mechanism: str, user: str, secret: str, nonce: str, initial: bool) -> Script[None]:
    with suppress(Refused):
        yield from pop3.authenticate(protocol, mechanism, user, secret, nonce=nonce, initial=initial)


def _by_imap(protocol: Protocol, mechanism: str, user: str, secret: str, nonce: str, initial: bool) -> Script[None]:
    talk = imap_exchange.Talk(protocol)
    talk.capabilities = frozenset({imap_words.CAP_SASL_IR.tag} if initial else ())
    with suppress(Refused):
        yield from imap_login.authenticate(talk, mechanism.upper(), imap.Login(user, secret), nonce)


def _by_smtp(protocol: Protocol, mechanism: str, user: str, secret: str, nonce: str, initial: bool) -> Script[None]:
    with suppress(Refused):
        login = smtp_login.Login(user, secret)
        yield from smtp_login.authenticate(login, protocol, mechanism.upper(), nonce, initial=initial)


_EXCHANGES: dict[str, Callable[[Protocol, str, str, str, str, bool], Script[None]]] = {
    POP3.name: _by_pop3,
    IMAP.name: _by_imap,
    SMTP.name: _by_smtp,
}
