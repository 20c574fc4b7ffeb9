"""The tests can fail: each mistake that a real server has made is planted here, and a test must see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from popsim import pop3
from popsim.engine import framing
from popsim.engine.client import ClientEngine
from popsim.engine.framing import CRLF, END, Buffer, DotEnded, Part
from popsim.engine.plan import Plan, Ways
from popsim.engine.server import ServerEngine
from popsim.mail import message
from popsim.mail.maildrop import Maildrop, OpenMaildrop, RemovalResult
from popsim.protocols.model import Occurrence, State
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Grammar, Request
from popsim.timeline.recorder import Stream
from tests.engine import (
    scene,
    test_client,
    test_cutting,
    test_framing,
    test_limits,
    test_noise,
    test_recording,
    test_session,
)
from tests.probes import test_challenge, test_upload
from tests.probes.shuttle import WHOLE
from tests.protocols import test_machine

Patch = pytest.MonkeyPatch
Mutant = tuple[Callable[[Patch], None], Callable[[], None]]


def sets(target: object, name: str, value: object) -> Callable[[Patch], None]:
    """A mutant that puts something else in the place of an attribute."""
    return lambda patch: patch.setattr(target, name, value)


def after(target: type, name: str, then: Callable[..., Any]) -> Callable[[Patch], None]:
    """A mutant that does something more to what a method returns."""
    method = getattr(target, name)
    return sets(target, name, lambda self, *given: then(self, method(self, *given)))


# Dots


class FirstLineForgotten:
    """Stuffs every line but the first, as Twisted and Dovecot 2.3 did."""

    def __get__(self, mail: message.Message | None, _: type) -> Any:
        return self if mail is None else mail.octets.replace(b"\n.", b"\n..") + END


class NotAtAll:
    def __get__(self, mail: message.Message | None, _: type) -> Any:
        return self if mail is None else mail.octets + END


def ends_at_bare_lf(self: DotEnded, data: bytes) -> int:
    """The smuggler's friend: takes a dot between bare LFs for the end."""
    end = re.search(rb"\n\.\r?\n", data)
    self._keep(data[: end.end()] if end else data)
    return end.end() if end else -1


def forgets_the_tail(self: DotEnded, data: bytes) -> int:
    """Looks for the end in each piece alone, as Twisted did at its chunks of 16 KiB."""
    window = self._tail + data
    at = window.find(CRLF + END)
    self._tail = b""
    self._keep(data)
    return at if at < 0 else at + 5 - len(window) + len(data)


# Octets


def forgets_the_rest(self: Buffer, data: bytes) -> None:
    self._octets, self._place, self._end = data, 0, len(data)


def takes_lf_for_crlf(self: Any, line: bytes) -> Any:
    return self._protocol.grammar.parse(line.rstrip(b"\r\n"))


def talks_on(self: ServerEngine, _: None) -> None:
    """Answers what came after the last command, too."""
    if self.closed and not self._buffer.empty:
        self._out.append(b"-ERR the session is over\r\n")


def answers_late(self: ServerEngine) -> list[bytes]:
    """Hands out the newest answer first."""
    out, self._out = self._out, []
    return out[::-1]


def answers_twice(self: ServerEngine, plan: Plan, answer: Any, request: Any) -> None:
    """GreenMail's RSET had two replies."""
    for _ in range(2):
        line = self._line(plan, answer.text, request.tag)
        self._out.append(line)
        self._sent += len(line)


# Mail


def takes_it_for_quit(self: ServerEngine) -> None:
    """Removes at any end of a session."""
    self._buffer.clear()
    self.receive(b"QUIT\r\n")
    self.take()


def removes_in_secret(self: OpenMaildrop) -> RemovalResult:
    """Says that all went well, whatever happened (mailpit, GreenMail)."""
    self._committed = True
    removed = tuple(sorted(self._marked))
    self._store._remove(set(removed) - {2})
    return RemovalResult(removed, ())


def opens_always(self: Maildrop, owner: int | str) -> OpenMaildrop:
    self._open = OpenMaildrop(self, owner)
    return self._open


def without(protocol: Protocol, state: str) -> Protocol:
    """The table without the rows that make a state's refusals different from everybody's."""
    kept = tuple(r for r in protocol.table.rules if r.state.name != state or not isinstance(r.trigger, Occurrence))
    return Protocol(replace(protocol.table, rules=kept), protocol.number)


def stays_after_a_refusal(patch: Patch) -> None:
    """PASS is taken at any time after USER."""
    patch.setattr(scene.session, "__defaults__", (without(pop3, "USER accepted"),))


def takes_the_first_word(_: Grammar, request: Request) -> Request:
    """Takes the first word of a password for all of it (GreenMail, mailpit)."""
    return request._replace(arguments=tuple(a.split()[0] if isinstance(a, bytes) else a for a in request.arguments))


# Exchanges


def loses_the_space(self: ServerEngine, plan: Plan, text: bytes, tag: bytes) -> bytes:
    return (plan.mark + text).rstrip(b" ") + plan.source + CRLF


def keeps_what_came_before(self: ServerEngine) -> None:
    """The hole that half of the world's STARTTLS servers had."""
    self._awaits = None
    self._occur(Occurrence.SECURED)
    self.receive(b"")


def refuses_rows_of_any(self: Any, state: State, form: Any) -> bool:
    return all(r.reply is not None and r.reply.positive is False for r in self._own_rows(state, form))


def copies(self: Stream, piece: bytes) -> None:
    self._pieces.append(bytes(bytearray(piece)))
    self.length += len(piece)


def one_request(self: ClientEngine, line: str | bytes) -> Any:
    """Expects one answer, however many lines were sent."""
    octets = line.encode() if isinstance(line, str) else line
    request = self.protocol.parse(octets)
    self.send(octets + CRLF, request)
    return request


MUTANTS: dict[str, Mutant] = {
    "the first line is not stuffed": (
        sets(message.Message, "dot_stuffed", FirstLineForgotten()),
        test_session.test_every_multi_line_reply_is_stuffed_its_first_line_too,
    ),
    "nothing is stuffed": (
        sets(message.Message, "dot_stuffed", NotAtAll()),
        test_framing.test_dot_stuffing_there_and_back,
    ),
    "dots are not taken away": (
        sets(framing, "unstuffed", lambda text: text),
        test_client.test_a_message_comes_back_octet_for_octet,
    ),
    "a dot between bare LFs ends a text": (
        sets(DotEnded, "feed", ends_at_bare_lf),
        lambda: test_upload.test_only_one_end_ends_it(b"\n.\n", WHOLE),
    ),
    "the end is looked for in each piece alone": (
        sets(DotEnded, "feed", forgets_the_tail),
        lambda: test_upload.test_a_session_octet_for_octet(2),
    ),
    "stuffing is done for each RETR": (
        sets(message.Message, "dot_stuffed", property(lambda mail: bytes(bytearray(mail.octets + END)))),
        test_recording.test_every_retr_hands_out_the_same_octets,
    ),
    "the record holds copies": (sets(Stream, "append", copies), test_recording.test_the_record_holds_the_piece_itself),
    "a piece forgets the one before it": (
        sets(Buffer, "feed", forgets_the_rest),
        test_cutting.test_the_streams_are_worth_cutting,
    ),
    "a line may be endless": (
        sets(Buffer, "_drop_beyond", lambda self, limit: None),
        test_limits.test_a_long_line_keeps_memory_bounded,
    ),
    "LF ends a line": (
        sets(Ways, "read", takes_lf_for_crlf),
        test_noise.test_a_bare_lf_is_refused_in_so_many_words,
    ),
    "what comes after QUIT is answered": (
        after(ServerEngine, "receive", talks_on),
        lambda: test_session.test_nothing_is_read_after_quit(pop3),
    ),
    "answers come in another order": (
        sets(ServerEngine, "take", answers_late),
        test_noise.test_pipelined_commands_are_answered_in_order,
    ),
    "a command is answered twice": (
        sets(ServerEngine, "_send", answers_twice),
        lambda: test_session.test_pass_alone_and_a_wrong_password(pop3),
    ),
    "a lost connection removes messages": (
        sets(ServerEngine, "lost", takes_it_for_quit),
        lambda: test_session.test_no_quit_no_deletion(pop3, "lost"),
    ),
    "a failed removal is not told": (
        sets(OpenMaildrop, "commit", removes_in_secret),
        lambda: test_session.test_an_update_that_fails_says_so_and_removes_the_rest(pop3),
    ),
    "RSET takes nothing back": (
        sets(OpenMaildrop, "reset", lambda self, last=0: None),
        lambda: test_session.test_rset_takes_all_marks_back(pop3),
    ),
    "RSET leaves LAST as it is": (
        after(OpenMaildrop, "reset", lambda self, _: setattr(self, "last", 3)),
        test_session.test_last_and_rset_by_rfc_1460,
    ),
    "there is no lock": (
        sets(Maildrop, "open", opens_always),
        lambda: test_session.test_one_session_has_the_maildrop_until_it_ends(pop3, "QUIT"),
    ),
    "PASS may come later": (
        stays_after_a_refusal,
        lambda: test_session.test_pass_comes_immediately_after_user("NOOP"),
    ),
    "a password has one word": (
        after(Grammar, "parse", takes_the_first_word),
        test_session.test_passwords_may_hold_spaces,
    ),
    "an empty challenge loses its space": (
        sets(ServerEngine, "_line", loses_the_space),
        test_challenge.test_an_empty_challenge_keeps_its_space,
    ),
    "octets in clear outlive the handshake": (
        sets(ServerEngine, "secured", keeps_what_came_before),
        lambda: test_challenge.test_what_came_in_clear_before_the_handshake_is_thrown_away(26),
    ),
    "a part that is too long passes for an empty one": (
        after(Part, "_keep", lambda self, _: setattr(self, "too_long", False)),
        lambda: test_upload.test_a_text_too_large_is_refused_cleanly(20_000, False, WHOLE),
    ),
    "what every state allows is refused": (
        sets(type(pop3.server), "refuses", refuses_rows_of_any),
        test_machine.test_a_command_of_every_state_is_allowed_in_every_state,
    ),
    "a client expects one answer to many lines": (
        sets(ClientEngine, "request", one_request),
        test_client.test_octets_with_line_ends_of_their_own_are_several_messages,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mistake_is_seen(name: str, monkeypatch: Patch) -> None:
    mutate, check = MUTANTS[name]
    check()  # sound as it is
    mutate(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        check()
