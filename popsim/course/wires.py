"""Exercises about the wire: a session that somebody who listens can't read."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from popsim.course.exercises import Checked, NotAnAnswer, first_refusal, read_session, send_lines, unsent
from popsim.course.feedback import Finding, Hint
from popsim.course.history import history
from popsim.lab.lab import Lab
from popsim.mail import samples
from popsim.mail.collection import Mail
from popsim.protocols.pop3 import table
from popsim.protocols.protocol import Protocol
from popsim.timeline import Timeline

IN_CLEAR = "RFC 1939 §13"
"""Where it stands that passwords and mail cross in the clear."""
IN_BASE64 = "RFC 4616 §5"
"""Where it stands that a password in base64 needs protection."""
_YES = {True: "yes", False: "no"}


@dataclass(frozen=True)
class Heard:
    """Something that somebody on the wire has read: in which line of the client, or in the answer to it, and how."""

    line: int
    encoded: bool = False


@dataclass(frozen=True)
class Wire:
    """A session to be written: it fetches a message, and whoever is on the wire reads neither password nor message.

    Args:
        name: how the lesson calls it, such as ``7.1``.
        protocol: what is spoken.
        mail: what gives the maildrop.
        number: the number of the message.
        enough: how many command lines are enough.
    """

    name: str
    protocol: Protocol
    mail: Callable[[], Mail]
    number: int
    enough: int

    def check(self, session: object) -> Checked | Hint:
        """Run the command lines, listen on the wire, and say what was fetched and what was heard.

        Args:
            session: the command lines, in order.
        """
        try:
            lines = read_session(session)
        except NotAnAnswer as error:
            return Hint(f"Exercise {self.name}: {error}")
        lab = Lab(self.protocol, mail=self.mail())
        sent = send_lines(lab, lines)
        fetched, heard = self._fetched(lab), self._overheard(lab)
        findings = tuple(self._findings(len(lines), fetched, *heard))
        solved = all(finding.right for finding in findings)
        title = f"Exercise {self.name}: {'solved.' if solved else 'not yet.'}"
        reasons = () if solved else tuple(self._reasons(lab, lines, sent, fetched, *heard))
        return Checked(title, (), "expected", "came", findings, reasons, lab=lab)

    def _fetched(self, lab: Lab) -> bool:
        """Whether the client has read the whole message."""
        body = self.mail()[self.number - 1].octets
        return body in lab.timeline.stream(0, "server")

    def _overheard(self, lab: Lab) -> tuple[Heard | None, Heard | None]:
        """Where the password and where the message can be read on the wire; None where they can't."""
        listened = lab.overheard().timeline
        secret = lab.scenario.users[0].secret.encode()
        body = self.mail()[self.number - 1].octets
        password = letter = None
        line = 0
        for client, octets in _messages(listened):
            line += client
            if client and password is None and (secret in octets or secret in _decoded(octets)):
                password = Heard(line, encoded=secret not in octets)
            if not client and letter is None and body in octets:
                letter = Heard(line)
        return password, letter

    def _findings(self, written: int, fetched: bool, password: Heard | None, letter: Heard | None) -> Iterator[Finding]:
        what = f"message {self.number}"
        yield Finding(f"{what} is fetched", _YES[True], _YES[fetched], fetched)
        for thing, heard in (("the password", password), (what, letter)):
            yield Finding(f"{thing} can be read on the wire", _YES[False], _YES[heard is not None], heard is None)
        yield Finding("command lines", f"{self.enough} at most", str(written), written <= self.enough)

    def _reasons(
        self, lab: Lab, lines: list[str], sent: int, fetched: bool, password: Heard | None, letter: Heard | None
    ) -> Iterator[str]:
        story = history(lab)
        yield from unsent(story, len(lines), sent)
        yield from first_refusal(story)
        if password and password.encoded:
            yield f"Line {password.line} has the password in base64. Everybody can read that ({IN_BASE64})."
        elif password:
            yield f"Line {password.line} has the password as it is. It crossed in the clear ({IN_CLEAR})."
        if letter:
            yield f"The answer to line {letter.line} is the message as it is. It crossed in the clear ({IN_CLEAR})."
        if not fetched and not story.refusals:
            yield f"Message {self.number} was never asked for ({self.protocol.reference(table.RETR)})."
        elif fetched and not password and not letter and len(lines) > self.enough:
            yield f"It does what was asked, and {self.enough} lines can do it. Which of yours could be spared?"


WIRES = (Wire("7.1", table.POP3.extended(2449, 5034, 2595), samples.four, number=3, enough=5),)


def _messages(timeline: Timeline) -> Iterator[tuple[bool, bytes]]:
    """What was said in clear, in order, and whether the client said it."""
    for event in timeline.events("message"):
        # Each message is heard once: as it leaves the end where the listener stands, or as it arrives there.
        if event.endpoint == "server":
            yield event.sender == "client", timeline.octets(event)


def _decoded(octets: bytes) -> bytes:
    """Whatever words of a line are base64, read back."""
    found = []
    for word in octets.split():
        try:
            found.append(b64decode(word, validate=True))
        except binascii.Error:
            continue
    return b" ".join(found)
