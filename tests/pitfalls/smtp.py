"""What real SMTP programs have got wrong: each rule with its check, and the mistakes themselves to be planted."""

from __future__ import annotations

import re
from typing import Any

from popsim.engine import challenges
from popsim.engine.answer import Answer
from popsim.engine.framing import Buffer, DotEnded, Part
from popsim.engine.plan import Ways
from popsim.engine.server import ServerEngine
from popsim.mail.message import Message
from popsim.protocols.model import CLOSED, Occurrence, State
from popsim.protocols.smtp import server, server_delivery, table
from popsim.protocols.smtp.server_session import Session
from popsim.protocols.smtp.server_transaction import Transactions
from tests.pitfalls import smtp_checks as checks
from tests.pitfalls.pop3 import Mistake as Mistake
from tests.pitfalls.pop3 import Patch, lenient, sets, twice
from tests.pitfalls.pop3 import Pitfall as Pitfall


def ends_at(pattern: bytes) -> Mistake:
    """A text ends where a pattern matches."""

    def feed(self: DotEnded, data: bytes) -> int:
        had = len(b"".join(self._pieces))
        window = b"\r\n" + b"".join(self._pieces) + data
        match = re.search(pattern, window)
        used = match.end() - had - 2 if match else len(data)
        self._keep(data[:used])
        return used if match else -1

    def text(self: DotEnded) -> bytes:
        window = b"\r\n" + Part.text(self)
        return re.sub(rb"\r\n\.", b"\r\n", window[: re.search(pattern, window).start()] + b"\r\n")[2:]  # type: ignore[union-attr]

    def plant(patch: Patch) -> None:
        patch.setattr(DotEnded, "feed", feed)
        patch.setattr(DotEnded, "text", text)

    return plant


def normalizes(self: DotEnded, data: bytes) -> int:
    """Line ends are mended before the end is looked for."""
    return FEED(self, re.sub(rb"\r?\n", b"\r\n", data)) and len(data)


def keeps_lone_ends(session: Session, text: bytes) -> Any:
    """Lone CRs and LFs are let in, and made line ends."""
    objected = OBJECTION(session, text)
    return None if objected and objected.condition == table.BARE_END else objected


def mended(patch: Patch) -> None:
    patch.setattr(server_delivery, "objection", keeps_lone_ends)
    patch.setattr(server_delivery, "Message", Message.of)


def no_dot_off(patch: Patch) -> None:
    patch.setattr("popsim.engine.framing.unstuffed", lambda text: text)


def every_dot_off(patch: Patch) -> None:
    patch.setattr(
        "popsim.engine.framing.unstuffed", lambda text: text.replace(b"\r\n.", b"\r\n").replace(b".\r\n", b"\r\n")
    )


def forgives_order(self: ServerEngine, trigger: Any, request: Any = None) -> None:
    """Whatever is out of order is let pass."""
    ANSWERED(self, trigger, request)
    if self._out and self._out[-1].startswith(b"503"):
        self._out[-1] = b"250 OK\r\n"


def closes_at_errors(self: ServerEngine, data: bytes) -> None:
    RECEIVE(self, data)
    if any(piece[:2] == b"50" for piece in self._out):
        self.state = CLOSED


def begins_again(self: ServerEngine, trigger: Any, request: Any = None) -> None:
    """A refused command throws the session back to its beginning."""
    state: State = self.state
    ANSWERED(self, trigger, request)
    if self._out and self._out[-1].startswith(b"503") and state.kind == "state":
        self.state = self.protocol.state("CONNECTED")


def keeps_transaction(self: Session, client: str, extended: bool) -> None:
    self.client, self.extended = client, extended


def keeps_recipients(self: Transactions, request: Any) -> Any:
    old = LAST.get(id(self))
    answer = MAIL(self, request)
    transaction = self._session.transaction
    if old and transaction:
        transaction.recipients += old.recipients
    LAST[id(self)] = transaction
    return answer


def keeps_what_came(self: ServerEngine) -> None:
    self._awaits = None
    self._occur(Occurrence.SECURED)
    self.receive(b"")


def moved_limit(name: str, value: int) -> Mistake:
    """A limit of the engine that is another one."""

    def plant(patch: Patch) -> None:
        def of(cls: type[Ways], protocol: Any) -> Ways:
            ways = Ways(protocol)
            setattr(ways, name, value)
            return ways

        patch.setattr(Ways, "of", classmethod(of))

    return plant


def never_too_many(self: Transactions, request: Any) -> Any:
    unlimited: Any = SimpleLimits(self._session.protocol)
    self._session.protocol = unlimited
    return RCPT(self, request)


class SimpleLimits:
    """A protocol that sets no limits."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._protocol, name)

    def limit(self, name: str) -> int:
        return 10**9


def says_yes(self: server.SmtpService, _: Any) -> Any:
    return Answer(table.VERIFIED, b"<somebody@popsim.example>")


def says_no(self: server.SmtpService, _: Any) -> Any:
    return Answer(table.NO_SUCH_USER, b"No such user here")


def silent_space(self: ServerEngine, *given: Any) -> bytes:
    return LINE(self, *given).replace(b"334 \r\n", b"334\r\n")


def silent(self: ServerEngine) -> None:
    self.state = CLOSED


LAST: dict[int, Any] = {}
FEED, OBJECTION = DotEnded.feed, server_delivery.objection
RECEIVE, ANSWERED, LINE = ServerEngine.receive, ServerEngine._occur, ServerEngine._line
MAIL, RCPT, HERE = Transactions._mail, Transactions._rcpt, Session.is_here

PITFALLS = (
    Pitfall(
        "SMTP: DATA ends only at CRLF.CRLF, never at a bare LF",
        "RFC 5321 §2.3.8, §4.1.1.4",
        checks.data_ends_only_at_crlf_dot_crlf,
        {
            "LF.LF": ends_at(rb"\n\.\n"),
            "LF.CRLF (Sendmail, Postfix)": ends_at(rb"\n\.\r\n"),
            "CRLF.LF": ends_at(rb"\r\n\.\n"),
            "any end, dot, any end (aiosmtpd before 1.4.5)": ends_at(rb"\r?\n\.\r?\n"),
            "CR.CR": ends_at(rb"\r\.\r"),
            "CR.CRLF": ends_at(rb"\r\.\r\n"),
            "CRLF.CR": ends_at(rb"\r\n\.\r"),
            "CR.LF": ends_at(rb"\r\.\n"),
            "CRs are not counted": ends_at(rb"\n\.\r*\n"),
            "NULs are not counted (Sendmail)": ends_at(rb"\r\n\x00*\.\x00*\r\n"),
            "a space is not counted": ends_at(rb"\r\n\. *\r\n"),
            "line ends are mended first": sets(DotEnded, "feed", normalizes),
        },
    ),
    Pitfall(
        "SMTP: a CR or LF that stands alone is not passed on as a line end",
        "RFC 5321 §2.3.8",
        checks.what_is_delivered_has_crlf_line_ends_only,
        {"each is made one (Postfix, Exim, Cisco)": mended},
    ),
    Pitfall(
        "SMTP: the first dot of a line is taken away, and no other",
        "RFC 5321 §4.5.2",
        checks.a_dot_is_taken_away_where_one_was_added_only,
        {"none is": no_dot_off, "the last one too": every_dot_off},
    ),
    Pitfall(
        "SMTP: bad order is 503 and the state stays",
        "RFC 5321 §4.1.4",
        checks.bad_order_is_503_and_the_state_stays,
        {
            "it is let pass": sets(ServerEngine, "_occur", forgives_order),
            "the session begins again": sets(ServerEngine, "_occur", begins_again),
            "the connection is closed": sets(ServerEngine, "receive", closes_at_errors),
        },
    ),
    Pitfall(
        "SMTP: what is wrong gets one reply, and the session goes on",
        "RFC 5321 §3.8, §4.2",
        checks.what_is_wrong_is_refused_and_the_session_goes_on,
        {
            "the connection is closed": sets(ServerEngine, "receive", closes_at_errors),
            "two replies": sets(ServerEngine, "_send", twice),
        },
    ),
    Pitfall(
        "SMTP: EHLO resets",
        "RFC 5321 §4.1.4",
        checks.ehlo_begins_afresh,
        {"its recipients stay": sets(Transactions, "_mail", keeps_recipients)},
    ),
    Pitfall(
        "SMTP: RSET forgets sender and recipients",
        "RFC 5321 §4.1.1.5",
        checks.rset_forgets_the_transaction,
        {"its recipients stay": sets(Transactions, "_mail", keeps_recipients)},
    ),
    Pitfall(
        "SMTP: mail for other domains is not relayed, however it is written",
        "RFC 5321 §3.6.2, §4.1.1.3",
        checks.nothing_is_relayed,
        {
            "an open relay": sets(Session, "is_here", lambda self, mailbox: True),
            "who ends alike is here": sets(
                Session,
                "is_here",
                lambda self, mailbox: mailbox.domain.lower().endswith(self.domain) or HERE(self, mailbox),
            ),
            "who begins alike is here": sets(
                Session,
                "is_here",
                lambda self, mailbox: mailbox.domain.lower().startswith(self.domain) or HERE(self, mailbox),
            ),
            "domains have a case": sets(
                Session, "is_here", lambda self, mailbox: mailbox.domain in (self.domain, "[127.0.0.1]")
            ),
        },
    ),
    Pitfall(
        "SMTP: there is a postmaster",
        "RFC 5321 §4.5.1",
        checks.the_postmaster_is_always_there,
        {"only where a user has the name": sets(Session, "user", lambda self, name: self.store.accounts.get(name))},
    ),
    Pitfall(
        "SMTP: VRFY says 250 only of what it has verified, and 252 where it does not tell",
        "RFC 5321 §3.5.3, §7.3",
        checks.verifying_does_not_lie,
        {
            "always 250": sets(server.SmtpService, "_vrfy", says_yes),
            "always 550": sets(server.SmtpService, "_vrfy", says_no),
        },
    ),
    Pitfall(
        "SMTP: lines and DATA are bounded",
        "RFC 5321 §4.5.3.1",
        checks.lines_and_texts_are_bounded,
        {
            "a line may be endless (mailpit)": sets(Buffer, "_drop_beyond", lambda self, limit: None),
            "a text may be endless (mailpit)": moved_limit("upload_limit", 10**12),
        },
    ),
    Pitfall(
        "SMTP: a hundred recipients are taken, and one more is 452",
        "RFC 5321 §4.5.3.1.8, §4.5.3.1.10",
        checks.a_hundred_recipients_and_no_more,
        {"any number": sets(Transactions, "_rcpt", never_too_many)},
    ),
    Pitfall(
        "SMTP: what came in clear before the TLS handshake is thrown away",
        "RFC 3207 §4.2",
        checks.clear_octets_do_not_survive_the_handshake,
        {
            "it is read afterwards (half of all servers)": sets(ServerEngine, "secured", keeps_what_came),
        },
    ),
    Pitfall(
        "SMTP: what was said before the TLS handshake is forgotten",
        "RFC 3207 §4.2",
        checks.a_login_in_clear_does_not_survive_the_handshake,
        {"the login stays": sets(Session, "forget", lambda self: self.begin("", False))},
    ),
    Pitfall(
        "SMTP: AUTH by the letter: an empty challenge keeps its space, bad base64 and * are 501, a second login is 503",
        "RFC 4954 §4",
        checks.exchanges_are_by_the_letter,
        {
            "no space": sets(ServerEngine, "_line", silent_space),
            "base64 with strangers in it": sets(challenges, "decode", lenient),
        },
    ),
    Pitfall(
        "SMTP: who is silent for five minutes gets 421",
        "RFC 5321 §4.5.3.2.7, §3.8",
        checks.the_timer_says_421_and_not_too_early,
        {
            "without a word": sets(ServerEngine, "expired", silent),
            "after one minute": sets(ServerEngine, "deadline", 60 * 10**9),
        },
    ),
)
