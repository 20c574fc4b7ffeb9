"""The transcript: exact texts, the same in HTML, and octets of strangers that can do no harm."""

from __future__ import annotations

import pytest

from popsim.timeline import Timeline
from popsim.timeline.event import CLIENT, SERVER
from popsim.views.transcript import transcript
from tests.views import shown
from tests.views.by_hand import Script, lost, short

SHORT = """\
    40.0 ms     the connection is open
             S: +OK ready
                START -> AUTHORIZATION
    80.0 ms  C: USER alice
   120.0 ms  S: +OK go on
                AUTHORIZATION -> USER accepted
   160.0 ms  C: PASS ****
   200.0 ms  S: +OK welcome
                USER accepted -> TRANSACTION
   240.0 ms  C: RETR 1
   280.0 ms  S: +OK 64 octets
                From: Dan
                Subject: Key

                ..It is where it was.
                Dan
                .
   320.0 ms  C: QUIT
   360.0 ms     TRANSACTION -> UPDATE
             S: +OK bye
                UPDATE -> CLOSED
   400.0 ms     the connection is closed"""

LOST = """\
     0.0 ms     the connection is open
             S: +OK ready
                START -> AUTHORIZATION
    10.0 ms  C: USER alice
    50.0 ms  S: +OK
                AUTHORIZATION -> USER accepted
    90.0 ms  C: QUIT
                (lost on its way: 3 of 6 octets arrived)
   110.0 ms     the connection is lost
                USER accepted -> CLOSED"""


def test_a_session() -> None:
    assert str(transcript(short())) == SHORT
    assert repr(transcript(short())) == SHORT


def test_a_lost_connection() -> None:
    assert str(transcript(lost())) == LOST


@pytest.mark.parametrize("timeline", [short(), lost()])
def test_html_says_the_same(timeline: Timeline) -> None:
    made = transcript(timeline)
    html = [line.replace("→", "->") for line in shown.lines(made.html())]
    assert html == shown.squeezed(str(made).split("\n"))


def test_both_forms_are_offered() -> None:
    made = transcript(short())
    assert made._repr_mimebundle_() == {"text/html": made.html(), "text/plain": SHORT}


def test_parts_make_the_whole() -> None:
    timeline = short()
    whole = transcript(timeline).lines
    for cut in range(len(timeline) + 1):
        assert transcript(timeline, 0, cut).lines + transcript(timeline, cut).lines == whole


def test_passwords_are_masked() -> None:
    made = transcript(short())
    assert "secret" not in str(made) and "secret" not in made.html()
    assert "C: PASS ****" in str(made)


def answered(body: bytes) -> Timeline:
    script = Script()
    script.opened()
    script.command(b"RETR 1\r\n", b"+OK\r\n" + body, "TRANSACTION|RETR msg|message there")
    return script.timeline()


def shown_body(body: bytes, most: int) -> list[str]:
    rows = str(transcript(answered(body), body=most)).split("\n")
    return [row.strip() for row in rows[3:]]


def test_long_bodies_are_shortened_in_the_middle() -> None:
    body = b"".join(b"line %d\r\n" % n for n in range(1, 1001)) + b".\r\n"
    # 1,000 lines and the dot; four are shown, so 997 are left out: all but the first three and the dot.
    left = sum(len(b"line %d\r\n" % n) for n in range(4, 1001))
    assert shown_body(body, 5) == ["line 1", "line 2", "line 3", f"... 997 more lines, {left:,} octets", "."]


def test_bodies_that_fit_are_whole() -> None:
    assert shown_body(b"one\r\ntwo\r\n.\r\n", 3) == ["one", "two", "."]
    assert shown_body(b"one\r\ntwo\r\n.\r\n", 2) == ["... 2 more lines, 10 octets", "."]
    assert shown_body(b"one\rstill one\r\n\r\n.\r\n", 8) == ["one\\x0dstill one", "", "."]
    assert shown_body(b"no line end", 8) == ["no line end"]


HOSTILE = b'<script>alert(1)</script> & "quoted" \x1b[2J \x00 ' + "\u202e".encode() + b"\xff" + b"y" * 9000


@pytest.mark.parametrize("end", [CLIENT, SERVER])
def test_octets_of_strangers_do_no_harm(end: int) -> None:
    script = Script()
    script.opened()
    message = script.send(end, HOSTILE + b"\r\n" + HOSTILE + b"\r\n")
    script.read(1 - end, message)
    made = transcript(script.timeline())
    assert shown.tags(made.html()) <= {"div", "style", "span", "bdi", "b"}
    assert all(line.isprintable() and len(line) < 230 for line in str(made).split("\n"))
    assert not set(made.html()) & set("\x00\x1b\u202e\udcff")
    assert shown.lines(made.html()) == shown.squeezed(str(made).split("\n"))


def test_several_connections_are_told_apart() -> None:
    script = Script()
    for number in (0, 1):
        script.opened(number)
        script.greet(delay=1, connection=number)
    rows = str(transcript(script.timeline())).split("\n")
    assert [row[13:] for row in rows] == [
        "[0]    the connection is open",
        "[0] S: +OK ready",
        "[0]    START -> AUTHORIZATION",
        "[1]    the connection is open",
        "[1] S: +OK ready",
        "[1]    START -> AUTHORIZATION",
    ]


def test_what_is_under_way_is_said_to_be() -> None:
    script = Script()
    script.opened()
    script.send(CLIENT, b"NOOP\r\n")
    assert str(transcript(script.timeline())).endswith("C: NOOP\n                (still under way)")


def test_nothing() -> None:
    assert str(transcript(Script().timeline())) == ""
