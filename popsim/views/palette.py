"""Colours of all views, for a light and a dark page, and the frame that brings them into a notebook's output.

The hues keep apart under the common kinds of colour blindness (after Okabe and Ito), and no view lets a
colour alone say anything. The page's own colours are JupyterLab's; the fallbacks serve other pages.
"""

from __future__ import annotations

from popsim.protocols.protocol import Protocol

TONES = 6
"""How many states in a row get tints of their own."""

LIGHT = {
    "client": "#0067a3",
    "server": "#b04a00",
    "lost": "#a1145f",
    "tone-0": "#f7dc9b",
    "tone-1": "#b9def5",
    "tone-2": "#e7c3de",
    "tone-3": "#bfe5cf",
    "tone-4": "#ddd6c2",
    "tone-5": "#cfd3ea",
    "tone-none": "#ececec",
}
"""Two inks for the two ends, one for what is lost, and the tints of the states, on a light page."""
DARK = {
    "client": "#6cc0f5",
    "server": "#ffa566",
    "lost": "#ff8ac4",
    "tone-0": "#6b5212",
    "tone-1": "#1d5478",
    "tone-2": "#6d3a62",
    "tone-3": "#1d5f45",
    "tone-4": "#575140",
    "tone-5": "#434a78",
    "tone-none": "#3d3d3d",
}
"""The same on a dark page."""

_LIGHT_PAGE = "--ps-ink:var(--jp-content-font-color1,#1c1c1c);--ps-soft:var(--jp-content-font-color2,#595959)"
_DARK_PAGE = "--ps-ink:var(--jp-content-font-color1,#ececec);--ps-soft:var(--jp-content-font-color2,#b3b3b3)"


def tone(protocol: Protocol, state: str) -> str:
    """The name of a state's tint: that of its outermost state, in the table's order; ends have none."""
    for machine in filter(None, (protocol.server, protocol.client)):
        outer = [s for s in machine.states if s.kind == "state" and s.within is None]
        for found in (s for s in machine.states if s.name == state and s.kind == "state"):
            return f"tone-{outer.index(found.outer) % TONES}"
    return "tone-none"


def is_inner(protocol: Protocol, state: str) -> bool:
    """Whether a state is a finer step within another one."""
    return any(s.name == state and s.within is not None for s in protocol.states)


def framed(name: str, style: str, content: str) -> str:
    """A view's content in one element that brings its styles.

    Args:
        name: the class of the element; the view's rules begin with it.
        style: the view's rules; they may use ``var(--ps-ink)``, ``--ps-soft``, ``--ps-page`` and the names of
            :data:`LIGHT` with ``--ps-`` before them.
        content: what is inside, escaped already.
    """
    light = f"{_LIGHT_PAGE};--ps-page:var(--jp-layout-color0,#ffffff);{_properties(LIGHT)}"
    dark = f"{_DARK_PAGE};--ps-page:var(--jp-layout-color0,#111111);{_properties(DARK)}"
    rules = (
        f".{name}{{{light};color:var(--ps-ink);background:var(--ps-page)}}"
        f'[data-jp-theme-light="false"] .{name},.vscode-dark .{name}{{{dark}}}'
        f"@media (prefers-color-scheme:dark){{body:not([data-jp-theme-light]) .{name}{{{dark}}}}}"
    )
    return f'<div class="{name}"><style>{rules}{style}</style>{content}</div>'


def _properties(colours: dict[str, str]) -> str:
    return ";".join(f"--ps-{name}:{value}" for name, value in colours.items())
