"""What every folder of transcripts is tested for: that the sessions hold, and that the replay can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.transcripts.replay import Replay
from tests.transcripts.transcript import Expect, InState, Step, Transcript

Problem = Callable[[Transcript], str]


def problem(transcript: Transcript, *, piece: int = 0, pipelined: bool = False) -> str:
    """Replay a transcript on a fresh server; empty if it holds."""
    return Replay(transcript, piece=piece, pipelined=pipelined).run()


def with_step(transcript: Transcript, place: int, *steps: Step) -> Transcript:
    """The transcript with these steps in the place of one."""
    line = transcript.steps[place][0]
    new = [*transcript.steps[:place], *((line, step) for step in steps), *transcript.steps[place + 1 :]]
    return replace(transcript, steps=new)


def unseen_lines(transcript: Transcript, held: Problem = problem) -> list[int]:
    """The S lines that could be another line, be missing or come twice without the replay's noticing."""
    unseen = []
    for place, (line, step) in enumerate(transcript.steps):
        if isinstance(step, Expect):
            others = (with_step(transcript, place, *new) for new in ((Expect("?no such line?"),), (), (step, step)))
            if not all(held(other) for other in others):
                unseen.append(line)
    return unseen


def unseen_states(transcript: Transcript, held: Problem = problem) -> list[int]:
    """The lines that name a state which could be another one without the replay's noticing."""
    steps = enumerate(transcript.steps)
    places = [(place, line) for place, (line, step) in steps if isinstance(step, InState)]
    wrong = InState("ELSEWHERE")
    return [line for place, line in places if "the session " not in held(with_step(transcript, place, wrong))]
