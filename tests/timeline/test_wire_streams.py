"""What an end says and what crosses: one stream of octets until TLS takes them apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popsim.timeline import Recorder, Timeline
from popsim.timeline.event import (
    CIPHERTEXT_SENT,
    CLIENT,
    MESSAGE_DELIVERED,
    MESSAGE_SENT,
    SEGMENT_DELIVERED,
    SEGMENT_SENT,
    SERVER,
)
from popsim.timeline.file import lines
from popsim.timeline.recorder import flipped


def recording() -> Recorder:
    """A client that says two lines in clear and one under TLS."""
    recorder = Recorder({"secrets": ["CLIENT_RANDOM 1 2"]})
    recorder.stream(0, SERVER)
    for octets in (b"one\r\n", b"STLS\r\n"):
        recorder.stream(0, CLIENT).append(octets)
    recorder.secure(0, CLIENT).append(b"\x16ciphertext")
    recorder.stream(0, CLIENT).append(b"secret\r\n")
    recorder.wire(0, CLIENT).append(b"\x17more")
    return recorder


def test_what_crosses_begins_with_what_was_said_in_clear() -> None:
    timeline = Timeline(recording())
    assert timeline.stream(0, "client") == b"one\r\nSTLS\r\nsecret\r\n"
    assert timeline.wire(0, "client") == b"one\r\nSTLS\r\n\x16ciphertext\x17more"
    assert timeline.is_secured(0) and not timeline.is_secured(1)
    assert timeline.wire(0, "server") == timeline.stream(0, "server") == b""


def test_until_tls_the_two_are_one() -> None:
    recorder = Recorder({})
    assert recorder.wire(2, SERVER) is recorder.stream(2, SERVER)
    recorder.wire(2, SERVER).append(b"+OK\r\n")
    timeline = Timeline(recorder)
    assert timeline.wire(2) == timeline.stream(2) == b"+OK\r\n" and not timeline.is_secured(2)


def test_segments_and_records_are_of_what_crosses_and_messages_of_what_was_said() -> None:
    recorder = recording()
    places = [(SEGMENT_SENT, 11, 22), (CIPHERTEXT_SENT, 11, 22), (MESSAGE_SENT, 11, 19), (SEGMENT_SENT, 0, 5)]
    for kind, start, end in places:
        recorder.add(kind, 0, CLIENT, start=start, end=end)
    timeline = Timeline(recorder)
    found = [timeline.octets(event) for event in timeline]
    assert found == [b"\x16ciphertext", b"\x16ciphertext", b"secret\r\n", b"one\r\n"]
    assert [event.is_wire for event in timeline] == [True, True, False, True]


def test_a_timeline_taken_before_tls_stays_in_clear() -> None:
    recorder = Recorder({})
    recorder.stream(0, CLIENT).append(b"STLS\r\n")
    early = Timeline(recorder)
    recorder.secure(0, CLIENT).append(b"\x16x")
    assert early.wire(0, "client") == b"STLS\r\n" and not early.is_secured(0)
    middle = Timeline(recorder)
    recorder.wire(0, CLIENT).append(b"\x17y")
    assert middle.wire(0, "client") == b"STLS\r\n\x16x" and middle.is_secured(0)


# Octets that arrive changed


def changed() -> Recorder:
    recorder = recording()
    recorder.change(0, CLIENT, 1)  # in clear: TLS had not begun
    recorder.change(0, CLIENT, 12)  # under TLS
    for kind, end, start, stop in (
        (MESSAGE_SENT, CLIENT, 0, 5),
        (MESSAGE_DELIVERED, SERVER, 0, 5),
        (SEGMENT_SENT, CLIENT, 11, 14),
        (SEGMENT_DELIVERED, SERVER, 11, 14),
        (MESSAGE_DELIVERED, SERVER, 11, 19),
    ):
        recorder.add(kind, 0, end, start=start, end=stop)
    return recorder


def test_what_was_sent_and_what_arrived_are_both_there() -> None:
    timeline = Timeline(changed())
    assert [timeline.octets(event) for event in timeline] == [
        b"one\r\n",
        b"ooe\r\n",
        b"\x16ci",
        b"\x16bi",
        b"secret\r\n",
    ]
    assert timeline.changed(0, "client") == (1, 12) and timeline.misread(0, "client") == (1,)
    assert timeline.changed(0, "server") == timeline.misread(1, "client") == ()


def test_it_is_in_the_file_and_counts(tmp_path: Path) -> None:
    timeline = Timeline(changed())
    again = Timeline.load(timeline.save(tmp_path / "changed.jsonl"))
    assert again == timeline and [again.octets(e) for e in again] == [timeline.octets(e) for e in timeline]
    other = changed()
    other.change(0, CLIENT, 13)
    assert Timeline(other) != timeline


def test_of_ciphertext_the_digest_has_the_length_alone() -> None:
    one, two, longer = recording(), recording(), recording()
    two.wires[0, CLIENT] = two.stream(0, CLIENT).copy()
    two.wires[0, CLIENT].append(b"?" * (one.wire(0, CLIENT).length - two.wires[0, CLIENT].length))
    two.header["secrets"] = ["CLIENT_RANDOM 3 4"]
    longer.wire(0, CLIENT).append(b"x")
    assert Timeline(one) == Timeline(two) != Timeline(longer)
    assert list(lines(Timeline(one))) != list(lines(Timeline(two)))
    plain = Recorder({})
    plain.stream(0, CLIENT).append(b"one")
    other = Recorder({})
    other.stream(0, CLIENT).append(b"two")
    assert Timeline(plain) != Timeline(other)


@given(octets=st.binary(max_size=20), start=st.integers(0, 9), places=st.lists(st.integers(0, 40), unique=True))
def test_the_lowest_bit_is_flipped_where_it_should_be_and_nowhere_else(
    octets: bytes, start: int, places: list[int]
) -> None:
    found = flipped(octets, start, places)
    assert [place for place in range(len(octets)) if found[place] != octets[place]] == sorted(
        place - start for place in places if 0 <= place - start < len(octets)
    )
    assert all(one ^ other in (0, 1) for one, other in zip(octets, found, strict=True))
    assert flipped(found, start, places) == octets


@pytest.mark.parametrize(
    "row",
    [
        '{"connection":0,"endpoint":"client","changed":[-1],"misread":[]}',
        '{"connection":0,"endpoint":"client","changed":[1]}',
    ],
)
def test_a_file_with_changes_that_are_none(row: str, tmp_path: Path) -> None:
    from popsim.timeline import TimelineError

    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join([*lines(Timeline(recording())), row]) + "\n")
    with pytest.raises(TimelineError, match="not a line of a timeline"):
        Timeline.load(path)
