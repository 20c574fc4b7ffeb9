"""Performs a script in virtual time: what a mail reader does becomes actions of a scenario, like typed lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from popsim.engine.response import Response
from popsim.engine.script import CarryOn, Connect, Disconnected, Hang, Listen, Script, Send, Step, Wait
from popsim.timeline.event import OPEN
from popsim.wire.scenario import Action
from popsim.wire.simulation import Simulation
from popsim.wire.speech import Speech
from popsim.wire.transport import Connection

T = TypeVar("T")

Do = Callable[[list[Action]], object]


class Performer:
    """Performs scripts on a simulation.

    Args:
        simulation: where.
        do: does the actions, for who wants to know of them; by default, the simulation does.
        speech: what the scripts speak; by default what the scenario does.
        meanwhile: what others do while a script waits or listens, one after the other: mail that arrives, another
            client's commands. How long to wait first counts from the script's beginning, and from the one before. What
            a script does not wait for is not done.
    """

    def __init__(
        self,
        simulation: Simulation,
        do: Do | None = None,
        speech: Speech | None = None,
        meanwhile: Iterable[Action] = (),
    ) -> None:
        self._simulation = simulation
        self._speech = speech or simulation.scenario.speech
        self._do: Do = do or simulation.perform
        self._number: int | None = None
        self._waited = 0
        self._meanwhile = deque(meanwhile)
        self._since = simulation.clock.now
        self._news: list[Response] = []

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
                self._pass(step.nanoseconds)
            case Listen():
                return self._listen(step.nanoseconds)
            case Hang():
                self._hang()
        return []

    def _connect(self, secure: bool) -> list[Response]:
        if secure is not self._speech.tls:
            speaks = "does not begin with TLS" if secure else "begins with TLS"
            raise Disconnected(f"the port of this simulation {speaks}")
        fresh = [number for number in range(len(self._simulation.connections)) if self._is_fresh(number)]
        if fresh and not self._waited:
            self._number = fresh[0]
        else:
            is_usual = self._speech == self._simulation.scenario.speech
            self._act([Action(b"" if is_usual else str(self._speech).encode(), kind="connect")])
            self._number = len(self._simulation.connections) - 1
        return self._answers(1)

    def _is_fresh(self, number: int) -> bool:
        """Whether nobody has used a connection on which the same is spoken."""
        connection = self._simulation.connections[number]
        return connection.condition == OPEN and not connection.lines_sent and connection.speech == self._speech

    def _send(self, lines: tuple[bytes, ...]) -> list[Response]:
        number = self._connection.number
        if self._connection.condition != OPEN:
            raise Disconnected(f"the connection is closed ({self._connection.condition}): nothing can be sent")
        self._act([Action(line, number, pipelined=place > 0) for place, line in enumerate(lines)])
        return self._answers(len(lines))

    def _answers(self, wanted: int) -> list[Response]:
        """The answers that have come. Raises Disconnected where some are missing."""
        connection = self._connection
        answers = [one for one in connection.answers if not one.is_news][:wanted]
        self._news = [one for one in connection.answers if one.is_news]
        connection.answers.clear()  # they hold whole messages
        if len(answers) < wanted:
            missing = f"{wanted - len(answers)} answer{'s' * (wanted - len(answers) != 1)} had not come"
            raise Disconnected(f"the connection was lost; {missing}", tuple(answers))
        return answers

    def _pass(self, nanoseconds: int, is_over: Callable[[], bool] = lambda: False) -> None:
        """Let time pass, in which others do what they do, until the time is over or something else is."""
        clock = self._simulation.clock
        until = clock.now + self._waited + nanoseconds
        while self._meanwhile and self._since + self._meanwhile[0].after <= until and not is_over():
            action = self._meanwhile.popleft()
            after = max(self._since + action.after - clock.now, 0)
            self._waited = 0
            self._do([replace(action, after=after, pipelined=False)])
            self._since = clock.now
        self._waited = 0 if is_over() else max(until - clock.now, 0)

    def _listen(self, nanoseconds: int) -> list[Response]:
        """What the server says unasked: what it said behind the last answer is heard now."""
        connection = self._connection
        self._pass(nanoseconds, lambda: bool(self._news or connection.answers) or connection.condition != OPEN)
        news, self._news = [*self._news, *connection.answers], []
        connection.answers.clear()
        if connection.condition != OPEN and not news:
            raise Disconnected("the connection was lost while the client listened")
        return news

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
