"""The console: a line in the notebook where the learner is the client."""

from __future__ import annotations

from collections.abc import Container
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from popsim.lab.exchange import Exchange
from popsim.views.rich import widget_bundle
from popsim.wire import NotConnected

if TYPE_CHECKING:
    from popsim.lab.lab import Lab

_HINT = "Type a command and press Enter"


def console(lab: Lab, connection: int = 0) -> Console:
    """A form with one line; what is typed is sent, and the exchange appears below it, the newest first.

    Args:
        lab: the lab.
        connection: on which of its connections.
    """
    return Console(lab, connection)


class Console:
    """A line for commands, and what came of them. In a notebook it is a widget; ``str()`` says the same.

    Nothing of Jupyter is imported before it is shown.
    """

    def __init__(self, lab: Lab, connection: int = 0) -> None:
        self._lab, self._connection = lab, connection
        self._answers: list[Exchange | NotConnected] = []
        self._made: Any = None

    def submit(self, line: str) -> None:
        """Send a line, as if it had been typed; a blank one is nothing."""
        if not line.strip():
            return
        try:
            self._answers.insert(0, self._lab.send(line, self._connection))
        except NotConnected as error:
            self._answers.insert(0, error)
        if self._made is not None:
            self._made.exchanges = self._html()

    @property
    def widget(self) -> Any:
        """The anywidget, made at the first call.

        Raises:
            ImportError: anywidget is not installed.
        """
        if self._made is None:
            self._made = _widget_class()(exchanges=self._html())
            self._made.on_msg(self._receive)
        return self._made

    def _receive(self, _: object, content: dict[str, Any], __: object) -> None:
        self.submit(str(content.get("line", "")))

    def _html(self) -> str:
        shown = [
            f"<p><b>Not sent.</b> {escape(str(answer))}</p>" if isinstance(answer, NotConnected) else answer.html()
            for answer in self._answers
        ]
        return "".join(shown) or f"<p>The server is in {escape(self._lab.state_of(self._connection))}.</p>"

    def __str__(self) -> str:
        shown = [f"Not sent. {a}" if isinstance(a, NotConnected) else str(a) for a in self._answers]
        return "\n".join([f"C: ({_HINT})", *(shown or [f"The server is in {self._lab.state_of(self._connection)}."])])

    __repr__ = __str__

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, Any]:
        return widget_bundle(str(self), lambda: self.widget)


@cache
def _widget_class() -> Any:
    import anywidget
    import traitlets

    # A text field of ipywidgets tells of the Enter key before it tells what was typed: it would be a line behind.
    class ConsoleWidget(anywidget.AnyWidget):
        _esm = _read("console.js")
        _css = _read("console.css")
        hint = traitlets.Unicode(_HINT).tag(sync=True)
        exchanges = traitlets.Unicode("").tag(sync=True)

    return ConsoleWidget


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
