"""What mail readers say to log in by an exchange, and what they make of answers."""

from __future__ import annotations

import re

from popsim import sasl
from popsim.engine.response import Response
from popsim.engine.script import CarryOn, Script, Send
from popsim.protocols.model import Form
from popsim.protocols.pop3 import extension_word_table as extra
from popsim.protocols.protocol import Protocol

MOST_ROUNDS = 8
"""How many challenges of one login are answered: no mechanism here has so many."""

_CODE = re.compile(rb"\[([^\]\r\n]+)\]")


class Refused(Exception):
    """The server let nobody in, or the reader did not go in.

    Args:
        problem: what happened, in words.
        code: the code in the server's answer (RFC 2449 §8), or "".
    """

    def __init__(self, problem: str, code: str = "") -> None:
        super().__init__(problem)
        self.code = code


def line(form: Form, *arguments: object) -> str:
    """A command line, spelled as the table has it."""
    return " ".join([form.keyword, *map(str, arguments)])


def code_of(answer: Response) -> str:
    """The code in square brackets that opens a refusal's text (RFC 2449 §8), or ""."""
    match = None if answer.positive else _CODE.match(answer.text)
    return match[1].decode("latin-1") if match else ""


def said(answer: Response) -> str:
    """The words of an answer, fit for a message."""
    text = answer.text.decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "?" for c in text[:200]) or "no reason given"


def authenticate(
    protocol: Protocol, mechanism: str, user: str, secret: str, *, nonce: str, initial: bool = True
) -> Script[Response]:
    """Log in by a mechanism of SASL (RFC 5034 §4).

    Args:
        protocol: its limit on command lines holds.
        mechanism: the name of the mechanism.
        user, secret: who it is.
        nonce: a text that was never used before.
        initial: whether what the client says first may stand in the command line; where it makes the line too long,
            it is sent after the server's empty challenge.

    Returns:
        The answer that ended the exchange.

    Raises:
        Refused: the server broke the mechanism's rules, or let the client in without having proved what it must.
    """
    try:
        exchange = sasl.client(mechanism, user, secret, nonce=nonce)
        first = exchange.initial() if initial else None
    except sasl.SaslError as error:
        raise Refused(f"{mechanism} can't be used: {error}") from None
    command = line(extra.AUTH, mechanism.upper())
    if first is not None:
        whole = f"{command} {(sasl.encode(first) or extra.EMPTY).decode()}"
        command = whole if len(whole) + 2 <= protocol.limit("command line") else command
    (answer,) = yield Send.of(command)
    for _ in range(MOST_ROUNDS):
        if answer.reader is None:
            break
        try:
            response = sasl.encode(exchange.step(sasl.decode(answer.text)))
        except sasl.SaslError as error:
            yield CarryOn(extra.CANCEL)
            raise Refused(f"{mechanism} was given up: {error}") from None
        (answer,) = yield CarryOn(response)
    else:
        yield CarryOn(extra.CANCEL)
        raise Refused(f"{mechanism} was given up after {MOST_ROUNDS} challenges")
    if answer.positive and not exchange.satisfied:
        raise Refused(f"the server has not proved that it knows the secret, as {mechanism} makes it do")
    return answer
