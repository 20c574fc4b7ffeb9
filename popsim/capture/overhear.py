"""The eavesdropper: what somebody on the wire reads of a session that was recorded at its ends."""

from __future__ import annotations

from popsim.capture.conversation import Conversation, Piece, Seen
from popsim.capture.dissect import dissection
from popsim.capture.ports import served
from popsim.capture.stream import Stream
from popsim.protocols import spoken
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import AUDIENCE, CLIENT, EAVESDROPPER, ENDPOINTS, SERVER, Event, segment_key
from popsim.timeline.timeline import Timeline

_HANDSHAKE = b"\x16"
"""The first octet of a TLS connection (RFC 8446 §5.1)."""


def overheard(timeline: Timeline) -> Timeline:
    """The same sessions as somebody on the wire saw them: the octets that crossed, dissected, and nothing else.

    What crossed in clear is shown as it crossed, passwords too; of what crossed under TLS, lengths and times.

    Args:
        timeline: what was recorded at the ends.
    """
    header = {AUDIENCE: EAVESDROPPER}
    return dissection(conversations(timeline), spoken_in(timeline), header).timeline


def spoken_in(timeline: Timeline) -> list[Protocol | None]:
    """What was spoken on each connection of a timeline."""
    return [spoken(timeline.header, connection) for connection in timeline.connections]


def conversations(timeline: Timeline) -> list[Conversation]:
    """What crossed the wire in a recorded timeline, one conversation for each connection.

    The eavesdropper stands beside the server: what a server sends has passed when it leaves, and what a client sends
    when it arrives. Where only the client's end was recorded, the eavesdropper stands beside the client.
    """
    return [_Listener(timeline, connection).conversation() for connection in timeline.connections]


class _Listener:
    """Somebody who stands beside one end of a connection."""

    def __init__(self, timeline: Timeline, connection: int) -> None:
        self._timeline, self._connection = timeline, connection
        self._events = [event for event in timeline if event.connection == connection]
        ends = {event.endpoint for event in self._events if event.layer == "segment"}
        self._beside = CLIENT if ends == {ENDPOINTS[CLIENT]} else SERVER
        self._streams = Stream(), Stream()
        self._seen: list[Seen] = []
        self._known: set[tuple[int, str]] = set()

    def conversation(self) -> Conversation:
        """What was heard."""
        segments = [event for event in self._events if event.layer == "segment"]
        for event in segments:
            if event.kind != "Dropped" and ENDPOINTS.index(event.endpoint) == self._beside:
                self._pass(event)
        opened = any(event.kind == "Opened" for event in self._events)
        if not any(one.what == "SYN" for one in self._seen):  # segments were not recorded, octets were
            self._close()
        pieces = [(part, end) for end in (CLIENT, SERVER) for part in self._streams[end].readable()]
        pieces.sort(key=lambda pair: pair[0].moment)
        secrets = self._timeline.header.get("secrets", ())
        return Conversation(
            *self._addresses(),
            self._port(),
            [Piece(part.moment[0], end, part.start, part.octets) for part, end in pieces],
            self._seen,
            begun=opened or any(one.what == "SYN ACK" for one in self._seen),
            ending=self._ending(),
            secrets=tuple(secrets) if not self._connection else (),
            epoch=int(self._timeline.header.get("epoch", 0)),
        )

    def _pass(self, event: Event) -> None:
        end = ENDPOINTS.index(event.sender)
        octets = self._timeline.octets(event)
        new = self._streams[end].add(event.start, octets, (event.time, event.index))
        what = self._what(event) or "data"
        again = not new if octets else (end, what) in self._known
        self._known.add((end, what))
        self._seen.append(Seen(event.time, end, what, event.start, event.end, again))

    def _what(self, event: Event) -> str:
        left = self._timeline[event.cause] if event.kind == "Delivered" and event.cause >= 0 else event
        return str((left.values or {}).get(segment_key(self._connection, event.sender), ""))

    def _close(self) -> None:
        """Make the end of a connection, of which only the ends' own word was recorded, a segment that passes."""
        for event in self._events:
            if event.kind in ("Closed", "Lost") and ENDPOINTS.index(event.endpoint) == self._beside:
                ends = (self._beside, 1 - self._beside) if event.kind == "Closed" else (1 - self._beside,)
                what = "FIN" if event.kind == "Closed" else "RST"
                for end in ends:
                    place = self._streams[end].end
                    self._seen.append(Seen(event.time, end, what, place, place))

    def _ending(self) -> str:
        what = [one.what for one in self._seen if not one.again]
        return "reset" if "RST" in what else "closed" if what.count("FIN") == len(ENDPOINTS) else ""

    def _addresses(self) -> tuple[str, str]:
        known = self._timeline.header.get("addresses", [])
        if self._connection < len(known):
            return str(known[self._connection][CLIENT]), str(known[self._connection][SERVER])
        return ENDPOINTS

    def _port(self) -> int:
        wire = self._timeline.wire(self._connection, ENDPOINTS[CLIENT])
        title = spoken(self._timeline.header, self._connection).title
        return served(title, wire.startswith(_HANDSHAKE))
