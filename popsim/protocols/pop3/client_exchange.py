"""What mail readers say to log in by an exchange, and what they make of answers."""

from __future__ import annotations

import re

from popsim.engine.entering import Proof, line
from popsim.engine.response import Response
from popsim.engine.script import Script, Send
from popsim.protocols.pop3 import extension_word_table as extra
from popsim.protocols.protocol import Protocol

_CODE = re.compile(rb"\[([^\]\r\n]+)\]")


def code_of(answer: Response) -> str:
    """The code in square brackets that opens a refusal's text (RFC 2449 §8), or ""."""
    match = None if answer.positive else _CODE.match(answer.text)
    return match[1].decode("latin-1") if match else ""


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
    proof = Proof(mechanism, user, secret, nonce)
    command = line(extra.AUTH, mechanism.upper())
    if proof.first is not None and initial:
        whole = f"{command} {(proof.first or extra.EMPTY).decode()}"
        command = whole if len(whole) + 2 <= protocol.limit("command line") else command
    (answer,) = yield Send.of(command)
    return (yield from proof.carried(answer, extra.CANCEL))
