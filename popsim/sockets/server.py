"""A server in a thread of its own, so that a notebook's cell can be its client."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Any

from popsim.mail.store import Store
from popsim.protocols.protocol import Protocol
from popsim.sockets.listener import Listener
from popsim.timeline import Timeline


class Server:
    """A listener in a thread of its own; a ``with`` block starts and stops it.

    Args:
        protocol, store, host, port, options: see ``Listener``.
    """

    def __init__(
        self, protocol: Protocol, store: Store, host: str = "127.0.0.1", port: int = 0, **options: Any
    ) -> None:
        self._listener = Listener(protocol, store, host, port, **options)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def start(self) -> Server:
        """Begin to listen, and return the server itself; a second time does nothing.

        Raises:
            CannotListen: the address is not this machine's, or the port is taken or not permitted.
        """
        if self._thread is None:
            listening: Future[None] = Future()
            # A server that nobody stopped doesn't keep the program from ending.
            self._thread = threading.Thread(target=self._run, args=(listening,), name="popsim server", daemon=True)
            self._thread.start()
            try:
                listening.result()
            except Exception:
                self._thread.join()
                self._thread = None
                raise
        return self

    def stop(self) -> None:
        """Close every connection and stop listening; sessions that have not quit remove nothing."""
        if self._thread and self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._thread = self._loop = self._stop = None

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._listener.host

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._listener.port

    @property
    def timeline(self) -> Timeline:
        """The record of all sessions up to now, also while they go on."""
        loop = self._loop
        if loop is None:
            return self._listener.timeline
        taken: Future[Timeline] = Future()
        # Between two events of the sockets, so that it ends with a whole one.
        loop.call_soon_threadsafe(lambda: taken.set_result(self._listener.timeline))
        return taken.result()

    def __repr__(self) -> str:
        doing = f"listening on {self._listener.address}" if self._thread else "stopped"
        return f"<Server of {self._listener.protocol}, {doing}, {self._listener.served} clients served>"

    def _run(self, listening: Future[None]) -> None:
        asyncio.run(self._serve(listening))

    async def _serve(self, listening: Future[None]) -> None:
        try:
            await self._listener.open()
        except Exception as error:
            listening.set_exception(error)
            return
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        listening.set_result(None)
        await self._stop.wait()
        await self._listener.close()
