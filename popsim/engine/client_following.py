"""What a client knows of the session's state: where the server is, as far as its answers tell, and where it is."""

from __future__ import annotations

from popsim.engine.plan import Ways
from popsim.protocols.model import CLOSED, REFUSALS, START, Occurrence, Reply, Rule, State, Trigger
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from popsim.timeline.recorder import Observer


class Following:
    """A client's place in the table.

    Args:
        protocol: the edition to speak.
        observer: is told of each move; None records nothing.
    """

    def __init__(self, protocol: Protocol, observer: Observer | None = None) -> None:
        self.protocol = protocol
        self.state: State = START
        self.securing = False
        """Whether the last answer leads to the TLS handshake: what comes next is no answer."""
        self._machine = protocol.client
        self._ways = Ways.of(protocol)
        self._observer = observer
        self._server: State = START
        self._heard: Reply | Occurrence = Occurrence.OPENED

    def opened(self) -> None:
        """The connection is open: a client with a machine of its own begins to wait for the greeting."""
        if self._machine and self.state is START:
            for rule in self._machine.outcomes(START, Occurrence.OPENED)[:1]:
                self._move(rule.to or START, rule)

    def lost(self) -> None:
        """The connection is gone."""
        if self.state is CLOSED:
            return
        rules = self._machine.outcomes(self.state, Occurrence.LOST) if self._machine else ()
        self._move(CLOSED, next((rule for rule in rules if rule.to is CLOSED), None))

    @property
    def closed(self) -> bool:
        """Whether the session is over."""
        return self.state is CLOSED

    # The server's machine

    def _place(self) -> State:
        """Where the server must be, as far as its answers tell."""
        return self._server if self._machine else self.state

    def _rules(self, request: Request | None, reply: Reply | None) -> tuple[Rule, ...]:
        """The rows that an answer follows: the first that has its status, and those that lead to it.

        A server may refuse for a reason of its own what the table would not: then it is a row of refusal.
        """
        if request is None or reply is None:
            return ()
        place = self._place()
        for trigger in (self._ways.trigger(place, request), *REFUSALS):
            if rules := self._rows(place, trigger, reply):
                return rules
        if reply.positive is None and not self.protocol.table.tagged:
            return self._asked(request.trigger, reply)
        has_literal = request.trigger is Occurrence.LITERAL or reply.positive is False
        return self._rows(place, Occurrence.LITERAL, reply) if has_literal else ()

    def _asked(self, trigger: Trigger, reply: Reply) -> tuple[Rule, ...]:
        """The rows by which a server asks for more where the table would not: it waits for it all the same."""
        states = (state for state in self.protocol.states if state.kind == "state")
        return next(filter(None, (self._rows(state, trigger, reply) for state in states)), ())

    def _rows(self, place: State, trigger: Trigger, reply: Reply) -> tuple[Rule, ...]:
        for rule in self.protocol.outcomes(place, trigger):
            if rule.reply is reply:
                return (rule,)
            if rule.awaits and rule.to and rule.reply is None:
                for after in self.protocol.outcomes(rule.to, rule.awaits):
                    if after.reply is reply:
                        return (rule, after)
        return ()

    def _silent(self, trigger: Trigger) -> tuple[Rule, ...]:
        """The rows of an answer without status: untagged data only, as a greeting may be."""
        rules = self.protocol.outcomes(self._place(), trigger)
        return tuple(r for r in rules[:1] if r.reply is None and r.units)

    def _follow(self, rule: Rule) -> None:
        """Follow a row that the server has followed."""
        if rule.awaits is Occurrence.SECURED:
            self.securing = True
        if self._machine:
            self._server = rule.to or self._server
        elif rule.to is not None and rule.to is not self.state:
            self._move(rule.to, rule)

    # The client's own machine, where it has one

    def _hear(self, heard: Reply | Occurrence, is_last: bool) -> None:
        """Something was heard: after the last answer, the client moves at once where it has nothing to send."""
        self._heard = heard
        if self._machine and is_last:
            rule = next(iter(self._machine.outcomes(self.state, heard)), None)
            if rule and rule.sends is None and rule.to is not None and rule.to is not self.state:
                self._move(rule.to, rule)

    def _step(self, request: Request) -> None:
        """What the client sends tells which row of its own machine it followed."""
        for rule in self._machine.outcomes(self.state, self._heard) if self._machine else ():
            if rule.sends is request.trigger:
                self._move(rule.to or self.state, rule)
                return

    def _move(self, to: State, rule: Rule | None) -> None:
        self.state = to
        if self._observer:
            self._observer.moved(to, rule)
