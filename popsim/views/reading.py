"""What a client's messages say: commands, or lines of an exchange; and which of their octets a view hides.

Every view hides passwords. Only what somebody on the wire could read is shown as it crossed: a timeline whose header
names that audience.
"""

from __future__ import annotations

from dataclasses import dataclass

from popsim.protocols.kind import NotRead, Syntax
from popsim.protocols.model import Continuation, Form, Occurrence, Reader, Rule
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request, announced, taken
from popsim.timeline import Event, Timeline
from popsim.timeline.event import AUDIENCE, EAVESDROPPER, rule_key
from popsim.views.flights import read_by
from popsim.views.wording import protocol_of

MASK = b"****"
"""What stands for a secret in a line of text: always four signs, for its length would tell something."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The row of the table that asked a client for more, and the command that it all began with.

    ``before`` is what the client had said of the command, where it goes on after a literal; of that there may be no
    row, for a client need not always wait to be asked.
    """

    rule: Rule | None
    keyword: str
    before: bytes = b""

    @property
    def secret(self) -> bool:
        last = self.rule.units[-1] if self.rule else None
        return isinstance(last, Continuation) and last.secret

    @property
    def goes_on(self) -> bool:
        """Whether what comes is a part of the command itself."""
        return bool(self.before)


@dataclass(slots=True)
class _Command:
    """The octets of a client's command that may have literals: from where on, and whether there is more to come."""

    start: int
    text: bytes
    is_open: bool = False
    waits: bool = False

    def hears(self, start: int, octets: bytes) -> None:
        """Take what the client sent from a place of its stream on, as far as it is new."""
        self.text += octets[max(self.start + len(self.text) - start, 0) :]
        self.is_open, self.waits = _literals(self.text)

    def has(self, place: int) -> bool:
        """Whether what begins at a place of the stream goes on with this command."""
        return self.start < place and (self.is_open or place < self.start + len(self.text))


class Reading:
    """The messages of a timeline, read by its protocols' tables.

    Args:
        timeline: what is to be shown.
        protocol: whose table to read by; by default, on each connection, the one that it was recorded with.
    """

    def __init__(self, timeline: Timeline, protocol: Protocol | None = None) -> None:
        self.timeline = timeline
        self.hides = timeline.header.get(AUDIENCE) != EAVESDROPPER
        self._given = protocol
        self._spoken: dict[int, Protocol] = {}
        self._known: dict[tuple[int, int], _Asked] | None = None

    def protocol(self, connection: int) -> Protocol:
        """What is spoken on a connection."""
        if self._given:
            return self._given
        if connection not in self._spoken:
            self._spoken[connection] = protocol_of(self.timeline, connection)
        return self._spoken[connection]

    def request(self, event: Event) -> Request:
        """What the client's message of this event says: of a command in pieces, what it says with this one."""
        text = _text(self.timeline.octets(event))
        asked = self.asked(event)
        if asked is None or asked.goes_on:
            return self.protocol(event.connection).parse(asked.before + text if asked else text)
        return Request(Occurrence.CONTINUED, asked.keyword, (text,))

    def asked(self, event: Event) -> _Asked | None:
        """What a client's message goes on with, or None where it is a command."""
        if self._known is None:
            self._known = self._exchanges()
        return self._known.get((event.connection, event.start))

    def hidden(self, event: Event) -> tuple[int, int]:
        """From which to which octet a message is hidden from its reader; two equal numbers where nothing is secret."""
        if not self.hides or event.sender != "client":
            return 0, 0
        text = self.timeline.octets(event).rstrip(b"\r\n")
        asked = self.asked(event)
        if asked and not asked.goes_on:
            start = 0 if asked.secret else -1
        else:
            before = asked.before if asked else b""
            start = self._secret_argument(before + text, event.connection)
            start = max(start - len(before), 0) if start >= 0 else -1
        return (start, len(text)) if 0 <= start < len(text) else (0, 0)

    def shown(self, event: Event) -> bytes:
        """The octets of a message for a line of text: four asterisks stand for a secret, the rest is as it was."""
        octets = self.timeline.octets(event)
        start, end = self.hidden(event)
        return octets[:start] + MASK + octets[end:] if end else octets

    def command(self, line: bytes, connection: int = 0) -> bytes:
        """A command line that has no event, for a line of text: see :meth:`shown`."""
        start = self._secret_argument(line, connection) if self.hides else -1
        return line[:start] + MASK if start >= 0 else line

    def _secret_argument(self, text: bytes, connection: int) -> int:
        """Where the first secret argument of a command begins, or -1.

        A line with the wrong number of arguments has its secret in the same place, so every form of the keyword counts.
        """
        protocol = self.protocol(connection)
        request = protocol.parse(text)
        forms = protocol.grammar.forms(request.keyword)
        places = [_place(form, text, len(request.tag) + bool(request.tag)) for form in forms]
        return min((place for place in places if place >= 0), default=-1)

    def _exchanges(self) -> dict[tuple[int, int], _Asked]:
        """The client's messages that are no commands by themselves, by connection and first octet."""
        found: dict[tuple[int, int], _Asked] = {}
        last: dict[int, _Asked | None] = {}
        commands: dict[int, _Command] = {}
        for event in _as_read(self.timeline):
            connection = event.connection
            command, asked = commands.get(connection), last.get(connection)
            if event.sender == "server":
                last[connection] = self._asks(event, asked)
                if command and command.waits and self._rule(event) and not last[connection]:
                    command.is_open = False  # it was refused, or had its answer: what comes is a command again
            elif command and command.has(event.start):
                found[connection, event.start] = _Asked(None, "", command.text[: event.start - command.start])
                command.hears(event.start, self.timeline.octets(event))
            elif asked and asked.rule and asked.rule.reader is not Reader.LITERAL:
                found[connection, event.start] = asked
            elif self.protocol(connection).table.tagged:
                commands[connection] = begun = _Command(event.start, b"")
                begun.hears(event.start, self.timeline.octets(event))
        return found

    def _rule(self, said: Event) -> Rule | None:
        """The row of the table that a server's message follows, where that is known."""
        try:
            return self.protocol(said.connection).rule(str((said.values or {}).get(_key(said), "")))
        except LookupError:
            return None

    def _asks(self, said: Event, before: _Asked | None) -> _Asked | None:
        """What a server's message asks for."""
        rule = self._rule(said)
        if rule and rule.trigger is Occurrence.NEWS:  # it asks for nothing, and takes nothing back
            return before
        if rule is None or not rule.reader:
            return None
        form = rule.trigger if isinstance(rule.trigger, Form) else None
        return _Asked(rule, form.keyword if form else before.keyword if before else "")


def _as_read(timeline: Timeline) -> list[Event]:
    """What a server sent, and what a client said, each where the server has read it: there its meaning is known."""
    reads = read_by(timeline)
    messages = [e for e in timeline.events("message") if e.sender == "client" or e.kind == "Sent"]

    def place(event: Event) -> int:
        return reads[event.index].index if event.sender == "client" and event.index in reads else event.index

    return sorted(messages, key=place)


def _literals(text: bytes) -> tuple[bool, bool]:
    """Whether a command with literals goes on, and whether its client then waits to be asked for more."""
    place = 0
    while end := text.find(b"\n", place) + 1:
        literal = announced(_text(text[place:end]))
        if literal is None:
            return False, False
        if len(text) == end:
            return True, literal.waits
        place = end + literal.size
    return True, False


def _key(event: Event) -> str:
    return rule_key(event.connection, event.endpoint)


def _text(octets: bytes) -> bytes:
    return octets.removesuffix(b"\n").removesuffix(b"\r")


def _place(form: Form, text: bytes, start: int) -> int:
    """Where the first secret argument of a form would begin in a command whose keyword begins at ``start``; or -1."""
    wanted = next((n for n, argument in enumerate(form.arguments) if argument.secret), None)
    if wanted is None:
        return -1
    place = start + len(form.keyword) + 1
    for argument in form.arguments[:wanted]:
        try:
            end = taken(argument.kind, text, place)[1] if isinstance(argument.kind, Syntax) else -1
        except NotRead:
            end = -1
        end = text.find(b" ", place) if end < 0 else end
        if end < 0:
            return -1
        place = end + 1
    return place if place < len(text) else -1
