"""What a lab lets clients do: mail readers, programs that send mail, and any other script."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from popsim.engine.script import Script
from popsim.lab.folder import Folder
from popsim.lab.readers import MailReaders
from popsim.lab.reading import MailReading
from popsim.mail.message import Message
from popsim.protocols.protocol import Protocol
from popsim.wire.simulation import Simulation

if TYPE_CHECKING:
    from popsim.protocols.smtp.client import Submission
    from popsim.timeline import Timeline
    from popsim.views.transcript import Transcript

T = TypeVar("T")


class LetsClientsWork(ABC):
    """What a lab does with scripts."""

    _simulation: Simulation
    _readers: MailReaders

    @property
    @abstractmethod
    def timeline(self) -> Timeline:
        """The record of everything up to now."""

    def perform(
        self,
        script: Script[T],
        protocol: Protocol | None = None,
        *,
        tls: bool | None = None,
        meanwhile: Iterable[str] = (),
    ) -> T:
        """Let a client do its work on connections of its own, and return what it returns.

        Args:
            script: what it does: a generator of steps, as the clients of the protocols are.
            protocol: what it speaks; by default what the lab speaks.
            tls: whether TLS comes first; by default as on the first connection.
            meanwhile: what others do while the client waits or listens, in order, with the marks of a scenario:
                ``"+5s> mail> alice minimal"`` lets mail arrive five seconds after the client began, and the next one
                counts from there. What the client does not wait for does not happen.

        Raises:
            Disconnected: the script did not care that its connection was lost.
            ValueError: something in ``meanwhile`` can't be understood.
        """
        return self._readers.performer(protocol, tls, meanwhile).perform(script)

    def read(
        self,
        reader: str = "leave on server",
        *,
        user: str | None = None,
        folder: str | None = None,
        mailbox: str = "",
        protocol: Protocol | None = None,
        login: str = "",
        tls: str = "never",
        pipelined: bool | None = None,
        after: int | str = 0,
        every: int | str = "10 min",
        times: int = 1,
        meanwhile: Iterable[str] = (),
    ) -> MailReading:
        """Let a mail reader visit a mailbox, on connections of its own.

        Args:
            reader: "download and delete", "leave on server", "headers only" or such as "delete after 3 days"; POP2
                has the first two.
            user: whose mail (default: the first user's).
            folder: where it keeps its mail; what is there already is not fetched again. See :attr:`folders`.
            mailbox: which mailbox, where the protocol has several (default: the one to which mail comes).
            protocol: what it speaks, such as ``imap``; by default what the lab speaks.
            login: "" for the strongest way that both ends know; else the name of a mechanism, or of a command: USER,
                APOP or AUTH in POP3, LOGIN or AUTHENTICATE in IMAP.
            tls: "never", "if offered" or "always" (by the command that begins it).
            pipelined: whether it sends commands without waiting for answers; None: as is usual in the protocol.
            after: how long to wait first, such as ``"5 s"``.
            every: how long to wait between two visits.
            times: how many visits.
            meanwhile: what others do while it waits: see :meth:`perform`.

        Raises:
            ValueError: an argument can't be understood.
        """
        return self._readers.read(
            reader, user=user, folder=folder, mailbox=mailbox, protocol=protocol, login=login, tls=tls,
            pipelined=pipelined, after=after, every=every, times=times, meanwhile=meanwhile,
        )  # fmt: skip

    @property
    def folders(self) -> Mapping[str, Folder]:
        """The folders of the mail readers, by name."""
        return self._readers.folders

    def submit(
        self,
        message: Message | bytes,
        sender: str,
        *recipients: str,
        user: str | None = None,
        mechanism: str = "",
        protocol: Protocol | None = None,
        tls: str = "never",
    ) -> Submission:
        """Let a program send a message by SMTP, on a connection of its own.

        Args:
            message: what is sent, such as ``samples.inbox()[0]``.
            sender: who is told when it fails, such as ``"dan@example.org"``; "" for nobody.
            recipients: who is to get it, such as ``"alice@popsim.example"``.
            user: who logs in (default: nobody does).
            mechanism: by which mechanism (default: the strongest that both ends know).
            protocol: the edition that it speaks (default: the lab's, or SMTP with all that is known of it).
            tls: "never", "if offered" or "always".

        Raises:
            ValueError: an address is none, there is no recipient, or another argument can't be understood.
        """
        whole = message if isinstance(message, Message) else Message(message)
        return self._readers.submit(
            whole, sender, recipients, user=user, mechanism=mechanism, protocol=protocol, tls=tls
        )

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
            ValueError: there is no such mechanism or user, or the connection's protocol has no mechanisms.
            NotConnected: the connection is not open.
        """
        from popsim.views.transcript import transcript

        self._simulation.check(connection)
        start = len(self._simulation.recorder)
        self._readers.authenticate(mechanism, user=user, initial=initial, connection=connection)
        return transcript(self.timeline, start)
