"""The tests of the probes can fail: each mistake with literals, tags, lines and data is planted here and seen."""

from __future__ import annotations

import re
from typing import Any

import pytest

from popsim.engine import client_hearing, plan, server
from popsim.engine.client import ClientEngine
from popsim.engine.framing import Literal, Part
from popsim.engine.plan import Ways
from popsim.engine.server import ServerEngine
from popsim.protocols.request import Grammar, Request, announced
from popsim.timeline.recorder import Observer
from tests.engine.test_mutants import Mutant, Patch, after, sets
from tests.probes import test_answers, test_counted, test_literal_refusals, test_literals, test_upload
from tests.probes.shuttle import WHOLE


def oldest(self: ClientEngine, line: bytes) -> tuple[Request | None, bytes]:
    """Pairs answers in the order of the commands, whatever their tags say."""
    request = self._pending.popleft() if self._pending else None
    tag = request.tag if request else b""
    return request, line.removeprefix(tag + b" ")


def by_the_text(self: Ways, request: Request, part: Literal) -> Request:
    """Looks for an announcement at the end of all that has come, be it in the literal."""
    text = plan.text_of(request) + b"\r\n" + part.text() + part.line[:-2]
    if further := announced(text):
        return Request(plan.LITERAL, request.keyword, (further, text), request.tag)
    return self._protocol.grammar.whole(text, request.tag)


def keeps_literals(self: Grammar, request: Request) -> Request:
    self._known[b"".join(argument for argument in request.arguments if isinstance(argument, bytes))] = request
    return request


def closes_the_exchange(self: ClientEngine, _: None) -> None:
    """Takes news for the end of the exchange, as it takes any answer."""
    if self._responses[-1].request is None:
        self._reader = None


def first_line_ends_it(self: ClientEngine, line: bytes, take: Any = ClientEngine._take_line) -> None:
    take(self, line.replace(b"-", b" ", 1) if line[3:4] == b"-" else line)


def last_line_decides(self: ClientEngine, line: bytes) -> Any:
    lines, self._status_lines = self._status_lines, []
    self._untagged += [one[4:] for one in lines]
    return self._status(line)


def answers_each_piece(self: ClientEngine, octets: bytes) -> None:
    self.send(octets, self._continued(octets))


def forgets_who_brought_it(self: Observer, start: int, end: int, values: Any = None) -> None:
    cause = -1
    while self._coming and self._coming[0][0] <= end:
        cause = self._coming.popleft()[1]
    self.cause = self.recorder.write((self.recorder.now, self._delivered, cause, start, end, values))


class Impatient(Literal):
    """Takes what a client announces to be nothing for nothing, and does not wait for the line behind it."""

    def feed(self, data: bytes) -> int:
        if self._missing or self.size:
            return super().feed(data)
        self.line = b"\r\n"
        return 0


def keeps_all(self: Part, data: bytes) -> None:
    self.size += len(data)
    self._pieces.append(data)


def splits_at_lines(self: ClientEngine, octets: bytes) -> Request:
    """Takes each line for a command, whatever the line before it has announced."""
    return [self._send_line(line) for line in re.findall(rb"[^\n]*\n", octets)][0]


def any_keyword(self: ClientEngine, line: bytes) -> tuple[Any, bytes]:
    reply = next((r for m, r in self._marks if line.startswith(m)), None)
    return reply, line[len(reply.mark) :].removeprefix(b" ") if reply else line


def has_to_send(self: ClientEngine, heard: Any, is_last: bool) -> None:
    self._heard = heard


MUTANTS: dict[str, Mutant] = {
    "answers are paired in order": (
        sets(ClientEngine, "_addressee", oldest),
        lambda: test_answers.test_answers_find_their_commands_by_their_tags(WHOLE),
    ),
    "what comes of a refused literal is read as commands": (
        sets(ServerEngine, "_throw_away", lambda self, request: None),
        lambda: test_literal_refusals.test_what_comes_of_a_refused_literal_is_no_command(
            b"c NOOP\r\nd LOGOUT\r\ne F", WHOLE
        ),
    ),
    "a literal may announce another": (
        sets(Ways, "gone_on", by_the_text),
        test_literal_refusals.test_a_literal_ends_no_line_and_announces_nothing,
    ),
    "a command with a password is remembered": (
        after(Grammar, "whole", keeps_literals),
        test_literal_refusals.test_no_literal_of_a_password_is_kept,
    ),
    "a literal of no octets has no line behind it": (
        sets(server, "Literal", Impatient),
        test_literals.test_a_literal_of_no_octets_is_waited_for_like_any_other,
    ),
    "a literal may be endless": (
        sets(Ways, "announced", lambda self, state, request, number: request),
        test_literal_refusals.test_all_literals_of_a_command_together_have_a_limit,
    ),
    "there may be any number of literals": (
        sets(plan, "MOST_LITERALS", 10_000),
        test_literal_refusals.test_a_command_has_so_many_literals_and_no_more,
    ),
    "what is thrown away is kept until then": (
        sets(Literal, "_keep", keeps_all),
        test_literal_refusals.test_what_is_thrown_away_takes_no_memory,
    ),
    "every line is a command": (
        sets(ClientEngine, "_send_all", splits_at_lines),
        lambda: test_literals.test_what_does_not_wait_is_one_command_in_one_request(WHOLE),
    ),
    "news ends an exchange": (
        after(ClientEngine, "_finish", closes_the_exchange),
        lambda: test_answers.test_the_client_may_end_the_waiting_after_any_news(WHOLE),
    ),
    "a line that ends in a brace is but a line": (
        sets(client_hearing, "_RUN", re.compile(rb"(?:\* [^\r\n]*\r\n)+")),
        test_answers.test_a_thousand_lines_are_joined_whatever_the_cut,
    ),
    "a word may begin with a status": (
        sets(ClientEngine, "_status", any_keyword),
        lambda: test_answers.test_how_a_tagged_line_is_read(b"a OKAY x", None, b"OKAY x"),
    ),
    "what was heard in two parts has one cause": (
        sets(Observer, "delivered", forgets_who_brought_it),
        lambda: test_answers.test_what_is_said_in_one_breath_and_heard_as_two_has_one_cause(WHOLE),
    ),
    "the first line of a reply is all of it": (
        sets(ClientEngine, "_take_line", first_line_ends_it),
        lambda: test_upload.test_a_reply_may_have_several_lines(WHOLE),
    ),
    "the last line of a reply decides": (
        sets(ClientEngine, "_joined", last_line_decides),
        lambda: test_upload.test_how_a_reply_is_read(b"250-a\r\n251 b\r\n", None, b"251 b", (b"250-a",), WHOLE),
    ),
    "each line of a text is answered": (
        sets(ClientEngine, "carry_on", answers_each_piece),
        lambda: test_upload.test_a_text_may_be_sent_line_by_line(WHOLE),
    ),
    "a client waits for something to send": (
        sets(ClientEngine, "_hear", has_to_send),
        lambda: test_counted.test_a_client_that_has_nothing_more_to_send_moves_when_it_hears(WHOLE),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mistake_is_seen(name: str, monkeypatch: Patch) -> None:
    mutate, check = MUTANTS[name]
    check()  # sound as it is
    mutate(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup, LookupError, ValueError)):
        check()
