"""The judge: where a session breaks the protocol, and which rule it breaks.

Both ends are judged. That a server refuses a command breaks nothing: only what the RFC forbids, or what no row of the
table allows, does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol as Interface

from popsim.capture.conversation import Conversation
from popsim.capture.dissect_said import Message, Oddity, Said
from popsim.capture.judge_imap import ImapJudge
from popsim.capture.judge_laws import (
    AFTER_END,
    HANDSHAKE,
    LINE_END,
    ONE_ANSWER,
    ONE_LINE,
    STATUS,
    STUFFED,
    UNENDED,
    UPPER,
)
from popsim.capture.judge_pop2 import Pop2Judge
from popsim.capture.judge_pop3 import Pop3Judge
from popsim.capture.judge_smtp import SmtpJudge
from popsim.capture.law import Fault
from popsim.engine.framing import CRLF
from popsim.engine.plan import Ways
from popsim.protocols.imap.table import IMAP
from popsim.protocols.model import CLOSED, REFUSALS, Form, Limit, Occurrence, Reader, Rule, State
from popsim.protocols.pop2.table import POP2
from popsim.protocols.pop3.table import POP3
from popsim.protocols.protocol import Protocol
from popsim.protocols.smtp.table import SMTP
from popsim.timeline.event import CLIENT, ENDPOINTS, SERVER
from popsim.timeline.timeline import Timeline

_BARE = re.compile(rb"(?<!\r)\n")
_UNSTUFFED = re.compile(rb"(?:\A|(?<=\n))\.(?![.\r\n])")
_SAMPLE = 120


class Special(Interface):
    """Judges what only one protocol has."""

    def faults(self, conversation: Conversation, messages: Sequence[Message]) -> Iterator[Fault]:
        """The faults of one conversation, in the order of its messages."""


SPECIAL: dict[str, Callable[[Protocol], Special]] = {
    POP3.name: Pop3Judge,
    POP2.name: Pop2Judge,
    IMAP.name: ImapJudge,
    SMTP.name: SmtpJudge,
}
"""Who knows what the table of a protocol does not hold."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A place where the protocol was broken.

    Args:
        event: the index of the message's event in the timeline.
        time: when, in nanoseconds.
        connection: on which connection.
        endpoint: which end broke it.
        octets: the line that did; a secret in it is not hidden.
        found: what is wrong with it, in words.
        expected: what the rule asks for.
        rule: the name of the rule: the id of a row of the table, or what the RFC speaks of there.
        reference: RFC and section.
    """

    event: int
    time: int
    connection: int
    endpoint: str
    octets: bytes = field(repr=False)
    found: str
    expected: str
    rule: str
    reference: str

    def __str__(self) -> str:
        return f"{self.found}; expected: {self.expected} ({self.reference})"


class Judge:
    """Judges conversations of one protocol.

    Args:
        protocol: whose rules hold.
    """

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._ways = Ways.of(protocol)
        self._special = SPECIAL[protocol.name](protocol)

    def faults(self, conversation: Conversation, said: Said) -> list[Fault]:
        """What is wrong with the messages of a conversation, in the order in which they crossed."""
        found: list[Fault] = []
        before: Message | None = None
        messages = list(dict.fromkeys(one for one, _ in said.order if one.is_said))
        for one in messages:
            found += self._of_client(one) if one.endpoint == CLIENT else self._of_server(one, before)
            before = one if one.endpoint == SERVER else before
        found += self._special.faults(conversation, messages)
        places = {id(one): number for number, one in enumerate(messages)}
        known = (fault for fault in found if fault.reference(self._protocol))
        return sorted(known, key=lambda fault: (fault.message.first, places[id(fault.message)], fault.start))

    # The client

    def _of_client(self, one: Message) -> Iterator[Fault]:
        if Oddity.BEFORE_HANDSHAKE in one.odd:
            yield Fault.of(HANDSHAKE, one, "a line in clear after TLS was asked for")
            return
        if not one.whole or one.missing or one.is_silent and one.begun:
            return
        if one.part is not None:
            if one.request and (wrong := self._misplaced(one)):
                yield wrong
            return
        if not one.octets.endswith(CRLF):
            yield Fault.of(LINE_END, one, "a line of the client ends in LF alone")
        asked = bool(one.places) and all(place.reader for place in one.places)
        limit = self._ways.exchange_limit if asked else self._ways.line_limit
        row = self._limit("command line")
        if len(one.octets) > limit and row:
            yield Fault(one, f"a line of {len(one.octets):,} octets", _most(row), row.name, row)
        elif one.request and not asked and (wrong := self._misplaced(one)):
            yield wrong

    def _misplaced(self, one: Message) -> Fault | None:
        """What is wrong with a command wherever the session may have stood when it was read."""
        if one.part is Reader.DOT_ENDED:
            return None
        places = [place for place in one.places if not place.reader or one.part]
        if len(places) < len(one.places) or not places or one.request is None:
            return None
        if one.turn < 0 and all(place.state is CLOSED for place in places):
            return Fault.of(AFTER_END, one, "a command after the session's end")
        faults = [self._fault(one, place.state) for place in places]
        return faults[0] if all(faults) else None

    def _fault(self, one: Message, state: State) -> Fault | None:
        """What is wrong with a command in one state; None where it may be given."""
        request, machine = one.request, self._protocol.server
        assert request is not None
        trigger = self._ways.trigger(state, request)
        forms = self._protocol.grammar.forms(request.keyword)
        if state.kind != "state" or trigger is Occurrence.OVERLONG or not one.octets.endswith(CRLF):
            return None
        if trigger is Occurrence.LITERAL:
            return None
        if isinstance(trigger, Form) and not machine.refuses(state, trigger):
            return None
        if trigger in REFUSALS and trigger is not Occurrence.NOT_ALLOWED:
            rules = self._protocol.outcomes(state, trigger)
            found = request.problem if trigger is Occurrence.MALFORMED else "a command that is none"
            expected = request.problem.partition("; ")[0].removeprefix("expected ")
            known = trigger is Occurrence.MALFORMED
            wanted = expected if known else f"a command of {self._protocol.title}"
            row = forms[0] if known and forms else rules[0]
            return Fault(one, found if not known else "bad arguments", wanted, rules[0].id, row)
        there = [s for s in self._protocol.states if any(not machine.refuses(s, form) for form in forms)]
        where = " or ".join(s.name for s in there) or "no state"
        rule = next(iter(self._protocol.outcomes(state, trigger)), None)
        wanted = f"{request.keyword} in {where} only"
        return Fault(one, f"{request.keyword} in {state}", wanted, rule.id if rule else "", forms[0])

    # The server

    def _of_server(self, one: Message, before: Message | None) -> Iterator[Fault]:
        yield from self._odd(one, before)
        end = one.head or len(one.octets)
        row = self._limit("reply line")
        long = max((len(line) + 1 for line in one.octets[: one.head].split(b"\n")[:-1]), default=0)
        if row and one.reply and long > row.value:
            yield Fault(one, f"a line of {long:,} octets", _most(row), row.name, row)
        bare = _BARE.search(one.octets) if one.reply and not self._protocol.table.tagged else None
        if bare:
            start = one.octets.rfind(b"\n", 0, bare.start()) + 1
            yield Fault.of(LINE_END, one, "a line of the server ends in LF alone", start)
        loose = _UNSTUFFED.search(one.octets, end) if one.body else None
        if loose:
            yield Fault.of(STUFFED, one, "a line begins with a single dot", loose.start())

    def _odd(self, one: Message, before: Message | None) -> Iterator[Fault]:
        for oddity, law, found in (
            (Oddity.NO_STATUS, STATUS, "an answer without a status"),
            (Oddity.SMALL, UPPER, "a status that is not in upper case"),
            (Oddity.UNASKED, ONE_ANSWER, "an answer that nobody asked for"),
            (Oddity.TOO_LATE, AFTER_END, "an answer after the session's end"),
            (Oddity.UNENDED, UNENDED, "the end of an answer of several lines is missing"),
        ):
            if oddity in one.odd:
                yield Fault.of(law, one, found)
        if Oddity.STRAY in one.odd:
            lines = before is not None and bool(before.body)
            law = STUFFED if lines else ONE_LINE
            why = "lines after the lone dot that ended the answer" if lines else "lines after an answer of one line"
            yield Fault.of(law, one, why)
        if Oddity.NOT_ALLOWED in one.odd and Oddity.NO_STATUS not in one.odd:
            yield self._not_allowed(one)

    def _not_allowed(self, one: Message) -> Fault:
        """An answer that the table allows nowhere that the session may be."""
        asked = one.answers or Message.opening()
        rules = list(dict.fromkeys(self._answers_to(asked)))
        marks = " or ".join(dict.fromkeys(rule.reply.mark for rule in rules if rule.reply))
        states = " or ".join(dict.fromkeys(str(place.state) for place in asked.places))
        mark = one.reply.mark if one.reply else "an answer"
        to = _called(asked)
        wanted = marks if marks != mark else "another answer"
        rule = rules[0] if rules else None
        law = rule or ONE_ANSWER
        return Fault(one, f"{mark} to {to} in {states}", wanted or "no answer", rule.id if rule else "answers", law)

    def _answers_to(self, asked: Message) -> Iterator[Rule]:
        """The rows of the answers that may come to a message."""
        for place in asked.places:
            trigger = asked.trigger or Occurrence.CONTINUED
            if asked.request and not place.reader:
                trigger_or_form = self._ways.trigger(place.state, asked.request)
            else:
                trigger_or_form = trigger
            for rule in self._protocol.outcomes(place.state, trigger_or_form):
                yield from self._protocol.outcomes(rule.to, rule.awaits) if rule.awaits and rule.to else (rule,)

    def _limit(self, name: str) -> Limit | None:
        return next((row for row in self._protocol.limits if row.name == name), None)


def _called(asked: Message) -> str:
    """What a server's message answers, in words."""
    if asked.trigger:
        return "the opening of the connection"
    if asked.request is None:
        return "what was not seen"
    return asked.request.keyword or "a line that is no command"


def _most(row: Limit) -> str:
    return f"at most {row.value:,} {row.meaning}"


def breaches(timeline: Timeline, protocols: Sequence[Protocol | None], faults: Iterable[list[Fault]]) -> list[Breach]:
    """The faults of conversations as breaches of the timeline that was made of them.

    Args:
        timeline: what was made of them.
        protocols: what was spoken in each of them.
        faults: what was found in each of them.
    """
    sent = {(e.connection, e.endpoint, e.start): e for e in timeline.events("message", "Sent")}
    found = []
    for number, (protocol, several) in enumerate(zip(protocols, faults, strict=True)):
        for fault in several:
            assert protocol is not None, "only what was read can be judged"
            one = fault.message
            event = sent[number, ENDPOINTS[one.endpoint], one.start]
            line = one.octets[fault.start :].partition(b"\n")
            found.append(
                Breach(
                    event.index,
                    event.time,
                    number,
                    ENDPOINTS[one.endpoint],
                    line[0] + line[1],
                    fault.found,
                    fault.expected,
                    fault.rule,
                    fault.reference(protocol),
                )
            )
    return sorted(found, key=lambda breach: breach.event)
