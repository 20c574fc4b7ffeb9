"""The state diagram of a protocol, drawn from its table, with the state now and the path taken."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote

from popsim.protocols.model import ALWAYS, Rule, State, trigger_name
from popsim.protocols.protocol import Protocol
from popsim.views.arcs import Arc, Plan
from popsim.views.dot import dot
from popsim.views.layouts import NoLayout, layout
from popsim.views.rich import Rich

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NOW, PATH, TAKEN = "now", "path", "taken"
"""The classes of the state now, of the arcs of the path, and of the last of these."""

STYLE = """
.popsim-diagram .now > :first-child { fill-opacity: 1; stroke-width: 2.8; }
.popsim-diagram .now > .ring { stroke: #1a1a1a; stroke-width: 1.5; }
.popsim-diagram .now > circle.ring { stroke-width: 3; }
.popsim-diagram .path > path { stroke: #0b5cad; stroke-width: 3.2; }
.popsim-diagram .path > polygon { fill: #0b5cad; stroke: #0b5cad; stroke-width: 2; }
.popsim-diagram .path > text { fill: #0b5cad; }
.popsim-diagram .path.line > polygon { fill: #ffffff; stroke-width: 1; }
.popsim-diagram .taken > path { stroke-width: 5; }
.popsim-diagram .taken.line > polygon { stroke-width: 3; }
"""
"""What these classes look like, inside the SVG."""

_WIDTH, _COLUMN = 100, 58
"""Characters of a line of the text, and of the column that says what may come."""


def diagram(
    protocol: Protocol,
    *,
    state: str | State | None = None,
    path: Iterable[str | Rule] = (),
    inner: bool = True,
    client: bool = False,
) -> Diagram:
    """Draw the states of a protocol.

    Args:
        protocol: which one, in which edition.
        state: the state that the session is in, or its name.
        path: the rules that the session has taken, or their ids, in order.
        inner: whether the steps inside a state are drawn, or count as that state.
        client: whether the machine of the client's end is drawn: POP2, for one, gives it one of its own.

    Raises:
        LookupError: the machine has no such state or rule.
        ValueError: the client has no machine of its own.
    """
    here = _state(Plan(protocol, client=client), str(state)) if state is not None else None
    return Diagram(protocol, here, tuple(str(getattr(rule, "id", rule)) for rule in path), inner, client)


def _state(plan: Plan, name: str) -> State:
    for state in plan.machine.states:
        if state.name == name:
            return state
    known = ", ".join(map(str, plan.machine.states))
    raise LookupError(f"{plan.protocol} has the states {known}; not {name!r}")


@dataclass(frozen=True, repr=False)
class Diagram(Rich):
    """A state diagram. :func:`diagram` makes one.

    ``nodes`` and ``arcs`` say which element of ``svg`` and ``layout_svg`` stands for a state, by its name,
    and for a rule, by its id. Where the steps inside a state are not drawn, they have that state's element.
    """

    protocol: Protocol
    state: State | None = None
    path: tuple[str, ...] = ()
    inner: bool = True
    client: bool = False

    def __post_init__(self) -> None:
        for rule in self.path:
            if rule not in self.arcs:
                raise LookupError(f"{self.protocol} has no rule {rule!r}; its rules are those of .resolved()")

    @cached_property
    def plan(self) -> Plan:
        """What is drawn."""
        return Plan(self.protocol, self.inner, self.client)

    @cached_property
    def nodes(self) -> Mapping[str, str]:
        """The id of the element of every state, by the state's name."""
        return {s.name: self.plan.ids[self.plan.place(s)] for s in self.plan.machine.states}

    @cached_property
    def arcs(self) -> Mapping[str, str]:
        """The id of the element of every rule, by the rule's id."""
        return {rule.id: arc.id for arc in self.plan.arcs for rule in arc.rules}

    @cached_property
    def dot(self) -> str:
        """The picture in Graphviz's language."""
        return dot(self.plan)

    @cached_property
    def layout_svg(self) -> str:
        """The picture with no state marked and no path; who gives elements the classes of STYLE restyles it.

        Raises:
            NoLayout: nothing here can lay it out (see :func:`popsim.views.layouts.layout`).
        """
        return _dressed(Diagram(self.protocol, inner=self.inner, client=self.client), {})

    @cached_property
    def svg(self) -> str:
        """The picture, a whole SVG document. Raises NoLayout as :attr:`layout_svg` does."""
        marks = {self.arcs[rule]: PATH for rule in self.path}
        if self.path:
            marks[self.arcs[self.path[-1]]] = f"{PATH} {TAKEN}"
        if self.state:
            marks[self.nodes[self.state.name]] = NOW
        return _dressed(self, marks)

    @property
    def summary(self) -> str:
        """The picture in a sentence or two."""
        text = f"The states of {'the client of ' * self.client}{self.protocol}."
        if self.state:
            within = f", a step of {self.state.within}" if self.state.within else ""
            text += f" The {'client' if self.client else 'session'} is in {self.state}{within}."
        return text

    def html(self) -> str:
        """The picture and, folded, its text; where nothing lays it out, the text and how to get a picture."""
        text = f'<pre style="overflow-x: auto">{escape(str(self))}</pre>'
        try:
            picture = self.svg
        except NoLayout as missing:
            return f"<div><p>{escape(str(missing))}.</p>{text}</div>"
        # An image keeps its ids and styles to itself, and shows in a notebook that is not trusted yet.
        source = "data:image/svg+xml;charset=utf-8," + quote(picture, safe=" /:=;,.()<>'+*!?@&$")
        return (
            f'<div><img alt="{escape(self.summary)}" src="{escape(source)}" '
            'style="max-width: 100%; height: auto">'
            f"<details><summary>The same as text</summary>{text}</details></div>"
        )

    def __str__(self) -> str:
        lines = [self.summary]
        for state in self.plan.states:
            lines += ["", *self._heading(state), *self._leaving((state,))]
        for group in dict.fromkeys(arc.sources for arc in self.plan.arcs if len(arc.sources) > 1):
            lines += ["", *_wrapped(f"  in each of {', '.join(map(str, group))}", 4), *self._leaving(group)]
        if self.path:
            lines += ["", "  the path taken (=>)", *self._walked()]
        return "\n".join(lines)

    def _heading(self, state: State) -> list[str]:
        here = self.state is not None and self.plan.place(self.state) is state
        mark, now = ("* ", " (the session is here)") if here else ("  ", "")
        within = f", a step of {state.within}" if state.within else ""
        return _wrapped(f"{mark}{state}{now}{within}: {state.meaning}", 4)

    def _leaving(self, sources: tuple[State, ...]) -> list[str]:
        """What may come in these states, and where it leads; the arcs taken are marked."""
        taken = {self.arcs[rule] for rule in self.path}
        lines = []
        for arc in sorted(self.plan.arcs, key=lambda arc: arc.muted):
            if arc.sources == sources:
                lines += _listed(arc, "=>" if arc.id in taken else "  ")
        return lines

    def _walked(self) -> list[str]:
        by_id = {rule.id: rule for arc in self.plan.arcs for rule in arc.rules}
        lines = []
        for id, again in groupby(self.path):
            rule, times = by_id[id], len(list(again))
            sent = rule.reply.mark if rule.reply else rule.sends.keyword if rule.sends else ""
            answer = f" / {sent}" if sent else ""
            repeated = f" ({times} times)" if times > 1 else ""
            lines += _wrapped(f"      {rule.state}: {_what(rule)}{answer} -> {rule.to}{repeated}", 8)
        return lines


def _listed(arc: Arc, mark: str) -> list[str]:
    where = "stays" if arc.stays else f"-> {arc.target}"
    lines = []
    for line in arc.lines:
        first, *more = textwrap.wrap(str(line), _COLUMN)
        lines.append(f"   {mark} {first:<{_COLUMN}}  {where}")
        lines += [f"        {piece}" for piece in more]
    return lines


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent=" " * indent)


def _what(rule: Rule) -> str:
    """What came, and on which condition, where there are several."""
    trigger = trigger_name(rule.trigger)
    return trigger if rule.condition == ALWAYS else f"{trigger}, {rule.condition}"


def _dressed(shown: Diagram, marks: Mapping[str, str]) -> str:
    """The layout, with words for who can't see it or points at it, and with more classes by element id."""
    import xml.etree.ElementTree as ET

    space = "http://www.w3.org/2000/svg"
    ET.register_namespace("", space)
    root = ET.fromstring(layout(shown.plan, shown.dot))
    root.set("role", "img")
    root.set("aria-label", shown.summary)
    for place, (tag, text) in enumerate((("title", shown.summary), ("desc", str(shown)), ("style", STYLE))):
        root.insert(place, _texted(ET.Element(f"{{{space}}}{tag}"), text))
    titles = _titles(shown)
    for element in root.iter(f"{{{space}}}g"):
        id = element.get("id", "")
        if id in marks:
            element.set("class", f"{element.get('class')} {marks[id]}")
        if id in titles:
            _texted(ET.SubElement(element, f"{{{space}}}title"), titles[id])
    return ET.tostring(root, "unicode")


def _texted(element: Element, text: str) -> Element:
    element.text = text
    return element


def _titles(shown: Diagram) -> dict[str, str]:
    """What elements say when pointed at: a state's meaning, an arc's conditions with their sections."""
    titles = {shown.plan.ids[s]: f"{s}: {s.meaning}" for s in shown.plan.states}
    for arc in shown.plan.arcs:
        rules = {_what(rule): shown.protocol.reference(rule) for rule in arc.rules}
        titles[arc.id] = "\n".join(f"{what} ({reference})" for what, reference in rules.items())
    return titles
