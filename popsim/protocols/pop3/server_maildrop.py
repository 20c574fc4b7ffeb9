"""The maildrop of a POP3 session: what is listed, sent, marked, and removed at its end."""

from __future__ import annotations

from popsim.engine.answer import Answer, Change, Handler
from popsim.engine.framing import Listing, Payload
from popsim.mail.maildrop import NoSuchMessage
from popsim.mail.message import Message
from popsim.protocols.model import ALWAYS, Occurrence, Trigger
from popsim.protocols.pop3 import table
from popsim.protocols.pop3.server_session import Session, count
from popsim.protocols.request import Request
from popsim.timeline.event import DELETED, GONE, KEPT, MARKED, REMOVED, UNLOCKED, UNMARKED, lock_key


class Mailbox:
    """What a server does once it knows who is there.

    Args:
        session: what the parts of the session share.
    """

    __slots__ = ("_session", "_fetched", "_may_need_utf8")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._fetched: set[int] = set()
        self._may_need_utf8 = bool(session.protocol.enabled) and table.UTF8 in session.protocol.forms

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each trigger."""
        return {
            Occurrence.COMMITTED: self._committed,
            Occurrence.LOST: self._gone,
            Occurrence.EXPIRED: self._gone,
            table.QUIT: self._quit,
            table.STAT: self._stat,
            table.LIST: self._list,
            table.LIST_MSG: self._list_msg,
            table.RETR: self._retr,
            table.DELE: self._dele,
            table.NOOP: self._noop,
            table.LAST: self._last,
            table.RSET: self._rset,
            table.TOP: self._top,
            table.UIDL: self._uidl,
            table.UIDL_MSG: self._uidl_msg,
        }

    def _stat(self, _: Request) -> Answer:
        drop = self._session.drop
        return Answer(ALWAYS, b"%d %d" % (drop.count, drop.total))

    def _list(self, _: Request) -> Answer:
        drop = self._session.drop
        rows = b"".join([b"%d %d\r\n" % (number, m.size) for number, m in drop.listed()])
        return Answer(ALWAYS, f"{count(drop.count)} ({drop.total} octets)".encode(), Listing(rows))

    def _uidl(self, _: Request) -> Answer:
        drop = self._session.drop
        rows = "".join([f"{number} {m.uid}\r\n" for number, m in drop.listed()])
        return Answer(ALWAYS, count(drop.count).encode(), Listing(rows.encode()))

    def _list_msg(self, request: Request) -> Answer:
        message = self._find(request)
        return message if isinstance(message, Answer) else _there(f"{request.number} {message.size}")

    def _uidl_msg(self, request: Request) -> Answer:
        message = self._find(request)
        return message if isinstance(message, Answer) else _there(f"{request.number} {message.uid}")

    def _retr(self, request: Request) -> Answer:
        message = self._find(request)
        if self._may_need_utf8:
            message = self._readable(request, message)
        if isinstance(message, Answer):
            return message
        session = self._session
        session.drop.retrieved(request.number)
        if session.follows_policy:
            self._fetched.add(request.number)
        changes = session.accessed() if session.keeps_last else ()
        if session.marks_seen:
            changes += session.seen(request.number)
        return _there(f"{message.size} octets", message, changes)

    def _top(self, request: Request) -> Answer:
        message = self._find(request)
        if self._may_need_utf8:
            message = self._readable(request, message)
        if isinstance(message, Answer):
            return message
        lines = request.arguments[1]
        assert isinstance(lines, int)
        return _there("top of message follows", message.top(lines))

    def _dele(self, request: Request) -> Answer:
        message = self._find(request)
        if isinstance(message, Answer):
            return message
        session = self._session
        session.drop.delete(request.number)
        marked = Change(MARKED, {session.mark(request.number): DELETED})
        return _there(f"message {request.number} marked as deleted", changes=(marked, *session.accessed()))

    def _noop(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"nothing done")

    def _last(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"%d" % self._session.drop.last)

    def _rset(self, _: Request) -> Answer:
        session, drop = self._session, self._session.drop
        marks: dict[str, object] = {session.mark(number): KEPT for number in drop.marked()}
        condition = next((r.condition for r in session.protocol.rules if r.trigger is table.RSET), ALWAYS)
        drop.reset(drop.last_at_opening if condition == table.RESET_TO_OPENING else 0)
        changes = (Change(UNMARKED, marks),) if marks else ()
        holds = f"maildrop has {count(drop.count)} ({drop.total} octets)".encode()
        return Answer(condition, holds, changes=changes + session.accessed())

    # The end

    def _quit(self, _: Request) -> Answer:
        return Answer(ALWAYS, b"goodbye")

    def prepare(self) -> None:
        """Remove what is to be removed where it is kept for good, ahead of the commit: this may take a while."""
        self._mark_fetched()
        self._session.drop.prepare()

    def _committed(self, _: Request) -> Answer:
        session, drop = self._session, self._session.drop
        if session.follows_policy:
            self._mark_fetched()
        numbers = drop.marked()
        removed, failed = drop.commit()
        values: dict[str, object] = {session.mark(n): KEPT if n in failed else GONE for n in numbers}
        changes: tuple[Change, ...] = (Change(REMOVED, values),) if values else ()
        changes += self._release()
        if failed:
            lost = ", ".join(str(n) for n in failed)
            return session.refused(table.SOME_KEPT, f"could not remove message {lost}")._replace(changes=changes)
        text = f"goodbye; {len(removed)} removed, {drop.opened - len(removed)} left"
        return Answer(table.ALL_REMOVED, text.encode(), changes=changes)

    def _mark_fetched(self) -> None:
        """Where nothing may be left behind, what was retrieved is removed too (RFC 2449 §6.7, RFC 1939 §8)."""
        session = self._session
        assert session.account is not None
        if session.policy.expiry(session.account.user.name) == 0 and table.CAP_EXPIRE in session.protocol.capabilities:
            for number in sorted(self._fetched.difference(session.drop.marked())):
                session.drop.delete(number)

    def _gone(self, _: Request) -> Answer:
        session = self._session
        if session.account is None:
            return Answer(ALWAYS)
        marks: dict[str, object] = {session.mark(number): KEPT for number in session.drop.marked()}
        changes = (Change(UNMARKED, marks),) if marks else ()
        return Answer(ALWAYS, changes=changes + self._release())

    def _release(self) -> tuple[Change, ...]:
        session = self._session
        assert session.account is not None
        session.drop.release()
        return (Change(UNLOCKED, {lock_key(session.account.user.name): None}),)

    # What several commands need

    def _find(self, request: Request) -> Message | Answer:
        """The message that a request names, or the answer that it is not there."""
        try:
            return self._session.drop.message(request.number)
        except NoSuchMessage as missing:
            condition = table.MESSAGE_MARKED if missing.deleted else table.NO_SUCH_MESSAGE
            return Answer(condition, str(missing).encode())

    def _readable(self, request: Request, message: Message | Answer) -> Message | Answer:
        """The message, or the answer that the client is not ready for it (RFC 6856 §2.1)."""
        if isinstance(message, Answer) or self._session.utf8 or not message.has_utf8_header:
            return message
        text = f"message {request.number} has a header in UTF-8: send {table.UTF8.keyword} before the login"
        return self._session.refused(table.NEEDS_UTF8, text)


def _there(text: str, body: Payload | None = None, changes: tuple[Change, ...] = ()) -> Answer:
    return Answer(table.MESSAGE_THERE, text.encode(), body, changes)
