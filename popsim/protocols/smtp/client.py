"""What a program does that sends mail: one message, to one or more recipients, as a script."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from popsim.engine.entering import TLS_NEVER, Refused, check_tls, line
from popsim.engine.response import Response
from popsim.engine.script import Connect, Disconnected, Hang, Script, Send
from popsim.mail.message import Message
from popsim.protocols.protocol import Protocol
from popsim.protocols.smtp import extension_word_table as extra
from popsim.protocols.smtp import word_table as words
from popsim.protocols.smtp.client_login import (
    Capabilities,
    Login,
    code_of,
    greet,
    is_done,
    log_in,
    refused,
    said,
    secure,
)
from popsim.protocols.smtp.client_transaction import Outcome, opening, transact
from popsim.protocols.smtp.syntax import Mailbox, mailbox

CLIENT = "client.popsim.example"
"""What a client calls itself that has no other name."""


class Ending(Enum):
    """How a submission ended."""

    DONE = "done"
    REFUSED = "refused"
    LOST = "connection lost"


class Refusal(NamedTuple):
    """Somebody who does not get the message: who, the three digits of the answer, and its words."""

    recipient: str
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What came of sending one message.

    Args:
        taken: the recipients for whom the server has taken the message: it is the server's affair now.
        refused: those for whom it has not.
        way: the mechanism of the login, or "".
        secured: whether TLS was on.
        pipelined: whether commands were sent without waiting for answers.
        transactions: how many transactions it took; a server may want no more than a hundred recipients in one.
        ending: how it ended. Who is neither taken nor refused may or may not get the message: nobody has said.
        problem: what went wrong, in words, or "".
        code: the three digits that came with it, or "".
    """

    taken: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    way: str = ""
    secured: bool = False
    pipelined: bool = False
    transactions: int = 0
    ending: Ending = Ending.DONE
    problem: str = ""
    code: str = ""

    @property
    def complete(self) -> bool:
        """Whether everybody gets the message."""
        return self.ending is Ending.DONE and not self.refused

    def __str__(self) -> str:
        text = f"taken for {', '.join(self.taken) or 'nobody'}"
        text += "".join(f"; not for {one.recipient}: {one.code} {one.words}" for one in self.refused)
        return f"{text}; {self.ending.value}" + (f": {self.problem}" if self.problem else "")


class _Notes:
    """What is known of a submission while it goes on."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.way, self.secured, self.pipelined = "", False, False
        self.ending, self.problem, self.code = Ending.DONE, "", ""

    def end(self, ending: Ending, problem: str, code: str = "") -> None:
        self.ending, self.problem, self.code = ending, problem, code

    def submission(self) -> Submission:
        """The submission as a value; of several answers about one recipient the last one counts."""
        last: dict[Mailbox, Response | None] = {}
        for outcome in self.outcomes:
            last.update(outcome.refused)
            last.update(dict.fromkeys(outcome.taken))
        return Submission(
            tuple(str(box) for box, answer in last.items() if answer is None),
            tuple(Refusal(str(box), code_of(answer), said(answer)) for box, answer in last.items() if answer),
            self.way, self.secured, self.pipelined, len(self.outcomes), self.ending, self.problem, self.code,
        )  # fmt: skip


def submit(
    message: Message,
    sender: str,
    recipients: Iterable[str],
    protocol: Protocol,
    *,
    login: Login | None = None,
    tls: str = TLS_NEVER,
    secured: bool = False,
    client: str = CLIENT,
    nonce: Callable[[], str] = lambda: "submission",
) -> Script[Submission]:
    """Send one message.

    Args:
        message: what is sent.
        sender: who is told when it fails, such as ``alice@popsim.example``; "" for nobody.
        recipients: who is to get it.
        protocol: which commands may be tried; what the server announces decides about extensions.
        login: who logs in; None: nobody does.
        tls: "never", "if offered" or "always".
        secured: whether the connection is to begin with TLS (RFC 8314 §3).
        client: what the client calls itself: a domain, or an address such as ``[127.0.0.1]``.
        nonce: gives a text that was never used before, for the mechanisms that need one.

    Raises:
        ValueError: an address is none, there is no recipient, a kind of TLS is none, or the message has a CR or LF
            that stands alone, which must not be sent (RFC 5321 §2.3.8).
    """
    check_tls(tls)
    boxes = list(dict.fromkeys(_address(text) for text in recipients))
    if not boxes:
        raise ValueError("expected at least one recipient, such as alice@popsim.example")
    if message.octets.count(b"\r") != message.octets.count(b"\r\n"):
        raise ValueError("expected every CR of the message before an LF: one alone must not be sent (RFC 5321 §2.3.8)")
    box = _address(sender) if sender else None
    return _submit(message, box, boxes, protocol, login, tls, secured, client, nonce)


def _submit(
    message: Message,
    sender: Mailbox | None,
    boxes: list[Mailbox],
    protocol: Protocol,
    login: Login | None,
    tls: str,
    secured: bool,
    client: str,
    nonce: Callable[[], str],
) -> Script[Submission]:
    notes = _Notes()
    notes.secured = secured
    try:
        (greeting,) = yield Connect(secured)
        try:
            if not is_done(greeting):
                raise refused("the server takes no mail", greeting)
            capabilities = yield from _enter(notes, protocol, login, tls, client, nonce)
            yield from _hand_over(notes, message, sender, boxes, capabilities)
        except Refused as no:
            notes.end(Ending.REFUSED, str(no), no.code)
    except Disconnected as lost:
        notes.end(Ending.LOST, str(lost))
        return notes.submission()
    with suppress(Disconnected):  # what becomes of the message has been said: how the connection ends changes nothing
        yield Send.of(line(words.QUIT))
        yield Hang()
    return notes.submission()


def _enter(
    notes: _Notes, protocol: Protocol, login: Login | None, tls: str, client: str, nonce: Callable[[], str]
) -> Script[Capabilities | None]:
    """Say who this is; what was said in clear counts no more under TLS (RFC 3207 §4.2)."""
    capabilities = yield from greet(protocol, client)
    if not notes.secured:
        notes.secured = yield from secure(protocol, capabilities, tls)
        if notes.secured:
            capabilities = yield from greet(protocol, client)
    if login:
        notes.way = yield from log_in(login, protocol, capabilities, notes.secured, nonce)
    return capabilities


def _hand_over(
    notes: _Notes, message: Message, sender: Mailbox | None, boxes: list[Mailbox], capabilities: Capabilities | None
) -> Script[None]:
    """One transaction, and further ones for recipients whom the server had no room for."""
    notes.pipelined = extra.CAP_PIPELINING.tag in (capabilities or {})
    begin = opening(sender, message, capabilities)
    while boxes:
        outcome = yield from transact(begin, boxes, message, capabilities)
        notes.outcomes.append(outcome)
        if outcome.answer is not None and not is_done(outcome.answer):
            raise refused("the message was refused", outcome.answer)
        boxes = outcome.later() if outcome.taken else []


def _address(text: str) -> Mailbox:
    box = mailbox(text)
    if box is None:
        raise ValueError(f"expected an address such as alice@popsim.example, got {text!r}")
    return box
