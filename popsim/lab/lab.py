"""The lab: one simulated session in a notebook, and everything that can be seen of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from popsim.lab.exchange import Exchange, exchange, rules_taken
from popsim.lab.readers import MailReaders
from popsim.lab.showing import ShowsSession
from popsim.lab.working import LetsClientsWork
from popsim.mail import samples
from popsim.mail.collection import Mail
from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import User
from popsim.protocols import spoken
from popsim.protocols.pop3.table import POP3
from popsim.protocols.protocol import Protocol
from popsim.timeline import Timeline
from popsim.timeline.event import CLIENT, ENDPOINTS, SERVER
from popsim.views.rich import Rich
from popsim.wire import Action, Fault, Link, Scenario, Simulation
from popsim.wire.fork import fork_of
from popsim.wire.mailroom import mail_name
from popsim.wire.past import NO_PAST, Past
from popsim.wire.scenario import DEFAULT_USER
from popsim.wire.speech import Speech

if TYPE_CHECKING:
    from popsim.views.diagram import Diagram
    from popsim.views.player import Player
    from popsim.views.transcript import Transcript


class Lab(LetsClientsWork, ShowsSession, Rich):
    """A client and a server on a simulated wire, connected and greeted.

    Args:
        protocol: what they speak; ``pop3``, ``imap``, ``pop2`` or ``smtp``, an edition such as ``pop3.edition(1460)``,
            or one with extensions such as ``pop3.extended(2449)``.
        mail: what lies in the maildrop of the first user, or each user's mail by name (default: the sample inbox).
        tls: whether TLS comes first, as on port 995 of a real server (RFC 8314 §3); else it can begin by STLS.
        link: the path between them.
        users: passwords by name, or ``User`` values (default: alice, whose password is secret).
        seed: where chance comes from.
        faults: what goes wrong, such as ``"cut before QUIT"``; see :class:`popsim.wire.Fault`.
        policy: what the server's site has decided, such as ``"login-delay:60s"``; see :class:`popsim.Policy`.

    Raises:
        ValueError: a policy, a user, a fault or the link can't be understood.
    """

    def __init__(
        self,
        protocol: Protocol = POP3,
        *,
        mail: Mail | Mapping[str, Mail] | None = None,
        link: Link | None = None,
        users: Mapping[str, str] | Iterable[User | str] | None = None,
        seed: int = 1,
        faults: Iterable[Fault | str] = (),
        policy: Policy | str = USUAL,
        tls: bool = False,
    ) -> None:
        people = _users(users)
        held = mail if isinstance(mail, Mapping) else {people[0].name: samples.inbox() if mail is None else mail}
        scenario = Scenario(
            protocol=protocol.name,
            edition=protocol.number,
            minimal=protocol.is_minimal,
            extensions=protocol.enabled,
            without=protocol.omitted,
            policy=Policy.parse(policy) if isinstance(policy, str) else policy,
            users=people,
            mail=tuple((name, mail_name(m)) for name, m in held.items()),
            tls=tls,
            link=link or Link(),
            seed=seed,
            faults=tuple(Fault.parse(f) if isinstance(f, str) else f for f in faults),
        )
        self._begin(scenario, tuple(held.values()))

    @classmethod
    def of(cls, scenario: Scenario | str, mail: Iterable[Mail] = ()) -> Lab:
        """The lab in which a scenario has been run to its end.

        Args:
            scenario: the scenario, or its text.
            mail: the mail that it names by digest.

        Raises:
            ValueError: the text is no scenario, or mail is missing.
        """
        lab = cls.__new__(cls)
        wanted = Scenario.parse(scenario) if isinstance(scenario, str) else scenario
        lab._begin(wanted, tuple(mail))
        return lab

    def _begin(self, scenario: Scenario, mail: tuple[Mail, ...], past: Past = NO_PAST) -> None:
        self.protocol = scenario.speaks
        self._mail = mail
        self._scenario = replace(scenario, actions=())
        self._players: list[Player] = []
        self._simulation = Simulation(scenario, mail, past)
        self._readers = MailReaders(self._simulation, self._perform)
        self._perform(scenario.actions)

    # Doing

    def send(self, line: str | bytes, connection: int = 0) -> Exchange:
        """Send one command line and wait for its answer.

        Args:
            line: the line without CRLF; any octets may be tried.
            connection: on which connection.

        Returns:
            The exchange: command, answer, states, time and the section of the RFC.

        Raises:
            NotConnected: the connection is not open.
        """
        octets = line.encode() if isinstance(line, str) else line
        self._simulation.check(connection)
        start = len(self._simulation.recorder)
        self._perform([Action(octets, connection)])
        return exchange(self.timeline, start, self.speaks(connection), octets, self._simulation.body(connection))

    def run(self, *lines: str) -> Transcript:
        """Send several lines, each when the one before is answered, and return the transcript of just these.

        A line may open with the marks of a scenario, such as ``1>`` for connection 1 or ``pipelined>``.

        Raises:
            NotConnected: the connection of the first line is not open.
        """
        from popsim.views.transcript import transcript

        actions = [Action.parse(line) for line in lines]
        for first in actions[:1]:
            if first.kind != "connect":
                self._simulation.check(first.connection)
        start = len(self._simulation.recorder)
        self._perform(actions)
        return transcript(self.timeline, start)

    def connect(self, protocol: Protocol | None = None, *, tls: bool | None = None) -> int:
        """Open one more connection to the same server and the same mail, and return its number.

        Args:
            protocol: what is spoken on it, such as ``imap``; by default what the lab speaks.
            tls: whether TLS comes first; by default as on the first connection.

        Raises:
            ValueError: popsim has no server for that protocol.
        """
        usual = self._scenario.speech
        speech = Speech(protocol or usual.protocol, usual.tls if tls is None else tls)
        self._perform([Action(b"" if speech == usual else str(speech).encode(), kind="connect")])
        return len(self._simulation.connections) - 1

    def speaks(self, connection: int = 0) -> Protocol:
        """What is spoken on a connection."""
        return spoken(self._simulation.recorder.header, connection)

    def deliver(self, mail: Mail, user: str | None = None) -> None:
        """Let mail arrive at the server. A session that is open does not see it (RFC 1939 §4 numbers at the opening).

        Args:
            mail: what arrives.
            user: whose it is; by default the first user's.

        Raises:
            ValueError: there is no such user.
        """
        self._mail = (*self._mail, mail)
        self._simulation.mail.knows(mail)
        whose = user or self._scenario.users[0].name
        self._perform([Action(f"{whose} {mail_name(mail)}".encode(), kind="mail")])

    def cut(self, connection: int = 0) -> None:
        """Lose a connection, as if somebody had cut the line."""
        self._simulation.check(connection)
        self._perform([Action(connection=connection, kind="cut")])

    def fork(self, at: int, instead: str | bytes | None = None) -> Lab:
        """Another lab that has the same past up to an event; this one stays as it is.

        Args:
            at: the index of the event.
            instead: the line that leaves instead of the last one that had left by then.

        Raises:
            ValueError: there is no such event, or no line to replace.
        """
        octets = instead.encode() if isinstance(instead, str) else instead
        scenario, past = fork_of(self._simulation, at, octets)
        lab = Lab.__new__(Lab)
        lab._begin(scenario, self._mail, past)
        return lab

    def _perform(self, actions: Iterable[Action]) -> None:
        wanted = list(actions)
        if wanted:
            wanted[0] = replace(wanted[0], pipelined=False)  # nothing is on its way that it could overtake
        self._simulation.perform(wanted)
        done = [begun.action for begun in self._simulation.begun]
        self._scenario = replace(self._scenario, actions=tuple(done))
        self._simulation.recorder.header["scenario"] = str(self._scenario)
        for player in self._players:
            player.timeline = self.timeline

    # Seeing

    @property
    def timeline(self) -> Timeline:
        """The record of everything up to now."""
        return self._simulation.timeline

    @property
    def scenario(self) -> Scenario:
        """What has been run up to now: run it again and the same happens."""
        return self._scenario

    @property
    def state(self) -> str:
        """The name of the state that the server is in, on the first connection."""
        return self.state_of(0)

    def state_of(self, connection: int) -> str:
        """The name of the state that the server is in, on a connection."""
        return self._simulation.connections[connection].server.state.name

    def player(self, *, step: int = 0, detail: str = "message", future: bool = True) -> Player:
        """The player: step back and forth through the session. It follows what is sent later.

        Args:
            step: the step to begin with; 0 is the beginning, -1 the last.
            detail: ``"message"`` stops at messages, ``"event"`` everywhere.
            future: whether what comes next is shown already; without it, the reader can predict.
        """
        from popsim.views.player import player

        shown = player(self.timeline, step=step, detail=detail, future=future)
        self._players.append(shown)
        return shown

    def diagram(self, connection: int = 0, *, inner: bool = True, client: bool = False) -> Diagram:
        """The state diagram of a connection's protocol, with the state now and the path taken.

        Args:
            connection: which connection.
            inner: whether the steps inside a state are drawn.
            client: whether the machine of the client's end is drawn, where it has one of its own, as in POP2.

        Raises:
            ValueError: the client has no machine of its own.
        """
        from popsim.views.diagram import diagram

        path = rules_taken(self.timeline, connection, ENDPOINTS[CLIENT if client else SERVER])
        state = self._simulation.connections[connection].client.state.name if client else self.state_of(connection)
        return diagram(self.speaks(connection), state=state, path=path, inner=inner, client=client)

    def console(self, connection: int = 0) -> Any:
        """A line to type commands in, with the exchanges below it; players of this lab follow."""
        from popsim.lab.console import console

        return console(self, connection)

    def __str__(self) -> str:
        return str(self.transcript())

    def html(self) -> str:
        return self.transcript().html()


def _users(users: Mapping[str, str] | Iterable[User | str] | None) -> tuple[User, ...]:
    if users is None:
        return (DEFAULT_USER,)
    if isinstance(users, Mapping):
        people = tuple(User(name, secret) for name, secret in users.items())
    else:
        people = tuple(User.parse(u) if isinstance(u, str) else u for u in users)
    if not people:
        raise ValueError("a lab needs at least one user, such as users={'alice': 'secret'}")
    return people
