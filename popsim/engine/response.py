"""What a client gets to read: the answer to a request."""

from __future__ import annotations

from dataclasses import dataclass

from popsim.protocols.model import Reader, Reply
from popsim.protocols.request import Request


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as the client reads it.

    Args:
        request: what it answers; None for what nobody asked for.
        reply: its status, or None where the line has no status of this protocol.
        text: the line without status and CRLF.
        body: the data that follow the line, dots removed, or None; None also for more than ``BODY_LIMIT`` octets.
        untagged: the lines of data that came before the line.
        reader: who on the server's side reads the next octets, where it asks for more.
    """

    request: Request | None
    reply: Reply | None
    text: bytes
    body: bytes | None = None
    untagged: tuple[bytes, ...] = ()
    reader: Reader | None = None

    @property
    def is_news(self) -> bool:
        """Whether it is data that answer nothing, such as a server may send at any time (RFC 3501 §7)."""
        return self.request is None and self.reply is None and bool(self.untagged)

    @property
    def positive(self) -> bool:
        """Whether the status says that it was done."""
        return bool(self.reply and self.reply.positive)
