"""Predictions: the learner says what will come, then the command is sent, and then the two are compared."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from weakref import WeakKeyDictionary

from popsim.course.feedback import Feedback, Finding, Hint
from popsim.course.guesses import Guess, Unreadable, read
from popsim.course.outcome import Outcome, Step, follow
from popsim.lab.lab import Lab
from popsim.views.rich import Rich
from popsim.wire import NotConnected


@dataclass(frozen=True, slots=True)
class _Answer:
    """A guess that was counted, with what the score says of it."""

    question: int
    step: str
    finding: Finding
    source: str


class Predictions:
    """Takes guesses, does what they are about, and keeps the score."""

    def __init__(self) -> None:
        self._answers: list[_Answer] = []
        self._asked: list[tuple[str, str]] = []
        self._last: WeakKeyDictionary[Lab, Outcome] = WeakKeyDictionary()

    def predict(
        self,
        lab: Lab,
        step: Step,
        *,
        reply: object = None,
        state: object = None,
        left: object = None,
        fetched: object = None,
    ) -> Feedback | Hint:
        """Fix a guess, then send a command, then say which parts of the guess were right, and by which rule.

        The score counts the first guess about a step after a certain past; the same past may be another lab's. Asked
        for the same step again with nothing done in between, it is not even sent a second time.

        Args:
            lab: whose first connection is spoken on.
            step: a command line; or something else that a lab can do, such as ``lab.cut`` or a function that lets a
                mail reader read.
            reply: the reply's status, such as ``"+OK"``, or ``"none"``.
            state: the name of the state that the session is in next.
            left: how many messages the server still has, marked or not.
            fetched: how many messages a mail reader fetches, where the step is a function that returns what
                ``lab.read(...)`` does.

        Returns:
            What was right; or, where a guess is blank or cannot be read, a hint of one line, and nothing is sent.
            A part that is None is not looked at.
        """
        if problem := _problem(lab, step):
            return Hint(problem)
        try:
            asked = {"reply": reply, "state": state, "left": left, "fetched": fetched}
            guesses = read(lab.protocol, asked)
            outcome = self._outcome(lab, step)
        except Unreadable as unreadable:
            return Hint(f"{unreadable} Nothing was sent.")
        except NotConnected:
            return Hint("This session is over. Run the cell that makes the lab, and go on from there.")
        findings = tuple(_compare(guess, outcome) for guess in guesses)
        question = (outcome.past, outcome.step)
        if question in self._asked:
            return _feedback(outcome, findings, "You have guessed this before: the score stays.")
        self._asked.append(question)
        self._answers += [
            _Answer(len(self._asked), outcome.step, finding, outcome.source(finding.what)) for finding in findings
        ]
        return _feedback(outcome, findings)

    def score(self) -> Score:
        """How many of the guesses were right so far, and where to look again."""
        return Score(tuple(self._answers))

    def _outcome(self, lab: Lab, step: Step) -> Outcome:
        """What the step brings about, or what it has just brought about."""
        last = self._last.get(lab)
        if last is None or (last.step, last.end) != (_name(step), len(lab.timeline)):
            last = self._last[lab] = follow(lab, step, _name(step))
        return last


@dataclass(frozen=True, repr=False)
class Score(Rich):
    """How many guesses were right, and where to read again."""

    answers: tuple[_Answer, ...]

    def __str__(self) -> str:
        return "\n".join([self._headline(), *(f"   {line}" for line in self._again())])

    def html(self) -> str:
        return Feedback(self._headline(), (), "", "", (), tuple(self._again())).html()

    def _headline(self) -> str:
        if not self.answers:
            return "No guess yet."
        right = sum(answer.finding.right for answer in self.answers)
        return f"{right} of {len(self.answers)} guesses were right."

    def _again(self) -> list[str]:
        wrong = [answer for answer in self.answers if not answer.finding.right]
        return [_look_again(list(answers)) for _, answers in groupby(wrong, key=lambda answer: answer.question)]


def _look_again(answers: list[_Answer]) -> str:
    """A line on the wrong guesses of one question."""
    came = ", ".join(f"{answer.finding.what} was {answer.finding.came}" for answer in answers)
    sources = ", ".join(dict.fromkeys(answer.source for answer in answers))
    return f"Look again at `{answers[0].step}`: {came} ({sources})."


def _problem(lab: object, step: object) -> str:
    """What is wrong with the first two things that were said, in one line; nothing where they can be used."""
    if not isinstance(lab, Lab):
        return f"Expected a lab first, as in `predict(lab, ...)`; got `{lab!r}`."
    if callable(step):
        return ""
    if not isinstance(step, str) or not step.strip():
        return f"Expected a command line in quotes after the lab; got `{step!r}`. Nothing was sent."
    if "\r" in step or "\n" in step:
        return "Expected one command line, without its line end. Nothing was sent."
    return ""


def _name(step: Step) -> str:
    """How a step is called: the command line, or the name of what a lab can do."""
    return str(getattr(step, "__name__", step)) if callable(step) else step


def _feedback(outcome: Outcome, findings: tuple[Finding, ...], *notes: str) -> Feedback:
    return Feedback("", outcome.said, "you said", "it was", findings, (*outcome.reasons, *notes))


def _compare(guess: Guess, outcome: Outcome) -> Finding:
    came = outcome.came(guess.about)
    return Finding(guess.about, str(guess.value), came.words, guess.value in came.values)


_ours = Predictions()
predict = _ours.predict
score = _ours.score
