"""How a client begins with an SMTP server: who it is, what the server can do, TLS, and a login where one is wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from popsim import sasl
from popsim.engine.entering import TLS_ALWAYS, TLS_NEVER, Proof, Refused, check_identity, line, words_of
from popsim.engine.response import Response
from popsim.engine.script import Script, Send
from popsim.protocols.protocol import Protocol
from popsim.protocols.smtp import extension_word_table as extra
from popsim.protocols.smtp import word_table as words

Capabilities = Mapping[str, tuple[str, ...]]
"""What a server has announced: what follows each keyword (RFC 5321 §4.1.1.1)."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who a client is, and how it says so.

    Args:
        user: the name.
        secret: the password, or the shared secret.
        mechanism: the name of a SASL mechanism; "" for the strongest that both ends know.
        clear: whether a mechanism may be taken that shows the secret to whoever reads along, where there is no TLS.

    Raises:
        ValueError: a name or secret is empty or has line ends or NUL in it, or popsim knows no such mechanism.
    """

    user: str
    secret: str = field(repr=False)
    mechanism: str = ""
    clear: bool = True

    def __post_init__(self) -> None:
        check_identity(self.user, self.secret)
        if self.mechanism and self.mechanism.upper() not in sasl.NAMES:
            raise ValueError(f"expected one of {', '.join(sasl.NAMES)} as a mechanism, got {self.mechanism!r}")


def code_of(answer: Response) -> str:
    """The three digits of an answer, one that the table does not know too; "" where there are none."""
    digits = answer.reply.mark if answer.reply else answer.text[:3].decode("latin-1")
    return digits if len(digits) == 3 and digits.isascii() and digits.isdigit() else ""


def is_done(answer: Response) -> bool:
    """Whether the first digit says that it was done: what a client must go by (RFC 5321 §4.3.2)."""
    return code_of(answer).startswith("2")


def said(answer: Response) -> str:
    """The words of an answer, of all its lines, fit for a message."""
    return words_of(b" ".join([*answer.untagged, answer.text]))


def refused(what: str, answer: Response) -> Refused:
    """What to raise where the server said no."""
    return Refused(f"{what}: {said(answer)}", code_of(answer))


def greet(protocol: Protocol, client: str) -> Script[Capabilities | None]:
    """Say who the client is, and learn what the server can do; None where it knows no extensions (RFC 5321 §3.2).

    Raises:
        Refused: the server does not want to know.
    """
    if words.EHLO in protocol.forms:
        (answer,) = yield Send.of(line(words.EHLO, client))
        if is_done(answer):
            rows = [row.decode("latin-1").split() for row in (*answer.untagged, answer.text)[1:]]
            return {row[0].upper(): tuple(row[1:]) for row in rows if row}
    (answer,) = yield Send.of(line(words.HELO, client))
    if not is_done(answer):
        raise refused("the server does not take this client", answer)
    return None


def secure(protocol: Protocol, capabilities: Capabilities | None, tls: str) -> Script[bool]:
    """Begin TLS where the server offers it; the handshake is the driver's.

    Raises:
        Refused: there is none, and there has to be.
    """
    if tls == TLS_NEVER:
        return False
    offered = extra.STARTTLS in protocol.forms and extra.CAP_STARTTLS.tag in (capabilities or {})
    if not offered and tls == TLS_ALWAYS:
        raise Refused("the server offers no TLS, and nothing is to cross in clear")
    if not offered:
        return False
    (answer,) = yield Send.of(line(extra.STARTTLS))
    if not is_done(answer) and tls == TLS_ALWAYS:
        raise refused("the server refused TLS, and nothing is to cross in clear", answer)
    return is_done(answer)


def log_in(
    login: Login, protocol: Protocol, capabilities: Capabilities | None, secured: bool, nonce: Callable[[], str]
) -> Script[str]:
    """Log in by an exchange, and return the mechanism.

    Raises:
        Refused: there is no way in, or name and secret are wrong.
    """
    offered = (capabilities or {}).get(extra.CAP_AUTH.tag, ()) if extra.AUTH in protocol.forms else ()
    mechanism = login.mechanism.upper() or sasl.strongest(offered) or ""
    if not mechanism or mechanism not in [name.upper() for name in offered]:
        there = ", ".join(offered) or "none"
        raise Refused(f"no login is possible: the server offers {there}, and known here are {', '.join(sasl.NAMES)}")
    if sasl.reveals(mechanism) and not (secured or login.clear):
        raise Refused(f"there is no TLS, and with {mechanism} the password would cross in clear")
    answer = yield from authenticate(login, protocol, mechanism, nonce())
    if not is_done(answer):
        raise refused(f"{extra.AUTH.keyword} {mechanism} was refused", answer)
    return mechanism


def authenticate(
    login: Login, protocol: Protocol, mechanism: str, nonce: str, *, initial: bool = True
) -> Script[Response]:
    """Log in by a mechanism of SASL (RFC 4954 §4), and return the answer that ended the exchange.

    Args:
        login: who it is.
        protocol: its limit on command lines holds.
        mechanism: the name of the mechanism, in capitals.
        nonce: a text that was never used before.
        initial: whether what the client says first may stand in the command line.

    Raises:
        Refused: the server broke the mechanism's rules, or let the client in without having proved what it must.
    """
    proof = Proof(mechanism, login.user, login.secret, nonce)
    command = line(extra.AUTH, mechanism)
    if proof.first is not None and initial:
        whole = f"{command} {(proof.first or extra.EMPTY).decode()}"
        # Extensions lengthen the line of MAIL only: this one keeps to the edition's limit (RFC 4954 §4).
        longest = replace(protocol, enabled=()).limit("command line")
        command = whole if len(whole) + 2 <= longest else command
    (answer,) = yield Send.of(command)
    return (yield from proof.carried(answer, extra.CANCEL, is_done))
