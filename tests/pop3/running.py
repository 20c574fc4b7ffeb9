"""Brings a server engine into every state and condition of the matrix, with octets alone."""

from __future__ import annotations

from collections.abc import Iterator

from popsim.mail.message import Message
from popsim.mail.store import User
from popsim.protocols.protocol import Protocol
from tests.pop3.matrix import Outcome, Row
from tests.pop3.plays import COUNT, LOGINS, LOST, NOT_TOLD, TIMED_OUT, TIMESTAMP, Play, plays
from tests.pop3.stage import SENT, Session, Stage
from tests.transcripts.matching import stand_in

_ALICE = User("alice", "secret")
USERS = {edition: (_ALICE, User("mrose", "tanstaaf", "APOP")) for edition in (1939, 1725, 1460)}
USERS |= {edition: (_ALICE, User("mrose", "hoopy", "RPOP")) for edition in (1225, 1081)}
MESSAGES = [stand_in(n, 80 + n) for n in range(1, COUNT + 1)]
UNREMOVABLE = "uid-2"


def faults(row: Row, protocol: Protocol, edition: int) -> Iterator[str]:
    """What the engine does otherwise than the row says; each play that differs is one line."""
    for play in plays(row, edition):
        try:
            problem = Trial(row, protocol).run(play)
        except Exception as error:  # the engine must never raise: whatever it was, it is a fault
            problem = f"raised {error!r}"
        if problem:
            yield f"{row} [{'; '.join(play.before)}; {play.line[:40]!r}, piece {play.piece}]: {problem}"


class Trial:
    """One row on one fresh server."""

    def __init__(self, row: Row, protocol: Protocol) -> None:
        self.row = row
        unremovable = [UNREMOVABLE] if row.condition == "some not removed" else []
        self.stage = Stage(
            protocol,
            USERS[protocol.number],
            [Message(octets, f"uid-{n}") for n, octets in enumerate(MESSAGES, 1)],
            unremovable=unremovable,
            timestamp=TIMESTAMP,
            names_told=row.condition != NOT_TOLD,
            client_port=1024 if row.condition == "port not reserved" else 1023,
        )

    def run(self, play: Play) -> str:
        """Play it, and say how it differs from the row."""
        row = self.row
        if row.condition == "maildrop locked":
            for login in LOGINS[self.stage.protocol.number]:
                holder = self.stage.connect()
                for line in login:
                    _say(holder, line)
        session = self.stage.connect(opened=row.state != "START")
        for line in play.before:
            _say(session, line)
        session.take(), session.noted()
        if row.state == "UPDATE":
            came = self._in_update(session, play)
        elif session.state != row.state:
            return f"never came into {row.state}: {session.state}"
        else:
            came = self._elsewhere(session, play)
        if came != row.outcome:
            return f"{came}, not {row.outcome}"
        return self._mail(session)

    def _elsewhere(self, session: Session, play: Play) -> Outcome:
        if self.row.trigger == "opened":
            session.engine.opened()
            sent = session.take()
        else:
            sent = _say(session, play.line, play.piece)
        noted = session.noted()
        if "UPDATE" in noted:
            # The removal is done before the engine returns. What belongs to QUIT is what came before UPDATE.
            before = noted[: noted.index("UPDATE")]
            return Outcome("-", "none", "UPDATE") if not before else Outcome("?", "?", str(noted))
        return Outcome(*_shape(sent), session.state)

    def _in_update(self, session: Session, play: Play) -> Outcome:
        """UPDATE is over when the engine returns; what arrives in it is what follows QUIT in one piece."""
        if self.row.trigger == "committed":
            sent = _say(session, "QUIT", play.piece)
            if session.noted() != ["UPDATE", SENT, "CLOSED"]:
                return Outcome("?", "?", session.state)
            return Outcome(*_shape(sent), session.state)
        if play.line in (LOST, TIMED_OUT):
            _say(session, "QUIT", play.piece)
            return Outcome(*_shape(_say(session, play.line)), session.state)
        sent = session.send(b"QUIT\r\n" + play.line.encode() + b"\r\n", play.piece)
        alone = sent.startswith(b"+OK") and sent.count(b"\r\n") == 1
        if not alone or session.noted() != ["UPDATE", SENT, "CLOSED"]:
            return Outcome("?", "?", session.state)
        return Outcome("-", "none", "UPDATE")

    def _mail(self, session: Session) -> str:
        """Whether only UPDATE has removed messages, only marked ones, and whether the locks are right."""
        row = self.row
        left = sorted(self.stage.left().values())
        wanted = [COUNT - self._removed(), COUNT]
        if left != wanted:
            return f"messages left: {left}, not {wanted}"
        others = [1, 2] if row.condition == "maildrop locked" else []
        mine = [session.number] if session.state == "TRANSACTION" else []
        locks = sorted(self.stage.locks(), key=str)
        return "" if locks == others + mine else f"locks held by {locks}, not by {others + mine}"

    def _removed(self) -> int:
        """How many messages the play must have removed: what it marks (see plays) and UPDATE can remove."""
        if self.row.state == "UPDATE":
            return 1 if self.row.condition == "some not removed" else 2
        return 1 if self.row.state == "TRANSACTION" and self.row.trigger == "QUIT" else 0


def _say(session: Session, line: str, piece: int = 0) -> bytes:
    if line == LOST:
        session.engine.lost()
    elif line == TIMED_OUT:
        session.engine.expired()
    else:
        return session.send(line.encode() + b"\r\n", piece)
    return session.take()


def _shape(sent: bytes) -> tuple[str, str]:
    """Status and framing of what was sent; question marks if it is no well-formed reply."""
    if not sent:
        return "-", "none"
    lines = sent.split(b"\r\n")
    status = lines[0].split(b" ")[0].decode("latin-1")
    if lines.pop() or b"\n" in b"".join(lines):
        return status, "?"
    if len(lines) == 1:
        return status, "line"
    return status, "line+multi-line" if lines.index(b".") == len(lines) - 1 else "?"
