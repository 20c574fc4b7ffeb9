"""Two IMAP servers with the same mail for the same users, and one session with each that does the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from popsim.mail.store import Store, User
from popsim.protocols.imap.table import IMAP
from popsim.sockets import Server
from tests.judges.dovecot import Dovecot, dovecot
from tests.judges.imap_answers import Outcome, Session
from tests.judges.imap_deviations import Deviation, deviation
from tests.judges.imap_engine import Reading
from tests.judges.imap_streams import DATES, LETTERS, Command, command

SECRET = "secret"
NOT_AUTHENTICATED, AUTHENTICATED, SELECTED, EMPTY, READ_ONLY, NEWS = (
    "not authenticated",
    "authenticated",
    "selected",
    "selected, empty",
    "selected, read-only",
    "selected, with news",
)
SITUATIONS = (NOT_AUTHENTICATED, AUTHENTICATED, SELECTED, EMPTY, READ_ONLY, NEWS)
_OPENS = {SELECTED: b"SELECT INBOX\r\n", EMPTY: b"SELECT Empty\r\n", READ_ONLY: b"EXAMINE INBOX\r\n", NEWS: b"SELECT INBOX\r\n"}
_PROBE = (b"NOOP\r\n", b"UID FETCH 1:* (UID FLAGS)\r\n")
"""Shows whether a mailbox is open, and what is in it."""
_ALL_OF_THEM = b"UID FETCH 1:* (UID RFC822.SIZE INTERNALDATE)\r\n"
_WRITABLE = b"EXPUNGE\r\n"
_LISTED = (b'LIST "" *\r\n', b'LSUB "" *\r\n', b"STATUS Other (MESSAGES RECENT UIDNEXT UNSEEN)\r\n")
_ARRANGING = {"CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "APPEND", "COPY", "MOVE", "UID COPY", "UID MOVE"}
_OPENING = {"SELECT", "EXAMINE", "CLOSE", "UNSELECT"}
EXTENSIONS = IMAP.extended()

Place = tuple[str, str, str]


@dataclass
class Pair:
    """Two servers.

    Args:
        theirs, ours: the servers.
        users: those whose mail nobody has touched.
        met: the deviations that occurred.
        compared: how many commands were compared, by place.
        problems: differences that no deviation explains.
    """

    theirs: Dovecot
    ours: Server
    users: list[str]
    met: set[Deviation] = field(default_factory=set)
    compared: dict[Place, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@contextmanager
def pair(users: int) -> Iterator[Pair]:
    """The two, with so many users."""
    people = {f"u{number}": SECRET for number in range(users)}
    with dovecot(people, imap=True) as theirs:
        store = Store([User(name, secret) for name, secret in people.items()], {})
        with Server(EXTENSIONS, store).start() as ours:
            yield Pair(theirs, ours, list(people))


class Both:
    """One session with each of the two.

    Args:
        servers: the two.
        user: who logs in.
    """

    def __init__(self, servers: Pair, user: str) -> None:
        self.servers, self.user = servers, user
        self.alike = True
        """Whether both sessions are still in the same state, and see the same."""
        self.theirs = Session(servers.theirs.imap_port, Reading(EXTENSIONS))
        self.ours = Session(servers.ours.port)

    def close(self) -> None:
        self.theirs.close()
        self.ours.close()

    @property
    def closed(self) -> bool:
        """Whether one of the two has closed the connection."""
        return self.theirs.closed or self.ours.closed

    def both(self, *parts: bytes) -> tuple[Outcome, Outcome]:
        """The outcomes of a command: popsim's and Dovecot's."""
        return self.ours.ask(parts), self.theirs.ask(parts)

    def must(self, *parts: bytes, status: str = "OK") -> Outcome:
        """The outcome of a command that both answer in the same way."""
        ours, theirs = self.both(*parts)
        assert ours == theirs and ours.status == status, f"{parts}: popsim {ours}, Dovecot {theirs}, {self.story}"
        return ours

    def log_in(self) -> None:
        self.must(b"LOGIN %b %b\r\n" % (self.user.encode(), SECRET.encode()))

    def probe(self, keyword: str = "") -> tuple[list[Outcome], list[Outcome]]:
        """What the two say of their states, after a command."""
        if self.closed:
            return [Outcome("", goes_on=not self.ours.closed)], [Outcome("", goes_on=not self.theirs.closed)]
        lines = [*_PROBE]
        if keyword in _ARRANGING:
            lines += (_ALL_OF_THEM, *_LISTED)
        if keyword in _OPENING:
            lines += (_WRITABLE, b'LIST "" ""\r\n')
        if keyword in ("LOGIN", "AUTHENTICATE", "LOGOUT", "STARTTLS"):
            lines.append(b'LIST "" ""\r\n')
        pairs = [self.both(line) for line in lines]
        return [ours for ours, _ in pairs], [theirs for _, theirs in pairs]

    @property
    def story(self) -> str:
        return f"after {b''.join(self.theirs.said)[-1500:]!r}"


def furnish(both: Both) -> None:
    """Make the mailboxes and the messages that the classes of commands speak of."""
    for name in (b"Other", b"Empty", b"Tree", b"Tree/leaf", b"Tree/branch", b"Tree/branch/leaf"):
        both.must(b"CREATE %b\r\n" % name)
    for name in (b"INBOX", b"Other", b"Tree/leaf"):
        both.both(b"SUBSCRIBE %b\r\n" % name)
    fill(both)


def fill(both: Both) -> None:
    """Put the letters into the inbox."""
    for number, (letter, date) in enumerate(zip(LETTERS, DATES, strict=True)):
        flags = (b"", b"(\\Seen) ", b"(\\Flagged $Forwarded) ", b"(\\Deleted) ")[number]
        both.must(b'APPEND INBOX %b"%b" {%d+}\r\n%b\r\n' % (flags, date.encode(), len(letter), letter))


class Trial:
    """Tries commands in one situation, with fresh users where the two no longer see the same.

    Args:
        servers: the two.
        situation: which.
        chance: what is drawn.
    """

    def __init__(self, servers: Pair, situation: str, chance: random.Random) -> None:
        self._servers, self._situation, self._chance = servers, situation, chance
        self._both: Both | None = None
        self._other: Both | None = None
        self._names = 0
        self._is_open = False

    def close(self) -> None:
        for one in (self._both, self._other):
            if one:
                one.close()
        self._both = self._other = None

    def try_out(self, keyword: str, arguments: str) -> None:
        """Compare a command of this class."""
        both = self._ready()
        self._names += 1
        names = {"<new>": f"N{self._names:04}", "<spare>": f"Same{self._names % 10}", "<n>": "1"}
        if arguments and "<spare>" in _text(keyword, arguments):
            names["<spare>"] = f"S{self._names:04}"
            if self._situation != NOT_AUTHENTICATED:
                both.must(b"CREATE %b\r\n" % names["<spare>"].encode())
        if self._situation == NEWS:
            self._make_news()
        self._compare(both, command(keyword, arguments, names))

    def _compare(self, both: Both, what: Command) -> None:
        servers = self._servers
        place = (self._situation, what.keyword, what.arguments)
        servers.compared[place] = servers.compared.get(place, 0) + 1
        try:
            who = "Dovecot"
            theirs = both.theirs.ask(what.parts, bare=what.bare)
            who = "popsim"
            ours = both.ours.ask(what.parts, bare=what.bare)
            who = "afterwards"
            ours_after, theirs_after = both.probe(what.keyword)
        except (AssertionError, ValueError, TimeoutError) as error:
            servers.problems.append(f"{place} {what.parts}: {who} {type(error).__name__} {error}")
            self.close()
            return
        known = deviation(*place, what.parts)
        if ours != theirs:
            if known is None or not known.explains(ours, theirs):
                servers.problems.append(f"{place} {what.parts}:\n    popsim  {ours}\n    Dovecot {theirs}")
            else:
                servers.met.add(known)
        elif known is not None:
            servers.problems.append(f"{place}: listed as a deviation, and both said {ours}")
        if ours_after != theirs_after:
            if ours == theirs or ours.status == theirs.status and not (known and known.leads_apart):
                for mine, other in zip(ours_after, theirs_after):
                    if mine != other:
                        servers.problems.append(f"{place} {what.parts}, afterwards:\n    popsim  {mine}\n    Dovecot {other}")
            self.close()
        # Another mailbox may be open now, or the same one in another way.
        self._is_open = len(ours_after) > 1 and ours_after[1].status == "OK" and what.keyword not in _OPENING

    def _ready(self) -> Both:
        """The sessions, in the situation."""
        situation = self._situation
        if self._both and self._both.closed:
            self.close()
        if self._both is None:
            self._begin()
        both = self._both
        assert both is not None
        if self._is_open and situation == AUTHENTICATED:
            both.both(b"UNSELECT\r\n")
        if situation not in _OPENS:
            return both
        if situation in (SELECTED, NEWS) and self._is_open:
            self._refill(both)
        elif situation == READ_ONLY and len(both.ours.known.there) < 4:
            both.both(b"SELECT INBOX\r\n")
            self._refill(both)
            self._is_open = False
        if not self._is_open or situation == EMPTY and both.ours.known.there:
            both.both(_OPENS[situation])
            if situation == EMPTY and both.ours.known.there:
                self._empty(both)
        return both

    def _begin(self) -> None:
        """Sessions of a user whom nobody knows."""
        self._both = Both(self._servers, self._servers.users.pop())
        self._is_open = False
        if self._situation != NOT_AUTHENTICATED:
            self._both.log_in()
            furnish(self._both)
        if self._situation == NEWS:
            self._other = Both(self._servers, self._both.user)
            self._other.log_in()
            self._other.both(b"SELECT INBOX\r\n")

    def _refill(self, both: Both) -> None:
        if len(both.ours.known.there) > 12:
            self._empty(both)
        if len(both.ours.known.there) < 4:
            fill(both)
            both.both(b"NOOP\r\n")

    def _empty(self, both: Both) -> None:
        both.both(b"STORE 1:* +FLAGS.SILENT (\\Deleted)\r\n")
        both.both(b"EXPUNGE\r\n")

    def _make_news(self) -> None:
        """Let a second client change the mailbox."""
        assert self._other is not None
        other = self._other
        for line in self._chance.choice(
            (
                (b"STORE 2 -FLAGS (\\Flagged)\r\n", b"STORE 2 +FLAGS (\\Answered)\r\n"),
                (b"APPEND INBOX (\\Seen) {5+}\r\nhello\r\n",),
                (b"STORE 2 +FLAGS (\\Deleted)\r\n", b"EXPUNGE\r\n"),
                (b"STORE 3 FLAGS (\\Deleted)\r\n", b"EXPUNGE\r\n", b"APPEND INBOX {5+}\r\nhello\r\n", b"STORE 1 FLAGS ()\r\n"),
            )
        ):
            other.both(b"NOOP\r\n")
            other.both(line)


def _text(keyword: str, arguments: str) -> str:
    from tests.judges.imap_streams import classes

    return classes(keyword)[arguments]
