"""What an IMAP server does while a mailbox is selected, and what it tells of the mailbox when.

Which commands may tell what (RFC 3501 §5.2, §7.4.1): flags and arrivals are told with every command. Removals are not
told with FETCH, STORE and SEARCH, whose numbers they would change, nor while no command is in progress; the UID forms
of these three, NOOP, CHECK, IDLE and all others tell them.
"""

from __future__ import annotations

from popsim.engine.answer import Handler
from popsim.protocols.imap.server_copy import Copying
from popsim.protocols.imap.server_expunge import Expunging
from popsim.protocols.imap.server_fetch import Fetching
from popsim.protocols.imap.server_idle import Idling
from popsim.protocols.imap.server_search_command import Searching
from popsim.protocols.imap.server_session import Session
from popsim.protocols.imap.server_store import Storing
from popsim.protocols.model import Trigger


class Selected:
    """What a session does with the mailbox that is open.

    Args:
        session: what the parts of the session share.
    """

    __slots__ = ("_parts", "ended")

    def __init__(self, session: Session) -> None:
        idling = Idling(session)
        self._parts = (
            Fetching(session), Storing(session), Searching(session), Copying(session), Expunging(session), idling
        )  # fmt: skip
        self.ended = idling.ended
        """What is done with the line that ends IDLE."""

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each trigger."""
        fetching, storing, searching, copying, expunging, idling = self._parts
        return {
            **fetching.handlers(),
            **storing.handlers(),
            **searching.handlers(),
            **copying.handlers(),
            **expunging.handlers(),
            **idling.handlers(),
        }
