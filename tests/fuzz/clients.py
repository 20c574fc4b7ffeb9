"""The clients of POP2, IMAP and SMTP, and each of them with its server.

In a client's input the octet 0xFE changes who speaks: at first the server, then the one whom a user moves, and so on.
In an input for both ends each piece is what a user sends, CRLF added; the server's answers are its own.
"""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.client import ClientEngine
from popsim.engine.framing import CRLF
from popsim.engine.response import Response
from popsim.protocols.model import CLOSED, Occurrence, Reader
from popsim.protocols.protocol import Protocol
from tests.fuzz.inputs import CUT, LOST, SECURED, events, pieces
from tests.fuzz.servers import SPOKEN, stage
from tests.transcripts.stage import Session

Part = tuple[bool, bytes]
"""Whether the server says it, and the octets."""


def parts_of(data: bytes, cuts: bool) -> list[Part]:
    """What both say in turn, the server's octets as they are cut, or cut again."""
    found: list[Part] = []
    is_server = True
    for part in events(data):
        if isinstance(part, int):
            is_server = not is_server if part == SECURED else is_server
        elif is_server and cuts:
            found += [(True, octets) for octets in pieces(part)]
        else:
            found.append((is_server, part))
    return found


def answers(protocol: Protocol, parts: list[Part], size: int) -> tuple[list[Response], str]:
    """What a client makes of it, and the state that it comes to."""
    engine = ClientEngine(protocol)
    engine.opened()
    found: list[Response] = []
    for is_server, octets in parts:
        if is_server:
            found += engine.receive(octets)
            if engine.securing:
                engine.secured()
        elif engine.exchange_open:
            engine.carry_on(octets)
        else:
            engine.request(octets)
        engine.take()
        assert len(engine._pending) <= size + 2
    state = engine.state.name
    engine.lost()
    assert engine.closed
    return found, state


def client(name: str) -> Callable[[bytes], None]:
    """The target of a protocol's client: it never raises, and cuts change nothing."""

    def target(data: bytes) -> None:
        protocol = SPOKEN[name][data[0] % len(SPOKEN[name])] if data else SPOKEN[name][0]
        whole, state = answers(protocol, parts_of(data[1:], False), len(data))
        found = answers(protocol, parts_of(data[1:], True), len(data))
        if SECURED not in data:  # what a client sends depends on what it has heard by then
            assert found == (whole, state)
        assert len(whole) <= len(data) + 1
        kept = sum(len(one.text) + len(one.body or b"") + sum(map(len, one.untagged)) for one in whole)
        assert kept <= 2 * len(data)

    return target


def both(name: str) -> Callable[[bytes], None]:
    """The target of both ends: every answer is one of the table's, and both ends know where the session is."""

    def target(data: bytes) -> None:
        protocol = SPOKEN[name][data[0] % len(SPOKEN[name])] if data else SPOKEN[name][0]
        server = stage(protocol)
        session = server.connect()
        engine = ClientEngine(protocol)
        engine.opened()
        _exchange(engine, session)
        for piece in bytes(data[1:]).split(bytes([CUT])):
            if engine.closed or session.engine.state is CLOSED:
                break
            if piece == bytes([LOST]):
                break
            if engine.exchange_open:
                engine.carry_on((piece.replace(b"\n", b"") if engine._reader is Reader.LINE else piece) + CRLF)
            else:
                engine.request(piece)
            _exchange(engine, session)
        engine.lost()
        session.engine.lost()

    return target


def _exchange(engine: ClientEngine, session: Session) -> None:
    """Let the octets cross until nobody has anything to say, and look at both ends."""
    for _ in range(10):
        found = engine.receive(session.take())
        for one in found:
            assert one.reply is not None or one.untagged or one.body is not None, one
        if engine.securing and session.engine.securing:
            engine.secured()
            session.engine.secured()
        sent = b"".join(engine.take())
        if sent:
            session.engine.receive(sent)
        elif not session.engine._out:
            break
    if engine._machine is None and not engine.waiting and not session.engine._part and session.engine._buffer.empty:
        there = session.engine.state
        assert engine.state is there, f"the client is in {engine.state}, the server in {there}"
        assert bool(engine.exchange_open) == bool(session.engine._reader), Occurrence.CONTINUED


TARGETS: dict[str, Callable[[bytes], None]] = {
    **{f"{name}-client": client(name) for name in SPOKEN},
    **{f"{name}-both": both(name) for name in SPOKEN},
}
