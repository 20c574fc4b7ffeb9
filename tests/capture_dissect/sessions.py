"""Simulated sessions of every kind to dissect, and what is compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from popsim.capture.conversation import Conversation, Piece
from popsim.timeline import Event, Timeline
from popsim.wire import Scenario, run

LINES = [
    "USER alice", "user alice", "USER nobody", "USER mrose", "PASS secret", "PASS wrong", "PASS", "USER",
    "APOP mrose c4c9334bac560ecc979e58001b3e22fb", "APOP mrose x", "STAT", "LIST", "LIST 1", "LIST 9", "RETR 1",
    "RETR 2", "RETR 9", "RETR one", "DELE 1", "DELE 2", "DELE 9", "NOOP", "NOOP now", "RSET", "TOP 1 0", "TOP 2 9",
    "TOP 1", "UIDL", "UIDL 2", "UIDL 7", "LAST", "XYZZY", "", " ", "CAPA", "AUTH PLAIN",
    "AUTH PLAIN AGFsaWNlAHNlY3JldA==",
    "AGFsaWNlAHNlY3JldA==", "AGFsaWNlAHdyb25n", "AUTH NONE", "AUTH", "*", "=", "!!", "UTF8", "LANG", "LANG *",
    "LANG xx", "RPOP alice", "QUIT", "STAT\\nNOOP", "NOOP\\r\\nSTAT", "\\x00\\xff", "+OK", "-ERR no", ".", "A" * 300,
    "PASS " + "x" * 60,
]  # fmt: skip
"""What a client may say, good and bad."""

USUAL = ["RETR 1", "RETR 2", "DELE 1", "DELE 2", "LIST", "LIST 1", "UIDL", "STAT", "TOP 1 1", "RSET", "NOOP", "LAST"]
"""What is said once a session is in its midst."""
LOGIN = ["USER alice", "PASS secret"]

EDITIONS = ("1939", "1939", "1939", "1460", "1725", "1225", "1081")
EXTENSIONS = ((), ("2449",), ("2449", "5034"), ("2449", "5034"), ("2449", "3206", "5034", "6856"))


@st.composite
def scenarios(draw: st.DrawFn, most: int = 14) -> Scenario:
    """A scenario with one or two connections; the server's answers are those of a server that keeps to the table."""
    edition = draw(st.sampled_from(EDITIONS))
    extensions = draw(st.sampled_from(EXTENSIONS)) if edition == "1939" else ()
    settings = [f"edition={edition}", *(f"extension={number}" for number in extensions)]
    mail = draw(st.sampled_from(["minimal", "dots"]))
    settings += ["user=alice:secret", "user=mrose:tanstaaf:APOP", f"mail=alice:{mail}", f"mail=mrose:{mail}"]
    settings += [f"mss={draw(st.sampled_from([1460, 200, 31, 7]))}"]
    settings += draw(
        st.sampled_from([[], ["'rate=56 kbit/s'"], ["minimal"], ["loss=20%"], ["'jitter=30 ms'", "loss=5%"]])
    )
    if draw(st.booleans()):
        who, octet = draw(st.sampled_from(["client", "server"])), draw(st.integers(0, 400))
        settings += [f"'fault=cut {who} after {octet}'"]
    line = st.sampled_from(LINES) | st.sampled_from(USUAL)
    marks = st.sampled_from(["", "", "pipelined> ", "pipelined> ", "1> "])
    said = [f"{draw(marks)}{draw(line)}" for _ in range(draw(st.integers(0, most)))]
    said[:0] = draw(st.sampled_from([[], LOGIN, LOGIN, LOGIN, ["AUTH PLAIN"]]))
    said += draw(st.sampled_from([[], ["QUIT"], ["QUIT", "pipelined> NOOP"]]))
    if draw(st.booleans()):
        said.insert(0, "connect>")
    if draw(st.integers(0, 9)) == 0:
        said.append("cut>")
    play = Scenario.parse(f"pop3 {' '.join(settings)}")
    return play.then(*said)


def played(scenario: Scenario) -> Timeline:
    """What came of a scenario."""
    return run(scenario)


def value(event: Event, name: str) -> Any:
    """A value that an event assigns for its own end, or None."""
    return (event.values or {}).get(f"{event.connection}.{event.endpoint}.{name}")


def replies(timeline: Timeline, connection: int) -> list[Event]:
    """What a server has said."""
    sent = timeline.events("message", "Sent")
    return [e for e in sent if e.connection == connection and e.endpoint == "server"]


def moves(timeline: Timeline, connection: int) -> list[Event]:
    """How the server has moved."""
    moved = timeline.events("session", "Moved")
    return [e for e in moved if e.connection == connection and e.endpoint == "server"]


def claimed(event: Event) -> list[str]:
    """The rules that a dissected reply or move may have followed."""
    many = value(event, "rules")
    return list(many) if many else [rule] if (rule := value(event, "rule")) else []


def possible(event: Event) -> list[str]:
    """The states that a dissected move may lead to."""
    return list(value(event, "states") or [value(event, "state")])


def chopped(conversation: Conversation, size: int) -> Conversation:
    """The same octets at the same times in pieces of at most so many octets."""
    pieces = [
        Piece(piece.time, piece.endpoint, piece.start + at, piece.octets[at : at + size])
        for piece in conversation.pieces
        for at in range(0, len(piece.octets), size)
    ]
    return replace(conversation, pieces=pieces)
