"""One client's connection: octets from the socket to the engine and back, one command at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Protocol, cast

from popsim.engine.server import ServerEngine
from popsim.sockets.recording import Tape

CHUNK = 256 * 1024
"""The most octets in one write. A reply is one write, and several only if it is longer than this."""
TURN = 64
"""How many commands of one client are answered before the other clients have their turn."""
LINGER = 2.0
"""Seconds in which a client may close its side after the server has closed its own."""


class Host(Protocol):
    """What a connection needs of its listener."""

    idle: float
    """Seconds without a sign of the client after which its session ends."""

    def admit(self, connection: Connection) -> tuple[ServerEngine, Tape] | None:
        """The engine and the tape of a new connection, or None where there are too many."""

    def leave(self, connection: Connection) -> None:
        """The connection is over."""


class Connection(asyncio.Protocol):
    """A client's connection.

    The engine gets one line at a time, and the next one only when the answer to the one before has gone: a client that
    sends and never reads is not read from until it does, so it costs no more than one answer.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._engine: ServerEngine | None = None
        self._waiting = b""
        self._place = 0
        self._chunks: Iterator[bytes | memoryview] = iter(())
        self._stuffed = False  # the socket takes no more for now
        self._planned = False  # the rest of the work comes after the others' turn
        self._said_all = False  # and our side is closed
        self._signed = 0.0

    # From the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        admitted = self._host.admit(self)
        if admitted is None:
            self._transport.close()
            return
        self._engine, self._tape = admitted
        self._signed = self._loop.time()
        self._timer = self._loop.call_later(self._host.idle, self._watch)
        self._tape.opened()
        self._engine.opened()
        self._answer(self._engine)
        self._work()

    def data_received(self, data: bytes) -> None:
        if self._engine is None:
            return
        self._tape.came(data)
        if self._said_all:
            return
        self._signed = self._loop.time()
        self._waiting = self._waiting[self._place :] + data if self._place < len(self._waiting) else data
        self._place = 0
        self._work()

    # The end of the client's stream is read only when all that came before it is answered, for until then nothing is
    # read. asyncio then sends what is still in its buffer and closes, as it does where there is no eof_received.

    def pause_writing(self) -> None:
        self._stuffed = True

    def resume_writing(self) -> None:
        self._stuffed = False
        self._signed = self._loop.time()
        self._work()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._engine is None:
            return
        self._timer.cancel()
        self._tape.ended(self._engine.state)
        self._engine.lost()
        self._host.leave(self)

    # Work

    def end(self) -> None:
        """Close the connection, without another word to the client."""
        if self._transport.get_write_buffer_size():
            self._transport.abort()  # close() would wait for a client that may never read
        else:
            self._transport.close()

    def _work(self) -> None:
        """Answer what has come, as far as the client takes the answers."""
        engine = self._engine
        if engine is None or self._planned or self._transport.is_closing():
            return
        for _ in range(TURN):
            if not self._write():
                break
            if engine.closed:
                self._close_own_side()
                break
            if not (line := self._next_line()):
                break
            self._tape.tick()
            engine.receive(line)
            self._answer(engine)
        else:
            self._planned = True
            self._loop.call_soon(self._go_on)
        self._read_on_if_ready()

    def _go_on(self) -> None:
        self._planned = False
        self._work()

    def _answer(self, engine: ServerEngine) -> None:
        if pieces := engine.take():
            self._tape.said(pieces)
            self._chunks = _chunks(pieces)

    def _write(self) -> bool:
        """Hand what is left of the answer to the socket; False while the socket takes no more."""
        while not (self._stuffed or self._transport.is_closing()):
            chunk = next(self._chunks, None)
            if chunk is None:
                return True
            self._transport.write(chunk)
            self._tape.went(len(chunk))
        return False

    def _next_line(self) -> bytes:
        """The next line that has come, or what there is of it; empty where nothing is left."""
        start, end = self._place, self._waiting.find(b"\n", self._place) + 1
        self._place = end or len(self._waiting)
        return self._waiting[start : self._place]

    def _read_on_if_ready(self) -> None:
        if self._stuffed or self._planned:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _close_own_side(self) -> None:
        """The last word is said. The socket closes when the client has closed its side too, or after a moment.

        Closing it at once would reset the connection if the client is still sending, and the last reply could be lost.
        """
        if self._said_all:
            return
        self._said_all = True
        if not self._transport.can_write_eof():
            self._transport.close()
            return
        self._transport.write_eof()
        self._signed = self._loop.time()
        self._timer.cancel()
        self._watch()

    def _watch(self) -> None:
        """See whether the client has been silent for too long. One that takes what it is sent is not silent."""
        unsent = self._transport.get_write_buffer_size()
        patience = LINGER if self._said_all and not unsent else self._host.idle
        left = self._signed + patience - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._watch)
            return
        if self._engine:
            self._tape.tick()
            self._engine.expired()
        self._said_all = True
        self.end()


def _chunks(pieces: list[bytes]) -> Iterator[bytes | memoryview]:
    """A reply as it is written: in one write, or in several if it is long. Nothing long is copied."""
    if sum(map(len, pieces)) <= CHUNK:
        yield b"".join(pieces)
        return
    head, rest = b"".join(pieces[:-1]), memoryview(pieces[-1])
    cut = max(CHUNK - len(head), 0)
    yield head + rest[:cut]
    for place in range(cut, len(rest), CHUNK):
        yield rest[place : place + CHUNK]
