"""A POP3 server on a stage; one that tells which names it has, where a session wants that."""

from __future__ import annotations

from popsim.engine.answer import Service
from popsim.protocols.pop3.server import Pop3Service
from tests.transcripts.stage import SENT as SENT
from tests.transcripts.stage import Session as Session
from tests.transcripts.stage import Stage as AnyStage


class Stage(AnyStage):
    """A POP3 server with its users: see :class:`tests.transcripts.stage.Stage`."""

    def service(self, session: int) -> Service:
        """What serves a session."""
        return Pop3Service(
            self.protocol,
            self.store,
            session=session,
            timestamp=self.timestamp,
            reveal_names=self.names_told,
            client_port=self.client_port,
            policy=self.policy,
            clock=lambda: self.now,
            secured=self.secured,
        )
