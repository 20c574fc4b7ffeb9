"""A server of several protocols with one store, in a thread of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from popsim.mail.store import Store
from popsim.protocols import find
from popsim.protocols.protocol import Protocol
from popsim.sockets import Listener
from popsim.sockets.connection import Connection
from popsim.sockets.credentials import Credentials
from popsim.sockets.reception import Reception
from popsim.timeline import Timeline
from tests.sockets.clients import Raw

T = TypeVar("T")
NAMES = ("pop2", "pop3", "imap", "imaps", "smtp", "smtps")


def whole(name: str) -> Protocol:
    """A protocol with all its extensions but those of POP3 that few readers know."""
    found = find(name)
    numbers = (2449, 3206, 5034, 2595) if name == "pop3" else ()
    return found.extended(*numbers) if found.table.extensions else found


class Several:
    """What runs: its ports by name, and what can be asked of it from another thread."""

    def __init__(self, listeners: dict[str, Listener], reception: Reception, loop: asyncio.AbstractEventLoop) -> None:
        self.listeners, self.reception, self._loop = listeners, reception, loop
        self.ports = {name: listener.port for name, listener in listeners.items()}

    def ask(self, question: Callable[[], T]) -> T:
        """What the server's thread answers, between two events."""
        answer: Future[T] = Future()
        self._loop.call_soon_threadsafe(lambda: answer.set_result(question()))
        return answer.result(10)

    @property
    def timeline(self) -> Timeline:
        return self.ask(lambda: self.reception.timeline)

    def _connections(self) -> list[Connection]:
        return [one for listener in self.listeners.values() for one in listener._connections]

    def shrink(self, octets: int) -> None:
        """Let the system take only so much for clients that are there now and do not read."""
        for one in self.ask(self._connections):
            one._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, octets)

    def unsent(self) -> int:
        """How many octets wait for clients that do not read."""
        return self.ask(lambda: sum(one._transport.get_write_buffer_size() for one in self._connections()))


@contextmanager
def several(store: Store, credentials: Credentials | None = None, idle: float | None = None) -> Iterator[Several]:
    """Serve every protocol; those that begin with TLS only where there are credentials."""
    ready: Future[tuple[Several, asyncio.Event]] = Future()

    async def serve() -> None:
        reception = Reception(store, whole("pop3"))
        names = [name for name in NAMES if credentials or name == "pop2" or not name.endswith("s")]
        listeners = {
            name: Listener(
                whole(name.removesuffix("s")),
                store,
                idle=idle,
                credentials=credentials,
                is_secure=name.endswith("s"),
                reception=reception,
            )
            for name in names
        }
        for listener in listeners.values():
            await listener.open()
        stop = asyncio.Event()
        ready.set_result((Several(listeners, reception, asyncio.get_running_loop()), stop))
        await stop.wait()
        for listener in listeners.values():
            await listener.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    found, stop = ready.result(20)
    try:
        yield found
    finally:
        found._loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        assert not thread.is_alive()


class Reader(Raw):
    """An IMAP client by hand."""

    def __init__(self, port: int, mailbox: str = "INBOX", greeted: bool = True) -> None:
        super().__init__(port, greeted)
        self._count = 0
        if mailbox:
            assert self.ask("LOGIN alice secret")[-1].startswith(b"a1 OK")
            assert self.ask(f"SELECT {mailbox}")[-1].startswith(b"a2 OK")

    def ask(self, command: str) -> list[bytes]:
        """Send a command, and return the lines up to the one that answers it."""
        self._count += 1
        self.send(f"a{self._count} {command}\r\n".encode())
        return self.answer()

    def answer(self) -> list[bytes]:
        """The lines up to the one that answers the last command."""
        lines: list[bytes] = []
        tag = f"a{self._count} ".encode()
        while not lines or not lines[-1].startswith(tag):
            lines.append(self.line())
            assert lines[-1] or self.socket.fileno() < 0 or len(lines) < 100_000, lines[-3:]
        return lines

    def idle(self) -> None:
        self._count += 1
        self.send(f"a{self._count} IDLE\r\n".encode())
        assert self.line().startswith(b"+ ")

    def done(self) -> list[bytes]:
        self.send(b"DONE\r\n")
        return self.answer()
