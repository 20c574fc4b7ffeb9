"""What a server's handler says: the condition that holds, and what to send with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from typing import Protocol as Interface

from popsim.engine.framing import Payload
from popsim.engine.refusal import refusal
from popsim.protocols.model import Rule, State, Trigger
from popsim.protocols.protocol import Protocol
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
        untagged: lines of data that come before the reply's line, where the row sends them; where its lines each open
            with the status, the texts of all lines but the last.
        expects: how many octets come next, where the row hands them to a counted reader.
        pieces: data that comes before ``untagged``, as it is sent, with its ``* `` and CRLF, in pieces that go out one
            by one: large octets are not copied.
    """

    condition: str
    text: bytes = b""
    body: Payload | None = None
    changes: tuple[Change, ...] = ()
    untagged: tuple[bytes, ...] = ()
    expects: int = 0
    pieces: tuple[bytes, ...] = ()


Handler = Callable[[Request], Answer]


class Service(Interface):
    """What a server does for each trigger of its table: the side of a protocol that knows mail."""

    @property
    def handlers(self) -> Mapping[Trigger, Handler]:
        """The handler of each trigger that the service has something to say to."""

    @property
    def pipelining(self) -> bool:
        """Whether a command may come before the one before it is answered; else what came behind it is lost."""

    def refusal(self, protocol: Protocol, state: State, rule: Rule, request: Request) -> bytes:
        """The text of a reply that needs no handler, mostly of a refusal."""

    def prepare(self) -> None:
        """Do what may take a while before the removal is committed; a server on sockets does it aside."""


class Plain:
    """A service, apart from its handlers, that has nothing of its own to say to refusals, pipelining or removal."""

    pipelining = True

    def refusal(self, protocol: Protocol, state: State, rule: Rule, request: Request) -> bytes:
        """The text of a reply that needs no handler, in the engine's words."""
        return refusal(protocol, state, rule, request)

    def prepare(self) -> None:
        """Nothing is to be done ahead."""
