"""Exercises: what a learner has to bring about, and the check that runs the answer and looks at what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from popsim.course.feedback import BLANK, Feedback, Finding, Hint
from popsim.course.history import History, history
from popsim.lab.lab import Lab
from popsim.mail import samples
from popsim.mail.collection import Mail
from popsim.protocols.model import ALWAYS, CLOSED, Rule, trigger_name
from popsim.protocols.pop3 import table
from popsim.protocols.protocol import Protocol
from popsim.wire import NotConnected

_MOST = 50
"""A longer answer is not run: something else was meant."""


class NotAnAnswer(ValueError):
    """What came can't be run; the message is one line for the learner."""


@dataclass(frozen=True, repr=False)
class Checked(Feedback):
    """The feedback on an answer, and the lab in which it was run: ``.lab.player()`` steps through it."""

    lab: Lab = field(kw_only=True)


@dataclass(frozen=True)
class Exercise:
    """A session to be written: a list of command lines that brings something about.

    Args:
        name: how the lesson calls it, such as ``3.1``.
        protocol: the edition that is spoken.
        mail: what gives the maildrop that each answer starts with.
        removed: the numbers of the messages that shall be gone, and no others.
        spared: the numbers of the messages that shall have been marked, and still be there.
        enough: how many command lines are enough.
    """

    name: str
    protocol: Protocol
    mail: Callable[[], Mail]
    removed: frozenset[int]
    spared: frozenset[int]
    enough: int

    def check(self, session: object) -> Checked | Hint:
        """Run an answer and say what it brought about.

        Args:
            session: the command lines, in order.

        Returns:
            What was expected, what came and why, with the section of each rule; or a hint of one line where the
            answer is blank or is no list of command lines.
        """
        try:
            lines = read_session(session)
        except NotAnAnswer as error:
            return Hint(f"Exercise {self.name}: {error}")
        lab = Lab(self.protocol, mail=self.mail())
        sent = send_lines(lab, lines)
        story = history(lab)
        findings = tuple(self._findings(story, len(lines), sent))
        solved = all(finding.right for finding in findings)
        reasons = tuple(self._reasons(story, len(lines), sent))
        title = f"Exercise {self.name}: {'solved.' if solved else 'not yet.'}"
        return Checked(title, (), "expected", "came", findings, reasons, lab=lab)

    def _findings(self, story: History, written: int, sent: int) -> Iterator[Finding]:
        yield Finding("gone", _listed(self.removed), _listed(story.gone), story.gone == self.removed)
        for number in sorted(self.spared):
            marked, gone = bool(story.of(number)), number in story.gone
            came = f"{'marked' if marked else 'never marked'}, {'gone' if gone else 'still there'}"
            yield Finding(f"message {number}", "marked, still there", came, marked and not gone)
        came = str(written) if sent == written else f"{written}, of which {sent} were sent"
        fits = sent == written <= self.enough
        yield Finding("command lines", f"{self.enough} at most", came, fits)

    def _reasons(self, story: History, written: int, sent: int) -> Iterator[str]:
        """What stood in the way, the first cause first; then what became of the messages that it is about."""
        causes = list(_causes(story, written, sent)) if story.gone != self.removed else []
        yield from causes
        wrong = self.removed ^ story.gone | {n for n in self.spared if not story.of(n)}
        for number in sorted(wrong or self.removed | self.spared):
            if story.of(number) or not causes:
                yield _told(story, number)
        if not wrong and written > self.enough:
            yield f"It does what was asked, and {self.enough} lines can do it. Which of yours could be spared?"


EXERCISES = (
    Exercise(
        "3.1",
        table.POP3.edition(1460).minimal(),
        samples.four,
        removed=frozenset({2}),
        spared=frozenset({3}),
        enough=6,
    ),
)


def read_session(session: object) -> list[str]:
    """The command lines of an answer.

    Raises:
        NotAnAnswer: it is blank, or no list of command lines.
    """
    example = f'`["{table.NOOP.keyword}", "{table.QUIT.keyword}"]`'
    if session is BLANK:
        raise NotAnAnswer("still blank: write a list of command lines in place of the three dots.")
    if not isinstance(session, (list, tuple)):
        raise NotAnAnswer(f"expected a list of command lines, such as {example}; got {_kind(session)}.")
    if not session or len(session) > _MOST:
        raise NotAnAnswer(f"expected 1 to {_MOST} command lines in the list; got {len(session)}.")
    for number, line in enumerate(session, 1):
        if not isinstance(line, str):
            raise NotAnAnswer(f"line {number}: expected a text in quotes; got {_kind(line)}.")
        if not line.strip():
            raise NotAnAnswer(f"line {number} is empty: expected a command.")
        if "\r" in line or "\n" in line:
            raise NotAnAnswer(f"line {number} has a line end in it: expected one command, without its end.")
    return list(session)


def send_lines(lab: Lab, lines: list[str]) -> int:
    """Send the lines, one after the other, until the connection is closed; return how many were sent."""
    for sent, line in enumerate(lines):
        try:
            lab.send(line)
        except NotConnected:
            return sent
    return len(lines)


def _causes(story: History, written: int, sent: int) -> Iterator[str]:
    yield from unsent(story, written, sent)
    yield from first_refusal(story)
    if not story.reached:
        closed = story.state == CLOSED.name
        last = f"it ended in {story.rules[sent].state}" if closed else f"at the end it is still in {story.state}"
        source = story.protocol.reference(story.removing)
        yield f"The session was never in {story.removing}: {last}. Nothing is removed before ({source})."


def unsent(story: History, written: int, sent: int) -> Iterator[str]:
    """Why the last lines were not sent, where they were not."""
    if sent < written:
        yield f"Line {sent + 1} was not sent: line {sent} had closed the connection ({story.cited(story.rules[sent])})."


def first_refusal(story: History) -> Iterator[str]:
    """Why a line was refused, of the first one that was."""
    for refusal in story.refusals[:1]:
        where, why = refusal.rule.state, _why(refusal.rule)
        yield f"Line {refusal.line} was refused. In {where}: {why} ({story.cited(refusal.rule)})."


def _told(story: History, number: int) -> str:
    """What was done to a message, line by line, with the sections."""
    turns = [f"{turn.verb} by line {turn.line} ({story.cited(turn.rule)})" for turn in story.of(number)]
    if turns:
        return f"Message {number}: {', '.join(turns)}."
    return f"Message {number}: never marked ({story.protocol.reference(table.DELE)})."


def _why(rule: Rule) -> str:
    """The reason for a refusal: its condition, or for a row without one what came."""
    return trigger_name(rule.trigger) if rule.condition == ALWAYS else rule.condition


def _listed(numbers: Iterable[int]) -> str:
    shown = [str(number) for number in sorted(numbers)]
    return f"message{'s' * (len(shown) > 1)} {', '.join(shown)}" if shown else "none"


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "a text without brackets around it"
    return f"`{value!r}`" if isinstance(value, (int, float, type(None))) else f"a value of type {type(value).__name__}"
