"""A login by an exchange of challenges (RFC 4422) on the server of any protocol that carries one in lines of base64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol as Duck

from popsim.engine.answer import Answer
from popsim.mail.store import Account
from popsim.sasl import Challenge, SaslError, ServerExchange, Succeeded, Verdict, decode, encode
from popsim.sasl.exchange import WRONG
from popsim.sasl.login import Logins


class Spelling(Duck):
    """What a protocol's table calls the outcomes of an exchange, and two of its lines; the table's module has them."""

    CHALLENGED: str
    SERVER_FIRST: str
    NO_BASE64: str
    ANSWER_WRONG: str
    CANCELLED: str
    CANCEL: bytes
    EMPTY: bytes


class Challenges:
    """The exchanges of one session, one after the other.

    Args:
        logins: checks who has proved what.
        table: the words of the protocol.
        admit: what is done for the account of who has proved to be its user; None: name or secret was wrong.
    """

    __slots__ = ("_logins", "_table", "_admit", "_exchange")

    def __init__(self, logins: Logins, table: Spelling, admit: Callable[[Account | None], Answer]) -> None:
        self._logins = logins
        self._table = table
        self._admit = admit
        self._exchange: ServerExchange | None = None

    def begin(self, mechanism: str, initial: bytes | None = None, refused: Answer | None = None) -> Answer:
        """Begin an exchange.

        Args:
            mechanism: its name, in upper case.
            initial: what the client says first, in base64 as it came; None where it says nothing.
            refused: the answer to who may not begin it now, once what came with it is known to be base64.
        """
        table = self._table
        try:
            first = None if initial is None else b"" if initial == table.EMPTY else decode(initial)
        except SaslError as error:
            return Answer(table.NO_BASE64, str(error).encode())
        if refused is not None:
            return refused
        exchange = self._logins.exchange(mechanism)
        if first is not None and not exchange.client_first:
            return Answer(table.SERVER_FIRST, f"{mechanism} begins with a challenge: send no initial response".encode())
        self._exchange = exchange
        return self._judged(exchange.step(first))

    def answer(self, line: bytes) -> Answer:
        """A line of an exchange has come."""
        table, exchange = self._table, self._exchange
        assert exchange is not None
        if line == table.CANCEL:
            return Answer(table.CANCELLED, b"cancelled")
        try:
            response = decode(line)
        except SaslError as error:
            return Answer(table.NO_BASE64, str(error).encode())
        return self._judged(exchange.step(response))

    def _judged(self, verdict: Verdict) -> Answer:
        if isinstance(verdict, Challenge):
            return Answer(self._table.CHALLENGED, encode(verdict.octets))
        self._exchange = None
        if isinstance(verdict, Succeeded):
            return self._admit(self._logins.account(verdict.user))
        if verdict != WRONG:  # what came is no proof, right or wrong: it gets no code for a wrong one
            return Answer(self._table.ANSWER_WRONG, verdict.reason.encode())
        return self._admit(None)
