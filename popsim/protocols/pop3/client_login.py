"""How a mail reader begins: what the server can do, TLS, and who it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from popsim import sasl
from popsim.engine.entering import TLS_ALWAYS, TLS_NEVER, Refused, check_identity, check_tls, line, said
from popsim.engine.response import Response
from popsim.engine.script import Script, Send
from popsim.protocols.pop3 import extension_word_table as extra
from popsim.protocols.pop3 import word_table as words
from popsim.protocols.pop3.client_exchange import authenticate, code_of
from popsim.protocols.protocol import Protocol

Capabilities = Mapping[str, tuple[str, ...]]
"""What a server has announced: what follows each tag (RFC 2449 §5)."""

_TIMESTAMP = re.compile(rb"<[!-;=?-~]+@[!-;=?-~]+>")
_WRONG = next(code.mark for code in extra.CODES if code.condition == words.LOGIN_WRONG)


@dataclass(frozen=True, slots=True)
class Login:
    """Who a mail reader is, and how it says so.

    Args:
        user: the name.
        secret: the password, or the shared secret.
        way: "" for the strongest way that both ends know; else USER, APOP, AUTH (the strongest mechanism of it) or
            the name of a mechanism.
        tls: "never", "if offered", or "always": then the secret never crosses in clear, and where the server has no
            TLS nothing is said. A connection that begins with TLS needs none of this.
        digest: whether APOP is tried where no way was asked for. A timestamp in the greeting says that the server
            knows it, not that this user may use it: where it is refused, the password is given instead.
        clear: whether a way may be taken that shows the secret to whoever reads along, where there is no TLS.

    Raises:
        ValueError: a name or secret has line ends or NUL in it, or a way or kind of TLS is none.
    """

    user: str
    secret: str = field(repr=False)
    way: str = ""
    tls: str = TLS_NEVER
    digest: bool = True
    clear: bool = True

    def __post_init__(self) -> None:
        check_identity(self.user, self.secret)
        ways = ("", words.USER.keyword, words.APOP.keyword, extra.AUTH.keyword, *sasl.NAMES)
        if self.way.upper() not in ways:
            raise ValueError(f"expected one of {', '.join(filter(None, ways))} as a login, got {self.way!r}")
        check_tls(self.tls)


@dataclass(frozen=True, slots=True)
class Entrance:
    """How a mail reader got in.

    Args:
        way: how the login was done.
        secured: whether STLS was done.
        capabilities: what the server had announced before the login, or None where it was not asked or knows none.
    """

    way: str
    secured: bool
    capabilities: Capabilities | None


def ask_capabilities(protocol: Protocol) -> Script[Capabilities | None]:
    """Ask what the server can do; None where it does not know the question."""
    if extra.CAPA not in protocol.forms:
        return None
    (answer,) = yield Send.of(line(extra.CAPA))
    if not answer.positive or answer.body is None:
        return None
    rows = [row.decode("latin-1").split() for row in answer.body.split(b"\r\n")]
    return {row[0].upper(): tuple(row[1:]) for row in rows if row}


def enter(
    login: Login, protocol: Protocol, greeting: Response, *, secured: bool, nonce: Callable[[], str]
) -> Script[Entrance]:
    """Begin a session: TLS where it is wanted, then the login.

    Args:
        login: who it is.
        protocol: which commands may be tried.
        greeting: what the server said first.
        secured: whether the connection began with TLS.
        nonce: gives a text that was never used before, for the mechanisms that need one.

    Raises:
        Refused: it did not come to a login.
    """
    if not greeting.positive:
        raise Refused(f"the server is closed: {said(greeting)}", code_of(greeting))
    capabilities = yield from ask_capabilities(protocol)
    if not secured and login.tls != TLS_NEVER:
        secured = yield from _secure(login, protocol, capabilities)
        if secured:  # what was said in clear, somebody else may have said: RFC 2595 §4
            capabilities = yield from ask_capabilities(protocol)
    if extra.UTF8 in protocol.forms and extra.CAP_UTF8.tag in (capabilities or {}):
        yield Send.of(line(extra.UTF8))  # else messages whose header is UTF-8 would be refused: RFC 6856 §2.1
    way = _checked(choose(login, protocol, greeting, capabilities), login, secured)
    answer = yield from _log_in(way, login, protocol, greeting, capabilities, nonce)
    if way == words.APOP.keyword and not login.way and _is_unknown(answer):
        refused, other = way, replace(login, digest=False)
        way = _checked(choose(other, protocol, greeting, capabilities), login, secured)
        answer = yield from _log_in(way, login, protocol, greeting, capabilities, nonce)
        if not answer.positive:
            raise Refused(f"{refused} was refused, and {way} too: {said(answer)}", code_of(answer))
    if way in sasl.NAMES:
        way = f"{extra.AUTH.keyword} {way}"
    if not answer.positive:
        raise Refused(f"{way} was refused: {said(answer)}", code_of(answer))
    return Entrance(way, secured, capabilities)


def _log_in(
    way: str,
    login: Login,
    protocol: Protocol,
    greeting: Response,
    capabilities: Capabilities | None,
    nonce: Callable[[], str],
) -> Script[Response]:
    if way == words.USER.keyword:
        return (yield from _give_password(login))
    if way == words.APOP.keyword:
        return (yield from _give_digest(login, greeting))
    initial = extra.CAP_SASL.tag in (capabilities or {})
    return (yield from authenticate(protocol, way, login.user, login.secret, nonce=nonce(), initial=initial))


def _checked(way: str, login: Login, secured: bool) -> str:
    """The way, if it may be taken. Raises Refused where it would show the secret, and that is not allowed."""
    if login.clear or secured or not (way == words.USER.keyword or way in sasl.NAMES and sasl.reveals(way)):
        return way
    raise Refused(f"there is no TLS, and with {way} the password would cross in clear, which is not allowed here")


def _is_unknown(answer: Response) -> bool:
    """Whether a refused login may have been refused for its way: no code says that name and secret were right."""
    return not answer.positive and code_of(answer) in ("", _WRONG)


def choose(login: Login, protocol: Protocol, greeting: Response, capabilities: Capabilities | None) -> str:
    """How to log in: USER, APOP or the name of a mechanism. Raises Refused where there is no way."""
    offered = sasl.strongest((capabilities or {}).get(extra.CAP_SASL.tag, ())) if extra.AUTH in protocol.forms else None
    wanted = login.way.upper()
    may_sign = login.digest or wanted == words.APOP.keyword
    has_digest = may_sign and words.APOP in protocol.forms and _TIMESTAMP.search(greeting.text) is not None
    if wanted == extra.AUTH.keyword and not offered:
        raise Refused(f"the server offers no mechanism that is known here: {', '.join(sasl.NAMES)}")
    if wanted == words.APOP.keyword and not has_digest:
        raise Refused("the greeting has no timestamp, so there is nothing to sign (RFC 1939 §7)")
    if wanted == extra.AUTH.keyword and offered:
        return offered
    way = wanted or _strongest(offered, has_digest, capabilities)
    is_ascii = (login.user + login.secret).isascii()
    takes_utf8 = words.USER.keyword in (capabilities or {}).get(extra.CAP_UTF8.tag, ())
    if way in (words.USER.keyword, words.APOP.keyword) and not is_ascii and not takes_utf8:
        if not wanted and offered:
            return offered
        raise Refused("the server does not say that it takes names and passwords beyond ASCII (RFC 6856 §2.2)")
    return way


def _strongest(offered: str | None, has_digest: bool, capabilities: Capabilities | None) -> str:
    """The way that shows the least: a proof before a digest, a digest before the password itself."""
    if offered and not sasl.reveals(offered):
        return offered
    if has_digest:
        return words.APOP.keyword
    if capabilities is None or extra.CAP_USER.tag in capabilities:
        return offered or words.USER.keyword
    if offered:
        return offered
    raise Refused("the server announces no way to log in that is known here; it may want TLS first")


def _secure(login: Login, protocol: Protocol, capabilities: Capabilities | None) -> Script[bool]:
    """Begin TLS where the server has it; the handshake is the driver's."""
    always = login.tls == TLS_ALWAYS
    if extra.STLS not in protocol.forms:
        offered = False
    elif capabilities is None:
        offered = always  # it is not said, so it may be there
    else:
        offered = extra.CAP_STLS.tag in capabilities
    if not offered:
        if always:
            raise Refused("the server offers no TLS, and the secret is not to cross in clear")
        return False
    (answer,) = yield Send.of(line(extra.STLS))
    if not answer.positive and always:
        raise Refused(f"the server refused TLS, and the secret is not to cross in clear: {said(answer)}")
    return answer.positive


def _give_password(login: Login) -> Script[Response]:
    (answer,) = yield Send.of(line(words.USER, login.user))
    if answer.positive:
        (answer,) = yield Send.of(line(words.PASS, login.secret))
    return answer


def _give_digest(login: Login, greeting: Response) -> Script[Response]:
    import hashlib

    timestamp = _TIMESTAMP.search(greeting.text)
    assert timestamp is not None
    secret = login.secret if login.secret.isascii() else sasl.prepared(login.secret)  # RFC 6856 §2.2
    signed = hashlib.md5(timestamp[0] + secret.encode(), usedforsecurity=False)
    (answer,) = yield Send.of(line(words.APOP, login.user, signed.hexdigest()))
    return answer
