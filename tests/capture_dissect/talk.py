"""Conversations written out by hand: who says which octets, one after the other."""

from __future__ import annotations

from popsim.capture.conversation import Conversation, Piece
from popsim.timeline.event import CLIENT, SERVER

GREETING = "S: +OK ready"
LOGIN = ["C: USER alice", "S: +OK", "C: PASS secret", "S: +OK"]
GOODBYE = ["C: QUIT", "S: +OK"]


def talk(*lines: str | tuple[str, bytes], port: int = 110, begun: bool = True, ending: str = "closed") -> Conversation:
    """A conversation.

    Args:
        lines: ``"C: STAT"`` is a line of the client with its CRLF, ``("S", b"...")`` are octets of the server. Each is
            a piece of its own, a millisecond after the one before.
    """
    pieces: list[Piece] = []
    places = [0, 0]
    for number, line in enumerate(lines):
        who, octets = line if isinstance(line, tuple) else (line[0], line[3:].encode("latin-1") + b"\r\n")
        end = CLIENT if who == "C" else SERVER
        pieces.append(Piece(1_000_000 * number, end, places[end], octets))
        places[end] += len(octets)
    return Conversation("192.0.2.1:40000", f"192.0.2.2:{port}", port, pieces, begun=begun, ending=ending)


def session(*lines: str | tuple[str, bytes], login: bool = True, **more: object) -> Conversation:
    """A conversation that begins with a greeting and, mostly, a login."""
    return talk(GREETING, *(LOGIN if login else ()), *lines, **more)  # type: ignore[arg-type]
