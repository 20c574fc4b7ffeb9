"""The player: an object that a notebook shows as a widget, and a terminal as a text."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from popsim.protocols.protocol import Protocol
from popsim.timeline import Snapshot, Step, Timeline
from popsim.views.player.payload import Payload, pictures
from popsim.views.player.record import DETAILS, EVERY, Record
from popsim.views.player.text import moment
from popsim.views.rich import widget_bundle


def player(
    timeline: Timeline,
    *,
    protocol: Protocol | None = None,
    step: int = 0,
    detail: str = DETAILS[0],
    connection: int | None = None,
    future: bool = True,
) -> Player:
    """Step back and forth through a timeline.

    Args:
        timeline: what happened.
        protocol: whose table names states and parts; by default that of each connection.
        step: where to begin, counted from 1; 0 is the beginning, before anything; -1 is the last.
        detail: ``"message"`` stops at each message that leaves or arrives, ``"event"`` at everything.
        connection: show one connection alone; by default all.
        future: whether what comes after the step is shown too; without it a learner can be asked to predict.

    Raises:
        IndexError: there is no such step.
        ValueError: there is no such detail or connection, or popsim does not know the timeline's protocol.
    """
    return Player(timeline, protocol, step, detail, connection, future)


class Player:
    """A timeline and a place in it. In a notebook its last line is a widget; ``str()`` and :meth:`text` say the same.

    Nothing of Jupyter is imported before the player is shown. See :func:`player` for the arguments.
    """

    def __init__(
        self,
        timeline: Timeline,
        protocol: Protocol | None = None,
        step: int = 0,
        detail: str = DETAILS[0],
        connection: int | None = None,
        future: bool = True,
    ) -> None:
        self._given = protocol
        self._payload = Payload(timeline, protocol)
        self._widget: Any = None
        if detail not in DETAILS:
            raise ValueError(f"expected the detail {' or '.join(map(repr, DETAILS))}, got {detail!r}")
        if connection is not None and connection not in timeline.connections:
            known = ", ".join(map(str, timeline.connections))
            raise ValueError(f"the timeline has the connections {known}, not {connection!r}")
        shown = EVERY if connection is None else connection
        self._place = {"step": 0, "detail": detail, "connection": shown, "future": future}
        self.step = step

    # Where the reader is

    @property
    def step(self) -> int:
        """The step that is shown, counted from 1; 0 is the beginning. Set it to go there; -1 is the last.

        Raises:
            IndexError: there is no such step.
        """
        return min(int(self._get("step")), len(self.steps))

    @step.setter
    def step(self, step: int) -> None:
        count = len(self.steps)
        if not -count - 1 <= step <= count:
            raise IndexError(f"the player has the steps 0 to {count}, not {step}")
        self._set("step", step if step >= 0 else step + count + 1)

    def go(self, step: int) -> None:
        """Go to a step: see :attr:`step`."""
        self.step = step

    @property
    def steps(self) -> list[Step]:
        """The places to stop at, at the present detail and connection; step 1 is the first of them."""
        return self._record.steps(self._get("detail"), self._get("connection"))

    @property
    def snapshot(self) -> Snapshot:
        """What is so at the step that is shown."""
        return self.timeline.at(self.steps[self.step - 1].index if self.step else -1)

    # What is shown

    @property
    def timeline(self) -> Timeline:
        """The timeline that is shown. Setting a longer one of the same run adds its events; any other replaces it."""
        return self._payload.timeline

    @timeline.setter
    def timeline(self, timeline: Timeline) -> None:
        if _continues(self.timeline, timeline):
            self._extend(timeline)
        else:
            self._replace(timeline)

    def append(self, timeline: Timeline) -> None:
        """Show what has happened since: only the new events are sent. A reader at the last step is taken along.

        Args:
            timeline: begins with all the events that are shown.

        Raises:
            ValueError: it does not.
        """
        if not _continues(self.timeline, timeline):
            raise ValueError(
                "expected a timeline that begins with the events shown; to show another one, set player.timeline"
            )
        self._extend(timeline)

    def _extend(self, timeline: Timeline) -> None:
        at_end = self.step == len(self.steps)
        chunk = self._payload.extend(timeline)
        if chunk is None:
            return
        if self._widget is not None:
            from popsim.views.player.widget import add_chunk

            add_chunk(self._widget, chunk)
        if at_end:
            self.step = len(self.steps)

    def _replace(self, timeline: Timeline) -> None:
        self._payload = Payload(timeline, self._given)
        if self._get("connection") not in (EVERY, *timeline.connections):
            self._set("connection", EVERY)
        if self._widget is not None:
            from popsim.views.player.widget import replace_chunks

            with self._widget.hold_sync():
                self._widget.head = self._payload.head
                self._widget.pictures = pictures(self._payload.protocols)
                replace_chunks(self._widget, self._payload.chunks)
        self._set("step", min(self._get("step"), len(self.steps)))

    @property
    def payload(self) -> dict[str, Any]:
        """All that the browser gets, as plain JSON: ``head``, ``pictures`` and ``chunks``."""
        return {
            "head": self._payload.head,
            "pictures": pictures(self._payload.protocols),
            "chunks": self._payload.chunks,
        }

    @property
    def widget(self) -> Any:
        """The anywidget, made at the first call, to be put among other widgets.

        Raises:
            ImportError: anywidget is not installed.
        """
        if self._widget is None:
            from popsim.views.player.widget import make_widget

            self._widget = make_widget(**self.payload, place=self._place)
        return self._widget

    # Text

    def text(self, step: int | None = None) -> str:
        """What the player shows, in words.

        Args:
            step: at which step; by default the one that is shown.

        Raises:
            IndexError: there is no such step.
        """
        steps = self.steps
        wanted = self.step if step is None else step
        if not -len(steps) - 1 <= wanted <= len(steps):
            raise IndexError(f"the player has the steps 0 to {len(steps)}, not {step}")
        wanted = wanted if wanted >= 0 else wanted + len(steps) + 1
        return moment(self._record, steps, wanted, self._get("future"))

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, Any]:
        return widget_bundle(str(self), lambda: self.widget)

    # The place is the widget's as soon as there is one: the reader moves it there.

    def _get(self, name: str) -> Any:
        return self._place[name] if self._widget is None else getattr(self._widget, name)

    def _set(self, name: str, value: Any) -> None:
        self._place[name] = value
        if self._widget is not None:
            setattr(self._widget, name, value)

    @property
    def _record(self) -> Record:
        return self._payload.record


def _continues(before: Timeline, after: Timeline) -> bool:
    """Whether a timeline begins with all that another one holds, to the octet."""
    if len(after) < len(before) or before.initial != after.initial:
        return False
    if any(a != b for a, b in zip(before, after, strict=False)):
        return False
    return all(
        after.stream(connection, endpoint).startswith(before.stream(connection, endpoint))
        for connection in before.connections
        for endpoint in ("client", "server")
    )
