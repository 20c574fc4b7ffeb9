"""One exchange: a command, its answer, and what it did."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import groupby

from popsim.protocols.model import Reference, Rule, Unit
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import announced
from popsim.timeline import Event, Timeline
from popsim.timeline.event import OPEN, connection_key, rule_key, state_key
from popsim.views.reading import Reading
from popsim.views.rich import Rich
from popsim.views.wording import first_line, format_lines, format_octets, format_time, said

_DATA = 240
"""How many characters of a line of data are shown: it says much in one line."""
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
        data: the lines that came before that line: data without a tag, or lines that open with the status too.
        body: what followed the line, dots removed; b"" where nothing did.
        states: the names of the states that the server went through, from the one before to the one after.
        elapsed: from sending to the whole answer, in nanoseconds.
        rule: the row of the table that the server followed, or None where no answer came.
        reference: the RFC and section of that row.
        is_open: whether the connection is still open, so that an answer may come yet.
        inside: the numbers of those of the lines in ``data`` that stand in a literal, counted from 0.
        tag: the client's name for the command, which the answer repeats; "" where the protocol has no tags.
    """

    command: bytes
    shown: str
    status: str
    text: str
    data: tuple[str, ...]
    body: bytes
    states: tuple[str, ...]
    elapsed: int
    rule: Rule | None
    reference: Reference | None
    is_open: bool = True
    inside: frozenset[int] = frozenset()
    tag: str = ""

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
        space = " " * (self.rule is None or self.rule.reply is None or self.rule.reply.spaced)
        return f"{self.status}{space}{self.text}".strip()

    def __str__(self) -> str:
        lines = [f"C: {self.shown}", *self._data(), f"S: {self._answer()}"]
        lines += [f"   {line}" for line in self._body()]
        return "\n".join([*lines, f"   {self._summary()}"])

    def html(self) -> str:
        body = "".join(f"\n   {escape(line)}" for line in self._body())
        answer = escape("\n".join([*self._data(), f"S: {self._answer()}"]))
        return (
            f'<div class="popsim-exchange" style="{_BOX}">'
            f'<pre style="{_LINES}"><b>C: {escape(self.shown)}</b>\n{answer}{body}</pre>'
            f'<div style="{_WORDS}">{escape(self._summary())}</div></div>'
        )

    def _answer(self) -> str:
        """The line of the answer, or why there is none."""
        if self.rule is None:
            return "(no answer yet: the server reads on)" if self.is_open else "(no answer: the connection was lost)"
        return f"{self.tag} {self.reply}".strip() or "(no line: what was asked for comes at once)"

    def _data(self) -> list[str]:
        """The lines of data, each with its mark; of many the rest is left out, and likewise of what a literal holds."""
        shown: list[str] = []
        for is_inside, run in groupby(range(len(self.data)), self.inside.__contains__):
            places = list(run)
            mark = "   " if is_inside else "S: "
            shown += [f"{mark}{self.data[place]}" for place in places[:_SHOWN]]
            if len(places) > _SHOWN:
                shown.append(f"{mark}... {format_lines(len(places) - _SHOWN)} more")
        return shown

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
    connection = sent.connection if sent else timeline[start].connection
    shown = said(sent, reading) if sent else first_line(reading.command(command, connection))
    before = timeline.at(start - 1).state("server", connection)
    states = (before, *_moves(timeline, start, connection))
    answered = _answer(timeline, sent) if sent else None
    if answered is None:
        elapsed = timeline.duration - timeline[start].time
        is_open = timeline.at(len(timeline) - 1).values.get(connection_key(connection)) == OPEN
        return Exchange(command, shown, "", "", (), b"", states, elapsed, None, None, is_open)
    answer = timeline[answered.cause]
    rule = protocol.rule(str((answer.values or {})[rule_key(connection, "server")]))
    mark = rule.reply.mark if rule.reply else ""
    data, inside, line = _lines(timeline.octets(answered), rule)
    tag = b""
    if protocol.table.tagged and not line.startswith(mark.encode()):
        tag, _, line = line.partition(b" ")  # of the command, which may have begun in an exchange before this one
    text = first_line(line, longest=512).removeprefix(mark).strip() if mark else ""
    elapsed = answered.time - timeline[start].time
    reference = protocol.reference(rule)
    return Exchange(
        command, shown, mark, text, data, body, states, elapsed, rule, reference, inside=inside, tag=tag.decode()
    )


_BEFORE = {Unit.UNTAGGED, Unit.STATUS_LINES}
"""The units of an answer whose line with the status comes last."""


def _lines(answer: bytes, rule: Rule) -> tuple[tuple[str, ...], frozenset[int], bytes]:
    """The lines of an answer that come before the one with the status, which stand in a literal, and that one."""
    if _BEFORE.isdisjoint(rule.units):
        return (), frozenset(), answer
    before, _, line = answer.removesuffix(b"\r\n").rpartition(b"\r\n")
    if not before:
        return (), frozenset(), line
    found, inside, left = [], set(), 0
    for number, one in enumerate(before.split(b"\r\n")):
        found.append(first_line(one, _DATA))
        if left >= len(one) + 2:
            inside.add(number)
        left = max(left - len(one) - 2, 0)
        if not left and Unit.UNTAGGED in rule.units and (literal := announced(one)):
            left = literal.size
    return tuple(found), frozenset(inside), line


def rules_taken(timeline: Timeline, connection: int = 0, end: str = "server") -> tuple[str, ...]:
    """The ids of the rules that one end followed on a connection, in order."""
    key = rule_key(connection, end)
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
