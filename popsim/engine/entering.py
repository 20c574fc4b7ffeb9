"""How the clients of all protocols get in: TLS or none, a login by an exchange, and what to raise where it fails."""

from __future__ import annotations

from collections.abc import Callable

from popsim import sasl
from popsim.engine.response import Response
from popsim.engine.script import CarryOn, Script
from popsim.protocols.model import Form

TLS_NEVER, TLS_OFFERED, TLS_ALWAYS = "never", "if offered", "always"
MOST_ROUNDS = 8
"""How many challenges of one login are answered: no mechanism here has so many."""


class Refused(Exception):
    """The server let nobody in, or did not do what the client cannot do without; or the client did not go in.

    Args:
        problem: what happened, in words.
        code: the code in the server's answer, as the protocol has it, or "".
    """

    def __init__(self, problem: str, code: str = "") -> None:
        super().__init__(problem)
        self.code = code


def line(form: Form, *arguments: object) -> str:
    """A command line, spelled as the table has it."""
    return " ".join([form.keyword, *map(str, arguments)])


def words_of(octets: bytes) -> str:
    """What a server said, fit for a message: 200 characters at most, on one line."""
    text = octets.decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "?" for c in text[:200]) or "no reason given"


def said(answer: Response) -> str:
    """The words of an answer, fit for a message."""
    return words_of(answer.text)


def check_identity(user: str, secret: str) -> None:
    """Accept a name and a secret that can be said.

    Raises:
        ValueError: one of them is empty, or has line ends or NUL in it.
    """
    if any(c in "\r\n\0" for c in user + secret) or not user or not secret:
        raise ValueError("expected a name and a secret, in one line each: a line end would begin another command")


def check_tls(tls: str) -> None:
    """Accept one of the three ways to go about TLS. Raises ValueError for anything else."""
    if tls not in (TLS_NEVER, TLS_OFFERED, TLS_ALWAYS):
        raise ValueError(f"expected 'never', 'if offered' or 'always' for tls, got {tls!r}")


class Proof:
    """The client's end of one login by a mechanism of SASL, in lines of base64.

    Args:
        mechanism: the name of the mechanism.
        user, secret: who it is.
        nonce: a text that was never used before: printable ASCII without a space or comma.

    Raises:
        Refused: a name, secret or nonce can't be used in it, or there is no such mechanism.
    """

    def __init__(self, mechanism: str, user: str, secret: str, nonce: str) -> None:
        self.mechanism = mechanism
        try:
            self._exchange = sasl.client(mechanism, user, secret, nonce=nonce)
            first = self._exchange.initial()
        except sasl.SaslError as error:
            raise Refused(f"{mechanism} can't be used: {error}") from None
        self.first = None if first is None else sasl.encode(first)
        """What the client says first, in base64; None where the server speaks first."""

    def carried(
        self, answer: Response, cancel: bytes, is_done: Callable[[Response], bool] = lambda answer: answer.positive
    ) -> Script[Response]:
        """Answer the server's challenges, and return the answer that ends the exchange.

        Args:
            answer: the answer to the command that began it.
            cancel: the line that ends an exchange without a login.
            is_done: whether an answer says that the login was done.

        Raises:
            Refused: the server broke the mechanism's rules, or let the client in without having proved what it must.
        """
        name, exchange = self.mechanism, self._exchange
        for _ in range(MOST_ROUNDS):
            if answer.reader is None:
                break
            try:
                response = sasl.encode(exchange.step(sasl.decode(answer.text)))
            except sasl.SaslError as error:
                yield CarryOn(cancel)
                raise Refused(f"{name} was given up: {error}") from None
            (answer,) = yield CarryOn(response)
        else:
            yield CarryOn(cancel)
            raise Refused(f"{name} was given up after {MOST_ROUNDS} challenges")
        if is_done(answer) and not exchange.satisfied:
            raise Refused(f"the server has not proved that it knows the secret, as {name} makes it do")
        return answer
