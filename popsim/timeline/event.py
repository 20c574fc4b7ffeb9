"""An event: one thing that happened on a wire, at an end of it, or in a mail store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CLIENT, SERVER = 0, 1
ENDPOINTS = ("client", "server")
"""The two ends of a connection; each has the stream of octets that it sends."""

KINDS = (
    ("segment", "Sent"),
    ("segment", "Delivered"),
    ("segment", "Dropped"),
    ("stream", "Opened"),
    ("stream", "Closed"),
    ("stream", "Lost"),
    ("message", "Sent"),
    ("message", "Delivered"),
    ("session", "Moved"),
    ("store", "Locked"),
    ("store", "Marked"),
    ("store", "Unmarked"),
    ("store", "Accessed"),
    ("store", "Removed"),
    ("store", "Unlocked"),
    ("ciphertext", "Sent"),
    ("ciphertext", "Delivered"),
    ("stream", "Secured"),
    ("store", "Arrived"),
    ("store", "Flagged"),
    ("store", "Arranged"),
)
"""Layer and name of every kind of event, by its number in a recording."""

(
    SEGMENT_SENT,
    SEGMENT_DELIVERED,
    SEGMENT_DROPPED,
    STREAM_OPENED,
    STREAM_CLOSED,
    STREAM_LOST,
    MESSAGE_SENT,
    MESSAGE_DELIVERED,
    MOVED,
    LOCKED,
    MARKED,
    UNMARKED,
    ACCESSED,
    REMOVED,
    UNLOCKED,
    CIPHERTEXT_SENT,
    CIPHERTEXT_DELIVERED,
    STREAM_SECURED,
    ARRIVED,
    FLAGGED,
    ARRANGED,
) = range(len(KINDS))

WIRE_LAYERS = ("segment", "ciphertext")
"""The layers whose octets are a range of what crossed the wire; those of the others, of what an end said."""

OPENING, OPEN, CLOSING, ENDED, LOST = "opening", "open", "closing", "closed", "lost"
"""What can be said of a connection."""
AUDIENCE, EAVESDROPPER = "audience", "eavesdropper"
"""A header's name for who reads a timeline, and the reader from whom nothing that crossed is hidden."""
KEPT, DELETED, GONE = "kept", "deleted", "removed"
"""The marks of a message: in the maildrop, marked as deleted, removed from it."""
TO_COME = ""
"""The mark of a message that arrives later."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Args:
        index: its place in the timeline.
        time: virtual time in nanoseconds.
        connection: which connection, counted from 0.
        endpoint: the end where it happened, ``"client"`` or ``"server"``.
        layer: ``segment``, ``ciphertext``, ``stream``, ``message``, ``session`` or ``store``.
        kind: a past participle, such as ``Sent`` or ``Moved``.
        cause: the index of the event that brought it about, or -1.
        start, end: its octets, as a range of what the sender said or, for a segment or ciphertext, of what it put on
            the wire.
        values: what is so from now on: names and new values, or None.
    """

    index: int
    time: int
    connection: int
    endpoint: str
    layer: str
    kind: str
    cause: int
    start: int
    end: int
    values: Mapping[str, Any] | None

    @property
    def is_wire(self) -> bool:
        """Whether its octets are those that crossed: under TLS they are not those that were said."""
        return self.layer in WIRE_LAYERS

    @property
    def sender(self) -> str:
        """The end whose stream holds this event's octets: what is delivered at one end was sent by the other."""
        if self.kind != "Delivered":
            return self.endpoint
        return ENDPOINTS[1 - ENDPOINTS.index(self.endpoint)]


def state_key(connection: int, endpoint: str) -> str:
    """The name under which the state of one end is assigned."""
    return f"{connection}.{endpoint}.state"


def rule_key(connection: int, endpoint: str) -> str:
    """The name under which the rule that one end followed last is assigned: the rule's id."""
    return f"{connection}.{endpoint}.rule"


def reply_key(connection: int, endpoint: str) -> str:
    """The name under which the status of the last reply at one end is assigned."""
    return f"{connection}.{endpoint}.reply"


def sent_key(connection: int, endpoint: str) -> str:
    """The name under which it is assigned how many octets of one end's stream have left."""
    return f"{connection}.{endpoint}.sent"


def delivered_key(connection: int, endpoint: str) -> str:
    """The name under which it is assigned how many octets of one end's stream have arrived."""
    return f"{connection}.{endpoint}.delivered"


def segment_key(connection: int, endpoint: str) -> str:
    """The name under which it is assigned what the last segment of one end was, such as ``SYN`` or ``data``."""
    return f"{connection}.{endpoint}.segment"


def connection_key(connection: int) -> str:
    """The name under which it is assigned what can be said of a connection: OPENING, OPEN and so on."""
    return f"{connection}.connection"


def mark_key(user: str, number: int) -> str:
    """The name under which the mark of a message is assigned."""
    return f"mail.{user}.{number}"


def flags_key(user: str, number: int) -> str:
    """The name under which the flags of a message are assigned, with a space between two: ``\\Seen \\Flagged``."""
    return f"mail.{user}.{number}.flags"


def mailbox_key(user: str, number: int) -> str:
    """The name under which it is assigned in which mailbox a message is, where that is not the inbox."""
    return f"mail.{user}.{number}.mailbox"


def mailboxes_key(user: str) -> str:
    """The name under which the names of a user's mailboxes are assigned, as a list, the inbox left out."""
    return f"mail.{user}.mailboxes"


def lock_key(user: str) -> str:
    """The name under which a maildrop's lock is assigned: the connection that holds it, or None."""
    return f"mail.{user}.lock"


def last_key(user: str) -> str:
    """The name under which the highest message-number accessed is assigned."""
    return f"mail.{user}.last"


def states_key(connection: int, endpoint: str) -> str:
    """The name under which the names of all states are assigned that one end may be in, where octets alone tell."""
    return f"{connection}.{endpoint}.states"


def rules_key(connection: int, endpoint: str) -> str:
    """The name under which the ids of all rules are assigned that one end may have followed, by the octets alone."""
    return f"{connection}.{endpoint}.rules"


def record_key(connection: int, endpoint: str) -> str:
    """The name under which it is assigned what the last TLS record of one end was."""
    return f"{connection}.{endpoint}.record"


def tls_key(connection: int, endpoint: str) -> str:
    """The name under which it is assigned which version of TLS one end speaks, such as ``TLSv1.3``."""
    return f"{connection}.{endpoint}.tls"


def reason_key(connection: int, endpoint: str) -> str:
    """The name under which it is assigned why one end has given the connection up, in words."""
    return f"{connection}.{endpoint}.reason"


def missing_key(connection: int, endpoint: str) -> str:
    """The name under which it is assigned how many octets of one end's last message were never seen."""
    return f"{connection}.{endpoint}.missing"


def breach_key(connection: int, endpoint: str) -> str:
    """The name under which it is assigned how one end broke the protocol last: what was wrong, and which rule."""
    return f"{connection}.{endpoint}.breach"
