"""The console: a line in the notebook where the learner is the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from popsim.wire import NotConnected

if TYPE_CHECKING:
    from popsim.lab.lab import Lab

_HINT = "Type a command and press Enter"


def console(lab: Lab) -> Any:
    """A form with one line; what is typed is sent, and the exchange appears below it, the newest first.

    Args:
        lab: whose first connection is spoken on.

    Returns:
        An ipywidgets ``VBox`` with the children ``line`` (Text) and ``exchanges`` (HTML).
    """
    import ipywidgets

    line = ipywidgets.Text(placeholder=_HINT, description="C:", continuous_update=False)
    line.layout.width = "32em"
    exchanges = ipywidgets.HTML(f"<p>The server is in {lab.state}.</p>")
    shown: list[str] = []

    def submit(_: object) -> None:
        if not line.value.strip():
            return
        try:
            shown.insert(0, lab.send(line.value).html())
        except NotConnected as error:
            shown.insert(0, f"<p><b>Not sent.</b> {error}</p>")
        exchanges.value = "".join(shown)
        line.value = ""

    line.on_submit(submit)
    box = ipywidgets.VBox([line, exchanges])
    box.line, box.exchanges = line, exchanges
    return box
