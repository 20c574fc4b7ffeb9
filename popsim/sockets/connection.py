"""One client's connection: octets from the socket to the engine and back, one command at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import cast

from popsim.engine.server import ServerEngine
from popsim.sockets.host import Host
from popsim.sockets.line import Line, chunks
from popsim.sockets.recording import NOWHERE, Address
from popsim.sockets.silence import Silence
from popsim.sockets.unread import Unread

TURN = 64
"""How many commands of one client are answered before the other clients have their turn."""
LINGER = 2.0
"""Seconds in which a client may close its side after the server has closed its own."""
HANDSHAKE = 30.0
"""Seconds that a TLS handshake may take."""


class Connection(asyncio.Protocol):
    """A client's connection.

    The engine gets one line at a time, and the next one only when the answer to the one before has gone: a client that
    sends and never reads is not read from until it does, so it costs no more than one answer.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._engine: ServerEngine | None = None
        self._unread = Unread()
        self._silence = Silence(self._patience, self._expire)
        self._chunks: Iterator[bytes | memoryview] = iter(())
        self._stuffed = False  # the socket takes no more for now
        self._planned = False  # the rest of the work comes after the others' turn
        self._removing = False  # and when that is done
        self._gone = False
        self._has_news = False  # something has changed in the store
        self._said_all = False  # and our side is closed

    # From the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        admitted = self._host.admit(self)
        if admitted is None:
            self._transport.close()
            return
        self._engine, self._tape, self._prepare = admitted.engine, admitted.tape, admitted.prepare
        self._line = Line(self._transport, self._tape)
        self._silence.begin()
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
            self._silence.broken()
            self._unread.add(data)
        self._work()

    # The end of the client's stream is read only when all that came before it is answered, for until then nothing is
    # read. asyncio then sends what is still in its buffer and closes, as it does where there is no eof_received.

    def pause_writing(self) -> None:
        self._stuffed = True

    def resume_writing(self) -> None:
        self._stuffed = False
        self._silence.broken()
        self._work()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._engine is None:
            return
        self._gone = True
        self._silence.stop()
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
        self._silence.end()
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
            if self._has_news:
                self._hear_news(engine)
                continue
            # Without pipelining the engine gets to see what came too early, and drops it.
            if not (octets := self._unread.line() if engine.pipelining else self._unread.rest()):
                if self._line.ended:
                    self._close()
                break
            self._tape.tick()
            engine.receive(octets)
            self._answer(engine)
            if engine.committing:
                self._remove(engine)
                break
        else:
            self._planned = True
            self._loop.call_soon(self._go_on)
        self._host.look(self)
        self._read_on_if_ready()

    def tell(self) -> None:
        """Something has changed in the store: see :meth:`popsim.sockets.reception.Guest.tell`."""
        self._has_news = True
        self._work()

    def _hear_news(self, engine: ServerEngine) -> None:
        self._has_news = False
        self._tape.tick()
        engine.news()
        self._answer(engine)

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
        engine.receive(self._unread.rest())
        self._begin_tls()

    def _begin_tls(self) -> None:
        self._line.encrypt(self._host.tls())
        self._silence.begin()

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
        self._silence.begin()

    def _close(self) -> None:
        """Close the connection when the client has taken what was sent; it is not waited for very long."""
        self._said_all = True
        self._line.close()
        self._transport.close()
        self._silence.begin()

    def _patience(self) -> float | None:
        """Seconds of silence that are borne. A client that takes what it is sent is not silent."""
        if self._removing:
            return None
        if self._said_all and not self._transport.get_write_buffer_size():
            return LINGER
        if self._line.shaking:
            return min(HANDSHAKE, self._host.idle)
        return self._host.idle

    def _expire(self) -> None:
        """The client has been silent for too long. It is told so, where the table says that, if it takes it at once."""
        engine = self._engine
        if engine:
            self._tape.tick()
            engine.expired()
        if engine and not self._line.shaking and self._write():
            self._answer(engine)
            self._write()
            self._line.close()
        self._said_all = True
        self.end()


def _address(found: object) -> Address:
    return (str(found[0]), int(found[1])) if isinstance(found, tuple) and len(found) > 1 else NOWHERE
