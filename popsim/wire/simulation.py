"""A simulation: a scenario at work, and the timeline that it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from popsim.engine.client import ClientEngine
from popsim.engine.framing import CRLF
from popsim.engine.server import ServerEngine
from popsim.mail.collection import Mail
from popsim.mail.store import Store
from popsim.protocols import PROTOCOLS, SPEAKS, named
from popsim.protocols.model import START
from popsim.protocols.services import service
from popsim.timeline.event import CLIENT, ENDPOINTS, OPEN, SERVER, state_key
from popsim.timeline.recorder import Observer, Recorder
from popsim.timeline.timeline import SECRETS, Timeline
from popsim.wire.clock import Clock
from popsim.wire.mailroom import Mailroom
from popsim.wire.past import NO_PAST, Past
from popsim.wire.quantity import LARGEST
from popsim.wire.scenario import Action, Scenario
from popsim.wire.speech import Speech
from popsim.wire.transport import Connection


@dataclass(frozen=True, slots=True)
class Begun:
    """An action that was begun.

    Args:
        index: the index of the first event that it brought about.
        action: what was done.
        message: which line of its connection it sends, counted from 0; -1 where it sends none.
    """

    index: int
    action: Action
    message: int


class NotConnected(ValueError):
    """A client wants to send on a connection that is not open; the message says what to do."""


class Simulation:
    """Runs a scenario, action by action.

    Args:
        scenario: what to run; its actions are not begun until :meth:`perform` is given them.
        mail: the mail that the scenario names by digest; sample mail needs not be given.
        past: for a fork, what had crossed under TLS in its parent: it stays as it was.

    Raises:
        ValueError: the scenario names mail that is neither sample mail nor given, or a user that it has not.
    """

    def __init__(self, scenario: Scenario, mail: Iterable[Mail] = (), past: Past = NO_PAST) -> None:
        self.scenario = scenario
        self._past = past
        self.protocol = scenario.speaks
        self.clock = Clock()
        _check(scenario)
        self.mail = Mailroom(scenario, mail)
        self.store = self.mail.store
        self.recorder = Recorder(_header(scenario, self.store) | ({SECRETS: past.secrets} if past.secrets else {}))
        self.connections: list[Connection] = []
        self.begun: list[Begun] = []
        self.connect()

    @property
    def timeline(self) -> Timeline:
        """The record up to now."""
        return Timeline(self.recorder)

    def connect(self, speech: Speech | None = None) -> int:
        """Open one more connection, wait for the greeting, and return the connection's number.

        Args:
            speech: what is spoken on it; by default what the scenario speaks.

        Raises:
            ValueError: popsim has no server for that protocol.
        """
        number = len(self.connections)
        spoken = speech or self.scenario.speech
        protocol = spoken.protocol
        ends = Observer(self.recorder, number, CLIENT), Observer(self.recorder, number, SERVER)
        ends[CLIENT].peer, ends[SERVER].peer = ends[SERVER], ends[CLIENT]
        timestamp = f"<{number + 1}.{self.scenario.seed}@popsim.example>"
        serves = service(
            protocol,
            self.store,
            session=number,
            timestamp=timestamp,
            policy=self.scenario.policy,
            clock=lambda: self.clock.now,
            secured=spoken.tls,
        )
        connection = Connection(
            number,
            ClientEngine(protocol, ends[CLIENT]),
            ServerEngine(protocol, serves, ends[SERVER]),
            ends,
            self.recorder,
            self.clock,
            self.scenario,
            self._past.of(number),
            spoken,
            lambda: self._spread(number),
        )
        self.connections.append(connection)
        header = self.recorder.header
        if spoken != self.scenario.speech:
            header.setdefault(SPEAKS, {})[str(number)] = _speaks(spoken)
        initial = header.setdefault("initial", {})
        initial.update({state_key(number, end): START.name for end in ENDPOINTS})
        connection.open()
        self._settle()
        return number

    def perform(self, actions: Iterable[Action]) -> list[Action]:
        """Do these actions in order, each when all is quiet; return those that found no open connection."""
        undone = []
        for action in actions:
            if not action.pipelined:
                self._settle()
            if action.after:
                self._wait(self.clock.now + action.after)
            self.recorder.now = self.clock.now
            self.begun.append(Begun(len(self.recorder), action, self._message(action)))
            if not self._do(action):
                undone.append(action)
        self._settle()
        return undone

    def _settle(self) -> None:
        """Go on until all is quiet. A handshake that is stuck is not: there, time passes until the server gives up."""
        self.clock.run()
        for connection in self.connections:
            if connection.is_stuck:
                connection.watch(self.clock.now + LARGEST)
                self.clock.run()

    def _wait(self, until: int) -> None:
        """Let time pass, in which a server may lose its patience with a silent client."""
        for connection in self.connections:
            connection.watch(until)
        self.clock.run(until)

    def body(self, connection: int) -> bytes:
        """What followed the line of the answer to what was sent last on a connection, dots removed, or b""."""
        answer = self.connections[connection].answer
        return answer.body or b"" if answer else b""

    def check(self, connection: int) -> None:
        """Raise NotConnected where a connection can't be sent on."""
        if not 0 <= connection < len(self.connections):
            raise NotConnected(f"there is no connection {connection}; there are 0 to {len(self.connections) - 1}")
        condition = self.connections[connection].condition
        if condition != OPEN:
            raise NotConnected(f"connection {connection} is {condition}: nothing can be sent; open another one")

    def _message(self, action: Action) -> int:
        """Which line of its connection an action sends, or -1."""
        if action.kind != "send" or not self._is_open(action.connection):
            return -1
        return self.connections[action.connection].lines_sent

    def _is_open(self, connection: int) -> bool:
        return 0 <= connection < len(self.connections) and self.connections[connection].condition == OPEN

    def _do(self, action: Action) -> bool:
        if action.kind == "connect":
            self.connect(Speech.parse(action.line.decode()) if action.line else None)
            return True
        if action.kind == "mail":
            self.mail.deliver(action.line.decode(), self.clock.now, self.recorder)
            self._spread()
            return True
        if not self._is_open(action.connection):
            return False
        connection = self.connections[action.connection]
        line = self._edited(connection, action.line)
        stops = any(f.stops(line) and f.connection == connection.number for f in self.scenario.faults)
        if action.kind == "cut" or stops:
            connection.cut()
            return True
        connection.lines_sent += 1
        connection.answer = None
        if not connection.client.waiting:
            connection.answers.clear()
        if connection.client.exchange_open:
            connection.client.carry_on(line + CRLF)
        else:
            connection.client.request(line)
        connection.flush()
        return True

    def _spread(self, number: int = -1) -> None:
        """Tell the sessions of what has changed in the store, all but the one that has changed it."""
        if not self.mail.has_changed():
            return
        self.mail.list(self.recorder)
        changed = len(self.recorder) - 1
        for connection in self.connections:
            if connection.number != number and connection.condition == OPEN:
                connection.tell(changed)

    def _edited(self, connection: Connection, line: bytes) -> bytes:
        """The line that is sent instead of this one; of several edits the last holds."""
        for edit in self.scenario.edits:
            if (edit.connection, edit.message) == (connection.number, connection.lines_sent):
                line = edit.line
        return line


def run(scenario: Scenario, mail: Iterable[Mail] = (), past: Past = NO_PAST) -> Timeline:
    """Run a scenario to its end.

    Args:
        scenario: what to run.
        mail: the mail that the scenario names by digest.
        past: for a fork, what had crossed under TLS in its parent.

    Returns:
        The timeline: the same one for the same scenario, wherever and whenever it is run.

    Raises:
        ValueError: the scenario names mail that is neither sample mail nor given.
    """
    simulation = Simulation(scenario, mail, past)
    simulation.perform(scenario.actions)
    return simulation.timeline


def _check(scenario: Scenario) -> None:
    """Refuse a scenario that speaks of users or logins that there are not."""
    users = [user.name for user in scenario.users]
    named = [user for user, _ in scenario.mail] + [fault.who for fault in scenario.faults if fault.kind == "keep"]
    for name in named:
        if name not in users:
            raise ValueError(f"the scenario has the users {', '.join(users)}, not {name!r}")
    keywords = [form.keyword for protocol in PROTOCOLS.values() for form in protocol.table.forms]
    for user in scenario.users:
        if user.login and user.login not in keywords:
            raise ValueError(f"expected NAME:SECRET or NAME:SECRET:COMMAND for a login, got {str(user)!r}")


def _header(scenario: Scenario, store: Store) -> dict[str, Any]:
    return {
        **_speaks(scenario.speech),
        "scenario": str(scenario),
        "mail": store.listing(),
    }


def _speaks(speech: Speech) -> dict[str, Any]:
    """What a header says of a connection on which this is spoken."""
    return named(speech.protocol) | ({"port": speech.protocol.table.secure_port} if speech.tls else {})
