"""A snapshot is a fold by assignment; a timeline is an immutable prefix of a recording that goes on."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.timeline import Event, Recorder, Timeline
from popsim.timeline.event import MESSAGE_SENT, MOVED
from popsim.timeline.recorder import FRESH
from tests.timeline.recordings import SCENARIOS, append, folded, recorders, session


@settings(derandomize=True, deadline=None, max_examples=100)
@given(recorder=recorders())
def test_every_snapshot_is_a_fold(recorder: Recorder) -> None:
    timeline = Timeline(recorder)
    for index in range(-1, len(timeline)):
        snapshot = timeline.at(index)
        assert snapshot.values == folded(timeline, index)
        assert (snapshot.index, snapshot.time) == (index, timeline[index].time if index >= 0 else 0)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_snapshot_of_a_session_is_a_fold(name: str) -> None:
    timeline = session(name)
    for index in range(-1, len(timeline)):
        assert timeline.at(index).values == folded(timeline, index)


def long_recording(events: int) -> Recorder:
    recorder = Recorder({"initial": {"a": 0}})
    for number in range(events):
        recorder.now += 1
        recorder.add(MOVED, 0, 0, values={"ab"[number % 2]: number} if number % 3 else None)
    return recorder


@pytest.mark.parametrize("events", [0, 1, 255, 256, 257, 511, 512, 513, FRESH - 1, FRESH, FRESH + 1, 2 * FRESH + 3])
def test_stepping_anywhere_in_any_order_shows_the_same(events: int) -> None:
    """Past the places where a long recording is settled and where snapshots are kept."""
    timeline = Timeline(long_recording(events))
    assert len(timeline) == events
    chance = random.Random(events)
    moments = sorted({-1, events - 1, *(chance.randrange(-1, events) for _ in range(60))})
    once = {index: timeline.at(index).values for index in moments}
    backwards = {index: timeline.at(index).values for index in reversed(moments)}
    shuffled = {index: timeline.at(index).values for index in chance.sample(moments, len(moments))}
    assert once == backwards == shuffled
    assert once[events - 1] == folded(timeline, events - 1)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(recorder=recorders(most=12), data=st.data())
def test_a_timeline_stays_as_it_is_while_the_recorder_goes_on(recorder: Recorder, data: st.DataObject) -> None:
    timeline = Timeline(recorder)

    def seen() -> object:
        snapshots = [timeline.at(index).values for index in range(-1, len(timeline))]
        streams = [timeline.stream(c, end) for c in timeline.connections for end in ("client", "server")]
        return list(timeline), snapshots, streams, dict(timeline.header), timeline.digest(), timeline.steps()

    before = seen()
    for _ in range(data.draw(st.integers(1, 20))):
        recorder.stream(data.draw(st.integers(0, 2)), 0).append(b"more")
        append(recorder, data.draw)
    recorder.header["title"] = "another"
    recorder.header.setdefault("initial", {})["new"] = 1
    assert seen() == before
    longer = Timeline(recorder)
    assert list(longer)[: len(timeline)] == list(timeline) and len(longer) > len(timeline)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(pieces=st.lists(st.binary(max_size=6), max_size=8), start=st.integers(0, 40), size=st.integers(0, 40))
def test_any_range_of_a_stream(pieces: list[bytes], start: int, size: int) -> None:
    recorder = Recorder({})
    stream = recorder.stream(0, 0)
    for piece in pieces:
        stream.append(piece)
        assert stream.octets(stream.length - len(piece)) == piece
    whole = b"".join(pieces)
    assert stream.octets() == whole and stream.length == len(whole)
    assert stream.octets(start, start + size) == whole[start : start + size]


def test_events_are_made_when_they_are_asked_for() -> None:
    recorder = Recorder({})
    recorder.stream(3, 1).append(b"hello")
    recorder.now = 7
    recorder.add(MESSAGE_SENT, 3, 1, cause=-1, start=1, end=3, values={"a": 1})
    timeline = Timeline(recorder)
    event = timeline[0]
    assert (event.index, event.time, event.connection, event.endpoint) == (0, 7, 3, "server")
    assert (event.layer, event.kind, event.cause, event.sender) == ("message", "Sent", -1, "server")
    assert timeline.octets(event) == b"el" and timeline.stream(3) == b"hello" and timeline.stream(0) == b""
    assert timeline[0] is not timeline[0] and timeline[0] == timeline[-1] == timeline[:5][0]
    assert timeline.connections == [3] and timeline.duration == 7 and Timeline(Recorder({})).duration == 0


@pytest.mark.parametrize("index", [-3, 2, 10**9])
def test_a_moment_that_is_not_there(index: int) -> None:
    timeline = Timeline(long_recording(2))
    with pytest.raises(IndexError, match=rf"^the timeline has the moments -1 to 1, not {index}$"):
        timeline.at(index)
    with pytest.raises(IndexError, match=rf"^the timeline has the events 0 to 1, not {index}$"):
        timeline[index]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(recorder=recorders())
def test_steps_pass_over_everything_once(recorder: Recorder) -> None:
    timeline = Timeline(recorder)
    assert [(s.event, s.index) for s in timeline.steps("event")] == [(i, i) for i in range(len(timeline))]
    steps = timeline.steps()
    heads = [step.event for step in steps]
    assert {e.index for e in timeline if e.layer in ("message", "stream")} <= set(heads)
    assert {timeline[head].layer for head in heads} <= {"message", "stream", "ciphertext"}
    assert not [head for head in heads if carries_a_message(timeline, timeline[head])]
    for step, after in zip(steps, [*heads[1:], len(timeline)], strict=False):
        head = timeline[step.event]
        more = [e.index for e in timeline[step.event + 1 : after] if belongs(e, head)]
        assert step.index == max(more, default=step.event)


def carries_a_message(timeline: Timeline, event: Event) -> bool:
    """A TLS record that carries a message is no step of its own: the message is."""
    sent = timeline[event.cause] if event.kind == "Delivered" and event.cause >= 0 else event
    return event.layer == "ciphertext" and sent.cause >= 0 and (
        (timeline[sent.cause].layer, timeline[sent.cause].kind) == ("message", "Sent")
    )  # fmt: skip


def belongs(event: Event, head: Event) -> bool:
    """What is shown together with a step: what it changed, and the segments that left with it."""
    together = (event.time, event.connection, event.endpoint) == (head.time, head.connection, head.endpoint)
    more = event.layer == "ciphertext" and event.kind == head.kind  # of a flight of TLS
    return event.layer in ("session", "store") or (together and (event.kind == "Sent" or more))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_step_shows_what_it_brought_about_at_its_own_end(name: str) -> None:
    timeline = session(name)
    for step in timeline.steps():
        head = timeline[step.event]
        for event in timeline[step.event + 1 : step.index + 1]:
            assert (event.connection, event.endpoint, event.time) == (head.connection, head.endpoint, head.time)
            assert belongs(event, head)


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - {"several lines at once"}))  # these leave together
def test_where_a_message_leaves_it_is_seen_in_flight(name: str) -> None:
    timeline = session(name)
    flights = [
        step
        for step in timeline.steps()
        if (timeline[step.event].layer, timeline[step.event].kind) == ("message", "Sent")
    ]
    seen = [timeline.at(s.index).in_flight(timeline[s.event].endpoint, timeline[s.event].connection) for s in flights]
    assert all(octets > 0 for octets in seen)


def test_a_detail_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="^expected the detail 'message' or 'event', got 'segment'$"):
        Timeline(Recorder({})).steps("segment")


def test_what_a_snapshot_tells() -> None:
    timeline = session("a whole session")
    assert timeline.at(-1).state() == timeline.at(-1).state("client") == "START"
    assert timeline.at(-1).marks("alice") == {1: "kept", 2: "kept"} and timeline.at(-1).lock("alice") is None
    locked = [i for i in range(len(timeline)) if timeline.at(i).lock("alice") == 0]
    assert timeline[locked[0]].kind == "Locked" and timeline[locked[-1] + 1].kind == "Unlocked"
    last = timeline.at(len(timeline) - 1)
    assert last.state() == last.state("client") == "CLOSED" and last.marks("alice") == {1: "removed", 2: "kept"}
    assert last.octets("client") == len(timeline.stream(0, "client")) and last.in_flight("client") == 0
    assert last.octets("server") == len(timeline.stream(0, "server")) and last.in_flight("server") == 0
    flying = [e for e in timeline.events("segment", "Sent") if timeline.at(e.index).in_flight(e.endpoint)]
    assert flying and all(timeline.at(e.index).in_flight(e.endpoint) >= e.end - e.start for e in flying)
