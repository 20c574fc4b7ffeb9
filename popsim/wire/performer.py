"""Performs a script in virtual time: what a mail reader does becomes actions of a scenario, like typed lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from popsim.engine.response import Response
from popsim.engine.script import CarryOn, Connect, Disconnected, Hang, Script, Send, Step, Wait
from popsim.timeline.event import OPEN
from popsim.wire.scenario import Action
from popsim.wire.simulation import Simulation
from popsim.wire.transport import Connection

T = TypeVar("T")

Do = Callable[[list[Action]], object]


class Performer:
    """Performs scripts on a simulation.

    Args:
        simulation: where.
        do: does the actions, for who wants to know of them; by default, the simulation does.
    """

    def __init__(self, simulation: Simulation, do: Do | None = None) -> None:
        self._simulation = simulation
        self._do: Do = do or simulation.perform
        self._number: int | None = None
        self._waited = 0

    def perform(self, script: Script[T], connection: int | None = None) -> T:
        """Perform a script to its end, and return what it returns.

        Args:
            script: what to do. A connection that the simulation has opened and that nobody has used serves as the
                first one that the script asks for.
            connection: which connection a script uses that asks for none.
        """
        self._number, self._waited = connection, 0
        try:
            step = next(script)
            while True:
                try:
                    answers = self._perform(step)
                except Disconnected as lost:
                    step = script.throw(lost)
                else:
                    step = script.send(answers)
        except StopIteration as end:
            result: T = end.value
            return result

    def _perform(self, step: Step) -> list[Response]:
        match step:
            case Connect():
                return self._connect(step.secure)
            case Send():
                return self._send(step.lines)
            case CarryOn():
                return self._send((step.line,))
            case Wait():
                self._waited += step.nanoseconds
            case Hang():
                self._hang()
        return []

    def _connect(self, secure: bool) -> list[Response]:
        if secure is not self._simulation.scenario.tls:
            speaks = "does not begin with TLS" if secure else "begins with TLS"
            raise Disconnected(f"the port of this simulation {speaks}")
        connections = self._simulation.connections
        fresh = [c.number for c in connections if c.condition == OPEN and not c.lines_sent]
        if fresh and not self._waited:
            self._number = fresh[0]
        else:
            self._act([Action(kind="connect")])
            self._number = len(connections) - 1
        return self._answers(1)

    def _send(self, lines: tuple[bytes, ...]) -> list[Response]:
        number = self._connection.number
        if self._connection.condition != OPEN:
            raise Disconnected(f"the connection is closed ({self._connection.condition}): nothing can be sent")
        self._act([Action(line, number, pipelined=place > 0) for place, line in enumerate(lines)])
        return self._answers(len(lines))

    def _answers(self, wanted: int) -> list[Response]:
        """The answers that have come. Raises Disconnected where some are missing."""
        connection = self._connection
        answers = connection.answers[:wanted]
        connection.answers.clear()  # they hold whole messages
        if len(answers) < wanted:
            missing = f"{wanted - len(answers)} answer{'s' * (wanted - len(answers) != 1)} had not come"
            raise Disconnected(f"the connection was lost; {missing}", tuple(answers))
        return answers

    def _hang(self) -> None:
        if self._connection.condition == OPEN:
            self._act([Action(connection=self._connection.number, kind="cut")])
        self._number = None

    def _act(self, actions: Iterable[Action]) -> None:
        wanted = list(actions)
        if self._waited:
            first = wanted[0]
            wanted[0] = Action(first.line, first.connection, self._waited, first.pipelined, first.kind)
            self._waited = 0
        self._do(wanted)

    @property
    def _connection(self) -> Connection:
        if self._number is None:
            raise Disconnected("there is no connection: the script must ask for one first")
        return self._simulation.connections[self._number]
