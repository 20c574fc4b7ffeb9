"""What is fuzzed, and what must hold for any input: the server, the client and the dissector.

An input is octets. The first says which edition and extensions are spoken; the rest is what a stranger sends. In it the
octets 0xFC to 0xFF, which POP3 has no use for, stand for what else may happen; see `inputs`. The other protocols have
targets of their own, and so have the readers of IMAP's arguments and of messages.
"""

from __future__ import annotations

from collections.abc import Callable

from popsim import pop3
from popsim.capture.conversation import Conversation, Piece
from popsim.capture.dissect import dissect
from popsim.engine.client import ClientEngine
from popsim.engine.response import Response
from popsim.protocols.model import CLOSED
from popsim.protocols.protocol import Protocol
from popsim.timeline import Timeline
from popsim.timeline.event import CLIENT, SERVER
from tests.engine import scene
from tests.fuzz import clients, parsers, servers
from tests.fuzz.inputs import LOST, SECURED, SILENT, events
from tests.pop3.stage import Session

MODERN = pop3.extended()
PROTOCOLS: tuple[Protocol, ...] = (
    pop3,
    MODERN,
    pop3.edition(1460),
    pop3.edition(1081),
    pop3.edition(1725),
    pop3.minimal(),
    pop3.extended(5034),
    pop3.extended(2595),
)
REQUESTS = (
    b"USER alice",
    b"PASS secret",
    b"STAT",
    b"LIST",
    b"RETR 1",
    b"UIDL",
    b"TOP 1 2",
    b"CAPA",
    b"AUTH PLAIN",
    b"QUIT",
)


def protocol_of(data: bytes) -> Protocol:
    return PROTOCOLS[data[0] % len(PROTOCOLS)] if data else pop3


def server(data: bytes) -> None:
    """A client sends anything: every line gets its answer, no message goes without a QUIT, cuts change nothing."""
    protocol = protocol_of(data)
    whole = play(protocol, list(events(data[1:])))
    octets = [bytes([o]) for part in events(data[1:]) if isinstance(part, bytes) for o in part]
    if not any(isinstance(part, int) for part in events(data[1:])):
        assert play(protocol, octets) == whole


def play(protocol: Protocol, parts: list[int | bytes] | list[bytes]) -> bytes:
    stage = scene.stage(protocol)
    session = scene.connect(stage)
    said, asked_to_quit = b"", False
    sent = bytearray()
    for part in parts:
        if isinstance(part, bytes):
            sent += part
            said += session.send(part)
        else:
            happen(session, part)
            said += session.take()
        asked_to_quit = b"QUIT" in sent.upper()
        assert stage.left() == {"alice": 3, "mrose": 3} or asked_to_quit
    assert not said or said.endswith(b"\r\n")
    assert session.engine.state in protocol.states
    assert (session.engine.state is CLOSED) <= (stage.locks() == [])
    assert len(session.engine._buffer._octets) <= 66_000
    return said


def happen(session: Session, what: int) -> None:
    """Something that is no octet: the handshake is done, the client is silent for too long, or it is gone."""
    if what == SECURED and session.engine._awaits:
        session.engine.secured()
    elif what == SILENT:
        session.engine.expired()
    elif what == LOST:
        session.engine.lost()


def client(data: bytes) -> None:
    """A server sends anything: the client never raises, each octet is read once, and cuts change nothing."""
    protocol = protocol_of(data)
    pieces = [part for part in events(data[1:]) if isinstance(part, bytes)]
    whole = answers(protocol, [b"".join(pieces)])
    assert answers(protocol, pieces) == whole
    assert len(whole) <= len(data) + 1


def answers(protocol: Protocol, pieces: list[bytes]) -> list[Response]:
    engine = ClientEngine(protocol)
    engine.opened()
    found = []
    for number, piece in enumerate([b"", *pieces]):
        if number == 0:
            for line in REQUESTS:
                engine.request(line)
        found += engine.receive(piece)
    engine.lost()
    assert engine.closed
    return found


def dissector(data: bytes) -> None:
    """Both ends say anything: what comes out is a timeline, whose messages are the octets in order."""
    conversation = Conversation("192.0.2.1:40000", "192.0.2.2:110", 110)
    places, end = [0, 0], SERVER
    for time, part in enumerate(events(data)):
        if isinstance(part, int):
            end = 1 - end
            if part == LOST:  # a segment that was not seen
                conversation.gaps.append((end, places[end], places[end] + 7))
                places[end] += 7
            continue
        conversation.pieces.append(Piece(time * 1000, end, places[end], part))
        places[end] += len(part)
    timeline = dissect([conversation])
    check_timeline(timeline, conversation)


def check_timeline(timeline: Timeline, conversation: Conversation) -> None:
    for end, name in ((CLIENT, "client"), (SERVER, "server")):
        said = timeline.wire(0, name)
        assert conversation.stream(end).startswith(said[: len(said)]) or conversation.gaps
    assert all(0 <= event.cause < event.index or event.cause == -1 for event in timeline)
    assert all(a.time <= b.time for a, b in zip(timeline, timeline[1:], strict=False))
    for step in timeline.steps():
        timeline.at(step.index)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "server": server,
    "client": client,
    "dissector": dissector,
    **servers.TARGETS,
    **clients.TARGETS,
    **parsers.TARGETS,
}
