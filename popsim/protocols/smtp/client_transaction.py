"""One mail transaction as a client carries it out, with what the server announces: pipelined, sized, in eight bits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from popsim.engine.entering import Refused, line
from popsim.engine.response import Response
from popsim.engine.script import CarryOn, Script, Send
from popsim.mail.message import Message
from popsim.protocols.smtp import extension_word_table as extra
from popsim.protocols.smtp import word_table as words
from popsim.protocols.smtp.client_login import Capabilities, code_of, is_done, refused
from popsim.protocols.smtp.syntax import FROM, TO, Mailbox, Path

GROUP = 4096
"""The most octets of commands that are sent without an answer: what fits any window (RFC 2920 §3.1)."""
_LATER = (words.FULL.mark, words.TOO_MUCH.mark)
"""What a server says that has no room for more recipients; the second is of RFC 821 (RFC 5321 §4.5.3.1.10)."""


@dataclass
class Outcome:
    """What came of one transaction: the server's last word on each recipient.

    Args:
        taken: those who get the message.
        refused: those who do not, each with the answer.
        answer: the answer that decided about the message itself, or None where it did not come to that.
    """

    taken: list[Mailbox] = field(default_factory=list)
    refused: list[tuple[Mailbox, Response]] = field(default_factory=list)
    answer: Response | None = None

    def later(self) -> list[Mailbox]:
        """Those for whom another transaction may do."""
        return [mailbox for mailbox, answer in self.refused if code_of(answer) in _LATER]


def opening(sender: Mailbox | None, message: Message, capabilities: Capabilities | None) -> str:
    """The command that opens a transaction, with the parameters that the server knows.

    Raises:
        Refused: the server has said that it does not take such a message.
    """
    announced = capabilities or {}
    parameters = []
    if extra.CAP_SIZE.tag in announced:
        most = next(iter(announced[extra.CAP_SIZE.tag]), "0")
        if most.isdigit() and 0 < int(most) < message.size:
            raise Refused(f"the message has {message.size} octets, and the server takes {most}", words.TOO_MUCH.mark)
        parameters.append(f"{extra.CAP_SIZE.tag}={message.size}")
    if not message.octets.isascii():
        if extra.CAP_EIGHT.tag not in announced:
            raise Refused("the message has octets above 127, and the server has not said that it takes such")
        parameters.append(f"{extra.BODY}={extra.EIGHT_BIT}")
    return line(words.MAIL, f"{FROM}{Path(sender)}", *parameters)


def transact(
    begin: str, recipients: Sequence[Mailbox], message: Message, capabilities: Capabilities | None
) -> Script[Outcome]:
    """Carry one transaction out, from the sender to the text.

    Args:
        begin: the command that opens it: see :func:`opening`.
        recipients: who is to get the message.
        message: its text.
        capabilities: what the server has announced.

    Raises:
        Refused: the sender was refused, or the server let nobody get so far.
    """
    commands = [line(words.RCPT, f"{TO}{Path(mailbox)}") for mailbox in recipients]
    piped = extra.CAP_PIPELINING.tag in (capabilities or {})
    if piped:
        answers = yield from _piped([begin, *commands, line(words.DATA)])
        outcome = _counted(recipients, answers[1:-1])
        if answers[-1].reader:
            text = message.dot_stuffed if outcome.taken else b".\r\n"
            answers = [answers[0], *(yield CarryOn(text.removesuffix(b"\r\n")))]
        elif is_done(answers[0]):
            yield Send.of(line(words.RSET))
        if not is_done(answers[0]):
            raise refused("the sender was refused", answers[0])
        return _decided(outcome, answers[-1])
    (answer,) = yield Send.of(begin)
    if not is_done(answer):
        raise refused("the sender was refused", answer)
    answers = []
    for command in commands:
        answers += yield Send.of(command)
    outcome = _counted(recipients, answers)
    if not outcome.taken:
        yield Send.of(line(words.RSET))
        return outcome
    (answer,) = yield Send.of(line(words.DATA))
    if answer.reader:
        (answer,) = yield CarryOn(message.dot_stuffed.removesuffix(b"\r\n"))
    else:
        yield Send.of(line(words.RSET))
    return _decided(outcome, answer)


def _piped(commands: Sequence[str]) -> Script[list[Response]]:
    """Send commands in groups, each without waiting inside it; the last one ends a group (RFC 2920 §3.1)."""
    answers: list[Response] = []
    for group in _groups(commands):
        answers += yield Send.of(*group)
    return answers


def _groups(commands: Sequence[str]) -> Iterator[list[str]]:
    group: list[str] = []
    for command in commands:
        if group and sum(len(one) + 2 for one in group) + len(command) + 2 > GROUP:
            yield group
            group = []
        group.append(command)
    yield group


def _counted(recipients: Sequence[Mailbox], answers: Sequence[Response]) -> Outcome:
    """Who was taken: answers belong to commands by their order alone (RFC 2920 §3.1)."""
    outcome = Outcome()
    for mailbox, answer in zip(recipients, answers, strict=True):
        if is_done(answer):
            outcome.taken.append(mailbox)
        else:
            outcome.refused.append((mailbox, answer))
    return outcome


def _decided(outcome: Outcome, answer: Response) -> Outcome:
    """The outcome, once the server has said what becomes of the text."""
    if outcome.taken:
        outcome.answer = answer
        if not is_done(answer):
            outcome.refused += [(mailbox, answer) for mailbox in outcome.taken]
            outcome.taken = []
    return outcome
