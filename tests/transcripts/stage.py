"""A server engine on a stage: it is driven by octets alone, and watched from where its observer sits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from popsim.engine.answer import Service
from popsim.engine.server import ServerEngine
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import Store, User
from popsim.protocols.model import Rule, State
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service
from popsim.timeline.event import SERVER
from popsim.timeline.recorder import Observer, Recorder

SENT = "(a reply)"


class Watcher(Observer):
    """Notes the states that the session comes to and the replies that leave, in their order."""

    def __init__(self) -> None:
        super().__init__(Recorder({}), 0, SERVER)
        self.noted: list[str] = []

    def moved(self, to: State, rule: Rule | None) -> None:
        super().moved(to, rule)
        self.noted.append(to.name)

    def sent(self, start: int, end: int, rule: Rule | None = None) -> None:
        super().sent(start, end, rule)
        self.noted.append(SENT)


class Stage:
    """A server with its users; each user has the same messages."""

    def __init__(
        self,
        protocol: Protocol,
        users: Iterable[User],
        messages: Iterable[Message],
        *,
        unremovable: Iterable[str] = (),
        timestamp: str = "",
        names_told: bool = False,
        client_port: int = 1023,
        policy: Policy = USUAL,
        secured: bool = False,
    ) -> None:
        self.protocol = protocol
        people = list(users)
        mail = Mail("stage", messages)
        self.store = Store(people, {user.name: mail for user in people})
        for account in self.store.accounts.values():
            account.maildrop.refuse_removal.update(unremovable)
        self.timestamp = timestamp or "<1896.697170952@dbc.mtview.ca.us>"
        self.names_told = names_told
        self.client_port = client_port
        self.policy, self.secured = policy, secured
        self.now = 0
        """The time in nanoseconds."""
        self.sessions = 0

    def connect(self, opened: bool = True) -> Session:
        """A new connection, greeted unless ``opened`` is False."""
        self.sessions += 1
        session = Session(self, self.sessions)
        if opened:
            session.engine.opened()
        return session

    def service(self, session: int) -> Service:
        """What serves a session."""
        return service(
            self.protocol,
            self.store,
            session=session,
            timestamp=self.timestamp,
            policy=self.policy,
            clock=lambda: self.now,
            secured=self.secured,
            client_port=self.client_port,
        )

    def left(self) -> Mapping[str, int]:
        """How many messages each user has."""
        return {name: len(account.maildrop) for name, account in self.store.accounts.items()}

    def locks(self) -> list[int | str]:
        """The sessions that have a maildrop open."""
        owners = [account.maildrop.owner for account in self.store.accounts.values()]
        return [owner for owner in owners if owner is not None]


class Session:
    """One connection to the server."""

    def __init__(self, stage: Stage, number: int) -> None:
        self.number = number
        self.watcher = Watcher()
        self.engine = ServerEngine(stage.protocol, stage.service(number), self.watcher)

    @property
    def state(self) -> str:
        """The name of the state that the session is in."""
        return self.engine.state.name

    def send(self, octets: bytes, piece: int = 0) -> bytes:
        """Send octets, in pieces of that many (0: all at once), and take what comes back."""
        step = piece or max(1, len(octets))
        came = b""
        for start in range(0, len(octets), step):
            self.engine.receive(octets[start : start + step])
            came += self.take()
        return came

    def take(self) -> bytes:
        """What the server has sent since the last time."""
        return b"".join(self.engine.take())

    def noted(self) -> list[str]:
        """States come to and replies sent since the last time."""
        noted, self.watcher.noted = self.watcher.noted, []
        return noted
