"""Any cut of any octets into pieces gives the same answers, the same record and the same state, at both ends."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import pop3
from popsim.engine.client import ClientEngine
from popsim.engine.response import Response
from popsim.protocols.protocol import Protocol
from popsim.timeline import Event, Observer, Recorder, Timeline
from popsim.timeline.event import CLIENT
from tests.engine.scene import LOGIN, OLD, recorded, stage

COMMANDS = [
    b"USER alice", b"PASS secret", b"STAT", b"LIST", b"LIST 2", b"RETR 1", b"RETR 2", b"RETR 3", b"TOP 2 1", b"DELE 1",
    b"DELE 2", b"RSET", b"LAST", b"UIDL", b"NOOP", b"QUIT", b"FOO", b"RETR", b"RETR 9", b"", b"X" * 300, b"\x00\xff",
    b"NOOP\r",
]  # fmt: skip
ENDS = [b"\r\n"] * 8 + [b"\n", b"\r", b"\n\r"]
LINES = st.tuples(st.sampled_from(COMMANDS) | st.binary(max_size=8), st.sampled_from(ENDS)).map(b"".join)
STREAMS = st.tuples(st.sampled_from([b"", LOGIN, LOGIN]), st.lists(LINES, max_size=12).map(b"".join)).map(b"".join)
CUTS = st.lists(st.integers(0, 400), max_size=12)


def pieces(octets: bytes, cuts: list[int]) -> Iterator[bytes]:
    """The octets, cut at these places."""
    places = sorted({min(cut, len(octets)) for cut in cuts} | {0, len(octets)})
    yield from (octets[a:b] for a, b in zip(places, places[1:], strict=False))


def served(protocol: Protocol, parts: list[bytes]) -> tuple[bytes, list[Event], str, object, object]:
    """Everything that can be seen of a server that gets these pieces."""
    theatre = stage(protocol)
    session = theatre.connect()
    sent = session.take()
    for part in parts:
        session.engine.receive(part)
        sent += session.take()
    return sent, list(recorded(session)), session.state, theatre.left(), theatre.locks()


@settings(derandomize=True, deadline=None, max_examples=150)
@given(octets=STREAMS, cuts=CUTS, old=st.booleans())
def test_a_server_sees_no_cuts(octets: bytes, cuts: list[int], old: bool) -> None:
    protocol = OLD if old else pop3
    whole = served(protocol, [octets])
    assert served(protocol, list(pieces(octets, cuts))) == whole
    assert served(protocol, [octets[i : i + 1] for i in range(len(octets))]) == whole


def heard(octets: bytes, parts: list[bytes], requests: list[bytes]) -> tuple[list[Response], list[Event], str]:
    """Everything that can be seen of a client that has sent these lines and gets these pieces."""
    assert b"".join(parts) == octets
    recorder = Recorder({})
    client = ClientEngine(pop3, Observer(recorder, 0, CLIENT))
    for line in requests:
        client.request(line)
    responses = [response for part in parts for response in client.receive(part)]
    return responses, list(Timeline(recorder)), client.state.name


ASKED = st.lists(st.sampled_from([c for c in COMMANDS if b"\r" not in c]), max_size=10)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(commands=ASKED, cuts=CUTS)
def test_a_client_sees_no_cuts(commands: list[bytes], cuts: list[int]) -> None:
    requests = [*LOGIN.split(b"\r\n")[:2], *commands]
    octets, *_ = served(pop3, [b"\r\n".join([*requests, b""])])
    whole = heard(octets, [octets], requests)
    assert heard(octets, list(pieces(octets, cuts)), requests) == whole
    assert heard(octets, [octets[i : i + 1] for i in range(len(octets))], requests) == whole


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    noise=st.lists(st.sampled_from([b"+OK", b"-ERR", b" ", b"\r\n", b".\r\n", b"\n", b"\x00"]) | st.binary(max_size=5)),
    cuts=CUTS,
)
def test_noise_from_a_server_sees_none_either(noise: list[bytes], cuts: list[int]) -> None:
    octets = b"".join(noise)
    requests = [b"USER a", b"PASS b", b"LIST", b"RETR 1", b"QUIT"]
    assert heard(octets, list(pieces(octets, cuts)), requests) == heard(octets, [octets], requests)


def test_the_streams_are_worth_cutting() -> None:
    """The whole of a long session, cut at every octet in two."""
    lines = [b"LIST", b"RETR 2", b"DELE 2", b"TOP 1 0", b"RSET", b"UIDL", b"DELE 1", b"NOPE", b"QUIT", b"LIST"]
    octets = LOGIN + b"\r\n".join([*lines, b""])
    whole = served(pop3, [octets])
    for cut in range(len(octets)):
        assert served(pop3, [octets[:cut], octets[cut:]]) == whole
    assert whole[2] == "CLOSED" and whole[3] == {"alice": 2, "mrose": 3} and whole[0].count(b"\r\n.\r\n") == 4
