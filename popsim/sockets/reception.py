"""Where the clients of all ports of a server come in: each gets a number, an engine and a place in the record."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from popsim.engine.server import ServerEngine
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Store
from popsim.protocols import named
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service
from popsim.sockets.live_recording import LiveRecording, live_recording
from popsim.sockets.recording import Address, Bound, Recording
from popsim.sockets.tape import Tape
from popsim.timeline import Timeline

MOST = 200
"""How many clients are served at once."""
BOUND = Bound()
"""How much is recorded."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a new connection gets.

    Args:
        engine: the server's end of its session.
        tape: what writes it down.
        prepare: removes from the disk what the session has marked, which may take a while; None where nothing is
            removed from a disk.
    """

    engine: ServerEngine
    tape: Tape
    prepare: Callable[[], None] | None


class Reception:
    """What the listeners of one server share: one store, one record, one count of the clients.

    Args:
        store: the users and their mail.
        protocol: what the record says was spoken.
        policy: what the site has decided.
        most: how many clients are served at once; further ones are closed as they come.
        bound: how much is recorded.
        report: is told in one line what went wrong with a file, while all else goes on.
    """

    def __init__(
        self,
        store: Store,
        protocol: Protocol,
        *,
        policy: Policy = USUAL,
        most: int = MOST,
        bound: Bound = BOUND,
        report: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.store, self.policy = store, policy
        self.served = self.present = self.refused = 0
        """How many clients have been served up to now, are there now, and were closed because there were too many."""
        self._most = most
        self._report = report
        self._rows = 0
        self._boxes = [account.box for account in store.accounts.values() if account.box]
        self._header = {**named(protocol), "scenario": "", "mail": store.listing()}  # real clients can't be run again
        self.recording = Recording(self._header, bound)

    @property
    def timeline(self) -> Timeline:
        """The record of all sessions up to now."""
        return Timeline(self.recording)

    def admit(self, protocol: Protocol, client: Address, server: Address, *, secured: bool) -> Admitted | None:
        """What a new connection needs, or None where there are too many."""
        if self.present >= self._most:
            self.refused += 1
            return None
        number = self.served
        self.served += 1
        self.present += 1
        tape = Tape(self.recording, number)
        serves = service(
            protocol,
            self.store,
            session=number,
            timestamp=self._timestamp(number),
            chance=secrets.token_urlsafe(18),
            policy=self.policy,
            clock=self.recording.elapsed,
            secured=secured,
            client_port=client[1],
        )
        engine = ServerEngine(protocol, serves, tape)
        engine.commits_later = self.store.writes
        tape.opened(client, server)
        return Admitted(engine, tape, getattr(serves, "prepare", None) if self.store.writes else None)

    def left(self) -> None:
        """A client is gone."""
        self.present -= 1

    def record(self, path: Path, title: str, *, replaces: bool = False) -> LiveRecording:
        """Record into a file from now on, before any client has come.

        Args:
            path: ``.jsonl`` or ``.pcapng``.
            title: what the file says that it holds.
            replaces: whether a file that is there is replaced.

        Raises:
            FileExistsError: there is a file, and it is not to be replaced.
            OSError: none can be made.
        """
        header = {**self._header, "title": title}
        self.recording = live = live_recording(path, header, replaces=replaces, report=self._report)
        return live

    def look(self) -> None:
        """A turn is over: note mail that came to the store in it, and tell of trouble with the disk."""
        if not self._boxes:
            return
        for box in self._boxes:
            if box.trouble:
                trouble, box.trouble = box.trouble, ""
                self._report(trouble)
        rows = sum(len(account.rows) for account in self.store.accounts.values())
        if rows != self._rows:
            if self._rows:
                self.recording.listed(self.store.listing())
            self._rows = rows

    def _timestamp(self, number: int) -> str:
        """What a login by digest is made of; it is different for each session, and does not name this machine.

        Where no user has such a login the greeting goes without: a reader that sees a timestamp, such as curl, takes
        it for an offer, and does not try the password.
        """
        if not any(account.user.login for account in self.store.accounts.values()):
            return ""
        return f"<{os.getpid()}.{time.time_ns()}.{number + 1}@popsim.local>"
