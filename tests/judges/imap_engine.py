"""popsim's client engine beside a session with another server: it has to read all that the server says."""

from __future__ import annotations

from popsim.engine.client import ClientEngine
from popsim.engine.response import Response
from popsim.protocols.model import Occurrence
from popsim.protocols.protocol import Protocol


class Reading:
    """An engine that is given what crosses, and is held to lose nothing of it.

    Args:
        protocol: the edition that it speaks.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.engine = ClientEngine(protocol)
        self._came = b""
        self._read = b""

    def sends(self, octets: bytes, first: bool) -> None:
        """A command, or what goes on with one, is sent."""
        if first and not self.engine.exchange_open:
            self.engine.request(octets.removesuffix(b"\r\n"))
        else:
            self.engine.carry_on(octets)
        sent = b"".join(self.engine.take())
        assert sent == octets, f"the engine sends {sent!r} for {octets!r}"

    def hears(self, octets: bytes) -> None:
        """The server has said this."""
        self._came = (self._came + octets).replace(b"+ \r\n", b"+\r\n")  # without text, a space is no loss
        for response in self.engine.receive(octets):
            self._read += _written(response)
        assert self._came.startswith(self._read), f"{self._came!r} came, and {self._read!r} was read"
        left = self._came[len(self._read) :]
        self._came, self._read = left, b""

    @property
    def left(self) -> bytes:
        """What came and is not in a response yet."""
        return self._came

    @property
    def state(self) -> str:
        """Where the engine believes the server to be."""
        return self.engine.state.name


def _written(response: Response) -> bytes:
    """The octets that a response stands for."""
    data = b"".join(b"* " + line + b"\r\n" for line in response.untagged)
    request, reply = response.request, response.reply
    if reply is None:
        return data + (response.text + b"\r\n" if response.text else b"")
    mark = reply.mark.encode()
    if reply.positive is not None:
        assert request is not None, f"{response.text!r} answers nothing"
        mark = (b"* " if request.trigger is Occurrence.OPENED else request.tag + b" ") + mark
    return data + mark + b" " * bool(response.text) + response.text + b"\r\n"
