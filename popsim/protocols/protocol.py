"""A protocol: one edition of a table, ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from popsim.protocols.machine import Machine
from popsim.protocols.model import (
    CLOSED,
    START,
    Capability,
    Code,
    Datum,
    Form,
    Limit,
    Reference,
    Reply,
    Row,
    Rule,
    State,
    Trigger,
    Word,
)
from popsim.protocols.request import Grammar, Request
from popsim.protocols.table import Table as Table

R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Protocol:
    """One edition of a protocol: the rows that cite it.

    Args:
        table: the whole table.
        number: the edition's RFC number.
        enabled: RFC numbers of the extensions that are switched on.
        is_minimal: whether the optional commands are left out.
        omitted: the keywords of commands that are left out one by one.
    """

    table: Table
    number: int
    enabled: tuple[int, ...] = ()
    is_minimal: bool = False
    omitted: tuple[str, ...] = ()
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

    def extended(self, *which: int | str) -> Protocol:
        """The same edition with extensions: each adds its rows.

        Args:
            which: RFC numbers, such as ``2449``, or what an extension is known by: a command or a capability's tag,
                such as ``"CAPA"`` or ``"SASL"``. Without any: all that are not obsolete. What an extension needs
                comes with it.

        Raises:
            ValueError: the table has no such extension.
        """
        table = self.table
        wanted = {self._extension(one) for one in which} or set(table.extensions) - set(table.obsolete)
        for number, needed in table.needs:
            wanted.update(needed if number in wanted else ())
        wanted.update(self.enabled)
        return replace(self, enabled=tuple(n for n in table.extensions if n in wanted))

    def without(self, *keywords: str) -> Protocol:
        """The same without some of its commands: they are unknown then, and what they alone lead to is gone too.

        Args:
            keywords: commands, such as ``"TOP"``.

        Raises:
            ValueError: this protocol has no such command, or there is no session without it.
        """
        left = self
        for keyword in dict.fromkeys(word.strip().upper() for word in keywords):
            if keyword not in {form.keyword for form in left.forms}:
                known = ", ".join(dict.fromkeys(form.keyword for form in self.forms))
                raise ValueError(f"{self} has the commands {known}, so there is no {keyword!r} to leave out")
            left = replace(left, omitted=(*left.omitted, keyword))
        outer = {state.outer for state in self.states}
        if lost := [str(state) for state in self.states if state in outer and state not in left.states]:
            raise ValueError(f"{self} can't be without {', '.join(keywords)}: nothing would lead to {lost[0]}")
        return left

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
        forms = self._given
        if not self.omitted:
            return forms
        machine = self.server  # PASS is of no use where USER was left out
        return tuple(f for f in forms if any(not machine.refuses(state, f) for state in machine.states))

    @cached_property
    def _given(self) -> tuple[Form, ...]:
        """The command forms that nobody has left out."""
        rows = self._rows(self.table.forms)
        return tuple(f for f in rows if not (self.is_minimal and f.optional) and f.keyword not in self.omitted)

    @cached_property
    def replies(self) -> tuple[Reply, ...]:
        """The replies of this edition."""
        replies = self._rows(self.table.replies)
        if not self.omitted:
            return replies
        sent = {rule.reply for rule in self.rules}
        return tuple(reply for reply in replies if reply in sent)

    @cached_property
    def capabilities(self) -> tuple[Capability, ...]:
        """What a server of this edition can announce, in the order in which it does."""
        rows = self._rows(self.table.capabilities)
        return tuple(row for row in rows if row.form is None or row.form in self.forms)

    @cached_property
    def codes(self) -> tuple[Code, ...]:
        """The codes in the text of this edition's replies."""
        return self._rows(self.table.codes)

    @cached_property
    def data(self) -> tuple[Datum, ...]:
        """What a server of this edition may send without a tag."""
        return self._rows(self.table.data)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words inside arguments that mean something by themselves."""
        return self._rows(self.table.words)

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """The numbers that hold here: an extension's stands in the place of the edition's."""
        found: dict[str, Limit] = {}
        for rfc in self.rfcs:
            found.update({row.name: row for row in self.table.limits if row.reference((rfc,))})
        return tuple(found.values())

    @cached_property
    def server(self) -> Machine:
        """The machine of the server's end, which is the session's."""
        known = set(self._given)
        rules = [r for r in self._rows(self.table.rules) if not isinstance(r.trigger, Form) or r.trigger in known]
        machine = Machine(self._rows(self.table.states), rules)
        return machine.pruned() if self.omitted else machine

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
        return next((row.value for row in self.limits if row.name == name), 0)

    def reference(self, row: Row) -> Reference | None:
        """Where this edition has a row from."""
        return row.reference(self.rfcs)

    def _rows(self, rows: tuple[R, ...]) -> tuple[R, ...]:
        return tuple(row for row in rows if row.reference(self.rfcs))

    def _extension(self, which: int | str) -> int:
        """The RFC number of an extension that goes by this number, command or tag."""
        table, text = self.table, str(which).strip().upper().removeprefix("RFC").strip()
        tags = {row.tag: row for row in reversed(table.capabilities)}
        words = {**tags, **{form.keyword: form for form in reversed(table.forms) if not form.reference(table.editions)}}
        number = int(text) if text.isascii() and text.isdecimal() else 0
        if text in words:
            found = words[text].reference(n for n in table.extensions)
            number = found.rfc if found else 0
        if number not in table.extensions:
            known = ", ".join(map(str, table.extensions)) or "none"
            raise ValueError(
                f"{self.title} has the extensions {known} (RFC numbers; or {', '.join(words)}), not {which!r}"
            )
        return number

    def __str__(self) -> str:
        current = [n for n in self.table.extensions if n not in self.table.obsolete]
        several = len(current) > 1 and list(self.enabled) == current
        extra = " and all extensions" if several else "".join(f" + {n}" for n in self.enabled)
        extra += ", minimal" if self.is_minimal else ""
        extra += f", without {', '.join(self.omitted)}" if self.omitted else ""
        return f"{self.title} (RFC {self.number}{extra})"

    __repr__ = __str__


def _named(rows: tuple[R, ...], attribute: str, wanted: str, opening: str) -> R:
    for row in rows:
        if getattr(row, attribute) == wanted:
            return row
    raise LookupError(f"{opening} {', '.join(getattr(row, attribute) for row in rows)}; not {wanted!r}")
