"""Every event of a session has a cause that came before it, and of the right kind."""

from __future__ import annotations

import pytest

from popsim.timeline import Event
from tests.timeline.recordings import SCENARIOS, session

NOTHING = ("", "")

# What may bring about what, at the same end of the same connection unless it says "over": then at the other end.
CAUSES: dict[tuple[str, str], set[tuple[str, str]]] = {
    ("segment", "Sent"): {
        NOTHING,  # a SYN: somebody wants to connect
        ("segment", "Delivered"),  # SYN ACK
        ("stream", "Opened"),  # the last ACK of the handshake
        ("stream", "Closed"),  # the second FIN
        ("message", "Sent"),  # data, and the FIN after the last reply
        ("segment", "Dropped"),  # what was lost, once more
    },
    ("segment", "Delivered"): {("segment", "Sent over")},
    ("segment", "Dropped"): {("segment", "Sent")},
    ("stream", "Opened"): {("segment", "Delivered")},
    ("stream", "Closed"): {("segment", "Delivered")},
    ("stream", "Lost"): {
        ("segment", "Delivered"), ("segment", "Delivered over"),
        ("message", "Delivered"), ("message", "Delivered over"),
    },
    ("message", "Sent"): {("stream", "Opened"), ("message", "Delivered")},
    ("message", "Delivered"): {("message", "Sent over")},
    ("session", "Moved"): {("stream", "Opened"), ("stream", "Lost"), ("message", "Delivered")},
    **{
        ("store", kind): {("message", "Delivered"), ("stream", "Lost")}
        for kind in ("Locked", "Marked", "Unmarked", "Accessed", "Removed", "Unlocked")
    },
}  # fmt: skip


def kind_of(event: Event, cause: Event | None) -> tuple[str, str]:
    """Layer and kind of a cause, seen from what it brought about."""
    if cause is None:
        return NOTHING
    return cause.layer, cause.kind + (" over" if cause.endpoint != event.endpoint else "")


@pytest.mark.parametrize("name", SCENARIOS)
def test_causes_come_before_and_are_of_the_right_kind(name: str) -> None:
    timeline = session(name)
    for event in timeline:
        assert -1 <= event.cause < event.index
        cause = timeline[event.cause] if event.cause >= 0 else None
        assert kind_of(event, cause) in CAUSES[event.layer, event.kind], (event, cause)
        if cause:
            assert cause.connection == event.connection and cause.time <= event.time


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_arrives_was_sent(name: str) -> None:
    timeline = session(name)
    for event in timeline:
        if event.kind in ("Delivered", "Dropped") and event.layer == "segment":
            sent = timeline[event.cause]
            assert (sent.start, sent.end, sent.kind) == (event.start, event.end, "Sent")
        if event.kind == "Delivered" and event.layer == "message":
            sent = timeline[event.cause]
            assert sent.start <= event.start < event.end == sent.end or sent.end <= event.end
            assert timeline.octets(event).endswith(timeline.octets(sent)[-2:])


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_segment_of_data_was_sent_for_a_message_that_it_carries(name: str) -> None:
    timeline = session(name)
    carried = [e for e in timeline.events("segment", "Sent") if e.end > e.start]
    assert carried
    for segment in carried:
        message = timeline[segment.cause]
        while message.layer == "segment":  # it was sent before, and lost
            assert (message.start, message.end) == (segment.start, segment.end)
            message = timeline[message.cause]
        assert message.start <= segment.start < message.end and message.endpoint == segment.endpoint


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_message_is_one_whole_unit_and_they_follow_each_other(name: str) -> None:
    timeline = session(name)
    for connection in timeline.connections:
        for endpoint in ("client", "server"):
            place = 0
            for event in timeline.events("message", "Sent"):
                if (event.connection, event.endpoint) == (connection, endpoint):
                    assert event.start == place < event.end
                    assert timeline.octets(event).endswith(b"\n")
                    place = event.end
            assert place == len(timeline.stream(connection, endpoint))


@pytest.mark.parametrize("name", SCENARIOS)
def test_time_only_goes_on(name: str) -> None:
    times = [event.time for event in session(name)]
    assert times == sorted(times) and times[0] == 0


def test_a_reply_names_the_rule_that_it_follows() -> None:
    timeline = session("a whole session")
    said = [e.values for e in timeline.events("message", "Sent") if e.endpoint == "server"]
    assert [(v["0.server.rule"], v["0.server.reply"]) for v in said if v] == [
        ("START|opened|always", "+OK"),
        ("AUTHORIZATION|USER name|name accepted", "+OK"),
        ("USER accepted|PASS string|name and secret are right, maildrop locked", "+OK"),
        ("TRANSACTION|STAT|always", "+OK"),
        ("TRANSACTION|LIST|always", "+OK"),
        ("TRANSACTION|RETR msg|message there", "+OK"),
        ("TRANSACTION|DELE msg|message there", "+OK"),
        ("UPDATE|committed|all marked messages removed", "+OK"),
    ]


def test_the_client_moves_when_it_has_heard_of_it() -> None:
    """Both ends go through the same states, the client later by the way of the answer."""
    timeline = session("a whole session")
    moved = [(e.time, e.endpoint, dict(e.values or {})[f"0.{e.endpoint}.state"]) for e in timeline.events("session")]
    ends = {end: [(state, time) for time, at, state in moved if at == end] for end in ("server", "client")}
    assert [state for state, _ in ends["server"]] == [state for state, _ in ends["client"]]
    delays = [late - early for (_, early), (_, late) in zip(ends["server"], ends["client"], strict=True)]
    assert delays == [20_000_000] * 5
