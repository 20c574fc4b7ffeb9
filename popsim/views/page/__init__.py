"""The player as one self-contained page: a file that opens in a browser, with no kernel and no network behind it."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from popsim.timeline import Timeline
from popsim.views.player.player import player
from popsim.views.player.widget import script, style
from popsim.views.transcript import transcript

MOST_LINES = 10_000
"""How many lines of the transcript stand below the player: it is there for who can't use the player."""


def page(timeline: Timeline, title: str = "", note: str = "") -> str:
    """A page in HTML that has everything in itself: the record, the player's code and styles, and the transcript.

    A policy in the page forbids it to ask the network for anything. Passwords are hidden as in every view.

    Args:
        timeline: what happened.
        title: the page's title; by default what was recorded.
        note: a line below the title, such as what is remarkable about the session.
    """
    import jinja2

    shown = player(timeline)
    lines = str(transcript(timeline)).split("\n")
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"... {len(lines) - MOST_LINES:,} more lines"]
    template = jinja2.Environment(autoescape=True, keep_trailing_newline=True).from_string(_read("page.html"))
    return template.render(
        title=title or shown.payload["head"]["title"],
        note=note,
        style=_inside(style()),
        script=_inside(script() + _read("page.js")),
        record=_json({**shown.payload, "place": {"step": 0, "detail": "message", "connection": -1, "future": True}}),
        transcript="\n".join(lines),
    )


@cache
def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _json(value: Any) -> Any:
    """JSON that may stand in a script element: no ``<`` is in it, so nothing in a message can end the element."""
    import markupsafe

    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    return markupsafe.Markup(text)


def _inside(own: str) -> Any:
    """Code or styles of ours, as they stand in their element.

    Raises:
        ValueError: they would end it.
    """
    import markupsafe

    if "</script" in own or "</style" in own:
        raise ValueError("the player's own code would end the element that it stands in")
    return markupsafe.Markup(own)
