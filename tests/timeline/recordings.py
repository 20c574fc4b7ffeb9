"""Recordings to test with: made of chance, and made by simulated sessions of every kind."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from popsim.timeline import Recorder, Timeline
from popsim.timeline.event import ENDPOINTS, KINDS
from popsim.wire import Scenario, run

NAMES = st.sampled_from(["0.server.state", "0.client.state", "mail.alice.1", "mail.alice.lock", "x"])
VALUES = st.dictionaries(NAMES, st.none() | st.integers(-9, 9) | st.text(max_size=3), max_size=3)


@st.composite
def recorders(draw: st.DrawFn, most: int = 30) -> Recorder:
    """A recorder with events of any kind, in order of time, whose causes point back and whose octets are there."""
    mail = {"alice": [[1, 20, "uid-1", "", ""], [2, 30, "uid-2", "", ""]]}
    recorder = Recorder({"protocol": "pop3", "edition": 1939, "mail": mail, "initial": draw(VALUES)})
    for connection in range(2):
        for endpoint in range(len(ENDPOINTS)):
            for piece in draw(st.lists(st.binary(max_size=5), max_size=3)):
                recorder.stream(connection, endpoint).append(piece)
            if draw(st.booleans()):
                recorder.secure(connection, endpoint).append(draw(st.binary(max_size=5)))
            for place in draw(st.lists(st.integers(0, 9), max_size=2)):
                recorder.change(connection, endpoint, place)
    for _ in range(draw(st.integers(0, most))):
        append(recorder, draw)
    return recorder


def append(recorder: Recorder, draw: Any) -> None:
    """One event more."""
    recorder.now += draw(st.sampled_from([0, 0, 1, 10**9]))
    connection, endpoint = draw(st.integers(0, 1)), draw(st.integers(0, 1))
    end = draw(st.integers(0, recorder.stream(connection, endpoint).length))
    recorder.add(
        draw(st.integers(0, len(KINDS) - 1)),
        connection,
        endpoint,
        cause=draw(st.integers(-1, len(recorder) - 1)),
        start=draw(st.integers(0, end)),
        end=end,
        values=draw(st.none() | VALUES),
    )


def folded(timeline: Timeline, index: int) -> dict[str, Any]:
    """What is so after an event, worked out from the beginning by assignment."""
    values: dict[str, Any] = {}
    for user, rows in timeline.header.get("mail", {}).items():
        values[f"mail.{user}.lock"] = None
        values |= {f"mail.{user}.{row[0]}": "kept" for row in rows}
    values |= timeline.header["initial"]  # what the header says itself counts more: a message may arrive later
    for event in list(timeline)[: index + 1]:
        values |= event.values or {}
    return values


SCENARIOS = {
    "a whole session": 'pop3 mail=alice:minimal -- "USER alice" "PASS secret" STAT LIST "RETR 1" "DELE 1" QUIT',
    "1460": (
        'pop3 edition=1460 mail=alice:minimal "rate=56 kbit/s" -- '
        '"USER alice" "PASS secret" "RETR 1" LAST "DELE 1" RSET LAST FOO QUIT'
    ),
    "pipelined": (
        'pop3 mail=alice:inbox "rate=1 Mbit/s" mss=536 -- "USER alice" "pipelined> PASS secret" '
        '"pipelined> RETR 1" "pipelined> RETR 2" "pipelined> DELE 2" "pipelined> QUIT" "pipelined> NOOP"'
    ),
    "cut by a client": 'pop3 mail=alice:minimal -- "USER alice" "PASS secret" "DELE 1" cut>',
    "cut in a reply": (
        'pop3 mail=alice:inbox mss=100 "fault=cut server after 500" -- "USER alice" "PASS secret" "RETR 1"'
    ),
    "cut before QUIT": (
        'pop3 mail=alice:minimal "fault=cut before QUIT" -- "USER alice" "PASS secret" "DELE 1" QUIT connect> '
        '"1> USER alice" "1> PASS secret" "1> QUIT"'
    ),
    "two at once": (
        'pop3 mail=alice:minimal -- connect> "USER alice" "1> USER alice" "PASS secret" "1> pipelined> PASS secret" '
        '"DELE 1" QUIT "1> +5 s> USER alice" "1> PASS secret" "1> QUIT"'
    ),
    "a removal that fails": 'pop3 mail=alice:minimal "fault=keep alice 1" -- "USER alice" "PASS secret" "DELE 1" QUIT',
    "a bad line": (
        'pop3 mail=alice:minimal loss=25% "jitter=30 ms" mss=100 seed=5 "fault=stall server after 60 for 2 s" '
        '"fault=corrupt server at 70" "fault=lose client segment 4" -- "USER alice" "PASS secret" "RETR 2" QUIT'
    ),
    "several lines at once": 'pop3 mail=alice:minimal -- "USER alice\\r\\nPASS secret\\r\\nSTAT\\nNOOP" QUIT',
}


@cache
def session(name: str) -> Timeline:
    """The timeline of one of the scenarios."""
    return run(Scenario.parse(SCENARIOS[name]))
