"""The times of the link, worked out by hand.

The model: a segment has 40 octets of headers and at most MSS octets of data; it occupies the line for its octets at
the line's rate, and arrives the delay later. The handshake is three segments without data, the close is two.
"""

from __future__ import annotations

from typing import Any

import pytest

from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.timeline import Event, Timeline
from popsim.wire import Link, Scenario, run

MS, US = 10**6, 10**3
GREETING = b"+OK POP3 server ready <1.1@popsim.example>\r\n"
LETTER = Message(b"x" * 998 + b"\r\n" + b"y" * 998 + b"\r\n" + b"z" * 998 + b"\r\n")
MAIL = Mail("hand", [LETTER])


def session(*lines: str, **link: Any) -> Timeline:
    """A session over a link, with the one letter of 3,000 octets in alice's maildrop."""
    scenario = Scenario(mail=(("alice", MAIL.digest[:16]),), link=Link(**link))
    return run(scenario.then(*lines), [MAIL])


def when(timeline: Timeline, *wanted: tuple[str, str, str]) -> list[int]:
    """The times of the events of these layers, kinds and ends, in order."""
    return [e.time for e in timeline if (e.layer, e.kind, e.endpoint) in wanted]


def segments(timeline: Timeline, end: str) -> list[tuple[int, int, int]]:
    """For each segment of one end: when it left, when it arrived, and how many octets of data it had."""
    arrived = {e.cause: e.time for e in timeline.events("segment", "Delivered")}
    sent: list[Event] = [e for e in timeline.events("segment", "Sent") if e.endpoint == end]
    return [(e.time, arrived[e.index], e.end - e.start) for e in sent]


def test_the_octets_that_the_hand_counts_on() -> None:
    timeline = session("NOOP")
    assert timeline.stream(0, "server").startswith(GREETING) and len(GREETING) == 44
    assert LETTER.size == 3000


def test_1_the_handshake_over_a_line_without_limit() -> None:
    """SYN 0 -> 40 ms, SYN ACK 40 -> 80 (open at the client), ACK 80 -> 120 (open at the server), greeting -> 160."""
    timeline = session(delay="40 ms")
    assert when(timeline, ("stream", "Opened", "client"), ("stream", "Opened", "server")) == [80 * MS, 120 * MS]
    assert when(timeline, ("message", "Sent", "server"), ("message", "Delivered", "client")) == [120 * MS, 160 * MS]
    assert timeline.duration == 160 * MS


def test_2_the_handshake_over_a_megabit() -> None:
    """An octet takes 8 us at 1 Mbit/s, so 40 octets of headers take 320 us.

    SYN 0 -> 0.32 + 40 = 40.32 ms; SYN ACK -> 80.64; ACK -> 120.96; greeting 44 + 40 octets = 672 us -> 161.632 ms.
    """
    timeline = session(delay="40 ms", rate="1 Mbit/s")
    assert when(timeline, ("stream", "Opened", "client")) == [80_640 * US]
    assert when(timeline, ("stream", "Opened", "server")) == [120_960 * US]
    assert when(timeline, ("message", "Delivered", "client")) == [161_632 * US]


def test_3_one_exchange_takes_a_round_trip_and_its_octets() -> None:
    """`QUIT` CRLF: 6 + 40 octets = 368 us; `+OK goodbye` CRLF: 13 + 40 octets = 424 us.

    Greeted at 161.632 ms: QUIT arrives at 161.632 + 0.368 + 40 = 202.0 ms, the answer at 202 + 0.424 + 40 = 242.424 ms.
    """
    timeline = session("QUIT", delay="40 ms", rate="1 Mbit/s")
    assert timeline.stream(0, "server")[44:] == b"+OK goodbye\r\n"
    assert when(timeline, ("message", "Delivered", "server")) == [202_000 * US]
    assert when(timeline, ("message", "Delivered", "client"))[1:] == [242_424 * US]


def test_4_the_close_is_a_segment_each_way() -> None:
    """The server's FIN leaves when the answer of test 3 is on the line, at 202.424 ms, and takes 320 us itself.

    It arrives at 202.424 + 0.32 + 40 = 242.744 ms; the client's FIN goes out at once and arrives at 283.064 ms.
    """
    timeline = session("QUIT", delay="40 ms", rate="1 Mbit/s")
    assert when(timeline, ("stream", "Closed", "client"), ("stream", "Closed", "server")) == [
        242_744 * US,
        283_064 * US,
    ]
    assert timeline.duration == 283_064 * US


def test_5_a_reply_of_several_segments() -> None:
    """`+OK 3000 octets` CRLF has 17 octets, the letter 3,000, the lone dot 3: 3,020 in segments of at most 1,000.

    Three have 1,000 + 40 octets and take 8,320 us each, the last has 20 + 40 and takes 480 us. With RETR read at t they
    leave at t, t + 8.32, t + 16.64 and t + 24.96 ms, and the last arrives at t + 24.96 + 0.48 + 40 = t + 65.44 ms.
    """
    timeline = session("USER alice", "PASS secret", "RETR 1", delay="40 ms", rate="1 Mbit/s", mss=1000)
    read = when(timeline, ("message", "Delivered", "server"))[-1]
    assert segments(timeline, "server")[-4:] == [
        (read, read + 48_320 * US, 1000),
        (read + 8_320 * US, read + 56_640 * US, 1000),
        (read + 16_640 * US, read + 64_960 * US, 1000),
        (read + 24_960 * US, read + 65_440 * US, 20),
    ]
    assert when(timeline, ("message", "Delivered", "client"))[-1] == read + 65_440 * US


def test_6_the_same_reply_over_a_line_without_limit() -> None:
    """All segments leave at once and arrive together: 40 ms after RETR was read, 80 ms after it was sent."""
    timeline = session("USER alice", "PASS secret", "RETR 1", delay="40 ms", mss=1000)
    sent = when(timeline, ("message", "Sent", "client"))[-1]
    assert segments(timeline, "server")[-4:] == [
        (sent + 40 * MS, sent + 80 * MS, size) for size in (1000, 1000, 1000, 20)
    ]


def test_7_a_slow_line_and_no_distance() -> None:
    """At 300 bit/s, without delay: 40 octets take 320/300 s, rounded up to 1,066,666,667 ns; SYN ACK and ACK as well.

    The greeting, 84 octets = 672 bits, takes 2.24 s exactly: 3 * 1,066,666,667 + 2,240,000,000 = 5,440,000,001 ns.
    """
    timeline = session(delay=0, rate=300)
    assert when(timeline, ("stream", "Opened", "client")) == [2 * 1_066_666_667]
    assert when(timeline, ("message", "Delivered", "client")) == [5_440_000_001]


def test_8_pipelined_commands_wait_for_the_line_but_not_for_answers() -> None:
    """At 1 Mbit/s: `USER alice` CRLF, 12 + 40 octets, leaves at t and is on the line at t + 416 us.

    `PASS secret` CRLF, 13 + 40 octets = 424 us, leaves then, and arrives at t + 0.416 + 0.424 + 40 = t + 40.84 ms.
    """
    timeline = session("USER alice", "pipelined> PASS secret", delay="40 ms", rate="1 Mbit/s")
    t = 161_632 * US
    assert segments(timeline, "client")[-2:] == [
        (t, t + 40_416 * US, 12),
        (t + 416 * US, t + 40_840 * US, 13),
    ]
    assert when(timeline, ("message", "Sent", "client")) == [t, t]


def test_9_the_directions_do_not_disturb_each_other() -> None:
    """A command that is sent while a long answer comes in arrives as if nothing else were on the line."""
    timeline = session("USER alice", "PASS secret", "RETR 1", "pipelined> NOOP", delay="40 ms", rate="8 kbit/s")
    sent = when(timeline, ("message", "Sent", "client"))[-2:]
    read = when(timeline, ("message", "Delivered", "server"))[-2:]
    # At 8 kbit/s an octet takes 1 ms: RETR has 8 + 40 of them, NOOP 6 + 40 right behind it.
    assert [sent[0] + 88 * MS, sent[0] + 134 * MS] == read and sent[0] == sent[1]
    # The answer to RETR, 3,020 octets in segments of 1,460, 1,460 and 100, with 120 octets of headers.
    answered = when(timeline, ("message", "Delivered", "client"))[-2:]
    assert answered[0] == read[0] + 3140 * MS + 40 * MS
    # The answer to NOOP, `+OK nothing done` CRLF, 18 + 40 octets, right behind it.
    assert answered[1] == answered[0] + 58 * MS


@pytest.mark.parametrize(
    ("octets", "rate", "nanoseconds"),
    [(0, 0, 0), (0, 8, 40 * 10**9), (1460, 10**9, 12_000), (1, 3, 109_333_333_334), (0, 10**15, 1)],
)
def test_serialisation_is_rounded_up(octets: int, rate: int, nanoseconds: int) -> None:
    assert Link(rate=rate).serialisation(octets) == nanoseconds


@pytest.mark.parametrize(
    "wrong",
    [
        {"mss": 0},
        {"mss": -1},
        {"mss": "1460"},
        {"mss": 1.5},
        {"delay": -1},
        {"delay": "40"},
        {"delay": 1.5},
        {"rate": "fast"},
        {"loss": -0.1},
        {"loss": 1.01},
        {"loss": "2"},
        {"loss": "100.1%"},
        {"loss": 0.00000001},
        {"loss": True},
        {"loss": float("nan")},
        {"jitter": "some"},
        {"jitter": -1},
    ],
)
def test_a_link_that_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="^expected a (maximum segment size|time|rate|probability) ") as caught:
        Link(**wrong)
    assert "\n" not in str(caught.value)


def test_a_link_tells_what_it_is() -> None:
    assert str(Link("40 ms", "1 Mbit/s", 536)) == "40 ms, 1 Mbit/s, segments of 536 octets"
    assert str(Link(0)) == "0 ms, unlimited, segments of 1460 octets"
    assert Link("40 ms") == Link(40 * MS) == Link("0.04 s") and len({Link("40 ms"), Link(40 * MS)}) == 1
    assert str(Link(0, loss="2%", jitter="5 ms")) == (
        "0 ms, unlimited, segments of 1460 octets, 2% of them lost, up to 5 ms more"
    )
    assert Link(loss=0.025) == Link(loss="2.5 %") and Link(loss=0.025).words["loss"] == "2.5%"
    assert "loss" not in Link().words and "jitter" not in Link().words


@pytest.mark.parametrize(
    ("loss", "text"), [(1, "100%"), (0.000001, "0.0001%"), ("0.05%", "0.05%"), (0.3, "30%"), (0, "0%")]
)
def test_a_probability_is_written_exactly(loss: float | str, text: str) -> None:
    from popsim.wire.quantity import millionths, percent

    assert percent(millionths(loss)) == text and millionths(text) == millionths(loss)


@pytest.mark.parametrize(
    ("link", "seconds"),
    [
        (Link(), [1, 2, 4, 8, 16, 32, 60, 60]),  # RFC 6298 §2.4, §5.5, §2.5
        (Link("500 ms"), [3, 6, 12, 24, 48, 60]),  # three times the round trip of 1 s: §2.2
        (Link("100 ms", jitter="800 ms"), [3, 6, 12]),
        (Link("30 s"), [180, 180]),
    ],
)
def test_the_retransmission_timeout(link: Link, seconds: list[int]) -> None:
    assert [link.timeout(n) for n in range(1, len(seconds) + 1)] == [s * 10**9 for s in seconds]
