"""One exchange: a command, its answer, and what it did."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from popsim.protocols.model import Reference, Rule
from popsim.protocols.protocol import Protocol
from popsim.timeline import Event, Timeline
from popsim.timeline.event import rule_key, state_key
from popsim.views.reading import Reading
from popsim.views.rich import Rich
from popsim.views.wording import first_line, format_lines, format_octets, format_time, said

_SHOWN = 6
"""How many lines of a body are shown."""

_BOX = (
    "font-family:var(--jp-code-font-family,monospace);border-left:3px solid var(--jp-brand-color1,#1976d2);"
    "padding:.1em .7em;margin:.2em 0"
)
_LINES = "margin:0;white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"
_WORDS = "font-family:var(--jp-ui-font-family,sans-serif);font-size:.9em"


@dataclass(frozen=True, eq=False, repr=False)
class Exchange(Rich):
    """A command and its answer, as the client saw them.

    Args:
        command: the line that was sent, without CRLF.
        shown: the command as a line of text, in which asterisks stand for a password.
        status: the answer's status, or "" where no answer came.
        text: the answer's line after the status.
        body: what followed the line, dots removed; b"" where nothing did.
        states: the names of the states that the server went through, from the one before to the one after.
        elapsed: from sending to the whole answer, in nanoseconds.
        rule: the row of the table that the server followed, or None where no answer came.
        reference: the RFC and section of that row.
    """

    command: bytes
    shown: str
    status: str
    text: str
    body: bytes
    states: tuple[str, ...]
    elapsed: int
    rule: Rule | None
    reference: Reference | None

    @property
    def before(self) -> str:
        """The name of the server's state before the exchange."""
        return self.states[0]

    @property
    def after(self) -> str:
        """The name of the server's state after it."""
        return self.states[-1]

    @property
    def positive(self) -> bool:
        """Whether the answer says that it was done."""
        return bool(self.rule and self.rule.reply and self.rule.reply.positive)

    @property
    def reply(self) -> str:
        """The answer's line."""
        return f"{self.status} {self.text}".strip()

    def __str__(self) -> str:
        lines = [f"C: {self.shown}"]
        lines.append(f"S: {self.reply}" if self.status else "S: (no answer: the connection was lost)")
        lines += [f"   {line}" for line in self._body()]
        return "\n".join([*lines, f"   {self._summary()}"])

    def html(self) -> str:
        body = "".join(f"\n   {escape(line)}" for line in self._body())
        answer = escape(self.reply) if self.status else "(no answer: the connection was lost)"
        return (
            f'<div class="popsim-exchange" style="{_BOX}">'
            f'<pre style="{_LINES}"><b>C: {escape(self.shown)}</b>\nS: {answer}{body}</pre>'
            f'<div style="{_WORDS}">{escape(self._summary())}</div></div>'
        )

    def _body(self) -> list[str]:
        if not self.body:
            return []
        lines = self.body.removesuffix(b"\r\n").split(b"\r\n")
        shown = [first_line(line) for line in lines[:_SHOWN]]
        if len(lines) > _SHOWN:
            shown.append(f"... {format_lines(len(lines) - _SHOWN)} more, {format_octets(len(self.body))} in all")
        return shown

    def _summary(self) -> str:
        move = " -> ".join(self.states) if len(self.states) > 1 else f"{self.before} (stays)"
        where = f" · {self.reference}" if self.reference else ""
        return f"{move} · {format_time(self.elapsed)}{where}"


def exchange(timeline: Timeline, start: int, protocol: Protocol, command: bytes, body: bytes) -> Exchange:
    """Read one exchange out of a timeline.

    Args:
        timeline: the record, which ends with the exchange.
        start: the index of the exchange's first event.
        protocol: the timeline's protocol.
        command: the line that was to be sent, without CRLF.
        body: what followed the answer's line.
    """
    sent = next((e for e in timeline[start:] if (e.layer, e.kind, e.endpoint) == _LEAVES), None)
    reading = Reading(timeline, protocol)
    shown = said(sent, reading) if sent else first_line(reading.command(command))
    connection = sent.connection if sent else timeline[start].connection
    before = timeline.at(start - 1).state("server", connection)
    states = (before, *_moves(timeline, start, connection))
    answered = _answer(timeline, sent) if sent else None
    if answered is None:
        elapsed = timeline.duration - timeline[start].time
        return Exchange(command, shown, "", "", b"", states, elapsed, None, None)
    answer = timeline[answered.cause]
    rule = protocol.rule(str((answer.values or {})[rule_key(connection, "server")]))
    mark = rule.reply.mark if rule.reply else ""
    text = first_line(timeline.octets(answered), longest=512).removeprefix(mark).strip()
    elapsed = answered.time - timeline[start].time
    return Exchange(command, shown, mark, text, body, states, elapsed, rule, protocol.reference(rule))


def rules_taken(timeline: Timeline, connection: int = 0) -> tuple[str, ...]:
    """The ids of the rules that the server followed on a connection, in order."""
    key = rule_key(connection, "server")
    found: list[tuple[int, str]] = []
    for event in timeline:
        if event.values and key in event.values:
            taken = (event.cause, str(event.values[key]))
            if found[-1:] != [taken]:  # a reply and the move that goes with it follow one rule
                found.append(taken)
    return tuple(rule for _, rule in found)


def _moves(timeline: Timeline, start: int, connection: int) -> list[str]:
    """The names of the states that the server moved to, from an event on."""
    key = state_key(connection, "server")
    return [str(e.values[key]) for e in timeline[start:] if e.kind == "Moved" and e.values and key in e.values]


_LEAVES = ("message", "Sent", "client")


def _answer(timeline: Timeline, sent: Event) -> Event | None:
    """The event in which the client has read the answer to what it sent, or None."""
    for event in timeline[sent.index + 1 :]:
        same = event.connection == sent.connection and event.layer == "message"
        if same and event.kind == "Delivered" and event.endpoint == "client" and event.cause >= 0:
            return event
    return None
