"""Answers that several commands give which work on the selected mailbox."""

from __future__ import annotations

from popsim.engine.answer import Answer
from popsim.protocols.imap import word_table as table
from popsim.protocols.imap.server_session import Session


def read_only(session: Session) -> Answer:
    """What would change a mailbox that was opened to be read."""
    return session.refused(table.OPEN_READ_ONLY, "the mailbox was opened for reading only")._replace(
        untagged=session.news(False)
    )


def some_gone(session: Session, code: bytes = b"") -> Answer:
    """A command meant messages that another session has removed, of which this one was not told yet.

    Args:
        session: whose command it is.
        code: the code that the text opens with, with a space behind it; else the one that goes with this.
    """
    text = "some of the messages were removed in the meantime"
    return Answer(table.SOME_GONE, code + text.encode()) if code else session.refused(table.SOME_GONE, text)
