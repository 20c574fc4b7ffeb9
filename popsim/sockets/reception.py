"""Where the clients of all ports of a server come in: each gets a number, an engine and a place in the record."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol as Interface

from popsim.engine.server import ServerEngine
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Store
from popsim.protocols import named
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service
from popsim.sockets.disk_watch import DiskWatch
from popsim.sockets.live_recording import LiveRecording, live_recording
from popsim.sockets.recording import Address, Bound, Recording
from popsim.sockets.tape import Tape
from popsim.timeline import Timeline
from popsim.timeline.event import ARRIVED, GONE, KEPT, REMOVED, SERVER, mark_key

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


class Guest(Interface):
    """What a reception needs to know of a connection."""

    @property
    def client(self) -> Address:
        """The client's address and port."""

    @property
    def server(self) -> Address:
        """The address and port that the client has reached."""

    def tell(self) -> None:
        """Something has changed in the store: the session may have a word about it for its client."""


class Reception:
    """What the listeners of one server share: one store, one record, one count of the clients.

    Args:
        store: the users and their mail.
        protocol: what the record says was spoken, where a connection does not say otherwise.
        policy: what the site has decided.
        most: how many clients are served at once; further ones are closed as they come.
        bound: how much is recorded.
        report: is told in one line what went wrong with a file, while all else goes on.
        domain: the name under which SMTP takes mail; "" for the usual one.
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
        domain: str = "",
    ) -> None:
        self.store, self.policy = store, policy
        self.served = self.present = self.refused = 0
        """How many clients have been served up to now, are there now, and were closed because there were too many."""
        self._most = most
        self._guests: dict[Guest, None] = {}
        self._usual = named(protocol)
        self._version = self.store.version
        self._report, self._domain = report, domain
        self._header = {**self._usual, "scenario": "", "mail": store.listing()}  # real clients can't be run again
        self._rows = self._numbered
        self.recording = Recording(self._header, bound)
        self._watch = DiskWatch(store, self._came)
        store.epoch = int(time.time())  # when the recording's clock was 0

    @property
    def timeline(self) -> Timeline:
        """The record of all sessions up to now."""
        return Timeline(self.recording)

    def admit(self, protocol: Protocol, guest: Guest, *, secured: bool) -> Admitted | None:
        """What a new connection needs, or None where there are too many.

        Args:
            protocol: what is spoken on it.
            guest: the connection; it is told of what others change.
            secured: whether TLS comes first on it.
        """
        if self.present >= self._most:
            self.refused += 1
            return None
        number = self.served
        self.served += 1
        self.present += 1
        self._guests[guest] = None
        self._watch.begin()
        tape = Tape(self.recording, number)
        if named(protocol) != self._usual:
            self.recording.spoken(number, named(protocol))
        serves = service(
            protocol,
            self.store,
            session=number,
            timestamp=self._timestamp(number),
            chance=secrets.token_urlsafe(18),
            policy=self.policy,
            clock=self.recording.elapsed,
            secured=secured,
            client_port=guest.client[1],
            domain=self._domain,
        )
        engine = ServerEngine(protocol, serves, tape)
        engine.commits_later = self.store.writes
        tape.opened(guest.client, guest.server)
        return Admitted(engine, tape, serves.prepare if self.store.writes else None)

    def left(self, guest: Guest) -> None:
        """A client is gone."""
        self.present -= 1
        self._guests.pop(guest, None)
        self._spread(guest)
        if not self._guests:
            self._watch.stop()

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
        self.store.epoch = int(time.time())
        return live

    def look(self, guest: Guest | None) -> None:
        """A guest's turn is over (None: nobody's): note mail that came to the store, and tell what has changed."""
        for box in self.store.boxes:
            if box.trouble:
                trouble, box.trouble = box.trouble, ""
                self._report(trouble)
        if (rows := self._numbered) != self._rows:
            self._rows = rows
            self.recording.listed(self.store.listing())
        self._spread(guest)

    @property
    def _numbered(self) -> int:
        """How many messages were ever here."""
        return sum(account.numbered for account in self.store.accounts.values())

    def _came(self, user: str, rows: dict[int, bool]) -> None:
        """Somebody's mail on the disk is other mail now."""
        self.recording.tick()
        for kind, mark, there in ((ARRIVED, KEPT, True), (REMOVED, GONE, False)):
            values: dict[str, object] = {mark_key(user, row): mark for row, now in rows.items() if now is there}
            if values:
                self.recording.add(kind, 0, SERVER, values=values)  # no connection's doing
        self.look(None)

    def _spread(self, guest: Guest | None) -> None:
        """Tell the other sessions if something has changed in the store."""
        before, self._version = self._version, self.store.version
        if before != self._version:
            for other in [one for one in self._guests if one is not guest]:
                other.tell()

    def _timestamp(self, number: int) -> str:
        """What a login by digest is made of; it is different for each session, and does not name this machine.

        Where no user has such a login the greeting goes without: a reader that sees a timestamp, such as curl, takes
        it for an offer, and does not try the password.
        """
        if not any(account.user.login for account in self.store.accounts.values()):
            return ""
        return f"<{os.getpid()}.{time.time_ns()}.{number + 1}@popsim.local>"
