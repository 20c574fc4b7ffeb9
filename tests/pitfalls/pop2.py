"""What POP2 programs can get wrong: each rule with its check, and the mistakes themselves to be planted."""

from __future__ import annotations

from copy import copy
from typing import Any

from popsim.engine.answer import Answer
from popsim.engine.framing import Listing
from popsim.engine.server import ServerEngine
from popsim.mail.open_maildrop import OpenMaildrop
from popsim.protocols.model import CLOSED, Occurrence
from popsim.protocols.pop2 import table
from popsim.protocols.pop2.server import Pop2Service
from popsim.protocols.pop2.server_folder import Folder
from tests.pitfalls import pop2_checks as checks
from tests.pitfalls.pop3 import Mistake, Patch, Pitfall, after_reading, bare_octets, sets, sized

UNIT, DECIDE, RETR, FOLD, ACKD = (
    ServerEngine._unit, ServerEngine._decide, Pop2Service._retr, Pop2Service._fold, Pop2Service._ackd,
)  # fmt: skip
HELO, MARK, LEAVE, ABANDON, NACK = (
    Pop2Service._helo, Folder.mark, Folder.leave, Folder.abandon, Pop2Service._nack,
)  # fmt: skip


def sent_as(before: bytes = b"", after: bytes = b"", stuffed: bool = False, cut: int = 0) -> Mistake:
    """Data with something more than the octets, or less."""

    def unit(self: ServerEngine, *given: Any) -> list[bytes]:
        answer = given[-1]
        if answer.body is None:
            return UNIT(self, *given)
        octets = answer.body.dot_stuffed if stuffed else answer.body.octets
        return [before, octets[: len(octets) - cut], after]

    return sets(ServerEngine, "_unit", unit)


def decides(change: Any) -> Mistake:
    """An engine that follows another row than the one that was decided."""

    def decide(self: ServerEngine, trigger: Any, request: Any) -> tuple[Any, Any]:
        plan, answer = DECIDE(self, trigger, request)
        other = change(self, trigger, plan)
        return (other, answer) if other is not None else (plan, answer)

    return sets(ServerEngine, "_decide", decide)


def to_state(plan: Any, state: Any) -> Any:
    other = copy(plan)  # the plan itself is shared by all sessions
    other.to = state
    return other


def carries_on(self: ServerEngine, trigger: Any, plan: Any) -> Any:
    """An error does not end the session (as in SMTP and POP3)."""
    refused = plan.rule.trigger in (Occurrence.NOT_ALLOWED, Occurrence.UNRECOGNIZED, Occurrence.MALFORMED)
    return to_state(plan, self.state) if refused else None


def forgives_unknown(self: ServerEngine, trigger: Any, plan: Any) -> Any:
    return to_state(plan, self.state) if plan.rule.trigger is Occurrence.UNRECOGNIZED else None


def quits_anywhere(self: ServerEngine, trigger: Any, plan: Any) -> Any:
    """QUIT is taken in NEXT too, as a mail reader in a hurry sends it."""
    if trigger is not table.QUIT or self.state is not table.NEXT:
        return None
    return self._ways.way(table.ITEM, trigger).first


def waits(self: ServerEngine, trigger: Any, plan: Any) -> Any:
    """RETR of nothing is passed over in silence."""
    return to_state(plan, self.state) if trigger is table.RETR and plan.to is CLOSED else None


def says_no(self: Pop2Service, request: Any) -> Answer:
    answer = RETR(self, request)
    if answer.body is None:
        return answer._replace(condition=table.MESSAGE_THERE, body=Listing(b"- no message\r\n"))
    return answer


def no_such_folder(self: ServerEngine, trigger: Any, plan: Any) -> Any:
    """FOLD of a missing mailbox is an error."""
    missing = plan.rule.condition == table.MAILBOX_MISSING
    return self._ways.way(self.state, Occurrence.MALFORMED).first if missing else None


def stays_there(self: Pop2Service, request: Any) -> Answer:
    """FOLD of a missing mailbox leaves the session where it is."""
    assert self._account
    name = request.arguments[0].decode()
    if self._account.mailbox(name) is None:
        return Answer(table.MAILBOX_MISSING, str(self._folder.count).encode())
    return FOLD(self, request)


def removes_at_once(self: Folder, number: int) -> Any:
    changes = MARK(self, number)
    assert self._drop
    self._drop._store._remove({number})
    return changes


def removes_anyway(self: Folder) -> Any:
    return LEAVE(self)[0]


def keeps_marks(self: Folder) -> Any:
    return ABANDON(self), ()


def first_again(self: Pop2Service, request: Any) -> Answer:
    answer = ACKD(self, request)
    self._current -= 1
    return answer


def goes_on(self: Pop2Service, request: Any) -> Answer:
    self._current += 1
    return NACK(self, request)


def unquotes_nothing(patch: Patch) -> None:
    def helo(self: Pop2Service, request: Any) -> Answer:
        quoted = tuple(value.replace(b"l", b"\\l") for value in request.arguments)
        return HELO(self, request._replace(arguments=quoted))

    patch.setattr(Pop2Service, "_helo", helo)


def tries_again(self: ServerEngine, trigger: Any, plan: Any) -> Any:
    return to_state(plan, self.state) if plan.rule.condition == table.LOGIN_WRONG else None


PITFALLS = (
    Pitfall(
        "RETR sends exactly the announced octets: no reply line, no stuffing, no end mark",
        "RFC 937 p.5, p.8",
        checks.the_data_are_the_announced_octets,
        {
            "a reply line before them": sent_as(before=b"+ data follow\r\n"),
            "dot-stuffed, with a lone dot at the end": sent_as(stuffed=True),
            "an empty line at the end": sent_as(after=b"\r\n"),
            "LF sizes": sized(bare_octets),
            "the size of the stuffed text": sized(lambda mail: len(mail.dot_stuffed) - 3),
            "without the last line end": sent_as(cut=2),
        },
    ),
    Pitfall(
        "every sequence error is fatal",
        "RFC 937 p.22, p.23 (action 1)",
        checks.every_sequence_error_is_fatal,
        {
            "an error, and the session goes on (as SMTP)": decides(carries_on),
            "an unknown command is forgiven": decides(forgives_unknown),
            "QUIT is always taken": decides(quits_anywhere),
        },
    ),
    Pitfall(
        "QUIT is illegal in NEXT, and then nothing is removed",
        "RFC 937 p.22",
        checks.quit_is_no_answer_to_a_message,
        {"it is taken": decides(quits_anywhere), "any end removes": sets(Folder, "abandon", removes_anyway)},
    ),
    Pitfall(
        "RETR after =0 closes without a word",
        "RFC 937 p.7, p.23 (action 7)",
        checks.retr_of_nothing_closes_without_a_word,
        {"a word": sets(Pop2Service, "_retr", says_no), "no end": decides(waits)},
    ),
    Pitfall(
        "FOLD to a missing mailbox is #0",
        "RFC 937 p.7",
        checks.a_missing_mailbox_is_an_empty_one,
        {"an error": decides(no_such_folder), "the old mailbox stays open": sets(Pop2Service, "_fold", stays_there)},
    ),
    Pitfall(
        "FOLD expunges the mailbox that it leaves",
        "RFC 937 p.9",
        checks.fold_removes_what_was_marked,
        {
            "only QUIT does": sets(Folder, "leave", keeps_marks),
            "ACKD does at once": sets(Folder, "mark", removes_at_once),
        },
    ),
    Pitfall(
        "nothing is removed but by FOLD and QUIT",
        "RFC 937 p.9",
        checks.only_fold_and_quit_remove,
        {
            "any end removes": sets(Folder, "abandon", removes_anyway),
            "QUIT does not": sets(Folder, "leave", keeps_marks),
        },
    ),
    Pitfall(
        "ACKS and ACKD go on, NACK stays, and numbers hold until the mailbox is left",
        "RFC 937 p.8, p.9",
        checks.an_acknowledgement_moves_on_and_a_refusal_stays,
        {
            "ACKD stays": sets(Pop2Service, "_ackd", first_again),
            "NACK goes on": sets(Pop2Service, "_nack", goes_on),
            "numbers move up": sets(OpenMaildrop, "message", lambda drop, n: drop._messages[n - 1 + len(drop._marked)]),
        },
    ),
    Pitfall(
        "there is one try to log in",
        "RFC 937 p.7, p.23 (action 3b)",
        checks.there_is_one_try,
        {"a second one": decides(tries_again)},
    ),
    Pitfall(
        "a backslash quotes in arguments",
        "RFC 937 p.6",
        checks.arguments_are_unquoted,
        {"it is taken as it is": unquotes_nothing},
    ),
    Pitfall(
        "command lines up to 512 octets",
        "RFC 937 p.12",
        checks.lines_of_512_octets_are_read,
        {"up to 511": after_reading(-1), "up to 513": after_reading(1)},
    ),
)
