"""Every row that an extension adds, brought about on the server engine with real octets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from popsim.mail.message import Message
from popsim.mail.store import User
from popsim.protocols.protocol import Protocol
from tests.pop3.extension_matrix import BASED, Whole
from tests.pop3.extension_plays import SECOND, Play, plays
from tests.pop3.matrix import Outcome, Row
from tests.pop3.plays import APOP_MROSE, LOST, TIMED_OUT, TIMESTAMP
from tests.pop3.stage import SENT, Session, Stage
from tests.transcripts.matching import stand_in

USERS = (User("alice", "secret"), User("mrose", "tanstaaf", "APOP"))
UTF8_MAIL = "Subject: rățușca\r\n\r\nbody\r\n".encode()
WHOLES = [Whole(edition, numbers) for edition, numbers in BASED if len(numbers) != 1 or edition != 1939]
WHOLES += [Whole(1939, (2449,))]
PLACES = [(whole, state) for whole in WHOLES for state in whole.states]


def stage_of(play: Play, protocol: Protocol) -> Stage:
    """The server that a play needs, with what must have happened before."""
    way = play.way
    first = UTF8_MAIL if way.utf8_mail else stand_in(1, 81)
    messages = [Message(octets, f"uid-{n}") for n, octets in enumerate([first, stand_in(2, 82)], 1)]
    stage = Stage(protocol, USERS, messages, timestamp=TIMESTAMP, policy=way.policy, secured=way.secured)
    for login in (("USER alice", "PASS secret"), (APOP_MROSE,)):
        if way.held or way.logged_in_before:
            holder = stage.connect()
            for line in (*login, *(["QUIT"] if way.logged_in_before else [])):
                said(holder, line)
    stage.now = 59 * SECOND
    return stage


def said(session: Session, line: str, piece: int = 0) -> bytes:
    if line == LOST:
        session.engine.lost()
    elif line == TIMED_OUT:
        session.engine.expired()
    elif line == "(secured)":
        session.engine.secured()
    else:
        return session.send(b"AAAA\n" if line == "(bare LF)" else line.encode() + b"\r\n", piece)
    return session.take()


def run(row: Row, play: Play, protocol: Protocol) -> str:
    """Play it, and say how it differs from the row."""
    session = stage_of(play, protocol).connect(opened=row.state != "START")
    last = session.take()
    for line in play.way.before:
        last = said(session, line)
    session.noted()
    if row.state != "UPDATE" and session.state != row.state:
        return f"never came into {row.state}: {session.state}"
    line = play.line if isinstance(play.line, str) else play.line(last).decode()
    if row.state == "UPDATE":  # what comes behind QUIT in one piece comes when the removal is being done
        sent = session.send(f"QUIT\r\n{line}\r\n".encode(), play.piece)
        quiet = sent.count(b"\r\n") == 1 and session.noted() == ["UPDATE", SENT, "CLOSED"]
        came = Outcome("-", "none", "UPDATE") if quiet else Outcome("?", "?", session.state)
    else:
        came = Outcome(*shape(said(session, line, play.piece)), session.state)
    return "" if came == row.outcome else f"{came}, not {row.outcome}"


def shape(sent: bytes) -> tuple[str, str]:
    """Status and framing of what was sent; question marks if it is no well-formed reply."""
    if not sent:
        return "-", "none"
    lines = sent.split(b"\r\n")
    status = lines[0].split(b" ")[0].decode("latin-1")
    if lines.pop() or b"\n" in b"".join(lines):
        return status, "?"
    if status == "+":
        return status, "line+answer" if len(lines) == 1 and lines[0].startswith(b"+ ") else "?"
    if len(lines) == 1:
        return status, "line"
    return status, "line+multi-line" if lines.index(b".") == len(lines) - 1 else "?"


def faults(row: Row, whole: Whole) -> Iterator[str]:
    played = False
    for play in plays(row, whole.commands):
        played = True
        try:
            problem = run(row, play, whole.protocol)
        except Exception as error:  # the engine must never raise: whatever it was, it is a fault
            problem = f"raised {error!r}"
        if problem:
            yield f"{row} [{play.way}; {str(play.line)[:40]!r}, piece {play.piece}]: {problem}"
    if not played:
        yield f"{row}: nobody played it"


@pytest.mark.parametrize(("whole", "state"), PLACES, ids=str)
def test_the_engine_does_what_every_row_says(whole: Whole, state: str) -> None:
    of_state = [row for row in whole.added if row.state == state]
    assert [fault for row in of_state for fault in faults(row, whole)] == []


# The runs must be able to fail.


@pytest.mark.parametrize("part", ["status", "framing", "to"])
def test_a_wrong_row_fails(part: str) -> None:
    whole = Whole(1939, (2449, 3206, 5034, 2595, 6856))
    for row in whole.added:
        wrong = row._replace(outcome=row.outcome._replace(**{part: "other"}))
        assert next(faults(wrong, whole), None) is not None, row


def test_a_row_that_nobody_can_play_is_an_error() -> None:
    whole = Whole(1939, (2449,))
    with pytest.raises(KeyError):
        next(faults(whole.added[0]._replace(state="ELSEWHERE"), whole))
    with pytest.raises(KeyError):
        next(faults(whole.added[0]._replace(state="AUTHORIZATION", trigger="XTND name"), whole))
