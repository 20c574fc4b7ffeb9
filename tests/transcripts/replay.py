"""Holds a written session with the server engine and says where it goes another way."""

from __future__ import annotations

from collections.abc import Callable

from popsim.mail import samples
from popsim.mail.message import Message
from popsim.mail.policy import Policy
from popsim.mail.store import User
from popsim.protocols import find
from popsim.protocols.protocol import Protocol
from tests.transcripts.matching import mismatch, pieces, said
from tests.transcripts.stage import SENT, Session, Stage
from tests.transcripts.transcript import (
    EVENTS,
    Connect,
    Expect,
    Holds,
    InState,
    Later,
    Lose,
    News,
    Secure,
    Send,
    Step,
    TimeOut,
    Transcript,
)


def spoken(transcript: Transcript) -> Protocol:
    """The protocol of a transcript, in its edition and with its extensions."""
    protocol = find(transcript.protocol).edition(transcript.edition)
    return protocol.extended(*transcript.extensions) if transcript.extensions else protocol


class Replay:
    """One replay.

    Args:
        transcript: what to replay.
        protocol: the edition to speak; None: the one that the transcript names.
        piece: how many octets the client sends at a time; 0: the lines that stand together, at once.
        pipelined: send all that the client says on a connection, up to the next event, at once.
        stage: makes the server.
    """

    def __init__(
        self,
        transcript: Transcript,
        protocol: Protocol | None = None,
        piece: int = 0,
        pipelined: bool = False,
        stage: Callable[..., Stage] = Stage,
    ) -> None:
        self.transcript = transcript
        self.piece = piece
        self.pipelined = pipelined
        self.messages = list(transcript.messages)
        if transcript.sample:
            self.messages = [m.octets for m in samples.find(transcript.sample)]
        self.stage = self._stage(protocol or spoken(transcript), stage)
        self._fill()
        self.sessions: dict[str, Session] = {}
        self.known: dict[int, str] = {}

    def _stage(self, protocol: Protocol, stage: Callable[..., Stage]) -> Stage:
        told = self.transcript
        inbox = self.messages if told.sample else told.inbox
        uids: list[str] | list[None] = told.uids or [None] * len(inbox)
        messages = [Message(octets, uid) for octets, uid in zip(inbox, uids, strict=True)]
        return stage(
            protocol,
            [User(u.name, u.secret, u.login) for u in told.users],
            () if self._in_mailboxes else messages,
            unremovable=told.unremovable,
            timestamp=told.greeting,
            names_told=told.names_told,
            policy=Policy.parse(told.policy),
            secured=told.secured,
        )

    @property
    def _in_mailboxes(self) -> bool:
        """Whether anything is told of the mail that a maildrop does not know."""
        told = self.transcript
        return bool(told.mailboxes or told.uid_validity or any(one.flags or one.date for one in told.mail))

    def _fill(self) -> None:
        """Put the messages into their mailboxes, with their flags and dates."""
        told = self.transcript
        for account in self.stage.store.accounts.values() if self._in_mailboxes else ():
            for name in dict.fromkeys(told.mailboxes):
                if name not in account.mailboxes:
                    account.create(name)
            uids = iter(told.uids)
            for one in told.mail:
                message = Message(one.octets, next(uids, None) if one.mailbox == "INBOX" else None)
                account.mailboxes[one.mailbox].take(message, one.flags, one.date or None)
            for mailbox in account.mailboxes.values() if told.uid_validity else ():
                mailbox.uid_validity = told.uid_validity

    def run(self) -> str:
        """Replay it all. Returns what went another way, with the transcript's line, or nothing."""
        session: Session | None = None
        for part in self._parts():
            line, first = part[0]
            if isinstance(first, Connect):
                session = self._connect(first.name)
                part = part[1:]
            assert session is not None
            problem = self._part(session, [step for _, step in part])
            if problem:
                return f"{self.transcript.name}, from line {line}: {problem}"
        return ""

    def _connect(self, name: str) -> Session:
        if name not in self.sessions:
            self.sessions[name] = self.stage.connect()
        return self.sessions[name]

    def _parts(self) -> list[list[tuple[int, Step]]]:
        """The steps, cut before each event and (unless pipelined) before each turn of the client."""
        parts: list[list[tuple[int, Step]]] = []
        last: Step | None = None
        for numbered in self.transcript.steps:
            step = numbered[1]
            turn = isinstance(step, Send) and not isinstance(last, Send) and not self.pipelined
            after = isinstance(last, Holds) and not isinstance(step, Holds)
            if isinstance(step, EVENTS) or turn or after:
                parts.append([])
            parts[-1].append(numbered)
            last = step
        return parts

    def _part(self, session: Session, steps: list[Step]) -> str:
        """Let the client say its part, and hold what the server does against the rest."""
        for step in steps:
            match step:
                case Lose():
                    session.engine.lost()
                case TimeOut():
                    session.engine.expired()
                case Secure():
                    session.engine.secured()
                case News():
                    session.engine.news()
                case Later():
                    self.stage.now += step.seconds * 10**9
        octets = b"".join(said(step.octets, self.messages) for step in steps if isinstance(step, Send))
        came = session.take() + session.send(octets, self.piece) + session.take()
        wanted = [step for step in steps if isinstance(step, Expect)]
        expected = [p for s in wanted for p in pieces(s.pattern, self.messages, s.ends, s.in_order)]
        return mismatch(expected, came) or self._states(session, steps) or self._holds(steps)

    def _states(self, session: Session, steps: list[Step]) -> str:
        """Hold the states that the session went through against those that the transcript names."""
        told = [step.name for step in steps if isinstance(step, InState)]
        came = [name for name in session.noted() if name != SENT]
        before = self.known.get(session.number, "START")
        changes = [name for last, name in zip([before, *told], told, strict=False) if name != last]
        self.known[session.number] = session.state
        if session.state != (told or [before])[-1]:
            return f"the session is in {session.state}, not in {(told or [before])[-1]}"
        return "" if came == changes else f"the session went through {came}, not {changes}"

    def _holds(self, steps: list[Step]) -> str:
        """Hold the mailboxes against what the transcript says of them."""
        for step in steps:
            if isinstance(step, Holds):
                account = self.stage.store.accounts[step.user]
                there = len(account.mailboxes[step.mailbox].items)
                if there != step.messages:
                    return f"{step.user}'s {step.mailbox} has {there} messages, not {step.messages}"
        return ""
