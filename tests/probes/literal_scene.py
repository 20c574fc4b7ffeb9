"""A server and a client of the probe with literals, and octets for them."""

from __future__ import annotations

from popsim.engine.answer import Answer
from popsim.engine.plan import announcement
from popsim.engine.server import ServerEngine
from popsim.protocols.model import Occurrence
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from tests.probes import tagged
from tests.probes.shuttle import WHOLE, Shuttle
from tests.probes.tagged import TAGGED, TaggedService


class Picky(TaggedService):
    """Wants no literal of more than ten octets, and says so before it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Request] = []
        self.handlers[Occurrence.LITERAL] = self._literal

    def _literal(self, request: Request) -> Answer:
        self.asked.append(request)
        size, waits = announcement(request)
        if size > 10:
            return Answer(tagged.NOT_OFFERED, b"ten octets are enough")
        return Answer(tagged.ASKED if waits else tagged.AT_ONCE, b"go on")


def selected(piece: int = WHOLE, service: TaggedService | None = None, protocol: Protocol = TAGGED) -> Shuttle:
    shuttle = Shuttle(protocol, service or TaggedService(), piece)
    assert shuttle.say("a LOGIN alice secret").positive
    return shuttle


def fed(octets: bytes, piece: int = WHOLE, service: TaggedService | None = None, protocol: Protocol = TAGGED) -> bytes:
    """What a server says to octets, the greeting and the login left out."""
    engine = ServerEngine(protocol, service or TaggedService())
    engine.opened()
    engine.receive(b"a LOGIN alice secret\r\n")
    engine.take()
    for start in range(0, len(octets), piece):
        engine.receive(octets[start : start + piece])
    return b"".join(engine.take())
