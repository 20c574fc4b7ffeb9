"""Streams out of segments: in any order, twice, overlapping, with some lost; and which segments belong together."""

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from popsim.capture.conversation import Conversation
from popsim.capture.packet import Segment
from popsim.capture.stream import Progress, unwrapped
from popsim.capture.tcp import conversations
from tests.capture.frames import ACK, FIN, RST, SYN

CLIENT, SERVER = (b"\xc0\0\2\7", 50_000), (b"\xc0\0\2\1", 110)
MOD = 2**32


def client(
    time: int, seq: int, data: bytes = b"", flags: int = ACK, ack: int = 0, length: int | None = None
) -> Segment:
    return Segment(time, CLIENT, SERVER, seq % MOD, ack % MOD, flags, data, len(data) if length is None else length)


def server(time: int, seq: int, data: bytes = b"", flags: int = ACK, ack: int = 0) -> Segment:
    return Segment(time, SERVER, CLIENT, seq % MOD, ack % MOD, flags, data, len(data))


def opening(initial: int, ports: int = 0) -> list[Segment]:
    return [client(0, initial, flags=SYN), server(0, 77, flags=SYN | ACK, ack=initial + 1)]


def one(segments: Iterable[Segment]) -> Conversation:
    [found] = conversations(segments)
    return found


@st.composite
def pieces(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, int]]]:
    """A stream, and ranges of it that cover all of it, with overlaps, in any order."""
    stream = draw(st.binary(min_size=1, max_size=60))
    cuts = sorted(draw(st.sets(st.integers(1, len(stream)), max_size=8)) | {0, len(stream)})
    covering = [(a, b) for a, b in zip(cuts, cuts[1:], strict=False)]
    place = st.integers(0, len(stream))
    more = [(min(pair), max(pair)) for pair in draw(st.lists(st.tuples(place, place), max_size=6))]
    return stream, draw(st.permutations(covering + covering[:2] + [pair for pair in more if pair[0] < pair[1]]))


INITIAL = st.sampled_from([0, 1000, MOD - 2, MOD - 20, MOD // 2 - 5])


@given(pieces(), INITIAL, st.booleans())
def test_any_order_gives_the_same_stream(
    given_pieces: tuple[bytes, list[tuple[int, int]]], initial: int, begun: bool
) -> None:
    stream, ranges = given_pieces
    segments = opening(initial) if begun else []
    segments += [client(n + 1, initial + 1 + a, stream[a:b]) for n, (a, b) in enumerate(ranges)]
    found = one(segments)
    assert found.stream(0) == stream and found.gaps == []
    assert [piece.start for piece in found.pieces] == [
        sum(len(piece.octets) for piece in found.pieces[:n]) for n in range(len(found.pieces))
    ]
    seen: set[int] = set()
    data = found.segments[2 if begun else 0 :]
    for n, ((a, b), passed) in enumerate(zip(ranges, data, strict=True)):
        assert (passed.time, passed.what, passed.start, passed.end) == (n + 1, "data", a, b)
        assert passed.again == (set(range(a, b)) <= seen)
        seen |= set(range(a, b))
    for piece in found.pieces:  # each octet is readable when the last one of those up to it has come
        first = [min(n for n, (a, b) in enumerate(ranges, 1) if a <= at < b) for at in range(piece.start + 1)]
        assert piece.time == max(first)


@given(pieces(), INITIAL, st.data())
def test_what_is_lost_is_the_gap(
    given_pieces: tuple[bytes, list[tuple[int, int]]], initial: int, data: st.DataObject
) -> None:
    """A range is taken out of every segment; that others follow is known from the FIN or from an acknowledgement."""
    stream, ranges = given_pieces
    lost = data.draw(st.integers(0, len(stream) - 1))
    until = data.draw(st.integers(lost + 1, len(stream)))
    kept = [(a, min(b, lost)) for a, b in ranges if a < lost] + [(max(a, until), b) for a, b in ranges if b > until]
    segments = opening(initial)
    segments += [client(n + 1, initial + 1 + a, stream[a:b]) for n, (a, b) in enumerate(kept)]
    segments += [
        data.draw(
            st.sampled_from(
                [client(99, initial + 1 + len(stream), flags=FIN | ACK), server(99, 78, ack=initial + 1 + len(stream))]
            )
        )
    ]
    found = one(segments)
    assert found.gaps == [(0, lost, until)]
    assert found.stream(0) == stream[:lost] + stream[until:]


def test_the_first_version_of_an_octet_counts() -> None:
    segments = [*opening(0), client(1, 1, b"abcd"), client(2, 3, b"XYZ"), client(3, 1, b"-----e")]
    assert one(segments).stream(0) == b"abcdZe"


def test_a_piece_that_came_too_early_waits_for_the_gap_before_it() -> None:
    found = one([*opening(0), client(1, 4, b"def"), client(2, 7, b"g"), client(5, 1, b"abc")])
    assert [(piece.time, piece.start, piece.octets) for piece in found.pieces] == [
        (5, 0, b"abc"),
        (5, 3, b"def"),
        (5, 6, b"g"),
    ]


def test_a_stream_longer_than_all_sequence_numbers() -> None:
    """Each segment a quarter of the numbers after the one before: the places go on counting."""
    step = MOD // 4
    segments = opening(0) + [client(n, 1 + n * step, b"x") for n in range(9)]
    assert [piece.start for piece in one(segments).pieces] == [n * step for n in range(9)]
    only_acknowledged = opening(0)[1:] + [server(n, 78, ack=1 + n * step) for n in range(9)]
    assert one(only_acknowledged).gaps == [(0, 0, 8 * step)]


@given(st.integers(0, 2**40), st.integers(-(2**31), 2**31 - 1))
def test_a_number_means_the_closest_place(near: int, away: int) -> None:
    assert unwrapped((near + away) % MOD, near) == near + away


@given(st.permutations(list(range(12))))
def test_progress(order: list[int]) -> None:
    progress, seen = Progress(), set[int]()
    for n in order:
        progress.add(n * 3, n * 3 + 3 + n % 2)
        seen |= set(range(n * 3, n * 3 + 3 + n % 2))
        assert progress.reached == next(at for at in range(99) if at not in seen)


# In mid-session, and one side only


def test_without_the_opening_the_stream_begins_with_the_first_octet_seen() -> None:
    found = one([client(1, 510, b"late"), client(2, 500, b"0123456789"), server(3, 9000, b"ok", ack=514)])
    assert not found.begun and found.gaps == []
    assert (found.stream(0), found.stream(1), found.ending) == (b"0123456789late", b"ok", "")
    assert found.client == "192.0.2.7:50000" and found.port == 110


def test_who_serves_mail_is_the_server_even_if_it_is_seen_first() -> None:
    assert one([server(1, 5, b"ok")]).server == "192.0.2.1:110"
    assert one([server(1, 5, b"ok"), client(2, 5, b"x")]).port == 110


def test_between_other_ports_the_lower_one_is_the_servers() -> None:
    high, low = (b"\xc0\0\2\1", 50_001), (b"\xc0\0\2\7", 1100)
    for ends in ((high, low), (low, high)):
        assert one([Segment(0, *ends, 1, 1, ACK, b"x", 1)]).server == "192.0.2.7:1100"


def test_one_side_only_shows_what_the_other_one_must_have_sent() -> None:
    found = one(
        [
            client(0, 99, flags=SYN),
            client(1, 100, ack=501),
            client(2, 100, b"NOOP\r\n", ack=521),
            client(3, 106, ack=530),
        ]
    )
    assert found.stream(0) == b"NOOP\r\n"
    assert found.gaps == [(1, 0, 29)]


def test_a_keep_alive_is_no_octet() -> None:
    found = one([client(1, 499), client(2, 500, b"abc"), client(3, 502), client(4, 502, b"\0"), client(5, 503, b"d")])
    assert (found.stream(0), found.gaps) == (b"abcd", [])


def test_octets_before_the_first_are_not_there() -> None:
    assert one([*opening(100), client(1, 99, b"..abc")]).stream(0) == b"abc"


# Several connections, and their ends


def test_port_reuse() -> None:
    """A new SYN between the same ports begins another conversation; the same SYN once more does not."""
    first = [*opening(100), client(1, 101, b"one"), client(2, 100, flags=SYN)]
    second = [client(3, 9100, flags=SYN), server(3, 4000, flags=SYN | ACK, ack=9101), client(4, 9101, b"two")]
    found = conversations(first + second)
    assert [one.stream(0) for one in found] == [b"one", b"two"]
    assert [(seen.what, seen.again) for seen in found[0].segments][-1] == ("SYN", True)


def test_port_reuse_where_only_the_client_was_captured() -> None:
    second = [client(3, 9100, flags=SYN), client(4, 9101, b"two")]
    found = conversations([client(0, 100, flags=SYN), client(1, 101, b"one"), *second])
    assert [one.stream(0) for one in found] == [b"one", b"two"]


def test_a_reset_may_have_any_number() -> None:
    found = one([*opening(100), client(1, 101, b"x"), client(2, 5_000_000, flags=RST), server(3, 900, flags=RST)])
    assert found.gaps == [] and found.ending == "reset"


def test_port_reuse_after_a_conversation_whose_opening_was_not_seen() -> None:
    found = conversations([client(0, 40, b"old"), *opening(100), client(1, 101, b"new")])
    assert [(one.stream(0), one.begun) for one in found] == [(b"old", False), (b"new", True)]
    only_answered = [server(2, 9, flags=SYN | ACK, ack=5001), client(3, 5001, b"x")]
    assert len(conversations([*opening(100), *only_answered])) == 2


def test_an_opening_out_of_order_belongs_to_its_conversation() -> None:
    found = one([server(0, 77, flags=SYN | ACK, ack=101), client(0, 100, flags=SYN), client(1, 101, b"x")])
    assert found.begun and found.client == "192.0.2.7:50000" and found.stream(0) == b"x"


def test_connections_of_several_clients_side_by_side() -> None:
    segments = []
    for n in range(3):
        for step, data in enumerate((b"a", b"b")):
            segments.append(Segment(step, (b"\xc0\0\2\7", 50_000 + n), SERVER, 1 + step, 1, ACK, data, 1))
    found = conversations(sorted(segments, key=lambda segment: segment.time))
    assert [one.client for one in found] == [f"192.0.2.7:{50_000 + n}" for n in range(3)]
    assert [one.stream(0) for one in found] == [b"ab"] * 3


CLOSED = [client(5, 101, flags=FIN | ACK), server(6, 78, flags=FIN | ACK)]


@pytest.mark.parametrize(
    ("last", "ending"),
    [
        ([], ""),
        (CLOSED, "closed"),
        (CLOSED[:1], ""),
        ([server(5, 78, flags=RST)], "reset"),
        ([*CLOSED[:1], server(6, 78, flags=RST)], "reset"),
        ([*CLOSED, client(7, 102, flags=RST)], "closed"),
    ],
)
def test_endings(last: list[Segment], ending: str) -> None:
    assert one([*opening(100), *last]).ending == ending


def test_fin_with_data_sent_twice() -> None:
    last = client(5, 101, b"bye", FIN | ACK)
    found = one([*opening(100), last, last, server(6, 78, ack=105)])
    assert found.stream(0) == b"bye" and found.gaps == []
    assert [(seen.what, seen.start, seen.end, seen.again) for seen in found.segments[2:4]] == [
        ("FIN", 0, 3, False),
        ("FIN", 0, 3, True),
    ]


FLAGS = st.sampled_from([SYN, SYN | ACK, ACK, FIN | ACK, RST, RST | ACK, 0, SYN | FIN | RST | ACK])
NUMBERS = st.one_of(st.integers(0, MOD - 1), st.integers(0, 40))


@given(
    st.lists(st.tuples(st.booleans(), NUMBERS, NUMBERS, FLAGS, st.binary(max_size=5), st.integers(0, 3)), max_size=9)
)
@example([(False, 5, 0, RST, b"", 0)])
def test_segments_without_sense_break_nothing(
    drawn: list[tuple[bool, int, int, int, bytes, int]],
) -> None:
    segments = [
        Segment(n, *((SERVER, CLIENT) if back else (CLIENT, SERVER)), seq, ack, flags, data, len(data) + more)
        for n, (back, seq, ack, flags, data, more) in enumerate(drawn)
    ]
    for found in conversations(segments):
        assert all(seen.start <= seen.end for seen in found.segments)
        assert all(start < stop for _, start, stop in found.gaps)
        assert sorted(found.pieces, key=lambda piece: piece.time) == found.pieces
