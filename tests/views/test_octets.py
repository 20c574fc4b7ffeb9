"""The octets of a message: every part named, with its meaning and its section."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.mail.message import Message
from popsim.timeline import Timeline
from popsim.timeline.event import CLIENT, SERVER
from popsim.views.octets import FIRST, LAST, Octets, octets
from popsim.views.parts import parts
from popsim.views.reading import Reading
from tests.views import shown
from tests.views.by_hand import Script, lost, short

REPLY = """\
280.0 ms: server answers +OK 64 octets and 6 lines, 58 octets (73 octets in all)

000000  2b 4f 4b 20 36 34 20 6f  63 74 65 74 73 0d 0a 46  |+OK 64 octets..F|  status, text, CRLF, body
000010  72 6f 6d 3a 20 44 61 6e  0d 0a 53 75 62 6a 65 63  |rom: Dan..Subjec|  body
000020  74 3a 20 4b 65 79 0d 0a  0d 0a 2e 2e 49 74 20 69  |t: Key......It i|  body, added dot, body
000030  73 20 77 68 65 72 65 20  69 74 20 77 61 73 2e 0d  |s where it was..|  body
000040  0a 44 61 6e 0d 0a 2e 0d  0a                       |.Dan.....|         body, end
"""
PARTS = [
    ["status", "3", "0-2", "the command was received and done", "RFC 1939 §3"],
    ["text", "9", "4-c", "message there", "RFC 1939 §5"],
    ["CRLF", "2", "d-e", "ends the line", "RFC 1939 §3"],
    ["body", "54", "f-29, 2b-45", "the whole message", "RFC 1939 §5"],
    ["added dot", "1", "2a", "was put before a line that begins with a dot; the receiver takes it away", "RFC 1939 §3"],
    ["end", "3", "46-48", "a line with nothing but a dot ends the answer", "RFC 1939 §3"],
]  # fmt: skip


def find(timeline: Timeline, end: str, opening: bytes) -> int:
    """The index of the first message of an end that begins so."""
    sent = timeline.events("message", "Sent")
    return next(e.index for e in sent if e.endpoint == end and timeline.octets(e).startswith(opening))


def table(made: Octets) -> list[list[str]]:
    """The legend of a text twin, cell by cell."""
    rows = str(made).split("\n\n")[-1].split("\n")
    return [re.split(r"\s{2,}", row) for row in rows]


def test_an_answer() -> None:
    timeline = short()
    made = octets(timeline, find(timeline, "server", b"+OK 64"))
    assert str(made).startswith(REPLY + "\npart ")
    assert table(made) == [["part", "octets", "at", "meaning", "where"], *PARTS]


def test_a_command() -> None:
    timeline = short()
    made = octets(timeline, find(timeline, "client", b"PASS"))
    assert str(made).split("\n")[2] == (
        "000000  50 41 53 53 20 ** ** **  ** ** ** 0d 0a           |PASS ******..|     keyword, string, CRLF"
    )
    assert table(made)[1:] == [
        ["keyword", "4", "0-3", "gives the password of the name before it", "RFC 1939 §7"],
        ["string", "6", "5-a", "the password; spaces belong to it", "RFC 1939 §7"],
        ["CRLF", "2", "b-c", "ends the line", "RFC 1939 §3"],
    ]


def test_the_sections_are_those_of_the_edition() -> None:
    script = Script(edition=1460)
    message = script.send(CLIENT, b"USER alice\r\n")
    script.read(SERVER, message)
    assert [row[-1] for row in table(octets(script.timeline(), 0))[1:]] == [
        "RFC 1460 §4",
        "RFC 1460 §4",
        "RFC 1460 §3",
    ]


def test_what_is_read_has_the_parts_of_what_was_sent() -> None:
    timeline = short()
    sent = find(timeline, "server", b"+OK 64")
    read = next(e.index for e in timeline.events("message", "Delivered") if e.cause == sent)
    assert octets(timeline, read).parts == octets(timeline, sent).parts


def test_a_line_that_is_no_command() -> None:
    script = Script()
    script.send(CLIENT, b"FETCH all of it\r\n")
    script.send(CLIENT, b"RETR one\r\n")
    rows = table(octets(script.timeline(), 0))[1:]
    assert [row[0] for row in rows] == ["keyword", "arguments", "CRLF"]
    assert rows[0][3] == "FETCH is no command of this protocol" and rows[0][4] == "RFC 1939 §3"
    assert table(octets(script.timeline(), 1))[2][3].startswith("expected RETR msg")


def test_only_messages_have_parts() -> None:
    timeline = short()
    with pytest.raises(ValueError, match="'stream Opened'; the nearest messages are 2, 4, 6, 7"):
        octets(timeline, 0)
    with pytest.raises(IndexError):
        octets(timeline, 10_000)
    assert octets(lost(), -4).data == b"QUIT\r\n"


def html_rows(made: Octets) -> list[str]:
    return shown.lines(made.html())


@pytest.mark.parametrize("index", [e.index for e in short().events("message")])
def test_html_says_the_same(index: int) -> None:
    made = octets(short(), index)
    assert html_rows(made) == shown.squeezed(str(made).split("\n"))
    assert made._repr_mimebundle_() == {"text/html": made.html(), "text/plain": str(made)}


def long() -> Octets:
    script = Script()
    script.send(SERVER, b"+OK\r\n" + b"0123456789abcd\r\n" * 1000 + b".\r\n", rule="TRANSACTION|RETR msg|message there")
    return octets(script.timeline(), 0)


def test_a_long_message_is_shortened_in_the_middle() -> None:
    made = long()
    rows = str(made).split("\n\n")[1].split("\n")
    assert len(rows) == FIRST + 1 + LAST
    # 16,008 octets are 1,001 rows.
    assert rows[FIRST] == "...     981 rows are left out here, 15,696 octets"
    assert rows[FIRST + 1].startswith("003e50")
    assert html_rows(made) == shown.squeezed(str(made).split("\n"))


def dumped(made: Octets) -> bytes:
    """The octets that the rows of a text twin show."""
    rows = [row for row in str(made).split("\n") if re.match(r"[0-9a-f]{6}  ", row)]
    return b"".join(bytes.fromhex(row[8:56]) for row in rows)


LINES = st.lists(st.binary(max_size=12) | st.sampled_from([b"", b".", b"..", b".."]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(LINES)
def test_the_parts_of_any_body(lines: list[bytes]) -> None:
    message = Message.of(b"\n".join(line.replace(b"\r", b"") for line in lines))
    script = Script()
    script.send(SERVER, b"+OK\r\n" + message.dot_stuffed, rule="TRANSACTION|RETR msg|message there")
    timeline = script.timeline()
    made = octets(timeline, 0)
    named = parts(timeline[0], Reading(timeline))
    assert [part.end for part in named[:-1]] == [part.start for part in named[1:]]
    body = b"".join(made.data[p.start : p.end] for p in named if p.name == "body")
    assert body == message.octets
    assert made.data[named[-1].start :] == b".\r\n" and named[-1].name == "end"
    assert all(made.data[p.start : p.end] == b"." for p in named if p.name == "added dot")
    assert dumped(made) == made.data
    assert html_rows(made) == shown.squeezed(str(made).split("\n"))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80), st.sampled_from([CLIENT, SERVER]))
def test_any_octets_are_shown_safely(data: bytes, end: int) -> None:
    script = Script()
    script.send(end, data)
    made = octets(script.timeline(), 0)
    assert all(line.isprintable() for line in str(made).split("\n"))
    assert dumped(made) == data
    assert shown.tags(made.html()) <= set("div style p pre b span table thead tbody tr th td".split())
    assert html_rows(made) == shown.squeezed(str(made).split("\n"))
    places = [place for part in made.parts for place in (part.start, part.end)]
    assert places == sorted(places) and (not places or places[-1] <= len(data))
