"""What every view returns: an object that a notebook shows as a picture or table, and a terminal as text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Container
from typing import Any

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
"""The type under which Jupyter shows a widget."""


class Rich(ABC):
    """A rich form and its text twin, which says the same.

    A view gives ``__str__`` (the text twin, with no line end at its end) and :meth:`html`. ``repr()`` is the
    twin too, so that a prompt and a notebook's stored output read alike; a dataclass that is a view says
    ``repr=False``.
    """

    @abstractmethod
    def __str__(self) -> str:
        """The text twin."""

    @abstractmethod
    def html(self) -> str:
        """The rich form: one HTML element that brings its own styles and no id that another may have."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str]:
        """Jupyter's question for every form at once; what to include and exclude is Jupyter's to filter."""
        return {"text/html": self.html(), "text/plain": str(self)}


def widget_bundle(text: str, make: Callable[[], Any]) -> dict[str, Any]:
    """A widget and its text twin, for Jupyter; the text alone where there is no anywidget.

    Args:
        text: the text twin.
        make: gives the widget; it may raise ImportError.
    """
    bundle: dict[str, Any] = {"text/plain": text}
    try:
        model = make().model_id
    except ImportError:
        return bundle
    return {WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": model}, **bundle}
