"""The DOT source of a state diagram: what is drawn, in Graphviz's language; a layout says where it stands.

Every element has an id, of letters, digits and underscores, by which a layout can be restyled afterwards.
"""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING

from popsim.protocols.model import State
from popsim.views.arcs import EVERY_STATE, Arc, Line, Plan
from popsim.views.palette import LIGHT, tone

if TYPE_CHECKING:
    import graphviz

# Text is measured in the font that the laying-out machine has: wide DejaVu there leaves room for others here.
_FONT = "Helvetica,Arial,sans-serif"
_INK, _MUTED, _RULE, _CARD = "#1a1a1a", "#4a525b", "#98a3ae", "#ffffff"
_BOX, _FRAME = "73", "26"
"""How much of a state's tint its box and the frame around its steps have: hexadecimal, ff is all of it."""

_SIZE = "13"
_WIDE, _NARROW, _LABEL = 34, 20, 20
"""Characters of a line in a box of its own, in a box that shares its rank with others, and beside an arc."""

_TIE = "\N{NO-BREAK SPACE}"

_TITLE = '<TR><TD CELLPADDING="1"><B><FONT POINT-SIZE="16">{}</FONT></B></TD></TR>'
_SUBTITLE = f'<TR><TD CELLPADDING="1"><FONT POINT-SIZE="11" COLOR="{_MUTED}">{{}}</FONT></TD></TR>'
_SPACE = '<TR><TD CELLPADDING="0" HEIGHT="3"></TD></TR>'
LEGEND = (
    "command / reply; a line in a box: the session stays in that state",
    "double outline: the state now; thick: the path taken",
)


def dot(plan: Plan) -> str:
    """The DOT source of a plan; the same plan gives the same text."""
    import graphviz

    graph = graphviz.Digraph(plan.protocol.name, graph_attr=_GRAPH, node_attr=_NODE, edge_attr=_EDGE)
    for state in plan.states:
        if state in plan.frames:
            _frame(graph, plan, state)
        elif state.outer not in plan.frames:
            _node(graph, plan, state)
    for arc in plan.arcs:
        if not arc.stays:
            _edge(graph, plan, arc)
    return str(graph.source)


_GRAPH = {
    "bgcolor": _CARD,
    "compound": "true",
    "fontcolor": _MUTED,
    "fontname": _FONT,
    "fontsize": "11",
    "label": "\n\n" + "\n".join(LEGEND),
    "nodesep": "0.25",
    "pad": "0.15",
    "rankdir": "TB",
    "ranksep": "0.3",
}
_NODE = {
    "color": _INK,
    "fontcolor": _INK,
    "fontname": _FONT,
    "fontsize": _SIZE,
    "margin": "0.11,0.06",
    "shape": "box",
    "style": "rounded,filled",
}
_DOT = {"fillcolor": _INK, "fixedsize": "true", "shape": "circle", "style": "filled", "width": "0.2"}
_EDGE = {"arrowsize": "0.8", "color": _INK, "fontcolor": _INK, "fontname": _FONT, "fontsize": _SIZE}


def _frame(graph: graphviz.Digraph, plan: Plan, outer: State) -> None:
    """A frame around a state and its steps, which stand side by side (under it where they are several)."""
    steps = plan.frames[outer]
    attributes = {
        "bgcolor": _tint(plan, outer) + _FRAME,
        "color": _RULE,
        "id": plan.frame_id(outer),
        "label": "",
        "margin": "10",
        "style": "rounded",
    }
    with graph.subgraph(name=f"cluster_{plan.frame_id(outer)}", graph_attr=attributes) as frame:
        for step in steps:
            _node(frame, plan, step)
        level = steps if len(steps) == 2 else steps[1:]
        frame.body.append("\t\t{rank=same " + " ".join(plan.ids[s] for s in level) + "}\n")


def _node(graph: graphviz.Digraph, plan: Plan, state: State) -> None:
    """A state: a dot where all begins, a ring where it ends, else a box."""
    id = plan.ids[state]
    attributes = {"id": id, "label": _box(plan, state) if state.kind == "state" else state.name}
    attributes |= {"fillcolor": _tint(plan, state) + _BOX} if state.kind == "state" else _DOT
    # A label does not count in a node of fixed size: blanks put it beside the dot and below the ring.
    if state.kind == "start":
        attributes["label"] += _TIE * (2 * len(state.name) + 10)
    elif state.kind == "end":
        attributes |= {"label": f"\n\n\n{state}", "peripheries": "2"}
    graph.node(id, **attributes)


def _edge(graph: graphviz.Digraph, plan: Plan, arc: Arc) -> None:
    ink = _MUTED if arc.muted else _INK
    attributes = {"color": ink, "id": arc.id}
    if arc.ends:
        attributes["style"] = "dashed"
    if arc.origin == EVERY_STATE:
        tail = _every_state(graph, arc)
    elif len(arc.sources) > 1:
        tail = plan.ids[_least_busy(plan, arc.sources)]
        attributes |= {"label": _label(arc), "ltail": f"cluster_{arc.origin}"}
    else:
        tail = arc.origin
        attributes["label"] = _label(arc)
    graph.edge(tail, plan.ids[arc.target], **attributes)


def _tint(plan: Plan, state: State) -> str:
    return LIGHT[tone(plan.protocol, state.name)]


def _least_busy(plan: Plan, steps: tuple[State, ...]) -> State:
    """The step from under which an arc of the frame leaves without crossing others; the last of several."""

    def leaving(step: State) -> int:
        return sum(arc.sources == (step,) and arc.target not in steps for arc in plan.arcs)

    return min(reversed(steps), key=leaving)


def _every_state(graph: graphviz.Digraph, arc: Arc) -> str:
    """A box that stands for all states, with the arc's label in it; returns its id."""
    id = f"{EVERY_STATE}_{arc.id}"
    title = "<TR><TD><I>every state</I></TD></TR>"
    rows = "".join(f"<TR><TD>{_text(line, _NARROW)}</TD></TR>" for line in arc.lines)
    graph.node(
        id,
        color=_MUTED,
        fillcolor=_CARD,
        fontcolor=_MUTED,
        id=id,
        label=_table(title + rows),
        style="rounded,dashed",
    )
    return id


def _box(plan: Plan, state: State) -> str:
    """A state's box: its name, and a line for each arc that stays."""
    width = _NARROW if state.outer in plan.frames else _WIDE
    stays = sorted((a for a in plan.arcs if a.stays and a.target is state), key=lambda arc: arc.muted)
    title = _TITLE.format(escape(state.name))
    if state.within:
        title += _SUBTITLE.format(f"a step of {escape(state.within.name)}")
    rows = "".join(_row(arc, width) for arc in stays)
    return _table(_SPACE + title + (f"<HR/>{_SPACE}" if rows else _SPACE) + rows)


def _row(arc: Arc, width: int) -> str:
    # Only a cell that links somewhere gets an element of its own; the layout is cleaned of the link.
    text = "".join(_text(line, width) for line in arc.lines)
    link = f'ID="{arc.id}" HREF="#" TITLE="" BGCOLOR="{_CARD}"'
    return f'<TR><TD ALIGN="LEFT" BALIGN="LEFT" {link}>{text}</TD></TR>'


def _label(arc: Arc) -> str:
    cells = (f'<TD ALIGN="LEFT" BALIGN="LEFT">{_text(line, _LABEL)}</TD>' for line in arc.lines)
    return _table("".join(f'<TR><TD WIDTH="3"></TD>{cell}</TR>' for cell in cells))


def _table(rows: str) -> str:
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2" COLOR="{_RULE}">{rows}</TABLE>>'


def _text(line: Line, width: int) -> str:
    """A line of a label, broken where it is too long; a command and its answer stay whole where they fit."""
    *causes, last = line.causes
    words = [_kept(f"{cause},", width) for cause in causes]
    answered = f"{last} / {line.answer}" if line.answer else last
    if len(answered) <= width:
        words.append(_kept(answered, width))
    else:
        words += [_kept(last, width), _kept(f"/ {line.answer}", width)] if line.answer else [last]
    pieces = textwrap.wrap(" ".join(words), width, break_long_words=False, break_on_hyphens=False)
    text = "<BR/>".join(escape(piece.replace(_TIE, " ")) for piece in pieces)
    return f'<FONT COLOR="{_MUTED}">{text}</FONT>' if line.muted else text


def _kept(text: str, width: int) -> str:
    return text.replace(" ", _TIE) if len(text) <= width else text
