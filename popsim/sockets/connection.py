"""One client's connection: octets from the socket to the engine and back, one command at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Protocol, cast

from popsim.engine.server import ServerEngine
from popsim.sockets.line import Line, chunks
from popsim.sockets.reception import Admitted
from popsim.sockets.recording import NOWHERE, Address
from popsim.tls import TlsEnd

TURN = 64
"""How many commands of one client are answered before the other clients have their turn."""
LINGER = 2.0
"""Seconds in which a client may close its side after the server has closed its own."""
HANDSHAKE = 30.0
"""Seconds that a TLS handshake may take."""


class Host(Protocol):
    """What a connection needs of its listener."""

    idle: float
    """Seconds without a sign of the client after which its session ends."""
    is_secure: bool
    """Whether TLS begins with the connection's first octet."""

    def admit(self, connection: Connection) -> Admitted | None:
        """What a new connection gets, or None where there are too many."""

    def tls(self) -> TlsEnd:
        """The server's end of a new TLS session."""

    def leave(self, connection: Connection) -> None:
        """The connection is over."""

    def look(self) -> None:
        """Something was done for a client."""


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
        self._removing = False  # and when that is done
        self._gone = False
        self._said_all = False  # and our side is closed
        self._signed = 0.0

    # From the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        admitted = self._host.admit(self)
        if admitted is None:
            self._transport.close()
            return
        self._engine, self._tape, self._prepare = admitted.engine, admitted.tape, admitted.prepare
        self._line = Line(self._transport, self._tape)
        self._signed = self._loop.time()
        self._timer = self._loop.call_later(self._host.idle, self._watch)
        if self._host.is_secure:
            self._begin_tls()
        else:
            self._begin(self._engine)

    def data_received(self, data: bytes) -> None:
        engine = self._engine
        if engine is None:
            return
        shaking = self._line.shaking
        data = self._line.receive(data)
        if self._line.failed:
            self._close()
        if self._said_all:
            return
        if shaking and not self._line.shaking:
            self._secured(engine)
        if data:
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
        self._gone = True
        self._timer.cancel()
        if not self._removing:
            self._leave(self._engine)

    # Work

    @property
    def client(self) -> Address:
        """The client's address and port."""
        return _address(self._transport.get_extra_info("peername"))

    @property
    def server(self) -> Address:
        """The address and port that the client has reached."""
        return _address(self._transport.get_extra_info("sockname"))

    def end(self) -> None:
        """Close the connection, without another word to the client."""
        if self._transport.get_write_buffer_size():
            self._transport.abort()  # close() would wait for a client that may never read
        else:
            self._transport.close()

    def _begin(self, engine: ServerEngine) -> None:
        engine.opened()
        self._answer(engine)
        self._work()

    def _leave(self, engine: ServerEngine) -> None:
        self._tape.ended(engine.state)
        engine.lost()
        self._host.leave(self)

    def _work(self) -> None:
        """Answer what has come, as far as the client takes the answers."""
        engine = self._engine
        if engine is None or self._planned or self._removing or self._transport.is_closing() or self._line.shaking:
            return
        for _ in range(TURN):
            if not self._write():
                break
            if engine.closed:
                self._close_own_side()
                break
            if engine.securing:
                self._start_tls(engine)
                break
            if not (line := self._next_line(engine)):
                if self._line.ended:
                    self._close()
                break
            self._tape.tick()
            engine.receive(line)
            self._answer(engine)
            if engine.committing:
                self._remove(engine)
                break
        else:
            self._planned = True
            self._loop.call_soon(self._go_on)
        self._host.look()
        self._read_on_if_ready()

    def _go_on(self) -> None:
        self._planned = False
        self._work()

    def _answer(self, engine: ServerEngine) -> None:
        if pieces := engine.take():
            self._tape.spoke(pieces)
            self._chunks = chunks(pieces)

    def _write(self) -> bool:
        """Hand what is left of the answer to the socket; False while the socket takes no more."""
        while not (self._stuffed or self._transport.is_closing()):
            chunk = next(self._chunks, None)
            if chunk is None:
                return True
            self._line.write(chunk)
        return False

    def _next_line(self, engine: ServerEngine) -> bytes:
        """The next line that has come, or what there is of it; empty where nothing is left."""
        start, end = self._place, self._waiting.find(b"\n", self._place) + 1
        if not engine.pipelining:
            end = 0  # the engine gets to see what came too early, and drops it
        self._place = end or len(self._waiting)
        return self._waiting[start : self._place]

    def _read_on_if_ready(self) -> None:
        if self._stuffed or self._planned or self._removing:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    # Removal from a disk, which takes its time while the other clients are served

    def _remove(self, engine: ServerEngine) -> None:
        if self._prepare is None:
            self._removed(engine)
            return
        self._removing = True
        done = self._loop.run_in_executor(None, self._prepare)
        done.add_done_callback(lambda _: self._removed(engine))

    def _removed(self, engine: ServerEngine) -> None:
        self._removing = False
        self._tape.tick()
        engine.committed()
        self._answer(engine)
        if self._gone:
            self._leave(engine)
        else:
            self._work()

    # TLS

    def _start_tls(self, engine: ServerEngine) -> None:
        """The answer that leads to the handshake is sent: what else came in clear is thrown away (RFC 2595 §4)."""
        engine.receive(self._waiting[self._place :])
        self._waiting, self._place = b"", 0
        self._begin_tls()

    def _begin_tls(self) -> None:
        self._line.encrypt(self._host.tls())
        self._look_again()

    def _secured(self, engine: ServerEngine) -> None:
        if engine.securing:
            engine.secured()
        else:
            self._begin(engine)

    # The end

    def _close_own_side(self) -> None:
        """The last word is said. The socket closes when the client has closed its side too, or after a moment.

        Closing it at once would reset the connection if the client is still sending, and the last reply could be lost.
        """
        if self._said_all:
            return
        self._said_all = True
        self._line.close()
        if not self._transport.can_write_eof():
            self._transport.close()
            return
        self._transport.write_eof()
        self._look_again()

    def _close(self) -> None:
        """Close the connection when the client has taken what was sent; it is not waited for very long."""
        self._said_all = True
        self._line.close()
        self._transport.close()
        self._look_again()

    def _look_again(self) -> None:
        """From now on a moment of silence counts."""
        self._signed = self._loop.time()
        self._timer.cancel()
        self._watch()

    @property
    def _patience(self) -> float:
        if self._said_all and not self._transport.get_write_buffer_size():
            return LINGER
        if self._line.shaking:
            return min(HANDSHAKE, self._host.idle)
        return self._host.idle

    def _watch(self) -> None:
        """See whether the client has been silent for too long. One that takes what it is sent is not silent."""
        left = self._signed + self._patience - self._loop.time()
        if left > 0 or self._removing:
            self._timer = self._loop.call_later(max(left, 0.1), self._watch)
            return
        if self._engine:
            self._tape.tick()
            self._engine.expired()
        self._said_all = True
        self.end()


def _address(found: object) -> Address:
    return (str(found[0]), int(found[1])) if isinstance(found, tuple) and len(found) > 1 else NOWHERE
