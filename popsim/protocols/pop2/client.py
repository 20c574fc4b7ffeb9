"""Mail readers of POP2: what a client does with a mailbox, as scripts for any wire.

They walk through the client's machine of RFC 937 p.17. A reader acknowledges a message for deletion only when its
keeper has safely kept it. There are no unique-ids in POP2, so whoever keeps mail has to know it by what is in it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from popsim.engine.entering import Refused, line, words_of
from popsim.engine.response import Response
from popsim.engine.script import Connect, Disconnected, Hang, Script, Send
from popsim.engine.visit import Ending, Item, Keeper, Notes, Told, Visit
from popsim.protocols.model import Reply
from popsim.protocols.pop2 import word_table as words
from popsim.protocols.pop2.quoting import quoted
from popsim.protocols.pop2.table import POP2
from popsim.protocols.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Reader:
    """What a mail reader does with a mailbox.

    Args:
        name: in words.
        deletes: whether what is safely kept is deleted at the server.
        mailbox: which mailbox; "" for the one that a login opens.
        number: the only message that is wanted, counted from 1; 0: all of them.

    Raises:
        ValueError: the mailbox's name can't be sent, or the number is below 0.
    """

    name: str
    deletes: bool = False
    mailbox: str = ""
    number: int = 0

    def __post_init__(self) -> None:
        if self.mailbox:
            quoted(self.mailbox, spaces=True)
        if self.number < 0:
            raise ValueError(f"expected a message-number, counted from 1, or 0 for all messages, got {self.number}")


READERS = (Reader("download and delete", deletes=True), Reader("leave on server"))
"""What a mail reader can do; each also with another mailbox, or with one message."""


def reader(name: str, mailbox: str = "", number: int = 0) -> Reader:
    """The reader of that name, one of :data:`READERS`.

    Args:
        name: in words.
        mailbox, number: see :class:`Reader`.

    Raises:
        ValueError: there is no such reader; the headers alone, and messages that are known again, POP2 has not.
    """
    for known in READERS:
        if known.name == name:
            return Reader(name, known.deletes, mailbox, number)
    names = " or ".join(f"'{known.name}'" for known in READERS)
    raise ValueError(f"expected {names} as a mail reader of {POP2.title}, got {name!r}")


@dataclass(frozen=True, slots=True)
class Login:
    """Who a mail reader is.

    Args:
        user: the name.
        secret: the password, which crosses as it is: POP2 knows no other way.
        clear: whether it may cross a line that is not encrypted.

    Raises:
        ValueError: one of them can't be sent: it is empty, not ASCII, or has a line end in it.
    """

    user: str
    secret: str = field(repr=False)
    clear: bool = True

    def __post_init__(self) -> None:
        quoted(self.user)
        try:
            quoted(self.secret)
        except ValueError:
            raise ValueError("expected a password of ASCII without line ends, which is all POP2 can carry") from None


def visit(
    wanted: Reader,
    login: Login,
    keeper: Keeper,
    *,
    protocol: Protocol = POP2,
    now: Callable[[], int] = lambda: 0,
    nonce: Callable[[], str] = str,
    secure: bool = False,
    told: Told | None = None,
) -> Script[Visit]:
    """One session: connect, log in, fetch, acknowledge each message, and quit.

    Args:
        wanted: what to do.
        login: who does it.
        keeper: where messages are kept; it is told of no unique-id, and has to know again what comes again.
        protocol, now, nonce: not needed here; the mail readers of all protocols take them.
        secure: whether the connection begins with TLS.
        told: is told how far it has come.

    Returns:
        What came of it, whatever went wrong on the wire or at the server. What was acknowledged for deletion counts
        as deleted when the goodbye was answered: POP2's answers do not say whether it was (RFC 937 p.9).
    """
    notes = Notes(wanted.name, told)
    try:
        (greeting,) = yield Connect(secure)
        try:
            yield from _session(wanted, login, keeper, notes, greeting, secure)
        except Refused as refused:
            notes.end(Ending.STOPPED if notes.way else Ending.REFUSED, str(refused))
        (farewell,) = yield Send.of(line(words.QUIT))
        if farewell.positive and notes.way:
            for item in notes.marked:
                notes.deleted.append(item)
                notes.tell("deleted", item)
    except Disconnected as lost:
        notes.end(Ending.LOST, str(lost))
    else:
        with suppress(Disconnected):  # the last word was said: how the connection ends changes nothing
            yield Hang()
    return notes.visit()


def _session(
    wanted: Reader, login: Login, keeper: Keeper, notes: Notes, greeting: Response, secure: bool
) -> Script[None]:
    """All between the greeting and the goodbye."""
    if not greeting.positive or not greeting.text.upper().startswith(POP2.title.encode()):
        raise Refused(f"the server does not greet as {POP2.title}: {_said(greeting)}")
    if not (secure or login.clear):
        raise Refused(f"{words.HELO.keyword} would show the password to whoever reads along, and the line has no TLS")
    (answer,) = yield Send.of(line(words.HELO, quoted(login.user), quoted(login.secret)))
    count = _number(answer, words.COUNT)
    notes.way, notes.secured = words.HELO.keyword, secure
    if wanted.mailbox:
        (answer,) = yield Send.of(line(words.FOLD, quoted(wanted.mailbox, spaces=True)))
        count = _number(answer, words.COUNT)
    notes.listed = [Item(number) for number in range(1, count + 1)]
    notes.wanted = [item for item in notes.listed if wanted.number in (0, item.number)]
    notes.tell("listed")
    if wanted.number > count:
        raise Refused(f"there is no message {wanted.number}: the mailbox has {count}")
    yield from _fetch(wanted, keeper, notes)


def _fetch(wanted: Reader, keeper: Keeper, notes: Notes) -> Script[None]:
    """Fetch what is wanted, message by message. The acknowledgement of one tells the length of the next."""
    current, length = 0, 0
    for number in [item.number for item in notes.wanted]:
        if number != current:
            asked = line(words.READ) if (number, current) == (1, 0) else line(words.READ_MSG, number)
            (answer,) = yield Send.of(asked)
            current, length = number, _number(answer, words.LENGTH)
        item = Item(number, length)
        if not length:  # an empty message can't be asked for
            notes.failed.append(item)
            notes.tell("refused", item)
            continue
        (answer,) = yield Send.of(line(words.RETR))
        if answer.body is None and answer.reply is not None:
            raise Refused(f"message {number} did not come: {_said(answer)}")
        problem = _kept(keeper, item, answer.body, notes)
        form = words.NACK if problem else words.ACKD if wanted.deletes else words.ACKS
        (answer,) = yield Send.of(line(form))
        length = _number(answer, words.LENGTH)
        if problem:
            raise Refused(problem)
        if wanted.deletes:
            notes.marked.append(item)
            notes.tell("marked", item)
        current = number + 1


def _kept(keeper: Keeper, item: Item, octets: bytes | None, notes: Notes) -> str:
    """Keep a message. Returns what went wrong, or ""."""
    if octets is None:
        return f"message {item.number} is longer than can be kept in memory"
    try:
        keeper.keep(None, octets)
    except OSError as error:
        return f"message {item.number} could not be kept, so no more are fetched: {error}"
    notes.fetched.append(item)
    notes.tell("fetched", item)
    return ""


def _number(answer: Response, status: Reply) -> int:
    """The number that an answer of this status opens with.

    Raises:
        Refused: it is no such answer.
    """
    digits = answer.text.split(b" ")[0]
    if answer.reply is not status or not digits.isdigit() or len(digits) > 18:
        keyword = answer.request.keyword if answer.request else "the greeting"
        raise Refused(f"{keyword} was answered by {_said(answer)}, where {status}, a number, is due")
    return int(digits)


def _said(answer: Response) -> str:
    """An answer, fit for a message."""
    mark = answer.reply.mark if answer.reply else ""
    return repr(words_of(b" ".join(filter(None, (mark.encode(), answer.text)))))
