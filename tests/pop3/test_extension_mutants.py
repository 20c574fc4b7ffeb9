"""The tests of the extensions can fail: each mistake is planted here, and a test must see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from popsim import sasl
from popsim.engine import challenges
from popsim.engine.framing import Buffer
from popsim.engine.server import ServerEngine
from popsim.mail.maildrop import Maildrop
from popsim.mail.message import Message
from popsim.mail.policy import Policy
from popsim.protocols.machine import Machine
from popsim.protocols.model import Argument
from popsim.protocols.pop3 import table
from popsim.protocols.pop3.server_language import Languages
from popsim.protocols.pop3.server_login import Login
from popsim.protocols.pop3.server_maildrop import Mailbox
from popsim.protocols.pop3.server_session import Session
from popsim.protocols.protocol import Protocol
from popsim.sasl import SaslError, login
from popsim.sasl.login import Logins
from tests.lab import test_extensions as in_lab
from tests.pop3 import test_capabilities, test_extension_logins, test_languages, test_transcripts, test_utf8
from tests.pop3.transcript import load
from tests.protocols import test_extensions

Patch = pytest.MonkeyPatch
Mutant = tuple[Callable[[Patch], None], Callable[[], None]]


def sets(target: object, name: str, value: object) -> Callable[[Patch], None]:
    """A mutant that puts something else in the place of an attribute."""
    return lambda patch: patch.setattr(target, name, value)


def told(name: str) -> Callable[[], None]:
    """The transcript of that name, held."""

    def check() -> None:
        assert test_transcripts.problem(load(name)) == ""

    return check


def comes_with_its_needs() -> None:
    check = test_extensions.test_an_extension_goes_by_its_number_command_or_tag_and_brings_what_it_needs
    check("STLS", (2449, 2595))


def takes_any_base64(line: bytes) -> bytes:
    """Ignores what is not of the alphabet, as many do."""
    import base64

    try:
        return base64.b64decode(line + b"==")
    except ValueError as error:
        raise SaslError(str(error)) from None


def bare_plus(self: ServerEngine, plan: Any, text: bytes, tag: bytes, line: Any = ServerEngine._line) -> bytes:
    """An empty challenge without its space."""
    return bytes(line(self, plan, text, tag)).replace(b"+ \r\n", b"+\r\n")


def cut_challenge(self: ServerEngine, plan: Any, text: bytes, tag: bytes, line: Any = ServerEngine._line) -> bytes:
    return bytes(line(self, plan, text[:500], tag))


def keeps_what_came(self: ServerEngine, secured: Any = ServerEngine.secured) -> None:
    """The mistake of many: what was injected before the handshake is read after it."""
    rest = self._buffer._octets[self._buffer._place :]
    secured(self)
    self._buffer.feed(rest)
    self.receive(b"")


def counts_refusals(self: Login, account: Any) -> int:
    now, last = self._session.clock(), account.logged_in_at
    account.logged_in_at = now
    return 0 if last is None else max(last + self._session.policy.delay(account.user.name) - now, 0)


def one_nonce(name: str, secret_of: Any, *, nonce: str) -> Any:
    return sasl.server(name, secret_of, nonce="always.the.same")


def forgets_marks(self: Mailbox) -> None:
    """Removes what was listed by TOP too."""
    for number in self._session.drop.numbers()[:2]:
        self._session.drop.delete(number)


def code_everywhere(self: Session, condition: str, text: str) -> Any:
    from popsim.engine.answer import Answer

    return Answer(condition, b"[AUTH] " + text.encode())


def clears_nothing(self: Buffer) -> int:
    return 0


def inherits(self: Machine, state: Any, trigger: Any) -> Any:
    """Looks for a row in the state around it, whether or not commands are read."""
    while state is not None:
        if rows := self._rows.get((state, trigger)):
            return rows
        state = state.within
    return []


def without_need(self: Protocol, *which: Any) -> Protocol:
    return replace(self, enabled=tuple(self._extension(one) for one in which) or test_extensions.CURRENT)


MUTANTS: dict[str, Mutant] = {
    "base64 with junk in it is taken": (
        sets(challenges, "decode", takes_any_base64),
        told("rfc5034-refusals"),
    ),
    "an empty challenge has no space": (
        sets(ServerEngine, "_line", bare_plus),
        test_extension_logins.test_an_empty_challenge_is_a_plus_and_a_space,
    ),
    "a challenge is cut like a reply": (
        sets(ServerEngine, "_line", cut_challenge),
        test_extension_logins.test_an_answer_and_a_challenge_may_be_longer_than_any_command,
    ),
    "a cancelled exchange is an answer": (
        sets(table, "CANCEL", b"**"),
        test_extension_logins.test_a_star_cancels_and_an_equals_sign_is_an_empty_response,
    ),
    "= is read as base64": (
        sets(table, "EMPTY", b"=="),
        test_extension_logins.test_a_star_cancels_and_an_equals_sign_is_an_empty_response,
    ),
    "every exchange has the same nonce": (
        sets(login, "server", one_nonce),
        test_extension_logins.test_challenges_repeat_from_run_to_run_and_in_no_session,
    ),
    "a shared secret may cross in clear": (
        sets(Logins, "_secret", lambda self, user, _: self._store.account(user).user.secret),
        test_extension_logins.test_a_secret_that_never_crosses_in_clear_is_not_taken_in_clear,
    ),
    "what came before the handshake is read after it": (
        sets(ServerEngine, "secured", keeps_what_came),
        test_extension_logins.test_what_came_in_clear_before_the_handshake_is_thrown_away,
    ),
    "passwords cross in clear whatever the policy": (
        sets(Session, "takes_passwords", True),
        test_extension_logins.test_passwords_can_be_kept_off_a_line_in_clear,
    ),
    "a refused login counts as a login": (
        sets(Login, "_wait", counts_refusals),
        test_capabilities.test_the_delay_counts_from_a_login_that_was_answered_ok,
    ),
    "the shortest delay is announced": (
        sets(Policy, "longest_delay", property(lambda self: self.login_delay)),
        test_capabilities.test_numbers_that_differ_by_user_say_so_before_the_login_only,
    ),
    "old mail stays": (
        sets(Maildrop, "expire", lambda self, before: ()),
        test_capabilities.test_what_is_too_old_is_gone_at_the_login,
    ),
    "more is removed than was retrieved": (
        sets(Mailbox, "_mark_fetched", forgets_marks),
        test_capabilities.test_what_was_retrieved_is_gone_at_quit_where_nothing_may_stay,
    ),
    "every refusal has a code": (
        sets(Session, "refused", code_everywhere),
        told("rfc2449-in-use"),
    ),
    "what comes behind a command is kept": (
        sets(Buffer, "clear", clears_nothing),
        test_capabilities.test_without_pipelining_what_comes_behind_a_command_is_thrown_away,
    ),
    "a header in UTF-8 is sent to everybody": (
        sets(Message, "has_utf8_header", property(lambda self: False)),
        test_utf8.test_a_header_in_utf8_needs_utf8_and_a_body_does_not,
    ),
    "two spellings of a name are two names": (
        sets(login, "prepared", lambda name: name),
        test_utf8.test_two_spellings_of_one_name_are_one,
    ),
    "names are ASCII for ever": (
        sets(Argument, "kind_in", lambda self, _: self.kind),
        told("rfc6856-utf8"),
    ),
    "the language is not put into refusals": (
        sets(Languages, "refusal", lambda self, rule, request: b""),
        test_languages.test_refusals_are_in_the_language_too_and_codes_stay_in_front,
    ),
    "a state that reads no commands has those around it": (
        sets(Machine, "_own_rows", inherits),
        test_extensions.test_a_state_that_reads_no_commands_does_not_have_those_of_the_state_around_it,
    ),
    "an extension comes without what it needs": (
        sets(Protocol, "extended", without_need),
        comes_with_its_needs,
    ),
    "a scenario forgets its policy": (
        sets(Policy, "words", ()),
        in_lab.test_a_scenario_says_it_all,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mistake_is_seen(name: str, monkeypatch: Patch) -> None:
    plant, check = MUTANTS[name]
    check()
    plant(monkeypatch)
    with pytest.raises((AssertionError, AttributeError, LookupError, ValueError)):
        check()
