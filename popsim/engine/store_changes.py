"""What handlers of several protocols say has changed in the store."""

from __future__ import annotations

from collections.abc import Mapping

from popsim.engine.answer import Change
from popsim.mail.flags import SEEN
from popsim.mail.mailbox import Mailbox, MailboxError
from popsim.timeline.event import FLAGGED, GONE, KEPT, flags_key, mark_key


def marks(user: str, rows: Mapping[int, bool]) -> dict[str, object]:
    """The marks of messages by their rows in a timeline: whether each is there now."""
    return {mark_key(user, row): KEPT if there else GONE for row, there in rows.items()}


def seen(user: str, mailbox: Mailbox, unique_id: str) -> tuple[Change, ...]:
    r"""Set ``\Seen`` for IMAP on a message that POP has handed out; the change, if it is one.

    Args:
        user: whose message it is.
        mailbox: where it lies.
        unique_id: what POP3 calls it.
    """
    item = mailbox.item_named(unique_id)
    if item is None or SEEN in item.flags:
        return ()
    try:
        mailbox.set_flags(item.uid, item.flags | {SEEN})
    except MailboxError:  # the disk does not take it: the message is read, and stays new
        return ()
    return (Change(FLAGGED, {flags_key(user, item.number): " ".join(sorted(item.flags))}),)
