"""Every cell of RFC 937's server table, brought about on the server engine with real octets."""

from __future__ import annotations

import pytest

from tests.pop2.decision import Outcome, load
from tests.pop2.scene import MAIL, WAY, held, say, session_in, stage
from tests.transcripts.stage import SENT, Session

DECISIONS = load("server")
LINES = {
    "HELO": ("HELO alice secret", "helo alice secret", "HELO alice wrong", "HELO bob secret", "HELO \\alice \\secret"),
    "FOLD": ("FOLD INBOX", "fold Archive", "FOLD nowhere", "FOLD a b.c;d"),
    "READ": ("READ", "READ 2", "read 3", "READ 0", "READ 99", "READ 9999999999999999999"),
    "RETR": ("RETR", "rETR"),
    "ACKS": ("ACKS",),
    "ACKD": ("ACKD",),
    "NACK": ("NACK",),
    "QUIT": ("QUIT", "quit"),
    "other": (
        "STAT", "NOOP", "", " READ", "READ ", "READ  2", "READ -1", "READ x", "READ 1 2", "RETR 1", "QUIT now",
        "HELO", "HELO alice", "HELO alice secret more", "HELO alice  secret", "HELO alice secret\\", "FOLD", "FOLD ",
        "FOLD a\tb", "HELO \xe4 b", "x" * 511, "FOLD " + "y" * 600, "\0", "READ\nREAD",
    ),
}  # fmt: skip
CELLS = [(state, what) for state in WAY for what in LINES]
FATAL = frozenset({Outcome("-", "CLOSED")})


def shape(sent: bytes, session: Session) -> Outcome:
    """What was sent, in the words of the transcription, and where the session went first."""
    went = [name for name in session.noted() if name != SENT]
    to = went[0] if went else session.state
    if sent in MAIL:
        return Outcome("data", to)
    if sent and (not sent.endswith(b"\r\n") or sent.count(b"\r\n") != 1):
        return Outcome("?", to)
    return Outcome(sent[:1].decode() or "nothing", to)


def outcomes(state: str, what: str, piece: int = 0) -> dict[str, Outcome]:
    """What each line of an input brings about in a state."""
    found = {}
    for line in LINES[what]:
        session = session_in(state)
        found[line] = shape(session.send(line.encode("latin-1") + b"\r\n", piece), session)
    if (state, what) == ("ITEM", "RETR"):
        for before in ("READ 99", "FOLD nowhere\r\nREAD", "FOLD Archive\r\nREAD 2"):
            session = session_in(state)
            say(session, before)
            session.take(), session.noted()
            found[f"{before} RETR"] = shape(session.send(b"RETR\r\n", piece), session)
    return found


@pytest.mark.parametrize(("state", "what"), CELLS)
@pytest.mark.parametrize("piece", [0, 1])
def test_the_engine_does_what_every_cell_says(state: str, what: str, piece: int) -> None:
    found = outcomes(state, what, piece)
    allowed = DECISIONS.cells[state, what]
    assert {line: one for line, one in found.items() if one not in allowed} == {}
    assert set(found.values()) == allowed


@pytest.mark.parametrize("state", WAY)
@pytest.mark.parametrize("event", ["lost", "expired"])
def test_silence_is_an_error_and_a_lost_connection_the_end(state: str, event: str) -> None:
    server = stage()
    session = session_in(state, server)
    getattr(session.engine, event)()
    cell = DECISIONS.cells[state, "Timeout"] if event == "expired" else {Outcome("nothing", "CLOSED")}
    assert {shape(session.take(), session)} == cell
    assert server.locks() == [] and held(server) == len(MAIL)


@pytest.mark.parametrize(("state", "what"), [cell for cell in CELLS if DECISIONS.cells[cell] == FATAL])
def test_after_an_error_nothing_is_read_nothing_is_removed_and_nothing_stays_locked(state: str, what: str) -> None:
    for line in LINES[what]:
        server = stage()
        session = server.connect()
        marked = ("READ 2", "RETR", "ACKD", "READ 1", "RETR") if state == "NEXT" else ("READ 2", "RETR", "ACKD")
        say(session, *WAY[state][:1], *(marked if state in ("ITEM", "NEXT") else ()))
        assert session.state == state
        session.take()
        sent = session.send(line.encode("latin-1") + b"\r\nQUIT\r\nHELO alice secret\r\n")
        assert sent.startswith(b"- ") and sent.count(b"\r\n") == 1, line
        assert (session.state, server.locks(), held(server)) == ("CLOSED", [], len(MAIL)), line
        assert say(server.connect(), "HELO alice secret")[0].startswith(b"+ POP2 ")


def test_in_done_nothing_more_is_read() -> None:
    """DONE is over at once, unless the removal takes its time, as on a disk."""
    server = stage()
    session = session_in("ITEM", server)
    session.engine.commits_later = True
    assert say(session, "QUIT", "QUIT", "READ") == [b"+ OK, goodbye\r\n", b"", b""]
    assert session.state == "DONE" and session.engine.committing and server.locks() == [session.number]
    session.engine.committed()
    assert (session.state, session.take(), server.locks()) == ("CLOSED", b"", [])
    session = session_in("ITEM", server)
    session.engine.commits_later = True
    say(session, "QUIT")
    session.engine.lost()
    assert (session.state, server.locks()) == ("CLOSED", [])


def test_the_runs_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    from popsim.protocols.pop2.server import Pop2Service

    right = Pop2Service._length
    monkeypatch.setattr(Pop2Service, "_length", lambda self, *given: right(self, *given)._replace(text=b"x\r\n="))
    with pytest.raises(AssertionError):
        test_the_engine_does_what_every_cell_says("MBOX", "READ", 0)
