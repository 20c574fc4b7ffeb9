"""Holds a written session of POP3 with the server engine."""

from __future__ import annotations

from popsim.protocols.protocol import Protocol
from tests.pop3.stage import Stage
from tests.transcripts.replay import Replay as AnyReplay
from tests.transcripts.transcript import Transcript


class Replay(AnyReplay):
    """One replay: see :class:`tests.transcripts.replay.Replay`."""

    def __init__(self, transcript: Transcript, protocol: Protocol, piece: int = 0, pipelined: bool = False) -> None:
        super().__init__(transcript, protocol, piece, pipelined, Stage)
