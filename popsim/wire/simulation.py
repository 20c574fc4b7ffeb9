"""A simulation: a scenario at work, and the timeline that it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from popsim.engine.client import ClientEngine
from popsim.engine.framing import CRLF
from popsim.engine.server import ServerEngine
from popsim.mail import samples
from popsim.mail.collection import Mail
from popsim.mail.store import Store
from popsim.protocols import named
from popsim.protocols.model import START
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service
from popsim.timeline.event import ARRIVED, CLIENT, ENDPOINTS, KEPT, OPEN, SERVER, TO_COME, mark_key, state_key
from popsim.timeline.recorder import Observer, Recorder
from popsim.timeline.timeline import SECRETS, Timeline
from popsim.wire.clock import Clock
from popsim.wire.past import NO_PAST, Past
from popsim.wire.quantity import LARGEST
from popsim.wire.scenario import Action, Scenario
from popsim.wire.transport import Connection

DIGITS = 16
"""How many digits of a mail's digest name it in a scenario."""


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
        _check(scenario, self.protocol)
        self._known = {m.digest[:DIGITS]: m for m in mail}
        self.store = Store(scenario.users, {user: _mail(name, self._known) for user, name in scenario.mail})
        self._refuse_removals()
        self.recorder = Recorder(_header(scenario, self.store) | ({SECRETS: past.secrets} if past.secrets else {}))
        self.connections: list[Connection] = []
        self.begun: list[Begun] = []
        self.connect()

    @property
    def timeline(self) -> Timeline:
        """The record up to now."""
        return Timeline(self.recorder)

    def connect(self) -> int:
        """Open one more connection, wait for the greeting, and return the connection's number."""
        number = len(self.connections)
        ends = Observer(self.recorder, number, CLIENT), Observer(self.recorder, number, SERVER)
        ends[CLIENT].peer, ends[SERVER].peer = ends[SERVER], ends[CLIENT]
        timestamp = f"<{number + 1}.{self.scenario.seed}@popsim.example>"
        serves = service(
            self.protocol,
            self.store,
            session=number,
            timestamp=timestamp,
            policy=self.scenario.policy,
            clock=lambda: self.clock.now,
            secured=self.scenario.tls,
        )
        connection = Connection(
            number,
            ClientEngine(self.protocol, ends[CLIENT]),
            ServerEngine(self.protocol, serves, ends[SERVER]),
            ends,
            self.recorder,
            self.clock,
            self.scenario,
            self._past.of(number),
        )
        self.connections.append(connection)
        initial = self.recorder.header.setdefault("initial", {})
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
            self.connect()
            return True
        if action.kind == "mail":
            self._deliver(action.line.decode())
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

    def knows(self, mail: Mail) -> None:
        """Mail that an action may name by its digest."""
        self._known[mail.digest[:DIGITS]] = mail

    def _deliver(self, text: str) -> None:
        """Let mail arrive at the server: from where and how, POP3 does not know."""
        user, name = _arriving(text, self.store)
        header = self.recorder.header
        account, now = self.store.accounts[user], self.clock.now
        numbers = [account.deliver(message, now) for message in _mail(name, self._known)]
        header["mail"] = self.store.listing()
        keys = [mark_key(user, number) for number in numbers]
        header.setdefault("initial", {}).update(dict.fromkeys(keys, TO_COME))
        self.recorder.add(ARRIVED, 0, SERVER, values=dict.fromkeys(keys, KEPT))

    def _edited(self, connection: Connection, line: bytes) -> bytes:
        """The line that is sent instead of this one; of several edits the last holds."""
        for edit in self.scenario.edits:
            if (edit.connection, edit.message) == (connection.number, connection.lines_sent):
                line = edit.line
        return line

    def _refuse_removals(self) -> None:
        for fault in self.scenario.faults:
            account = self.store.account(fault.who) if fault.kind == "keep" else None
            if account:
                kept = [uid for uid, row in account.rows.items() if row == fault.number]
                account.maildrop.refuse_removal.update(kept)


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


def _check(scenario: Scenario, protocol: Protocol) -> None:
    """Refuse a scenario that speaks of users or logins that it has not."""
    users = [user.name for user in scenario.users]
    named = [user for user, _ in scenario.mail] + [fault.who for fault in scenario.faults if fault.kind == "keep"]
    for name in named:
        if name not in users:
            raise ValueError(f"the scenario has the users {', '.join(users)}, not {name!r}")
    keywords = [form.keyword for form in protocol.table.forms]
    for user in scenario.users:
        if user.login and user.login not in keywords:
            raise ValueError(f"expected NAME:SECRET or NAME:SECRET:COMMAND for a login, got {str(user)!r}")


def _arriving(text: str, store: Store) -> tuple[str, str]:
    """Whose mail arrives, and which."""
    user, _, name = text.strip().partition(" ")
    if user not in store.accounts or not name:
        raise ValueError(f"expected mail that arrives as 'NAME MAIL', such as 'alice minimal', got {text!r}")
    return user, name


def mail_name(mail: Mail) -> str:
    """The name of mail in a scenario: that of the sample, or the first digits of its digest."""
    if mail.name in samples.NAMES and samples.find(mail.name).digest == mail.digest:
        return mail.name
    return mail.digest[:DIGITS]


def _mail(name: str, known: dict[str, Mail]) -> Mail:
    if name in known:
        return known[name]
    if name not in samples.NAMES:
        raise ValueError(
            f"the scenario needs the mail {name!r}, which is no sample ({', '.join(samples.NAMES)}): hand it in too"
        )
    return samples.find(name)


def _header(scenario: Scenario, store: Store) -> dict[str, Any]:
    return {
        **named(scenario.speaks),
        "scenario": str(scenario),
        "mail": store.listing(),
        **({"port": scenario.speaks.table.secure_port} if scenario.tls else {}),
    }
