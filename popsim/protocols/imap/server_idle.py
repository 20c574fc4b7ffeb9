"""IDLE, and what a client hears that asks for nothing (RFC 2177; RFC 3501 §5.2, §5.3, §7.4.1)."""

from __future__ import annotations

from popsim.engine.answer import Answer, Handler
from popsim.protocols.imap import word_table as table
from popsim.protocols.imap.server_session import Session
from popsim.protocols.model import ALWAYS, Occurrence, Trigger
from popsim.protocols.request import Request


class Idling:
    """What a session does while its client waits for news.

    Args:
        session: what the parts of the session share.
    """

    __slots__ = ("_session", "_idles")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._idles = False

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for the command and for news."""
        return {table.IDLE: self._idle, Occurrence.NEWS: self._news}

    def _idle(self, _: Request) -> Answer:
        self._idles = True
        return Answer(ALWAYS, b"idling", untagged=self._session.news(True))

    def ended(self, request: Request) -> Answer:
        """The client has said a line: DONE, or what is nothing here."""
        self._idles = False
        if request.octets(0).upper() != table.DONE:
            return Answer(table.NOT_THE_END, b"expected DONE; the waiting has ended")
        return Answer(table.NEWS_ENDED, b"the waiting has ended", untagged=self._session.news(True))

    def _news(self, _: Request) -> Answer:
        """What has changed is told at once to who idles; to others with their next command (RFC 3501 §7.4.1)."""
        if not self._idles:
            return Answer(table.HELD_BACK)
        return Answer(table.TOLD, untagged=self._session.news(True))
