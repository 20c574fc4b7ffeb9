"""What real POP3 programs have got wrong: each rule with its check, and the mistakes themselves to be planted."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from typing import Any, NamedTuple

import pytest

from popsim.engine import challenges
from popsim.engine.framing import Buffer, Listing
from popsim.engine.plan import Ways
from popsim.engine.server import ServerEngine
from popsim.mail.maildrop import OpenMaildrop, RemovalResult
from popsim.mail.message import Message
from popsim.protocols.model import Occurrence
from popsim.protocols.pop3.server_capabilities import Capabilities
from popsim.protocols.pop3.server_maildrop import Mailbox
from popsim.protocols.request import Grammar
from tests.pitfalls import pop3_checks as checks

Patch = pytest.MonkeyPatch
Mistake = Callable[[Patch], None]


class Pitfall(NamedTuple):
    """A rule, where it stands, the check, and mistakes that were made, each by its name."""

    rule: str
    source: str
    check: Callable[[], None]
    mistakes: dict[str, Mistake]


def sets(target: object, name: str, value: object) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(target, name, value)


def stuffed(pattern: bytes, start: bytes = b"") -> property:
    """Stuffing that only sees what a pattern sees."""

    def make(mail: Message) -> bytes:
        text = re.sub(pattern, rb"\g<0>.", mail.octets)
        return (b"." + text if start and mail.octets.startswith(start) else text) + b".\r\n"

    return property(make)


def chunked(mail: Message) -> bytes:
    """Dots looked for in pieces of 16 KiB, each alone."""
    pieces = [mail.octets[place : place + 16_384] for place in range(0, len(mail.octets), 16_384)]
    text = b"".join(piece.replace(b"\n.", b"\n..") for piece in pieces)
    return (b"." if mail.octets.startswith(b".") else b"") + text + b".\r\n"


def removes_anyway(self: Mailbox, request: Any) -> Any:
    self._session.drop.commit()
    return GONE(self, request)


def says_all_went_well(self: OpenMaildrop) -> RemovalResult:
    result = COMMIT(self)
    return RemovalResult((*result.removed, *result.failed), ())


def twice(self: ServerEngine, *given: Any) -> None:
    SEND(self, *given)
    SEND(self, *given)


def first_word(self: Grammar, form: Any, text: bytes) -> Any:
    values = VALUES(self, form, text)
    if not isinstance(values, tuple):
        return values
    return tuple(v.split()[0] if isinstance(v, bytes) and v.split() else v for v in values)


def silent_space(self: ServerEngine, *given: Any) -> bytes:
    return LINE(self, *given).replace(b"+ \r\n", b"+\r\n")


def lenient(line: bytes) -> bytes:
    import base64

    return base64.b64decode(line + b"==")


def says_apop(self: Capabilities, request: Any) -> Any:
    answer = CAPA(self, request)
    assert answer.body
    return answer._replace(body=Listing(answer.body.octets + b"APOP\r\n"))


def keeps_what_came(self: ServerEngine) -> None:
    self._awaits = None
    self._occur(Occurrence.SECURED)
    self.receive(b"")


def goodbye(self: ServerEngine) -> None:
    self._out.append(b"-ERR timeout\r\n")
    EXPIRED(self)


def raises(self: Grammar, line: bytes) -> Any:
    return PARSE(self, line) if line.isalnum() or b" " in line else [][1]


def resets_to(number: Callable[[OpenMaildrop], int]) -> Callable[[Any], Any]:
    return lambda self, *_, **__: RESET(self, number(self))


GONE, COMMIT, SEND, VALUES = Mailbox._gone, OpenMaildrop.commit, ServerEngine._send, Grammar._values
LINE, CAPA, EXPIRED = ServerEngine._line, Capabilities._capa, ServerEngine.expired
RECEIVE, DECIDE, WAYS = ServerEngine.receive, ServerEngine._decide, Ways.of
PARSE, RESET, DELETE = Grammar.parse, OpenMaildrop.reset, OpenMaildrop.delete


def unmarked(drop: OpenMaildrop) -> list[Message]:
    return [m for n, m in enumerate(drop._messages[: drop.opened], 1) if n not in drop._marked]


def drops_at_err(self: ServerEngine, data: bytes) -> None:
    RECEIVE(self, data)
    if any(piece.startswith(b"-ERR") for piece in self._out):
        self.lost()


def forgives(self: ServerEngine, trigger: Any, request: Any) -> Any:
    """A refused line does not end the attempt to log in."""
    state = self.state
    decided, answer = DECIDE(self, trigger, request)
    if state.within and isinstance(trigger, Occurrence) and decided.to is state.within:
        decided = copy(decided)  # the plan itself is shared by all sessions
        decided.to = state
    return decided, answer


def after_reading(more: int) -> Mistake:
    """A limit that is wrong by so many octets."""

    def plant(patch: Patch) -> None:
        patch.setattr(Ways, "of", classmethod(lambda cls, protocol: moved(WAYS(protocol), more)))

    return plant


def moved(ways: Ways, more: int) -> Ways:
    other = Ways(ways._protocol)
    other.line_limit += more
    return other


def forgets_last(self: OpenMaildrop, number: int) -> None:
    last = self.last
    DELETE(self, number)
    self.last = last


def bare_octets(mail: Message) -> int:
    """Sizes of a store that keeps LF alone (Twisted)."""
    return len(mail.octets) - mail.octets.count(b"\n")


def sized(size: Callable[[Message], int]) -> Mistake:
    """Messages that give another size; what the constructor works out is ignored."""
    return sets(Message, "size", property(size, lambda mail, value: None))


PITFALLS = (
    Pitfall(
        "every multi-line reply is dot-stuffed, its first line too",
        "RFC 1939 §3, §7",
        checks.every_multi_line_reply_is_stuffed,
        {
            "not the first line (Twisted, Dovecot 2.3)": sets(Message, "dot_stuffed", stuffed(rb"\n(?=\.)")),
            "not at all": sets(Message, "dot_stuffed", property(lambda mail: mail.octets + b".\r\n")),
            "TOP is not stuffed (GreenMail, mailpit)": sets(Message, "top", lambda mail, _: Listing(mail.octets)),
        },
    ),
    Pitfall(
        "stuffing holds across any boundary",
        "RFC 1939 §3",
        checks.stuffing_holds_at_every_boundary,
        {"each chunk alone (Twisted, netius)": sets(Message, "dot_stuffed", property(chunked))},
    ),
    Pitfall(
        "sizes count CRLF as two octets and no stuffed dot, and equal what RETR sends",
        "RFC 1939 §5, §11",
        checks.sizes_are_those_of_the_octets,
        {
            "LF sizes (Twisted)": sized(bare_octets),
            "stuffed dots are counted": sized(lambda mail: len(mail.dot_stuffed) - 3),
            "one more line end (GreenMail)": sized(lambda mail: len(mail.octets) + 2),
        },
    ),
    Pitfall(
        "a deleted message is in no listing, and its number is an error",
        "RFC 1939 §5",
        checks.a_marked_message_is_not_there,
        {
            "it is listed (mailpit)": sets(
                OpenMaildrop, "listed", lambda drop: enumerate(drop._messages[: drop.opened], 1)
            ),
            "it can be fetched (GreenMail)": sets(OpenMaildrop, "message", lambda drop, n: drop._messages[n - 1]),
            "numbers move up": sets(OpenMaildrop, "listed", lambda drop: enumerate(unmarked(drop), 1)),
        },
    ),
    Pitfall(
        "no QUIT, no deletion",
        "RFC 1939 §6",
        checks.no_quit_no_deletion,
        {"any end removes": sets(Mailbox, "_gone", removes_anyway)},
    ),
    Pitfall(
        "the answer to QUIT tells whether the deletion worked",
        "RFC 1939 §6",
        checks.quit_tells_whether_it_worked,
        {"always +OK (mailpit, GreenMail)": sets(OpenMaildrop, "commit", says_all_went_well)},
    ),
    Pitfall(
        "exactly one reply for each command",
        "RFC 1939 §3",
        checks.one_reply_for_each_command,
        {"two (GreenMail's RSET)": sets(ServerEngine, "_send", twice)},
    ),
    Pitfall(
        "wrong state, bad syntax, unknown command: -ERR, and the session goes on",
        "RFC 1939 §3",
        checks.what_is_wrong_is_refused_and_the_session_goes_on,
        {
            "an error nobody catches (Twisted)": sets(Grammar, "parse", raises),
            "the connection is dropped (mailpit)": sets(ServerEngine, "receive", drops_at_err),
        },
    ),
    Pitfall(
        "PASS comes right after a successful USER",
        "RFC 1939 §7",
        checks.pass_comes_right_after_user,
        {"at any time after it (GreenMail)": sets(ServerEngine, "_decide", forgives)},
    ),
    Pitfall(
        "a password may hold spaces",
        "RFC 1939 §7",
        checks.a_password_may_hold_spaces,
        {"its first word is taken (mailpit)": sets(Grammar, "_values", first_word)},
    ),
    Pitfall(
        "an empty maildrop lists as +OK and a lone dot",
        "RFC 1939 §5",
        checks.an_empty_maildrop_lists_nothing,
        {"no dot": sets(Listing, "dot_stuffed", property(lambda listing: listing.octets))},
    ),
    Pitfall(
        "autologout after no less than ten minutes, with no reply and no UPDATE",
        "RFC 1939 §3",
        checks.autologout_is_silent_and_not_too_early,
        {
            "a word of farewell (GreenMail)": sets(ServerEngine, "expired", goodbye),
            "after five minutes (Twisted)": sets(ServerEngine, "deadline", 300 * checks.SECOND),
            "with an UPDATE": sets(Mailbox, "_gone", removes_anyway),
        },
    ),
    Pitfall(
        "AUTH: an empty challenge keeps its space, = only as AUTH's argument, * is refused, and so is bad base64",
        "RFC 5034 §4",
        checks.exchanges_are_by_the_letter,
        {
            "no space (Twisted)": sets(ServerEngine, "_line", silent_space),
            "base64 with strangers in it": sets(challenges, "decode", lenient),
        },
    ),
    Pitfall(
        "CAPA in both states, with no APOP tag",
        "RFC 2449 §5, §6",
        checks.capabilities_are_told_in_both_states,
        {
            "APOP is told": sets(Capabilities, "_capa", says_apop),
            "STLS is told for ever": sets(Capabilities, "_line", lambda self, row: row.tag),
        },
    ),
    Pitfall(
        "command lines up to 255 octets",
        "RFC 2449 §4",
        checks.lines_of_255_octets_are_read,
        {"up to 254": after_reading(-1), "up to 256": after_reading(1)},
    ),
    Pitfall(
        "what came in clear before the TLS handshake is thrown away",
        "RFC 2595 §4",
        checks.clear_octets_do_not_survive_the_handshake,
        {
            "it is read afterwards (half of all servers)": sets(ServerEngine, "secured", keeps_what_came),
        },
    ),
    Pitfall(
        "RSET puts LAST back to the value at the start (1081, 1225) or to 0 (1460); DELE raises it",
        "RFC 1081 pp.8-10, RFC 1460 §5",
        checks.last_and_rset_by_edition,
        {
            "0 in every edition (Twisted)": sets(OpenMaildrop, "reset", resets_to(lambda drop: 0)),
            "the start in every edition (UW)": sets(
                OpenMaildrop, "reset", resets_to(lambda drop: drop.last_at_opening)
            ),
            "DELE leaves it (Dovecot)": sets(OpenMaildrop, "delete", forgets_last),
        },
    ),
    Pitfall(
        "lines are bounded",
        "RFC 2449 §4",
        checks.lines_are_bounded,
        {"a line may be endless (mailpit)": sets(Buffer, "_drop_beyond", lambda self, limit: None)},
    ),
)
