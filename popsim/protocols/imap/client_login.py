"""How a mail reader begins with an IMAP server: what the server can do, TLS, and who the reader is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from popsim import sasl
from popsim.engine.entering import TLS_ALWAYS, TLS_NEVER, Proof, Refused, check_identity, check_tls
from popsim.engine.response import Response
from popsim.engine.script import Script
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.client_data import listed
from popsim.protocols.imap.client_exchange import Talk, code_of, refused, string


@dataclass(frozen=True, slots=True)
class Login:
    """Who a mail reader is, and how it says so.

    Args:
        user: the name.
        secret: the password, or the shared secret.
        way: "" for the strongest way that both ends know; else LOGIN, AUTHENTICATE (the strongest mechanism of it) or
            the name of a mechanism.
        tls: "never", "if offered", or "always": then the secret never crosses in clear, and where the server has no
            TLS nothing is said. A connection that begins with TLS needs none of this.
        clear: whether a way may be taken that shows the secret to whoever reads along, where there is no TLS.

    Raises:
        ValueError: a name or secret has line ends or NUL in it, or a way or kind of TLS is none.
    """

    user: str
    secret: str = field(repr=False)
    way: str = ""
    tls: str = TLS_NEVER
    clear: bool = True

    def __post_init__(self) -> None:
        check_identity(self.user, self.secret)
        ways = ("", words.LOGIN.keyword, words.AUTHENTICATE.keyword, *sasl.NAMES)
        if self.way.upper() not in ways:
            raise ValueError(
                f"expected one of {', '.join(dict.fromkeys(filter(None, ways)))} as a login, got {self.way!r}"
            )
        check_tls(self.tls)


@dataclass(frozen=True, slots=True)
class Entrance:
    """How a mail reader got in.

    Args:
        way: how the login was done; "" where the server knew the client already (RFC 3501 §7.1.4).
        secured: whether TLS was on.
    """

    way: str
    secured: bool


def enter(talk: Talk, login: Login, greeting: Response, *, secured: bool, nonce: Callable[[], str]) -> Script[Entrance]:
    """Begin a session: TLS where it is wanted, then the login.

    Args:
        talk: the connection; it knows the server's capabilities afterwards.
        login: who it is.
        greeting: what the server said first.
        secured: whether the connection began with TLS.
        nonce: gives a text that was never used before, for the mechanisms that need one.

    Raises:
        Refused: it did not come to a login.
    """
    if not greeting.positive:
        raise refused("the server is closed", greeting)
    yield from _learn(talk, greeting)
    known = greeting.reply is words.PREAUTH
    if known and login.tls == TLS_ALWAYS and not secured:
        raise Refused("the server knows the client already, so TLS can't begin any more, and it has to")
    if not secured and not known and login.tls != TLS_NEVER:
        secured = yield from _secure(talk, login)
    if known:
        return Entrance("", secured)
    way = _choose(talk, login, secured)
    if way == words.LOGIN.keyword:
        answer = yield from talk.ask(words.LOGIN, string(login.user), string(login.secret))
    else:
        answer = yield from authenticate(talk, way, login, nonce())
        way = f"{words.AUTHENTICATE.keyword} {way}"
    if not answer.positive:
        raise refused(f"{way} was refused", answer)
    yield from _learn(talk, answer)  # others than before the login (RFC 3501 §6.1.1)
    return Entrance(way, secured)


def _learn(talk: Talk, answer: Response) -> Script[None]:
    """What the server can do now: from a code in this answer, or by asking."""
    code, rest = code_of(answer)
    found = rest.split() if code == words.CODE_CAPABILITY.mark else listed((answer,), words.DATA_CAPABILITY)
    if not found:
        found = listed(((yield from talk.ask(words.CAPABILITY)),), words.DATA_CAPABILITY)
    talk.capabilities = frozenset(word.upper() for word in found)


def _secure(talk: Talk, login: Login) -> Script[bool]:
    """Begin TLS where the server has it; the handshake is the driver's."""
    always = login.tls == TLS_ALWAYS
    if not talk.can(words.STARTTLS, words.CAP_STARTTLS.tag):
        if always:
            raise Refused("the server offers no TLS, and the secret is not to cross in clear")
        return False
    answer = yield from talk.ask(words.STARTTLS)
    if not answer.positive:
        if always:
            raise refused("the server refused TLS, and the secret is not to cross in clear", answer)
        return False
    # What was said in clear, somebody else may have said (RFC 3501 §6.2.1).
    answer = yield from talk.ask(words.CAPABILITY)
    talk.capabilities = frozenset(word.upper() for word in listed((answer,), words.DATA_CAPABILITY))
    return True


def _choose(talk: Talk, login: Login, secured: bool) -> str:
    """How to log in: LOGIN or the name of a mechanism. Raises Refused where there is no way."""
    way = _wanted(talk, login)
    reveals = way == words.LOGIN.keyword or sasl.reveals(way)
    if reveals and not (login.clear or secured):
        raise Refused(f"there is no TLS, and with {way} the password would cross in clear, which is not allowed here")
    return way


def _wanted(talk: Talk, login: Login) -> str:
    wanted = login.way.upper()
    mark = words.CAP_AUTH.tag.upper()
    offered = sasl.strongest([one.removeprefix(mark) for one in talk.capabilities if one.startswith(mark)])
    if wanted not in ("", words.AUTHENTICATE.keyword):
        return wanted
    if wanted and not offered:
        raise Refused(f"the server offers no mechanism that is known here: {', '.join(sasl.NAMES)}")
    may_login = words.CAP_LOGIN_DISABLED.tag not in talk.capabilities
    is_ascii = (login.user + login.secret).isascii()
    if offered and (wanted or not sasl.reveals(offered) or not may_login or not is_ascii):
        return offered
    if not may_login:
        raise Refused("the server takes no password here; it wants TLS first (RFC 3501 §6.2.3)")
    return words.LOGIN.keyword


def authenticate(talk: Talk, mechanism: str, login: Login, nonce: str) -> Script[Response]:
    """Log in by a mechanism of SASL (RFC 3501 §6.2.2), and return the answer that ended the exchange.

    What the client says first goes with the command where both ends know SASL-IR.

    Args:
        talk: the connection.
        mechanism: the name of the mechanism, in capitals.
        login: who it is.
        nonce: a text that was never used before.

    Raises:
        Refused: the server broke the mechanism's rules, or let the client in without having proved what it must.
    """
    proof = Proof(mechanism, login.user, login.secret, nonce)
    arguments = [mechanism.encode()]
    if proof.first is not None and talk.can(words.AUTHENTICATE_INITIAL, words.CAP_SASL_IR.tag):
        arguments.append(proof.first or words.EMPTY)
    answer = yield from talk.ask(words.AUTHENTICATE, *arguments)
    return (yield from proof.carried(answer, words.CANCEL))
