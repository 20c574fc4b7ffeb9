"""What a session cost: octets over time in both directions, by command, and the time in each state."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Container
from dataclasses import dataclass, field
from functools import cached_property
from html import escape

from popsim.protocols.model import Form
from popsim.protocols.protocol import Protocol
from popsim.timeline import Event, Timeline
from popsim.timeline.event import ENDPOINTS, sent_key, state_key
from popsim.views import wording
from popsim.views.flights import flights
from popsim.views.reading import Reading
from popsim.views.rich import Rich

UNASKED = "(unasked)"
"""The row of what a server says without being asked."""
GREETING = "(greeting)"
"""The row of what a server says when the connection opens."""


ENCRYPTION = "(TLS)"
"""The row of what TLS adds to the messages: handshakes, headers of records, and whatever crossed unread."""


@dataclass(slots=True)
class Cost:
    """What one command cost: how often it was sent, and the octets of its requests and of the answers."""

    command: str
    times: int = 0
    requests: int = 0
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay of the server in one state: from when to when, in nanoseconds, on which connection."""

    state: str
    connection: int
    start: int
    end: int
    name: str
    """What the state is called in the picture: with its protocol, where there are several."""


@dataclass(frozen=True)
class Account:
    """The numbers behind a picture of traffic.

    Args:
        costs: a row for each command, in the order of their first use.
        stays: the server's stays in its states, by connection, in order; the time after the end is no stay.
        sent: of each end, the times at which octets left and how many had left by then.
        duration: the time of the last event, in nanoseconds.
        looks: the protocol and the state behind each name of a state.
    """

    costs: list[Cost]
    stays: list[Stay]
    sent: dict[str, list[tuple[int, int]]] = field(repr=False)
    duration: int
    looks: dict[str, tuple[Protocol, str]] = field(repr=False)

    @property
    def total(self) -> Cost:
        """The sum of all rows."""
        rows = self.costs
        requests, answers = sum(r.requests for r in rows), sum(r.answers for r in rows)
        return Cost("total", sum(r.times for r in rows), requests, answers)

    @property
    def times(self) -> dict[str, int]:
        """The time that the server was in each state, over all connections, in nanoseconds."""
        found: dict[str, int] = {}
        for stay in self.stays:
            found[stay.name] = found.get(stay.name, 0) + stay.end - stay.start
        return found


class Traffic(Rich):
    """The traffic of a session; :func:`traffic` makes it. matplotlib is loaded when the picture is asked for.

    Args:
        account: the numbers to show.
    """

    def __init__(self, account: Account) -> None:
        self.account = account

    def __str__(self) -> str:
        costs = [*self.account.costs, self.account.total]
        rows = [["command", "times", "octets of requests", "octets of answers"]]
        rows += [[c.command, f"{c.times:,}", f"{c.requests:,}", f"{c.answers:,}"] for c in costs]
        states = [["state", "time"]]
        states += [[name, wording.format_time(time)] for name, time in self.account.times.items()]
        states.append(["whole recording", wording.format_time(self.account.duration)])
        return "\n".join([*_table(rows), "", *_table(states)])

    @cached_property
    def png(self) -> bytes:
        """The picture, a PNG about 1000 pixels wide."""
        from popsim.views.traffic_figure import drawn

        return drawn(self.account)

    def html(self) -> str:
        data = b64encode(self.png).decode()
        return f'<img alt="{escape(str(self))}" src="data:image/png;base64,{data}">'

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str]:
        return {"image/png": b64encode(self.png).decode(), "text/plain": str(self)}


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(row[n].rjust(widths[n]) for n in range(1, len(row)))]).rstrip()
        for row in rows
    ]


def traffic(timeline: Timeline) -> Traffic:
    """What a session cost, as a picture with two panels: octets over time, and octets by command.

    Octets are counted when they leave their end, whether or not they arrive.

    Args:
        timeline: the record of the session.
    """
    reading = Reading(timeline)
    stays = _stays(reading)
    looks = {stay.name: (reading.protocol(stay.connection), stay.state) for stay in stays}
    return Traffic(Account(_costs(reading), stays, _sent(timeline), timeline.duration, looks))


def _named(reading: Reading, connection: int, name: str) -> str:
    """A command's or a state's name: with its protocol before it, where the timeline has several."""
    titles = {reading.protocol(number).title for number in reading.timeline.connections}
    return f"{reading.protocol(connection).title} {name}" if len(titles) > 1 else name


def _costs(reading: Reading) -> list[Cost]:
    timeline = reading.timeline
    costs: dict[str, Cost] = {}
    now = timeline.at(len(timeline) - 1).values
    for flight in flights(timeline):
        event = flight.first
        # Of a message that the line was cut in, only some octets left.
        left = now.get(sent_key(event.connection, event.sender), event.end)
        size = min(max(left - event.start, 0), flight.size)
        if event.sender == "client":
            name = _named(reading, event.connection, _command(event, reading))
            cost = costs.setdefault(name, Cost(name))
            cost.times += reading.asked(event) is None  # what goes on with a command is no other one
            cost.requests += size
        else:
            name = _named(reading, event.connection, _answered(event, reading))
            costs.setdefault(name, Cost(name)).answers += size
    for connection in timeline.connections:
        if timeline.is_secured(connection):
            more = [len(timeline.wire(connection, end)) - len(timeline.stream(connection, end)) for end in ENDPOINTS]
            cost = costs.setdefault(ENCRYPTION, Cost(ENCRYPTION))
            cost.requests, cost.answers = cost.requests + more[0], cost.answers + more[1]
    return list(costs.values())


def _command(event: Event, reading: Reading) -> str:
    """The keyword of a request or, of one that has none, what is wrong with it."""
    request = reading.request(event)
    if isinstance(request.trigger, Form) or reading.protocol(event.connection).grammar.forms(request.keyword):
        return request.keyword
    return str(request.trigger.value)


def _answered(event: Event, reading: Reading) -> str:
    """The command that a server's message answers."""
    if event.kind == "Sent" and event.cause >= 0:
        cause = reading.timeline[event.cause]
        if cause.layer == "message" and cause.sender == "client":
            return _command(cause, reading)
    return GREETING if wording.is_greeting(event, reading) else UNASKED


def _stays(reading: Reading) -> list[Stay]:
    timeline = reading.timeline
    stays = []
    for connection in timeline.connections:
        ends = {state.name for state in reading.protocol(connection).states if state.kind == "end"}
        found: list[tuple[str, int, int]] = []
        mine = [event for event in timeline if event.connection == connection]
        key = state_key(connection, "server")
        name, since = str(timeline.initial.get(key, "")), mine[0].time if mine else 0
        for event in mine:
            if event.values and key in event.values:
                found.append((name, since, event.time))
                name, since = str(event.values[key]), event.time
        found.append((name, since, timeline.duration))
        stays += [
            Stay(state, connection, start, end, _named(reading, connection, state))
            for state, start, end in found
            if state and state not in ends
        ]
    return stays


def _sent(timeline: Timeline) -> dict[str, list[tuple[int, int]]]:
    """When octets left each end, and how many had left by then."""
    pieces = sorted(
        (e for end in ENDPOINTS for number in timeline.connections for e in _pieces(timeline, number, end)),
        key=lambda event: event.index,
    )
    found: dict[str, list[tuple[int, int]]] = {end: [(0, 0)] for end in ENDPOINTS}
    for piece in pieces:
        line = found[piece.sender]
        line.append((piece.time, line[-1][1] + piece.end - piece.start))
    for line in found.values():
        line.append((timeline.duration, line[-1][1]))
    return found


def _pieces(timeline: Timeline, connection: int, end: str) -> list[Event]:
    """The events that tell best when an end's octets left: segments that leave, those that arrive, or messages."""
    mine = [e for e in timeline if e.connection == connection and e.sender == end and e.end > e.start]
    for layer, kind in (("segment", "Sent"), ("segment", "Delivered"), ("message", "Sent"), ("message", "Delivered")):
        if found := [e for e in mine if (e.layer, e.kind) == (layer, kind)]:
            return found
    return []
