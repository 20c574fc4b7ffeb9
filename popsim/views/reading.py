"""What a client's messages say: commands, or lines of an exchange; and which of their octets a view hides.

Every view hides passwords. Only what somebody on the wire could read is shown as it crossed: a timeline whose header
names that audience.
"""

from __future__ import annotations

from dataclasses import dataclass

from popsim.protocols.model import Argument, Continuation, Form, Occurrence, Rule
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request
from popsim.timeline import Event, Timeline
from popsim.timeline.event import AUDIENCE, EAVESDROPPER, rule_key
from popsim.views.wording import protocol_of

MASK = b"****"
"""What stands for a secret in a line of text: always four signs, for its length would tell something."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The row of the table that asked a client for more, and the command that it all began with."""

    rule: Rule
    keyword: str

    @property
    def secret(self) -> bool:
        last = self.rule.units[-1]
        return isinstance(last, Continuation) and last.secret


class Reading:
    """The messages of a timeline, read by its protocol's table.

    Args:
        timeline: what is to be shown.
        protocol: whose table to read by; by default the one that the timeline was recorded with.
    """

    def __init__(self, timeline: Timeline, protocol: Protocol | None = None) -> None:
        self.timeline = timeline
        self.protocol = protocol or protocol_of(timeline)
        self.hides = timeline.header.get(AUDIENCE) != EAVESDROPPER
        self._known: dict[tuple[int, int], _Asked] | None = None

    def request(self, event: Event) -> Request:
        """What the client's message of this event says."""
        text = self.timeline.octets(event).removesuffix(b"\n").removesuffix(b"\r")
        asked = self.asked(event)
        if asked is None:
            return self.protocol.parse(text)
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
        line = self.timeline.octets(event)
        text = line.rstrip(b"\r\n")
        asked = self.asked(event)
        start = (0 if asked.secret else -1) if asked else self._secret_argument(text)
        return (start, len(text)) if 0 <= start < len(text) else (0, 0)

    def shown(self, event: Event) -> bytes:
        """The octets of a message for a line of text: four asterisks stand for a secret, the rest is as it was."""
        octets = self.timeline.octets(event)
        start, end = self.hidden(event)
        return octets[:start] + MASK + octets[end:] if end else octets

    def command(self, line: bytes) -> bytes:
        """A command line that has no event, for a line of text: see :meth:`shown`."""
        start = self._secret_argument(line) if self.hides else -1
        return line[:start] + MASK if start >= 0 else line

    def _secret_argument(self, text: bytes) -> int:
        """Where the first secret argument of a command line begins, or -1.

        A line with the wrong number of arguments has its secret in the same place, so every form of the keyword counts.
        """
        request = self.protocol.parse(text)
        forms = self.protocol.grammar.forms(request.keyword)
        secrets = [n for form in forms if (n := _first_secret(form.arguments)) is not None]
        if not secrets:
            return -1
        skipped = min(secrets) + 1 + bool(request.tag)
        parts = text.split(b" ", skipped)
        return len(text) - len(parts[skipped]) if len(parts) > skipped else -1

    def _exchanges(self) -> dict[tuple[int, int], _Asked]:
        """The client's messages that are lines of an exchange, by connection and first octet."""
        found: dict[tuple[int, int], _Asked] = {}
        last: dict[int, _Asked | None] = {}
        for event in self.timeline.events("message"):
            connection = event.connection
            if event.sender == "server":
                if event.kind == "Sent":
                    last[connection] = self._asks(event, last.get(connection))
            elif asked := last.get(connection):
                found[connection, event.start] = asked
            elif event.kind == "Delivered":  # the client may have sent it before the server's word came
                found.pop((connection, event.start), None)
        return found

    def _asks(self, said: Event, before: _Asked | None) -> _Asked | None:
        """What a server's message asks for."""
        try:
            rule = self.protocol.rule(str((said.values or {}).get(rule_key(said.connection, said.endpoint), "")))
        except LookupError:
            return None
        if not rule.reader:
            return None
        form = rule.trigger if isinstance(rule.trigger, Form) else None
        return _Asked(rule, form.keyword if form else before.keyword if before else "")


def _first_secret(arguments: tuple[Argument, ...]) -> int | None:
    return next((n for n, argument in enumerate(arguments) if argument.secret), None)
