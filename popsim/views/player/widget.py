"""The player's widget: an anywidget class that is made when the first player is shown."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from popsim.views.palette import DARK, LIGHT
from popsim.views.player.record import DETAILS, EVERY

SOURCES = (
    "elements",
    "record",
    "diagram",
    "flights",
    "ladder",
    "octets",
    "maildrop",
    "traffic",
    "controls",
    "player",
)
"""The browser's code: files of one module, in the order in which they are joined."""


def script() -> str:
    """The browser's code as one ECMAScript module."""
    return "\n".join(_read(f"{name}.js") for name in SOURCES)


def style() -> str:
    """The style sheet: the colours of all views, for a light and a dark page, and the player's own rules."""
    light, dark = _properties(LIGHT), _properties(DARK)
    return (
        f".popsim-player{{{light}}}\n"
        f'[data-jp-theme-light="false"] .popsim-player{{{dark}}}\n'
        f"@media (prefers-color-scheme:dark){{body:not([data-jp-theme-light]) .popsim-player{{{dark}}}}}\n"
        f"{_read('player.css')}"
    )


def _properties(colours: dict[str, str]) -> str:
    return ";".join(f"--ps-{name}:{value}" for name, value in colours.items())


def _read(name: str) -> str:
    return files(__package__).joinpath("browser", name).read_text(encoding="utf-8")


def make_widget(head: dict[str, Any], pictures: dict[str, Any], chunks: list[Any], place: dict[str, Any]) -> Any:
    """A widget that holds a whole payload.

    Raises:
        ImportError: anywidget is not installed.
    """
    widget = _widget_class()(head=head, pictures=pictures, **place)
    replace_chunks(widget, chunks)
    return widget


def add_chunk(widget: Any, chunk: dict[str, Any]) -> None:
    """Send one more chunk: a trait of its own, so that no other is sent again."""
    import traitlets

    name = f"chunk_{widget.chunks}"
    if widget.has_trait(name):
        widget.set_trait(name, chunk)
    else:
        widget.add_traits(**{name: traitlets.Dict(chunk).tag(sync=True)})
    widget.chunks += 1


def replace_chunks(widget: Any, chunks: list[Any]) -> None:
    """Send chunks in place of all that were sent; the browser then reads everything anew."""
    with widget.hold_sync():
        sent, widget.chunks = widget.chunks, 0
        for chunk in chunks:
            add_chunk(widget, chunk)
        for number in range(len(chunks), sent):
            widget.set_trait(f"chunk_{number}", {})
        widget.run += 1


@cache
def _widget_class() -> Any:
    import anywidget
    import traitlets

    class PlayerWidget(anywidget.AnyWidget):
        """Everything that the browser has: the payload, and the place where the reader is."""

        _esm = script()
        _css = style()
        head = traitlets.Dict().tag(sync=True)
        pictures = traitlets.Dict().tag(sync=True)
        chunks = traitlets.Int(0).tag(sync=True)
        run = traitlets.Int(0).tag(sync=True)
        step = traitlets.Int(0).tag(sync=True)
        detail = traitlets.Enum(DETAILS, DETAILS[0]).tag(sync=True)
        connection = traitlets.Int(EVERY).tag(sync=True)
        future = traitlets.Bool(True).tag(sync=True)

    return PlayerWidget
