"""A connection to an IMAP server that is read unit by unit, with no engine of ours."""

from __future__ import annotations

import re
import socket

_LITERAL = re.compile(rb"\{(\d+)\}\Z")


class Raw:
    """A connection whose answers are read as lines, each with the literals that it announces.

    Args:
        port: on 127.0.0.1.
        patience: how many seconds an answer may take.
    """

    def __init__(self, port: int, patience: float) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), patience)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got = b""

    def close(self) -> None:
        self._socket.close()

    def _hears(self, data: bytes) -> None:
        """Octets have come, in whatever pieces: for who reads along."""

    def _unit(self) -> bytes:
        """A line with the literals that it announces, without its end."""
        unit = self._line()
        while found := _LITERAL.search(unit):
            unit += b"\r\n" + self._octets(int(found[1])) + self._line()
        return unit

    def _octets(self, size: int) -> bytes:
        while len(self._got) < size:
            self._more()
        octets, self._got = self._got[:size], self._got[size:]
        return octets

    def _line(self) -> bytes:
        while b"\r\n" not in self._got:
            self._more()
        line, _, self._got = self._got.partition(b"\r\n")
        return line

    def _more(self) -> None:
        data = self._socket.recv(1 << 20)
        if not data:
            raise ConnectionResetError("the server has closed the connection")
        self._got += data
        self._hears(data)
