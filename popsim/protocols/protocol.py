"""A protocol: one edition of a table, ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from popsim.protocols.machine import Machine
from popsim.protocols.model import (
    CLOSED,
    START,
    Form,
    Limit,
    Reference,
    Reply,
    Row,
    Rule,
    State,
    Trigger,
)
from popsim.protocols.request import Grammar, Request

R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Table:
    """All rows of a protocol, of every edition and extension.

    Args:
        name: the short name, such as ``pop3``.
        title: the name that people use, such as ``POP3``.
        port: the TCP port that the RFC names.
        editions: the RFC numbers of the editions, the newest first.
        extensions: the RFC numbers of the extensions.
        tagged: whether commands open with a tag that their completion repeats.
        client_states, client_rules: the machine of the client's end, where the protocol has one of its own.
    """

    name: str
    title: str
    port: int
    editions: tuple[int, ...]
    states: tuple[State, ...]
    forms: tuple[Form, ...]
    replies: tuple[Reply, ...]
    rules: tuple[Rule, ...]
    limits: tuple[Limit, ...] = ()
    extensions: tuple[int, ...] = ()
    tagged: bool = False
    client_states: tuple[State, ...] = ()
    client_rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Protocol:
    """One edition of a protocol: the rows that cite it.

    Args:
        table: the whole table.
        number: the edition's RFC number.
        enabled: RFC numbers of the extensions that are switched on.
        is_minimal: whether the optional commands are left out.
    """

    table: Table
    number: int
    enabled: tuple[int, ...] = ()
    is_minimal: bool = False
    rfcs: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rfcs", (self.number, *self.enabled))

    def edition(self, which: int | str) -> Protocol:
        """The same protocol as another RFC has it.

        Args:
            which: an RFC number: ``1460``, ``"1460"`` or ``"rfc1460"``.

        Raises:
            ValueError: the table has no such edition.
        """
        text = str(which).strip().lower().removeprefix("rfc").strip()
        if not text.isdecimal() or int(text) not in self.table.editions:
            known = ", ".join(str(n) for n in sorted(self.table.editions))
            raise ValueError(f"{self.title} has the editions {known} (RFC numbers), not {which!r}")
        return replace(self, number=int(text))

    def minimal(self) -> Protocol:
        """The same edition without its optional commands."""
        return replace(self, is_minimal=True)

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def title(self) -> str:
        return self.table.title

    @property
    def port(self) -> int:
        return self.table.port

    @property
    def editions(self) -> tuple[int, ...]:
        """The RFC numbers of all editions in the table, the newest first."""
        return self.table.editions

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """The command forms of this edition, in the table's order."""
        return tuple(f for f in self._rows(self.table.forms) if not (self.is_minimal and f.optional))

    @cached_property
    def replies(self) -> tuple[Reply, ...]:
        """The replies of this edition."""
        return self._rows(self.table.replies)

    @cached_property
    def server(self) -> Machine:
        """The machine of the server's end, which is the session's."""
        known = set(self.forms)
        rules = [r for r in self._rows(self.table.rules) if not isinstance(r.trigger, Form) or r.trigger in known]
        return Machine(self._rows(self.table.states), rules)

    @cached_property
    def client(self) -> Machine | None:
        """The machine of the client's end, or None where the RFC gives none."""
        if not self.table.client_rules:
            return None
        return Machine(self._rows(self.table.client_states), self._rows(self.table.client_rules))

    @cached_property
    def grammar(self) -> Grammar:
        """What reads the command lines of this edition."""
        return Grammar(self)

    @property
    def states(self) -> tuple[State, ...]:
        """START, the states of the session, CLOSED."""
        return self.server.states

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rows of the session's machine as they are written."""
        return self.server.rules

    def outcomes(self, state: State, trigger: Trigger) -> tuple[Rule, ...]:
        """What a trigger does in a state: see :meth:`Machine.outcomes`."""
        return self.server.outcomes(state, trigger)

    def allowed(self, state: State) -> tuple[Form, ...]:
        """The command forms that are not refused in a state."""
        return tuple(f for f in self.forms if not self.server.refuses(state, f))

    def parse(self, line: bytes) -> Request:
        """Read a command line without its CRLF; never raises."""
        return self.grammar.parse(line)

    def state(self, name: str) -> State:
        """The state of that name. Raises LookupError with the names there are."""
        return _named(self.states, "name", name, f"{self} has the states")

    def form(self, name: str) -> Form:
        """The command form of that name, such as ``LIST msg``. Raises LookupError with the names there are."""
        return _named(self.forms, "name", name, f"{self} has the commands")

    def rule(self, id: str) -> Rule:
        """The rule with that id (see :attr:`Rule.id`), as it reads in its state. Raises LookupError."""
        if id not in self._by_id:
            example = self.rules[0].id
            raise LookupError(f"{self} has no rule {id!r}; an id is STATE|trigger|condition, as in {example!r}")
        return self._by_id[id]

    @cached_property
    def _by_id(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.resolved()}

    def resolved(self) -> tuple[Rule, ...]:
        """Every state and trigger's outcomes, spelled out: the whole machine without shorthand."""
        triggers: list[Trigger] = list(self.forms)
        triggers += [t for t in dict.fromkeys(r.trigger for r in self.rules) if not isinstance(t, (Form, Reply))]
        states = [s for s in self.states if s not in (START, CLOSED)]
        inner = [r for s in states for t in triggers for r in self.outcomes(s, t)]
        edges = [r for r in self.rules if r.state is START]
        return tuple({rule.id: rule for rule in [*edges, *inner]}.values())

    def limit(self, name: str) -> int:
        """The number of a limit, 0 where this edition sets none."""
        return next((row.value for row in self._rows(self.table.limits) if row.name == name), 0)

    def reference(self, row: Row) -> Reference | None:
        """Where this edition has a row from."""
        return row.reference(self.rfcs)

    def _rows(self, rows: tuple[R, ...]) -> tuple[R, ...]:
        return tuple(row for row in rows if row.reference(self.rfcs))

    def __str__(self) -> str:
        extra = "".join(f" + RFC {n}" for n in self.enabled) + (", minimal" if self.is_minimal else "")
        return f"{self.title} (RFC {self.number}{extra})"

    __repr__ = __str__


def _named(rows: tuple[R, ...], attribute: str, wanted: str, opening: str) -> R:
    for row in rows:
        if getattr(row, attribute) == wanted:
            return row
    raise LookupError(f"{opening} {', '.join(getattr(row, attribute) for row in rows)}; not {wanted!r}")
