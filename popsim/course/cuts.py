"""Exercises about a broken line: after how many octets is what was marked gone?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from popsim.course.exercises import Checked
from popsim.course.feedback import BLANK, Finding, Hint
from popsim.course.history import history
from popsim.lab.lab import Lab
from popsim.mail import samples
from popsim.mail.collection import Mail
from popsim.protocols.pop3 import table
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import GONE
from popsim.wire import NotConnected

GONE_WORDS = {True: "gone", False: "still there"}


@dataclass(frozen=True)
class Cut:
    """A place to be found: the smallest number of the client's octets after which a session removes something.

    Args:
        name: how the lesson calls it, such as ``5.1``.
        protocol: the edition that is spoken.
        mail: what gives the maildrop.
        session: the command lines.
        removed: the numbers of the messages that the whole session removes.
    """

    name: str
    protocol: Protocol
    mail: Callable[[], Mail]
    session: tuple[str, ...]
    removed: frozenset[int]

    def check(self, place: object) -> Checked | Hint:
        """Break the line after that many octets of the client, and after one octet less, and look.

        Args:
            place: the number of octets.
        """
        whole = sum(len(line) + 2 for line in self.session)
        if place is BLANK:
            return Hint(f"Exercise {self.name}: still blank: write a whole number in place of the three dots.")
        if not isinstance(place, int) or isinstance(place, bool):
            return Hint(f"Exercise {self.name}: expected a whole number without quotes; got `{place!r}`.")
        if not 1 <= place <= whole:
            return Hint(f"Exercise {self.name}: expected a number from 1 to {whole}, the reader's octets; got {place}.")
        lab, earlier = self._run(place), self._run(place - 1)
        findings = (self._finding(place, lab, True), self._finding(place - 1, earlier, False))
        solved = all(finding.right for finding in findings)
        title = f"Exercise {self.name}: {'solved.' if solved else 'not yet.'}"
        return Checked(title, (), "expected", "came", findings, tuple(self._reasons(place, lab, solved)), lab=lab)

    def _run(self, place: int) -> Lab:
        """The session whose line breaks after that many octets; before the first of them there is nothing to cut."""
        lab = Lab(self.protocol, mail=self.mail(), faults=[f"cut client after {place}"] if place else [])
        for line in self.session if place else ():
            try:
                lab.send(line)
            except NotConnected:
                break
        return lab

    def _finding(self, place: int, lab: Lab, wanted: bool) -> Finding:
        marks = lab.timeline.at(len(lab.timeline) - 1).marks(lab.scenario.users[0].name)
        came = all(marks[number] == GONE for number in self.removed)
        numbers = " and ".join(str(number) for number in sorted(self.removed))
        what = f"messages {numbers} after octet {place}"
        return Finding(what, GONE_WORDS[wanted], GONE_WORDS[came], wanted is came)

    def _reasons(self, place: int, lab: Lab, solved: bool) -> Iterator[str]:
        """Where the break lies, and why the session ended as it did."""
        number, octet, length = self._line(place)
        part = "the last octet" if octet == length else f"octet {octet} of {length}"
        yield f"Octet {place} is {part} of line {number}, its CR and LF counted."
        if solved:
            return
        story = history(lab)
        source = self.protocol.reference(story.removing)
        if not story.reached:
            yield f"The server was never in {story.removing}: nothing is removed before ({source})."
        else:
            yield f"The server reached {story.removing} ({source}). Did it need all these octets for that?"

    def _line(self, place: int) -> tuple[int, int, int]:
        """The line that an octet stands in, its place there, and the line's length."""
        before = 0
        for number, line in enumerate(self.session, 1):
            length = len(line) + 2
            if place <= before + length:
                return number, place - before, length
            before += length
        raise ValueError(f"the session has {before} octets, not {place}")


CUTS = (
    Cut(
        "5.1",
        table.POP3,
        samples.four,
        (
            f"{table.USER.keyword} alice",
            f"{table.PASS.keyword} secret",
            f"{table.DELE.keyword} 1",
            table.NOOP.keyword,
            f"{table.DELE.keyword} 4",
            table.QUIT.keyword,
        ),
        frozenset({1, 4}),
    ),
)
