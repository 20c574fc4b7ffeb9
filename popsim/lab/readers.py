"""The mail readers of a lab: they visit a mailbox in virtual time, each with a folder of its own."""

from __future__ import annotations

from collections.abc import Iterable

from popsim.engine.polling import poll
from popsim.engine.script import Disconnected, Script
from popsim.engine.visit import Visit
from popsim.lab.folder import Folder
from popsim.lab.reading import MailReading
from popsim.mail.message import Message
from popsim.mail.store import User
from popsim.protocols.clients import Identity, MailReader, authenticate, mail_reader
from popsim.protocols.pop3 import word_table as table
from popsim.protocols.pop3.table import POP3
from popsim.protocols.protocol import Protocol
from popsim.protocols.smtp.client import Submission, submit
from popsim.protocols.smtp.client_login import Login
from popsim.protocols.smtp.table import SMTP
from popsim.wire.performer import Do, Performer
from popsim.wire.quantity import nanoseconds
from popsim.wire.scenario import Action
from popsim.wire.simulation import Simulation
from popsim.wire.speech import Speech


class MailReaders:
    """The mail readers of a lab, each with a folder by name.

    Args:
        simulation: the lab's.
        do: does actions, and writes them down in the lab's scenario.
    """

    def __init__(self, simulation: Simulation, do: Do) -> None:
        self._simulation, self._do = simulation, do
        self.folders: dict[str, Folder] = {}

    def performer(
        self, protocol: Protocol | None = None, tls: bool | None = None, meanwhile: Iterable[str] = ()
    ) -> Performer:
        """What performs scripts in which a protocol is spoken, by default the lab's."""
        usual = self._simulation.scenario.speech
        speech = Speech(protocol or usual.protocol, usual.tls if tls is None else tls)
        return Performer(self._simulation, self._do, speech, [Action.parse(text) for text in meanwhile])

    def read(
        self,
        name: str,
        *,
        user: str | None,
        folder: str | None,
        mailbox: str,
        protocol: Protocol | None,
        login: str,
        tls: str,
        pipelined: bool | None,
        after: int | str,
        every: int | str,
        times: int,
        meanwhile: Iterable[str],
    ) -> MailReading:
        """Let a mail reader visit a mailbox: see :meth:`LetsClientsWork.read`."""
        who, speaks = self.user(user), protocol or self._simulation.protocol
        if times < 1:
            raise ValueError(f"expected a number of visits, 1 or more, got {times}")
        signs = who.login == table.APOP.keyword  # whoever has an account knows how it is logged in to
        way = login or who.login * (signs and speaks.name == POP3.name)
        identity = Identity(who.name, who.secret, way, tls, digest=signs)
        wanted = mail_reader(speaks, name, identity, mailbox=mailbox, pipelined=pipelined)
        pauses = nanoseconds(every), nanoseconds(after)
        performer = self.performer(protocol, meanwhile=meanwhile)
        keeps = self._folder(folder, wanted, speaks, mailbox)
        over: list[int] = []
        script = poll(
            lambda: self._visit(wanted, keeps),
            pauses[0],
            times,
            lambda _: over.append(self._simulation.clock.now),
            pauses[1],
        )
        return MailReading(wanted.name, who.name, performer.perform(script), tuple(over), keeps)

    def _visit(self, wanted: MailReader, keeps: Folder) -> Script[Visit]:
        """One visit, and what the folder has to know of it."""
        keeps.begins()
        visit = yield from wanted.session(
            keeps,
            now=lambda: self._simulation.clock.now,
            nonce=self.nonce,
            secure=self._simulation.scenario.tls,
            told=keeps.told,
        )
        keeps.ends(visit)
        return visit

    def authenticate(self, mechanism: str, *, user: str | None, initial: bool, connection: int) -> None:
        """Log in by a mechanism: see :meth:`LetsClientsWork.authenticate`."""
        who, speaks = self.user(user), self._simulation.connections[connection].speech.protocol
        script = authenticate(speaks, mechanism, who.name, who.secret, nonce=self.nonce(), initial=initial)
        try:
            self.performer().perform(script, connection)
        except Disconnected:
            pass  # what happened stands in the record

    def submit(
        self,
        message: Message,
        sender: str,
        recipients: Iterable[str],
        *,
        user: str | None,
        mechanism: str,
        protocol: Protocol | None,
        tls: str,
    ) -> Submission:
        """Send a message: see :meth:`LetsClientsWork.submit`."""
        usual = self._simulation.protocol
        speaks = protocol or (usual if usual.name == SMTP.name else SMTP.extended())
        if speaks.name != SMTP.name:
            raise ValueError(f"mail is sent by {SMTP.title}, not by {speaks.title}")
        login = None
        if user is not None:
            who = self.user(user)
            login = Login(who.name, who.secret, mechanism)
        script = submit(
            message,
            sender,
            recipients,
            speaks,
            login=login,
            tls=tls,
            secured=self._simulation.scenario.tls,
            nonce=self.nonce,
        )
        return self.performer(speaks).perform(script)

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

    def _folder(self, name: str | None, reader: MailReader, protocol: Protocol, mailbox: str) -> Folder:
        wanted = name or "headers" * reader.headers or "mail"
        if name is None and mailbox:
            wanted += f" of {mailbox}"
        if name is None and protocol.name != self._simulation.protocol.name:
            wanted += f" by {protocol.title}"
        folder = self.folders.get(wanted) or Folder(wanted, lambda: self._simulation.clock.now)
        if folder.holds_headers not in (None, reader.headers):
            held = "headers" if folder.holds_headers else "whole messages"
            raise ValueError(f"the folder {wanted!r} has {held} in it: name another one, such as folder='other'")
        source = f"{protocol.title}, mailbox {mailbox}" if mailbox else protocol.title
        if folder.source not in ("", source):
            raise ValueError(
                f"the folder {wanted!r} has mail in it that came by {folder.source}, not by {source}: name another one,"
                " such as folder='other'"
            )
        folder.holds_headers, folder.source = reader.headers, source
        self.folders[wanted] = folder
        return folder
