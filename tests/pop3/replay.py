"""Holds a written session with the server engine and says where it goes another way."""

from __future__ import annotations

from popsim.mail import samples
from popsim.mail.message import Message
from popsim.mail.policy import Policy
from popsim.mail.store import User
from popsim.protocols.protocol import Protocol
from tests.pop3.stage import SENT, Session, Stage
from tests.pop3.transcript import (
    Connect,
    Expect,
    InState,
    Later,
    Lose,
    Secure,
    Send,
    Step,
    TimeOut,
    Transcript,
    expanded,
    mismatch,
)


class Replay:
    """One replay.

    Args:
        transcript: what to replay.
        protocol: the edition to speak.
        piece: how many octets the client sends at a time; 0: the lines that stand together, at once.
        pipelined: send all that the client says on a connection, up to the next event, at once.
    """

    def __init__(self, transcript: Transcript, protocol: Protocol, piece: int = 0, pipelined: bool = False) -> None:
        self.transcript = transcript
        self.piece = piece
        self.pipelined = pipelined
        self.messages = list(transcript.messages)
        if transcript.sample:
            self.messages = [m.octets for m in samples.find(transcript.sample)]
        self.stage = self._stage(protocol)
        self.sessions: dict[str, Session] = {}
        self.known: dict[int, str] = {}

    def _stage(self, protocol: Protocol) -> Stage:
        told = self.transcript
        uids: list[str] | list[None] = told.uids or [None] * len(self.messages)
        return Stage(
            protocol,
            [User(u.name, u.secret, u.login) for u in told.users],
            [Message(octets, uid) for octets, uid in zip(self.messages, uids, strict=True)],
            unremovable=told.unremovable,
            timestamp=told.greeting,
            names_told=told.names_told,
            policy=Policy.parse(told.policy),
        )

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
            event = isinstance(step, (Connect, Lose, TimeOut, Secure, Later))
            turn = isinstance(step, Send) and not isinstance(last, Send) and not self.pipelined
            if event or turn:
                parts.append([])
            parts[-1].append(numbered)
            last = step
        return parts

    def _part(self, session: Session, steps: list[Step]) -> str:
        """Let the client say its part, and hold what the server does against the rest."""
        for step in steps:
            if isinstance(step, Lose):
                session.engine.lost()
            elif isinstance(step, TimeOut):
                session.engine.expired()
            elif isinstance(step, Secure):
                session.engine.secured()
            elif isinstance(step, Later):
                self.stage.now += step.seconds * 10**9
        octets = b"".join(step.octets for step in steps if isinstance(step, Send))
        came = session.take() + session.send(octets, self.piece) + session.take()
        lines = [step.pattern for step in steps if isinstance(step, Expect)]
        patterns = [pattern for line in lines for pattern in expanded(line, self.messages)]
        return mismatch(patterns, came) or self._states(session, steps)

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
