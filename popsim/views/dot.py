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
_FEW_ROWS = 3
"""So many lines has a box at most that has a step of its state beside it."""

_TIE = "\N{NO-BREAK SPACE}"

_TITLE = '<TR><TD CELLPADDING="1"><B><FONT POINT-SIZE="16">{}</FONT></B></TD></TR>'
_SUBTITLE = f'<TR><TD CELLPADDING="1"><FONT POINT-SIZE="11" COLOR="{_MUTED}">{{}}</FONT></TD></TR>'
_SPACE = '<TR><TD CELLPADDING="0" HEIGHT="3"></TD></TR>'
LEGEND = (
    "command / reply; a line in a box: the session stays in that state",
    "double outline: the state now; thick: the path taken",
)


_HEARD = "what is heard / what is sent; a line in a box: the client stays in that state"


def dot(plan: Plan) -> str:
    """The DOT source of a plan; the same plan gives the same text."""
    import graphviz

    # Of two frames with ranks of their own, Graphviz would never find an end without ranks of the whole.
    legend = (_HEARD, LEGEND[1]) if plan.client else LEGEND
    attributes = _GRAPH | {"label": "\n\n" + "\n".join(legend)} | ({"newrank": "true"} if len(plan.frames) > 1 else {})
    graph = graphviz.Digraph(plan.protocol.name, graph_attr=attributes, node_attr=_NODE, edge_attr=_EDGE)
    for state in plan.states:
        if state in plan.frames:
            _frame(graph, plan, state)
        elif state.outer not in plan.frames:
            _node(graph, plan, state)
    for arc in plan.arcs:
        if not arc.stays:
            _edge(graph, plan, arc)
    for above, below in _left_alone(plan):
        graph.edge(plan.ids[above], plan.ids[below], style="invis")
    return str(graph.source)


def _left_alone(plan: Plan) -> list[tuple[State, State]]:
    """The states to which nothing leads but boxes, each after the one under which it is to stand."""
    arcs = [arc for arc in plan.arcs if not arc.stays and arc.origin != EVERY_STATE]
    led_to = {arc.target for arc in arcs if not _leads_back(plan, arc)}
    outer = [state for state in plan.states if state.outer is state]
    return [(above, below) for above, below in zip(outer, outer[1:], strict=False) if below not in led_to]


_GRAPH = {
    "bgcolor": _CARD,
    "compound": "true",
    "fontcolor": _MUTED,
    "fontname": _FONT,
    "fontsize": "11",
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
    """A frame around a state and its steps, which stand side by side (or under it: several, or a tall one)."""
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
        level = steps if _is_level(plan, outer) else steps[1:]
        frame.body.append("\t\t{rank=same " + " ".join(plan.ids[s] for s in level) + "}\n")


def _is_level(plan: Plan, outer: State) -> bool:
    """Whether a state and its steps stand side by side: there are two, and the first has little to say."""
    rows = sum(arc.stays and arc.target is outer for arc in plan.arcs)
    return len(plan.frames.get(outer, ())) == 2 and rows <= _FEW_ROWS


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
    head = plan.ids[arc.target]
    if _leads_back(plan, arc):
        tail, head = head, tail
        attributes |= {"dir": "back"}
    graph.edge(tail, head, **attributes)


def _leads_back(plan: Plan, arc: Arc) -> bool:
    """Whether an arc leads to a state further up: drawn the other way round, it leaves the states' order alone."""
    places = plan.states.index(arc.sources[0].outer), plan.states.index(arc.target.outer)
    return len(arc.sources) == 1 and arc.target.kind == "state" and places[1] < places[0]


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
    title = f"<TR><TD><I>{_wrapped(arc.every, _NARROW)}</I></TD></TR>"
    rows = "".join(f"<TR><TD>{_text(line, _NARROW)}</TD></TR>" for line in arc.lines)
    graph.node(
        id,
        color=_MUTED,
        fillcolor=_CARD,
        fontcolor=_MUTED if arc.muted else _INK,
        id=id,
        label=_table(title + rows),
        style="rounded,dashed",
    )
    return id


def _box(plan: Plan, state: State) -> str:
    """A state's box: its name, and a line for each arc that stays."""
    frame = plan.frames.get(state.outer, ())
    is_narrow = frame and (state.within or _is_level(plan, state.outer) or len(frame) > 2)
    width = _NARROW if is_narrow else _WIDE
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
    text = _wrapped(" ".join(words), width)
    return f'<FONT COLOR="{_MUTED}">{text}</FONT>' if line.muted else text


def _wrapped(words: str, width: int) -> str:
    pieces = textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False)
    return "<BR/>".join(escape(piece.replace(_TIE, " ")) for piece in pieces)


def _kept(text: str, width: int) -> str:
    return text.replace(" ", _TIE) if len(text) <= width else text
