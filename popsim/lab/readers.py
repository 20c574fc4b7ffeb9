"""The mail readers of a lab: they visit the maildrop in virtual time, each with a folder of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from popsim import sasl
from popsim.engine.script import Disconnected
from popsim.lab.folder import Folder
from popsim.lab.reading import MailReading
from popsim.mail.store import User
from popsim.protocols.pop3 import word_table as table
from popsim.protocols.pop3.client import Login, Refused, authenticate, poll, reader, visit
from popsim.wire.performer import Do, Performer
from popsim.wire.quantity import nanoseconds
from popsim.wire.simulation import Simulation

if TYPE_CHECKING:
    from popsim.timeline import Timeline
    from popsim.views.transcript import Transcript


class MailReaders:
    """The mail readers of a lab, each with a folder by name.

    Args:
        simulation: the lab's.
        do: does actions, and writes them down in the lab's scenario.
    """

    def __init__(self, simulation: Simulation, do: Do) -> None:
        self._simulation = simulation
        self._performer = Performer(simulation, do)
        self.folders: dict[str, Folder] = {}

    def read(
        self,
        name: str,
        *,
        user: str | None,
        folder: str | None,
        login: str,
        tls: str,
        pipelined: bool | None,
        after: int | str,
        every: int | str,
        times: int,
    ) -> MailReading:
        """Let a mail reader visit the maildrop: see :meth:`ReadsMail.read`."""
        wanted = reader(name, pipelined)
        who = self.user(user)
        if times < 1:
            raise ValueError(f"expected a number of visits, 1 or more, got {times}")
        keeps = self._folder(folder, headers=wanted.lines is not None)
        signs = who.login == table.APOP.keyword  # whoever has an account knows how it is logged in to
        identity = Login(who.name, who.secret, login or who.login * signs, tls, digest=signs)
        over: list[int] = []
        script = poll(
            lambda: visit(
                wanted,
                identity,
                keeps,
                protocol=self._simulation.protocol,
                now=lambda: self._simulation.clock.now,
                nonce=self.nonce,
                secure=self._simulation.scenario.tls,
            ),
            nanoseconds(every),
            times,
            lambda _: over.append(self._simulation.clock.now),
            nanoseconds(after),
        )
        visits = self._performer.perform(script)
        return MailReading(wanted.name, who.name, visits, tuple(over), keeps)

    def authenticate(self, mechanism: str, *, user: str | None, initial: bool, connection: int) -> None:
        """Log in by a mechanism: see :meth:`ReadsMail.authenticate`."""
        if sasl.strongest([mechanism]) is None:
            raise ValueError(f"expected one of the mechanisms {', '.join(sasl.NAMES)}, got {mechanism!r}")
        who, protocol = self.user(user), self._simulation.protocol
        script = authenticate(protocol, mechanism, who.name, who.secret, nonce=self.nonce(), initial=initial)
        with suppress(Refused, Disconnected):  # what happened stands in the record
            self._performer.perform(script, connection)

    def user(self, name: str | None) -> User:
        """The user of that name; None is the first one. Raises ValueError."""
        users = self._simulation.scenario.users
        for user in users:
            if name in (None, user.name):
                return user
        raise ValueError(f"the lab has the users {', '.join(user.name for user in users)}, not {name!r}")

    def nonce(self) -> str:
        """A text that no other exchange of this lab has, and the same one whenever the same was done before."""
        from hashlib import sha256

        scenario, connections = self._simulation.scenario, self._simulation.connections
        place = f"{scenario.seed} {len(connections)} {sum(c.lines_sent for c in connections)}"
        return sha256(f"popsim nonce {place}".encode()).hexdigest()[:24]

    def _folder(self, name: str | None, *, headers: bool) -> Folder:
        wanted = name or ("headers" if headers else "mail")
        folder = self.folders.get(wanted) or Folder(wanted, lambda: self._simulation.clock.now)
        if folder.holds_headers not in (None, headers):
            held = "headers" if folder.holds_headers else "whole messages"
            raise ValueError(f"the folder {wanted!r} has {held} in it: name another one, such as folder='other'")
        folder.holds_headers = headers
        self.folders[wanted] = folder
        return folder


class ReadsMail(ABC):
    """What a lab does with mail readers."""

    _simulation: Simulation
    _readers: MailReaders

    @property
    @abstractmethod
    def timeline(self) -> Timeline:
        """The record of everything up to now."""

    def read(
        self,
        reader: str = "leave on server",
        *,
        user: str | None = None,
        folder: str | None = None,
        login: str = "",
        tls: str = "never",
        pipelined: bool | None = None,
        after: int | str = 0,
        every: int | str = "10 min",
        times: int = 1,
    ) -> MailReading:
        """Let a mail reader visit the maildrop, on connections of its own.

        Args:
            reader: "download and delete", "leave on server", "headers only" or such as "delete after 3 days".
            user: whose maildrop (default: the first user's).
            folder: where it keeps its mail; what is there already is not fetched again. See :attr:`folders`.
            login: "" for the strongest way that both ends know; else USER, APOP, AUTH or the name of a mechanism.
            tls: "never", "if offered" or "always" (STLS).
            pipelined: whether it sends commands without waiting for answers; None: where the server says it can.
            after: how long to wait first, such as ``"5 s"``.
            every: how long to wait between two visits.
            times: how many visits.

        Raises:
            ValueError: an argument can't be understood.
        """
        return self._readers.read(
            reader, user=user, folder=folder, login=login, tls=tls, pipelined=pipelined,
            after=after, every=every, times=times,
        )  # fmt: skip

    @property
    def folders(self) -> Mapping[str, Folder]:
        """The folders of the mail readers, by name."""
        return self._readers.folders

    def authenticate(
        self, mechanism: str, *, user: str | None = None, initial: bool = True, connection: int = 0
    ) -> Transcript:
        """Log in by a mechanism of SASL, and return the transcript of it.

        Args:
            mechanism: such as ``"CRAM-MD5"``.
            user: who logs in (default: the first user).
            initial: whether what the client says first may stand in the command line.
            connection: on which connection.

        Raises:
            ValueError: there is no such mechanism or user.
            NotConnected: the connection is not open.
        """
        from popsim.views.transcript import transcript

        self._simulation.check(connection)
        start = len(self._simulation.recorder)
        self._readers.authenticate(mechanism, user=user, initial=initial, connection=connection)
        return transcript(self.timeline, start)
