"""A conversation: the octets that two ends exchanged over one TCP connection, as somebody on the wire saw them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Piece:
    """Octets of one end, in the stream's order, each octet once.

    Args:
        time: when the octets could be read in order, in nanoseconds; a piece that came too early has the time at which
            the gap before it was closed.
        endpoint: who sent them: CLIENT or SERVER of ``popsim.timeline.event``.
        start: the place of the first octet in its end's stream, counted from 0; missing octets count too.
        octets: what was sent.
    """

    time: int
    endpoint: int
    start: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """A segment as it passed: what a view of the wire shows.

    Args:
        time: when it passed, in nanoseconds.
        endpoint: who sent it.
        what: ``SYN``, ``SYN ACK``, ``ACK``, ``FIN``, ``RST`` or ``data``.
        start, end: its octets in its end's stream; equal where it had none.
        again: whether it had passed before: all of its octets, or the same SYN or FIN.
    """

    time: int
    endpoint: int
    what: str
    start: int
    end: int
    again: bool = False


@dataclass(slots=True)
class Conversation:
    """One TCP connection. Its times count from the first packet of the capture.

    Args:
        client, server: the addresses, such as ``192.0.2.1:40000`` and ``[2001:db8::1]:110``.
        port: the server's port.
        pieces: what was said, in the order of time.
        segments: what passed, in the order of time.
        gaps: the octets that were never seen: end, first place, place after the last.
        begun: whether the opening handshake was seen; without it the conversation begins in its midst.
        ending: ``"closed"``, ``"reset"`` or ``""`` where the end was not seen.
        secrets: the keys of its TLS session in the key log format, where they are known.
        epoch: the time of the capture's first packet, in nanoseconds since 1970: it is the same for all conversations
            of a capture.
    """

    client: str
    server: str
    port: int
    pieces: list[Piece] = field(default_factory=list)
    segments: list[Seen] = field(default_factory=list)
    gaps: list[tuple[int, int, int]] = field(default_factory=list)
    begun: bool = True
    ending: str = ""
    secrets: tuple[str, ...] = ()
    epoch: int = 0

    def stream(self, endpoint: int) -> bytes:
        """All octets of one end that were seen, in order."""
        return b"".join(piece.octets for piece in self.pieces if piece.endpoint == endpoint)
