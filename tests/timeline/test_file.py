"""A timeline is saved and loaded without loss; its digest is that of its content; what is no timeline gets one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from popsim.timeline import Recorder, Timeline, TimelineError
from popsim.timeline.event import MESSAGE_SENT
from popsim.timeline.file import FORMAT, lines
from tests.timeline.recordings import SCENARIOS, recorders, session


def same(one: Timeline, other: Timeline) -> bool:
    moments = range(-1, len(one))
    streams = [(c, end) for c in one.connections for end in ("client", "server")]
    return (
        [(e, e.values or None) for e in one] == [(e, e.values or None) for e in other]
        and one.header == other.header
        and [one.at(i) for i in moments] == [other.at(i) for i in moments]
        and [one.stream(*s) for s in streams] == [other.stream(*s) for s in streams]
    )


@settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(recorder=recorders())
def test_what_is_saved_is_loaded(recorder: Recorder, tmp_path: Path) -> None:
    timeline = Timeline(recorder)
    loaded = Timeline.load(timeline.save(tmp_path / "any.jsonl"))
    assert loaded == timeline and loaded.digest() == timeline.digest() and hash(loaded) == hash(timeline)
    assert len(loaded) == len(timeline)
    assert [loaded.at(i).values for i in range(-1, len(loaded))] == [
        timeline.at(i).values for i in range(-1, len(loaded))
    ]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_session_is_saved_and_loaded(name: str, tmp_path: Path) -> None:
    timeline = session(name)
    loaded = Timeline.load(str(timeline.save(str(tmp_path / "session.jsonl"))))
    assert same(timeline, loaded) and loaded == timeline
    assert loaded.save(tmp_path / "again.jsonl").read_bytes() == (tmp_path / "session.jsonl").read_bytes()


def small() -> Recorder:
    recorder = Recorder(
        {"protocol": "pop3", "edition": 1939, "mail": {"zoë": [[1, 2, "u", "", "ș"]]}, "initial": {"a": 1}}
    )
    recorder.stream(0, 0).append(bytes(range(256)))
    recorder.now = 5
    recorder.add(MESSAGE_SENT, 0, 0, start=0, end=256, values={"b": "é\u2028\x1c"})
    return recorder


def test_the_digest_is_that_of_the_content() -> None:
    """This digest changes when the format of a file does: then FORMAT wants another number, too."""
    assert FORMAT == "popsim timeline 1"
    assert Timeline(small()).digest() == "d1ae30c890fa34d28ba98896a5ac264ce21719a2d9d9d7e33bb3ac416ff2c6fb"
    assert Timeline(small()) == Timeline(small()) and Timeline(small()) != "another thing"


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.stream(0, 0).append(b"x"),
        lambda r: r.stream(0, 1).append(b"x"),
        lambda r: r.header.update(edition=1460),
        lambda r: r.header["initial"].update(a=2),
        lambda r: r.add(MESSAGE_SENT, 0, 0),
        lambda r: r.settle() or r.values[0].update(b=2),
    ],
)
def test_every_change_changes_the_digest(change: object) -> None:
    recorder = small()
    before = Timeline(recorder).digest()
    change(recorder)  # type: ignore[operator]
    assert Timeline(recorder).digest() != before


def test_a_file_is_ascii_with_a_line_for_everything() -> None:
    written = list(lines(Timeline(small())))
    assert len(written) == 1 + 2 + 1 and all(line.isascii() and len(line.splitlines()) == 1 for line in written)


@pytest.mark.parametrize("name", ["session.json", "session", "session.jsonl.gz", "session.JSONL.bak"])
def test_a_file_is_named_after_its_format(name: str, tmp_path: Path) -> None:
    with pytest.raises(TimelineError, match=rf"^expected a file name that ends in .jsonl, .+, got '{name}'$"):
        Timeline(small()).save(tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_server_that_was_killed_may_leave_a_last_line_that_is_cut(tmp_path: Path) -> None:
    """Its file has streams in pieces between the events, and lines that add to the header."""
    rows = [
        {"format": FORMAT, "protocol": "pop3", "mail": {"alice": [[1, 9]]}},
        {"connection": 0, "endpoint": "client", "octets": "ab"},
        [5, 0, "client", "message", "Sent", -1, 0, 2],
        {"connection": 0, "endpoint": "client", "secured": True},
        {"connection": 0, "endpoint": "client", "wire": "\x16X"},
        {"connection": 0, "endpoint": "client", "octets": "c\xff"},
        {"mail": {"alice": [[2, 7]], "bob": [[1, 5]]}},
        {"secrets": ["CLIENT_RANDOM 1 2"]},
        {"secrets": ["CLIENT_RANDOM 3 4"]},
        [6, 0, "client", "message", "Sent", -1, 2, 4],
        [7, 0, "client", "ciphertext", "Sent", 1, 2, 4],
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    path = tmp_path / "cut.jsonl"
    for cut in (0, 1, 20, len(json.dumps(rows[-1]))):
        path.write_text(text[: len(text) - cut], encoding="ascii")
        timeline = Timeline.load(path)
        assert len(timeline) == (3 if cut == 0 else 2)
        assert timeline.stream(0, "client") == b"abc\xff" and timeline.octets(timeline[1]) == b"c\xff"
        assert timeline.wire(0, "client") == b"ab\x16X" and timeline.is_secured(0)
        assert timeline.header["mail"] == {"alice": [[1, 9], [2, 7]], "bob": [[1, 5]]}
        assert timeline.header["secrets"] == ["CLIENT_RANDOM 1 2", "CLIENT_RANDOM 3 4"]
    assert Timeline.load(timeline.save(tmp_path / "again.jsonl")) == timeline


GOOD = list(lines(Timeline(small())))
HEADER = json.loads(GOOD[0])
EVENT = json.loads(GOOD[-1])


def with_event(**changes: object) -> str:
    """A file whose only event has other items in some places."""
    places = ["time", "connection", "endpoint", "layer", "kind", "cause", "start", "end", "values"]
    row = [changes.get(name, item) for name, item in zip(places, EVENT, strict=True)]
    return "\n".join([*GOOD[:-1], json.dumps(row)])


def with_header(**changes: object) -> str:
    return "\n".join([json.dumps({**HEADER, **changes}), *GOOD[1:]])


BAD: dict[str, str | bytes] = {
    "empty": "",
    "no text": b"\x89PNG\r\n",
    "no JSON": "hello",
    "another JSON": "[1, 2]",
    "no object": '"popsim timeline 1"',
    "another format": '{"format": "popsim timeline 2"}',
    "deep": "[" * 100_000,
    "a header that names no mail": with_header(mail=[1]),
    "mail without rows": with_header(mail={"alice": 5}),
    "mail with empty rows": with_header(mail={"alice": [[]]}),
    "an initial that is none": with_header(initial="abc"),
    "a protocol that is none": with_header(protocol=3),
    "an edition that is none": with_header(edition="new"),
    "a line that is cut off": "\n".join([GOOD[0], GOOD[1][:-5], *GOOD[2:]]),
    "a cut line with an end": "\n".join(GOOD)[:-5] + "\n",
    "a deep line": "\n".join([*GOOD, "[" * 100_000]),
    "a number": "\n".join([*GOOD, "5"]),
    "a text": "\n".join([*GOOD, '"abcdefgh"']),
    "an empty line": "\n".join([GOOD[0], "", *GOOD[1:]]),
    "a short row": "\n".join([*GOOD, "[1,2,3]"]),
    "a long row": "\n".join([*GOOD, json.dumps([*EVENT, {}])]),
    "a stream of an end that is not there": "\n".join([GOOD[0], GOOD[1].replace("client", "middle")]),
    "a stream without octets": "\n".join([GOOD[0], '{"connection":0,"endpoint":"client"}']),
    "octets that are none": "\n".join([GOOD[0], '{"connection":0,"endpoint":"client","octets":5}']),
    "octets beyond 255": "\n".join([GOOD[0], '{"connection":0,"endpoint":"client","octets":"\\u0100"}']),
    "a time before the beginning": with_event(time=-1),
    "a time beyond all": with_event(time=10**30),
    "a time with a fraction": with_event(time=0.5),
    "a time in words": with_event(time="5"),
    "a truth for a number": with_event(connection=True),
    "a connection that is none": with_event(connection=-1),
    "an end that is not there": with_event(endpoint="middle"),
    "a kind that is not there": with_event(kind="Lost"),
    "a kind that is a list": with_event(kind=[]),
    "a cause that comes later": with_event(cause=0),
    "a cause that is none": with_event(cause=-2),
    "octets that end before they begin": with_event(start=9, end=3),
    "values that are none": with_event(values=[1]),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_timeline_gets_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    content = BAD[name]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TimelineError) as caught:
        Timeline.load(path)
    message = str(caught.value)
    assert message.startswith(("bad.jsonl is no popsim timeline: ", "bad.jsonl, line "))
    assert len(message.splitlines()) == 1 and len(message) < 300 and str(tmp_path) not in message


def test_a_good_file_is_good(tmp_path: Path) -> None:
    path = tmp_path / "good.jsonl"
    path.write_text(with_event() + "\n", encoding="ascii")
    assert Timeline.load(path) == Timeline(small())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Timeline.load(tmp_path / "none.jsonl")
