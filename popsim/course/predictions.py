"""Predictions: the learner says what will come, then the command is sent, and then the two are compared."""

from __future__ import annotations

from dataclasses import dataclass
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

    step: str
    finding: Finding
    source: str


class Predictions:
    """Takes guesses, does what they are about, and keeps the score."""

    def __init__(self) -> None:
        self._answers: list[_Answer] = []
        self._last: WeakKeyDictionary[Lab, Outcome] = WeakKeyDictionary()

    def predict(
        self,
        lab: Lab,
        step: Step,
        *,
        reply: object = None,
        state: object = None,
        left: object = None,
    ) -> Feedback | Hint:
        """Fix a guess, then send a command, then say which parts of the guess were right, and by which rule.

        Asked for the same step again with nothing done in between, it is not sent a second time: the new guess is
        compared with what came, and the score stays.

        Args:
            lab: whose first connection is spoken on.
            step: a command line; or something else that a lab can do, such as ``lab.cut``.
            reply: the reply's status, such as ``"+OK"``, or ``"none"``.
            state: the name of the state that the session is in next.
            left: how many messages the server still has, marked or not.

        Returns:
            What was right; or, where a guess is blank or cannot be read, a hint of one line, and nothing is sent.
            A part that is None is not looked at.
        """
        try:
            guesses = read(lab.protocol, {"reply": reply, "state": state, "left": left})
            outcome, counts = self._outcome(lab, step)
        except Unreadable as unreadable:
            return Hint(f"{unreadable} Nothing was sent.")
        except NotConnected:
            return Hint("This session is over. Run the cell that makes the lab, and go on from there.")
        findings = tuple(_compare(guess, outcome) for guess in guesses)
        if counts:
            pairs = zip(guesses, findings, strict=True)
            self._answers += [_Answer(outcome.step, found, outcome.source(guess.about)) for guess, found in pairs]
        again = () if counts else ("You have seen this answer before: it was not sent again, and the score stays.",)
        return Feedback("", outcome.said, "you said", "it was", findings, (*outcome.reasons, *again))

    def score(self) -> Score:
        """How many of the guesses were right so far, and where to look again."""
        return Score(tuple(self._answers))

    def _outcome(self, lab: Lab, step: Step) -> tuple[Outcome, bool]:
        """What the step brought about, and whether it is new."""
        last = self._last.get(lab)
        if last is not None and last.step == _name(step) and last.end == len(lab.timeline):
            return last, False
        self._last[lab] = outcome = follow(lab, step, _name(step))
        return outcome, True


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
        return [
            f"Look again at `{a.step}`, {a.finding.what}: you said {a.finding.wanted}, "
            f"it was {a.finding.came} ({a.source})"
            for a in wrong
        ]


def _name(step: Step) -> str:
    """How a step is called: the command line, or the name of what a lab can do."""
    return str(getattr(step, "__name__", step)) if callable(step) else step


def _compare(guess: Guess, outcome: Outcome) -> Finding:
    came = outcome.came(guess.about)
    return Finding(guess.about, str(guess.value), came.words, guess.value in came.values)


_ours = Predictions()
predict = _ours.predict
score = _ours.score
