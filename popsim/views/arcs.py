"""What a state diagram draws: the rules of a table, gathered into few arcs that a reader can take in.

Four gatherings keep the picture small, and each is a usual shorthand of state diagrams:

* what leaves the session where it is stands as a line inside the state's box, not as a loop;
* what all steps of one state do alike leaves from the frame around them, once;
* what every state does alike leaves from a box that stands for all of them, and so does what every other state than
  the one that follows does, or every state in which commands are read;
* what is not allowed, unknown or malformed is "anything else".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from popsim.protocols.machine import Machine
from popsim.protocols.model import ALWAYS, REFUSALS, Form, Occurrence, Rule, State
from popsim.protocols.protocol import Protocol

_ENDINGS = (Occurrence.LOST, Occurrence.EXPIRED)
_ASIDE = (Occurrence.LITERAL, Occurrence.NEWS)
"""What comes beside the commands, in every state alike: it is named, and how it is answered is left out."""
_OTHERWISE = "anything else"
_HEARD = {Occurrence.CONTINUED: "data", Occurrence.UNRECOGNIZED: _OTHERWISE}
"""What a client's machine calls what it hears, where that is no reply."""
_UNANSWERED = "no answer"
_MANY = 14
"""So many command forms are named by their arguments too."""
_FEW = 2
"""How many conditions of one outcome are named in a label."""

EVERY_STATE = "every_state"
"""The id of the box that stands for all states."""


@dataclass(frozen=True)
class Line:
    """One line of an arc's label: what may come, and the statuses that it may be answered with."""

    causes: tuple[str, ...]
    replies: tuple[str, ...]
    muted: bool

    @property
    def answer(self) -> str:
        """The statuses in words; empty where nothing is sent."""
        return " or ".join(self.replies)

    def __str__(self) -> str:
        return ", ".join(self.causes) + (f" / {self.answer}" if self.answer else "")


@dataclass(frozen=True)
class Arc:
    """Rules that lead from one place to the same next one.

    Args:
        id: the id of the arc's element in the picture.
        sources: the states that it leaves: one, or all that share it.
        origin: the id of the element that it leaves: a state's, a frame's or that of all states.
        target: the state that follows.
        lines: its label.
        rules: the rules that it stands for.
        every: where many states share it: which these are, in words.
    """

    id: str
    sources: tuple[State, ...]
    origin: str
    target: State
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...]
    every: str = ""

    @property
    def stays(self) -> bool:
        """Whether the session stays where it is: the arc is a line inside the state's box."""
        return self.sources == (self.target,)

    @property
    def muted(self) -> bool:
        """Whether it tells of refusals or of lost connections only."""
        return all(line.muted for line in self.lines)

    @property
    def ends(self) -> bool:
        """Whether it is taken when the connection is lost or idle, not when something is said."""
        return all(rule.trigger in _ENDINGS for rule in self.rules)


@dataclass(frozen=True)
class Plan:
    """The places and arcs of one diagram of a protocol.

    Args:
        protocol: whose rules are drawn.
        inner: whether the steps inside a state are drawn, or count as that state.
        client: whether the machine of the client's end is drawn, which a protocol may have.
    """

    protocol: Protocol
    inner: bool = True
    client: bool = False

    @cached_property
    def machine(self) -> Machine:
        """Whose states and rules are drawn.

        Raises:
            ValueError: the client's machine is wanted, and there is none.
        """
        machine = self.protocol.client if self.client else self.protocol.server
        if machine is None:
            raise ValueError(
                f"the client of {self.protocol} has no machine of its own: it goes by the server's answers"
            )
        return machine

    @cached_property
    def states(self) -> tuple[State, ...]:
        """The states that are drawn, in the table's order."""
        return tuple(s for s in self.machine.states if self.inner or s.outer is s)

    @cached_property
    def frames(self) -> dict[State, tuple[State, ...]]:
        """For each state with steps inside it that are drawn: itself and these."""
        found = {s: tuple(t for t in self.states if t.outer is s) for s in self.states}
        return {s: steps for s, steps in found.items() if len(steps) > 1}

    @cached_property
    def ids(self) -> dict[State, str]:
        """The id of each drawn state's element."""
        found: dict[State, str] = {}
        for state in self.states:
            name = "state_" + re.sub(r"\W", "_", state.name, flags=re.ASCII)
            found[state] = name if name not in found.values() else f"{name}_{len(found)}"
        return found

    def place(self, state: State) -> State:
        """The drawn state that a state belongs to."""
        return state if self.inner else state.outer

    def frame_id(self, state: State) -> str:
        """The id of the frame around a state's steps."""
        return self.ids[state].replace("state", "frame", 1)

    @cached_property
    def arcs(self) -> tuple[Arc, ...]:
        """Every arc, in the order in which the table comes to them; each rule is in exactly one."""
        gathered: dict[tuple[tuple[State, ...], State, object], list[Rule]] = {}
        for rule in self._rules:
            to, sources = self._target(rule), self._sources(rule)
            apart = self._line(rule) if sources == (to,) else rule.trigger in _ENDINGS
            gathered.setdefault((sources, to, apart), []).append(rule)
        return tuple(
            Arc(
                f"arc_{n}",
                sources,
                self._origin(sources),
                to,
                self._lines(rules),
                tuple(rules),
                self._every(sources, to),
            )
            for n, ((sources, to, _), rules) in enumerate(gathered.items(), 1)
        )

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        rules = self.machine.resolved() if self.client else self.protocol.resolved()
        return tuple({rule.id: rule for rule in rules}.values())

    def _target(self, rule: Rule) -> State:
        return self.place(rule.to or rule.state)

    def _sources(self, rule: Rule) -> tuple[State, ...]:
        """The drawn states that do the same, where all of them or all of a frame do; else its own."""
        own, to = self.place(rule.state), self._target(rule)
        if own.kind != "state":
            return (own,)
        for group in (*self._many(to).values(), self.frames.get(own.outer, ())):
            alike = len(group) > 1 and to not in group and own in group
            if alike and self._doing[self._deed(rule)].issuperset(group):
                return group
        return (own,)

    def _many(self, to: State) -> dict[str, tuple[State, ...]]:
        """The groups of states for which one box may stand, by the words in it, the largest first."""
        every = tuple(s for s in self.states if s.kind == "state")
        return {
            "every state": every,
            "every other state": tuple(s for s in every if s is not to),
            "every state that reads commands": tuple(s for s in every if s.reads_commands),
        }

    def _every(self, sources: tuple[State, ...], to: State) -> str:
        """Which states share an arc, in words; nothing where it leaves one state or a frame."""
        if self._origin(sources) != EVERY_STATE:
            return ""
        return next(words for words, states in self._many(to).items() if states == sources)

    @cached_property
    def _doing(self) -> dict[object, set[State]]:
        """In which drawn states each thing is done."""
        found: dict[object, set[State]] = {}
        for rule in self._rules:
            found.setdefault(self._deed(rule), set()).add(self.place(rule.state))
        return found

    def _deed(self, rule: Rule) -> tuple[object, ...]:
        if rule.trigger in _ENDINGS:  # whatever is said at the end, if anything
            return (rule.trigger, self._target(rule))
        if self.client and self._refuses(rule):
            return (_OTHERWISE, rule.sends, self._target(rule))
        return (rule.trigger, rule.condition, rule.reply, self._target(rule))

    def _origin(self, sources: tuple[State, ...]) -> str:
        if len(sources) == 1:
            return self.ids[sources[0]]
        outer = sources[0].outer
        return self.frame_id(outer) if self.frames.get(outer) == sources else EVERY_STATE

    def _lines(self, rules: list[Rule]) -> tuple[Line, ...]:
        """The label of an arc: what is answered alike stands in one line, the muted lines last."""
        lines: dict[tuple[tuple[str, ...], bool], list[Rule]] = {}
        for rule in rules:
            lines.setdefault(self._line(rule), []).append(rule)
        found = [
            Line(tuple(dict.fromkeys(map(self._cause, of))), replies, muted) for (replies, muted), of in lines.items()
        ]
        return tuple(sorted(found, key=lambda line: line.muted))

    def _line(self, rule: Rule) -> tuple[tuple[str, ...], bool]:
        """In which line a rule stands: with those that have the same answers and lead to the same state."""
        if rule.trigger in _ASIDE:
            return (), True
        muted = self._refuses(rule) or rule.trigger in _ENDINGS
        return tuple(self._answers[self._way(rule)]), muted

    @cached_property
    def _answers(self) -> dict[object, dict[str, None]]:
        """The statuses with which each cause may be answered, from each place to the next."""
        found: dict[object, dict[str, None]] = {}
        for rule in self._rules:
            sent = rule.reply.mark if rule.reply else rule.sends.keyword if rule.sends else ""
            mark = sent or (_UNANSWERED if self._refuses(rule) else "")
            found.setdefault(self._way(rule), {}).update({mark: None} if mark else {})
        return found

    def _way(self, rule: Rule) -> tuple[object, ...]:
        place = None if rule.trigger in _ENDINGS else self.place(rule.state)
        return (self._cause(rule), place, self._target(rule))

    def _refuses(self, rule: Rule) -> bool:
        if self.client:  # what has no row of the state itself is none of what the client waits for there
            return rule.trigger not in _ENDINGS and (rule.state, rule.trigger) not in self._written
        if isinstance(rule.trigger, Form):
            return self.protocol.server.refuses(rule.state, rule.trigger)
        return rule.trigger in REFUSALS

    @cached_property
    def _written(self) -> set[tuple[State, object]]:
        """The states and triggers that have rows of their own."""
        return {(rule.state, rule.trigger) for rule in self.machine.rules}

    def _cause(self, rule: Rule) -> str:
        if self._refuses(rule):
            return _OTHERWISE
        if self.client and isinstance(rule.trigger, Occurrence):
            return _HEARD.get(rule.trigger, rule.trigger.value)
        if rule.trigger in _ASIDE:
            return rule.trigger.value
        if isinstance(rule.trigger, Occurrence):
            return rule.trigger.value if rule.condition == ALWAYS or self._is_one_of_many(rule) else rule.condition
        # Where there are many commands their keywords say enough.
        if isinstance(rule.trigger, Form) and (self.protocol.enabled or len(self.protocol.forms) > _MANY):
            return rule.trigger.keyword
        return str(rule.trigger)

    def _is_one_of_many(self, rule: Rule) -> bool:
        """Whether so many conditions have the same outcome that the label says what they have in common."""
        outcome = (rule.state, rule.trigger, rule.reply, rule.to)
        return sum((other.state, other.trigger, other.reply, other.to) == outcome for other in self._rules) > _FEW
