"""What a server's handler says: the condition that holds, and what to send with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from popsim.engine.framing import Payload
from popsim.protocols.model import Trigger
from popsim.protocols.request import Request


class Change(NamedTuple):
    """A change in the mail store: a kind of store event, and what is so from now on."""

    kind: int
    values: dict[str, Any]


class Answer(NamedTuple):
    """What a handler answers. The handler chooses the condition; the table chooses status, framing and state.

    Args:
        condition: the name of the row of the table that holds.
        text: what follows the status in the reply's line.
        body: what follows the line, where the row sends more than a line.
        changes: what changed in the mail store.
        untagged: lines of data that come before the reply's line, where the row sends them.
        expects: how many octets come next, where the row hands them to a counted reader.
    """

    condition: str
    text: bytes = b""
    body: Payload | None = None
    changes: tuple[Change, ...] = ()
    untagged: tuple[bytes, ...] = ()
    expects: int = 0


Handler = Callable[[Request], Answer]


class Service(Protocol):
    """What a server does for each trigger of its table: the side of a protocol that knows mail."""

    @property
    def handlers(self) -> Mapping[Trigger, Handler]:
        """The handler of each trigger that the service has something to say to."""
