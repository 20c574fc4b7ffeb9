"""Where a session can stand: the states that the octets leave possible, followed by the protocol's table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from popsim.capture.dissect_said import Link, Message, Place, Places
from popsim.capture.dissect_status import Statuses
from popsim.engine.framing import CRLF
from popsim.engine.plan import Ways, announcement
from popsim.protocols.model import CLOSED, REFUSALS, START, Form, Occurrence, Reader, Reply, Rule, State, Trigger, Unit
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request


class Prospect(NamedTuple):
    """What a server may be about to answer.

    Args:
        origin: where the session stood when the command came.
        state: where it stands now.
        trigger: what it answers.
        waits: of a literal that is announced, whether the client waits to be asked for it.
    """

    origin: Place
    state: State
    trigger: Trigger
    waits: bool = True


Prospects = tuple[Prospect, ...]


class Follower(Statuses):
    """The table of one protocol, asked in sets of places.

    Args:
        protocol: whose table is followed.
    """

    def __init__(self, protocol: Protocol) -> None:
        super().__init__(protocol)
        self.ways = Ways.of(protocol)
        self._machine = protocol.server
        asked = {Place.behind(rule) for rule in protocol.resolved() if rule.reader}
        plain = {Place(s) for s in protocol.states if s.kind == "state" and s.reads_commands}
        self.everywhere: Places = frozenset(plain | asked)
        """Every place in which a session can be found."""
        self._awaiting = {rule.to: rule.awaits for rule in protocol.resolved() if rule.awaits and not rule.units}
        self._shaking = {Place(r.to) for r in protocol.resolved() if r.awaits is Occurrence.SECURED and r.to}
        self.start: Places = frozenset((Place(START),))

    def request(self, line: bytes) -> Request:
        """What a command line says, its end included."""
        return self.ways.read(line if len(line) <= self.ways.line_limit else b"")

    # Before the answer

    def prospects(self, places: Places, message: Message) -> Prospects:
        """What the server may be about to answer when it has read a message."""
        found = message.request
        waits = found is None or found.trigger is not Occurrence.LITERAL or announcement(found).waits
        return tuple(
            Prospect(place, place.state, trigger, waits)
            for place in self.sorted(places)
            for trigger in self._triggers(place, message)
        )

    def silent(self, prospects: Prospects) -> list[Link] | None:
        """Where reading a command leads without any answer yet; None where an answer may come."""
        links, has_answer = [], False
        for prospect in prospects:
            for rule, *_ in self._rows(prospect):
                has_answer = has_answer or says(rule)
                if not says(rule):
                    links.append(Link(prospect.origin, Place.behind(rule), (rule,)))
        if any(not prospect.waits for prospect in prospects) and links:
            return links  # a literal that is on its way: if it is refused, the answer to the whole command says so
        return None if has_answer else links

    def wordless(self, prospects: Prospects) -> list[Link]:
        """The ways in which nothing at all is sent."""
        return [
            Link(prospect.origin, Place(rule.to or rule.state), (rule,))
            for prospect in prospects
            for rule in self._machine.outcomes(prospect.state, prospect.trigger)
            if not says(rule)
        ]

    def after_silence(self, links: Iterable[Link]) -> Prospects:
        """What follows a silent move: what the server does next before it answers."""
        awaited = dict.fromkeys((link.to, rule.awaits) for link in links if (rule := link.rules[-1]).awaits)
        return tuple(Prospect(to, to.state, awaits) for to, awaits in awaited if awaits)

    def _triggers(self, place: Place, message: Message) -> tuple[Trigger, ...]:
        if message.trigger is not None:
            return (message.trigger,)
        is_vague = message.part is Reader.LITERAL and message.request is None
        is_other = (message.part or Reader.LINE) is not (place.reader or message.part or Reader.LINE)
        if message.is_said and is_other and not is_vague:
            return ()  # a line is no text up to a lone dot, and a literal no line
        if message.part is Reader.DOT_ENDED:
            is_long = len(message.octets) > self.ways.upload_limit
            return (Occurrence.OVERLONG if is_long else Occurrence.CONTINUED,)
        if message.request is None and place.state is START:
            return (Occurrence.OPENED,)
        if message.request is None:
            awaited = self._awaiting.get(place.state)
            if place.reader and place.reader is not Reader.LITERAL:
                return (Occurrence.CONTINUED, Occurrence.MALFORMED, Occurrence.OVERLONG)
            return (awaited,) if awaited else (*self.protocol.forms, Occurrence.LITERAL, *REFUSALS)
        if place.reader and message.part is None:
            return (self._exchange_trigger(message.octets),)
        request = message.request
        if request.trigger is Occurrence.LITERAL:
            request = self.ways.announced(place.state, request, message.number)
        return (
            request.trigger
            if message.request.trigger is Occurrence.LITERAL
            else self.ways.trigger(place.state, request),
        )

    def _exchange_trigger(self, line: bytes) -> Occurrence:
        if len(line) > self.ways.exchange_limit:
            return Occurrence.OVERLONG
        return Occurrence.CONTINUED if line.endswith(CRLF) else Occurrence.MALFORMED

    # After the answer

    def answer(self, prospects: Prospects, replies: tuple[Reply, ...]) -> list[Link]:
        """The ways in which the table allows one of these answers to what the server was about to answer."""
        found: dict[tuple[Place, Place, str], Link] = {}
        for prospect in prospects:
            for rules in self._rows(prospect):
                last = rules[-1]
                if last.reply in replies:
                    to = Place.behind(last)
                    found[prospect.origin, to, last.id] = Link(prospect.origin, to, rules)
        return list(found.values())

    def _rows(self, prospect: Prospect) -> Iterator[tuple[Rule, ...]]:
        """The rows of an answer, each with the one that leads to it."""
        for rule in self._machine.outcomes(prospect.state, prospect.trigger):
            if rule.reader is Reader.LITERAL and (rule.reply is not None) is not prospect.waits:
                continue
            if rule.awaits and rule.to and not rule.units:
                for after in self._machine.outcomes(rule.to, rule.awaits):
                    yield rule, after
            else:
                yield (rule,)

    def refusal(self, prospects: Prospects, reply: Reply) -> list[Link]:
        """A refusal for a reason of the server's own, which the table has no row for: it refuses in other words."""
        if reply.positive is not False:
            return []
        same = dict.fromkeys((p.origin, p.state) for p in prospects if p.state.kind == "state")
        others = [Prospect(origin, state, trigger) for origin, state in same for trigger in REFUSALS]
        return self.answer(tuple(others), (reply,))

    def lenient(self, places: Places, message: Message, replies: tuple[Reply, ...]) -> list[Link]:
        """The ways in which a server may have come to an answer that the table does not allow.

        It may read the line more generously, or be somewhere else than the octets before let it be.
        """
        loose = self._loose(message)
        here = [Prospect(p, p.state, form) for p in self.sorted(places) for form in loose]
        if links := self.answer(tuple(here), replies):
            return links
        forms = [message.request.trigger] if message.request else []
        for triggers in (forms, loose):
            anywhere = tuple(
                Prospect(p, p.state, trigger) for p in self.sorted(self.everywhere) for trigger in triggers
            )
            if links := self.answer(anywhere, replies):
                return links
        return []

    def _loose(self, message: Message) -> list[Form]:
        """The forms that a line is if nobody minds its ends, its spaces and its length."""
        words = message.octets[: self.ways.line_limit].split()[int(self.is_tagged) :]
        forms = self.protocol.grammar.forms(words[0].decode("ascii", "replace").upper()) if words else []
        fitting = [form for form in forms if len(form.arguments) == len(words) - 1]
        return fitting or [form for form in forms if bool(form.arguments) == (len(words) > 1)] or forms

    def coded(self, links: list[Link], text: bytes) -> list[Link]:
        """The same links without those that the code in a refusal's text excludes (RFC 2449 §8)."""
        code = text[1:].partition(b"]")[0].decode("ascii", "replace").upper() if text.startswith(b"[") else ""
        conditions = {
            row.condition
            for row in self.protocol.codes
            if code == row.mark or code.startswith((f"{row.mark}/", f"{row.mark} "))
        }
        kept = [link for link in links if link.rules[-1].condition in conditions]
        return kept or links

    def anything(self, places: Places, secured: bool = False) -> list[Link]:
        """Where a session can have come to while nobody listened; ``secured``: under TLS, which begins only once."""
        found = []
        for origin in self.sorted(places):
            seen, front = {origin}, [origin]
            while front:
                for to in self._next(front.pop()):
                    if to not in seen and not (secured and to in self._shaking):
                        seen.add(to)
                        front.append(to)
            found += [Link(origin, to, ()) for to in self.sorted(seen)]
        return found

    def anything_more(self, places: Places) -> list[Link]:
        """The same where nothing was heard afterwards: the session may have ended."""
        return self.anything(places) + self.closing(places)

    def _next(self, place: Place) -> Iterator[Place]:
        triggers = self._triggers(place, Message.unknown(0))
        triggers = (*triggers, *(t for t in (Occurrence.SECURED,) if self._machine.outcomes(place.state, t)))
        for trigger in triggers:
            for rules in self._rows(Prospect(place, place.state, trigger)):
                for rule in rules:
                    if rule.to and (rule.to.kind == "state"):
                        yield Place.behind(rule)

    def data(self, prospects: Prospects) -> list[Link]:
        """The ways in which counted octets without a status may come in answer."""
        return [
            Link(prospect.origin, Place(rule.to or rule.state), (rule,))
            for prospect in prospects
            for rule in self._machine.outcomes(prospect.state, prospect.trigger)
            if rule.units[:1] == (Unit.COUNTED,)
        ]

    def news(self, places: Places) -> list[Link]:
        """The ways in which data may come that nobody has asked for: the session stays where it is."""
        return [
            Link(place, place, (rule,))
            for place in self.sorted(places)
            for rule in self._machine.outcomes(place.state, Occurrence.NEWS)
            if rule.units and place.state.kind == "state"
        ]

    def farewell(self, places: Places, replies: tuple[Reply, ...]) -> list[Link]:
        """The ways in which a server may close the connection with a word of its own, as after too long a silence."""
        return [link for link in self.happened(places, Occurrence.EXPIRED) if link.rules[-1].reply in replies]

    def done(self, links: Iterable[Link]) -> list[Link]:
        """Where what an answer is followed by leads, with no further word: the mail is removed and the session over."""
        waiting = [link.to for link in links if link.rules and link.rules[-1].awaits is Occurrence.COMMITTED]
        return [link for link in self.happened(frozenset(waiting), Occurrence.COMMITTED) if not says(link.rules[-1])]

    def happened(self, places: Places, *triggers: Occurrence) -> list[Link]:
        """Where an occurrence that nobody is told of leads: a handshake, a connection's end."""
        return [
            Link(place, Place(rule.to or rule.state), (rule,))
            for place in self.sorted(places)
            if place.state.kind == "state"
            for trigger in triggers
            for rule in self._machine.outcomes(place.state, trigger)
        ]

    def closing(self, places: Places) -> list[Link]:
        """The end of a session that was nowhere yet."""
        return [Link(place, Place(CLOSED), ()) for place in self.sorted(places)]

    def sorted(self, places: Iterable[Place]) -> list[Place]:
        """Places in the table's order."""
        states = self.protocol.states
        return sorted(places, key=lambda place: (states.index(place.state), place.reader.value if place.reader else ""))


def says(rule: Rule) -> bool:
    """Whether something is sent where a row is followed, and not only read."""
    return any(isinstance(unit, Unit) for unit in rule.units)


def is_multi(link: Link) -> bool:
    """Whether lines up to a lone dot follow the line of this answer."""
    return Unit.MULTILINE in link.rules[-1].units
