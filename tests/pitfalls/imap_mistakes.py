"""Mistakes that real IMAP programs have made, to be planted in popsim."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from popsim.engine.answer import Answer
from popsim.engine.client import ClientEngine
from popsim.engine.framing import Literal
from popsim.engine.plan import Ways
from popsim.engine.server import ServerEngine
from popsim.engine.server_answering import Answering
from popsim.mail.flags import DELETED
from popsim.mail.mailbox import Exists, Mailbox, OpenMailbox
from popsim.protocols.imap import server_fetch, server_fetch_plan, table
from popsim.protocols.imap.items import FetchItem, Numbers
from popsim.protocols.imap.server_expunge import Expunging
from popsim.protocols.imap.server_opening import Opening
from popsim.protocols.imap.server_session import Session
from popsim.protocols.model import ALWAYS, Occurrence
from popsim.protocols.request import Request
from tests.pitfalls.pop3 import Mistake, Patch

NEWS, LINE, LEAVE, OPENED, LABEL = Session.news, Session._line, Session.leave, Opening._opened, server_fetch_plan.label
AMONG, OCCUR, ASK, MADE = Numbers.among, Answering._occur, ServerEngine._ask, Mailbox.__init__
VIEW_NEWS, EXCHANGE = OpenMailbox.news, vars(ClientEngine)["exchange_open"].fget


def pushes(self: ServerEngine) -> None:
    """Tells who does not idle of removals too, as soon as they happen."""
    told = self._handlers[table.NOOP](Request(table.NOOP, "")).untagged if self.state is table.SELECTED else ()
    self._out += [b"* " + line + b"\r\n" for line in told]


def counts_what_is_there(self: Session, news: Any) -> bytes:
    """EXISTS with the number of messages that are there, though the client was not told of removals."""
    return LINE(self, Exists(len(self.open.mailbox.items)) if isinstance(news, Exists) else news)


def keeps_the_order(self: Numbers, last: int) -> tuple[range, ...]:
    """A range is what stands between its ends as they are written."""
    return tuple(range(first or last, (end or last) + 1) for first, end in self.ranges)


def cuts_at_the_end(self: Numbers, last: int) -> tuple[range, ...]:
    """What is beyond the last message is nothing, before it is asked what ``*`` is."""
    return tuple(r for r in AMONG(self, last) if all(end <= last for pair in self.ranges for end in pair))


def takes_what_there_is(patch: Patch) -> None:
    """Numbers beyond the last one are left out."""
    patch.setattr(Numbers, "fits", lambda self, last: True)
    patch.setattr(
        Numbers, "among", lambda self, last: tuple(range(r.start, min(r.stop, last + 1)) for r in AMONG(self, last))
    )


def keeps_the_mailbox(self: Opening, request: Any, read_only: bool) -> Answer:
    """A failed SELECT goes back to the mailbox that was open."""
    before = self._session.opened
    answer = OPENED(self, request, read_only)
    if self._session.opened is None and before is not None:
        self._session.opened = before.mailbox.open(self._session.number)
        return Answer(table.READ_WRITE, b"as before", untagged=answer.untagged)
    return answer


def closes_at_bad(self: Answering, trigger: Any, request: Request | None = None) -> None:
    OCCUR(self, trigger, request)
    if trigger is Occurrence.MALFORMED and self.state is table.SELECTED:
        self.state = table.AUTHENTICATED


def does_not_wait_for_nothing(self: ServerEngine, request: Request) -> None:
    """``{0}`` needs no octets, so nobody is asked for them."""
    ASK(self, request)
    if self._out and self._out[-1].startswith(b"+") and b"{0}" in bytes(str(request.arguments), "latin-1"):
        self._out.pop()


def asks_for_all(self: ServerEngine, request: Request) -> None:
    """Asks for octets of which it will take none."""
    self._out.append(b"+ go on\r\n")
    ASK(self, request)


def does_not_wait_with_none(client: ClientEngine) -> bool:
    """A client that sends a literal of no octets unasked."""
    asked = client._pending[-1] if client._pending else None
    announced = asked is not None and asked.trigger is Occurrence.LITERAL and "size=0" in repr(asked)
    return bool(EXCHANGE(client)) or announced


def goes_on_anyway(client: ClientEngine) -> bool:
    """A client that takes any answer for being asked."""
    return bool(EXCHANGE(client)) or not client._pending


def numbered_by_the_clock(self: Mailbox, name: str, uid_validity: int, *rest: Any, **more: Any) -> None:
    """UIDVALIDITY in milliseconds since 1970 (GreenMail)."""
    MADE(self, name, uid_validity + 1_700_000_000_000, *rest, **more)


def numbered_again(self: Mailbox, name: str, uid_validity: int, *rest: Any, **more: Any) -> None:
    """Every mailbox has the same UIDVALIDITY, one that was there before too."""
    MADE(self, name, 1, *rest, **more)


def from_zero(self: Mailbox, *given: Any, **more: Any) -> None:
    MADE(self, *given, **more)
    for item in self.items:
        item.uid -= 1


def labels(change: Callable[[FetchItem], bytes]) -> Mistake:
    """Items that are called something else in the answer."""

    def plant(patch: Patch) -> None:
        patch.setattr(server_fetch_plan, "label", change)
        patch.setattr(server_fetch, "compiled", server_fetch_plan.compiled.__wrapped__)

    return plant


def with_both(item: FetchItem) -> bytes:
    whole = LABEL(item._replace(partial=None))
    return whole + (b"<%d.%d>" % item.partial if item.partial else b"")


def from_the_first(item: FetchItem) -> bytes:
    return LABEL(item if item.partial and item.partial[0] else item._replace(partial=None))


def marks(whether: Callable[[FetchItem], bool]) -> Mistake:
    """Another opinion on what counts as reading."""

    def plant(patch: Patch) -> None:
        patch.setattr(server_fetch_plan, "_sees", whether)
        patch.setattr(server_fetch, "compiled", server_fetch_plan.compiled.__wrapped__)

    return plant


def sees_a_peek(item: FetchItem) -> bool:
    return item.section is not None


def closes_aloud(self: Expunging, request: Any) -> Answer:
    lines = self._expunge(request).untagged
    self._session.leave()
    return Answer(ALWAYS, b"\r\n* ".join((b"closed", *lines)))


def closes_only(self: Expunging, request: Any) -> Answer:
    self._session.leave()
    return Answer(ALWAYS, b"closed")


def removes_what_was_examined(self: Expunging, request: Any) -> Answer:
    mailbox = self._session.open.mailbox
    mailbox.expunge([item.uid for item in mailbox.items if DELETED in item.flags])
    return closes_only(self, request)


def expunges_on_leaving(self: Session) -> None:
    if self.opened is not None:
        mailbox = self.opened.mailbox
        mailbox.expunge([item.uid for item in mailbox.items if DELETED in item.flags])
    LEAVE(self)


def counts_bare_octets(patch: Patch) -> None:
    """Sizes of a store that keeps LF alone."""
    form, _ = server_fetch_plan.COLUMNS[table.ITEM_SIZE.mark]
    sizes = (form, lambda items, recent: [len(item.message.octets.replace(b"\r\n", b"\n")) for item in items])
    patch.setitem(server_fetch_plan.COLUMNS, table.ITEM_SIZE.mark, sizes)
    patch.setattr(server_fetch, "compiled", server_fetch_plan.compiled.__wrapped__)


def keeps_all(self: Literal, data: bytes) -> None:
    self.size += len(data)
    self._pieces.append(data)


def takes_any_literal(patch: Patch) -> None:
    """A literal may have any size, and its octets are kept."""
    announced = Ways.announced

    def all_right(self: Ways, state: Any, request: Request, number: int) -> Request:
        found = announced(self, state, request, number)
        return found._replace(trigger=Occurrence.LITERAL) if found.trigger is Occurrence.OVERLONG else found

    patch.setattr(Ways, "announced", all_right)
    patch.setattr(Literal, "_keep", keeps_all)
