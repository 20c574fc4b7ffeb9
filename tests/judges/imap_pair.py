"""Two IMAP servers with the same mail for the same users, and one session with each that does the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from popsim.mail.store import Store, User
from popsim.protocols.imap.table import IMAP
from popsim.sockets import Server
from tests.judges.dovecot import Dovecot, dovecot
from tests.judges.imap_answers import Session
from tests.judges.imap_deviations import Deviation
from tests.judges.imap_engine import Reading
from tests.judges.imap_facts import Outcome

SECRET = "secret"
LETTERS = (
    b"From: one@x.example\r\nSubject: one\r\nDate: Mon, 1 Jan 2001 10:00:00 +0000\r\n\r\nfirst\r\n",
    b"From: two@x.example\r\nTo: alice@x.example\r\nSubject: two\r\n\r\n" + b"second line\r\n" * 20,
    b"From: three@x.example\r\nSubject: three\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--\r\n",
    b"Subject: four\r\n\r\n.\r\n..dots\r\n",
)
DATES = (
    "01-Feb-2001 12:00:00 +0000",
    "29-Feb-2004 23:59:59 -0800",
    " 3-Mar-1999 00:00:00 +0130",
    "31-Dec-2010 05:06:07 +0000",
)
"""When each of them came in."""

_PROBE = (b"NOOP\r\n", b"UID FETCH 1:* (UID FLAGS)\r\n")
"""Shows whether a mailbox is open, and what is in it."""
_ALL_OF_THEM = b"UID FETCH 1:* (UID RFC822.SIZE)\r\n"
_LISTED = (b'LIST "" *\r\n', b'LSUB "" *\r\n', b"STATUS Other (MESSAGES RECENT UIDNEXT UNSEEN)\r\n")
_ARRANGING = {
    "CREATE",
    "DELETE",
    "RENAME",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "APPEND",
    "COPY",
    "MOVE",
    "UID COPY",
    "UID MOVE",
}
OPENING = {"SELECT", "EXAMINE", "CLOSE", "UNSELECT"}
EXTENSIONS = IMAP.extended()

Place = tuple[str, str, str]


@dataclass
class Pair:
    """Two servers.

    Args:
        theirs, ours: the servers.
        users: those whose mail nobody has touched.
        met: the deviations that occurred.
        apart: the rows of ``AFTERWARDS`` that occurred.
        compared: how many commands were compared, by place.
        problems: differences that no deviation explains.
    """

    theirs: Dovecot
    ours: Server
    users: list[str]
    met: set[tuple[Deviation, str]] = field(default_factory=set)
    apart: set[tuple[str, str]] = field(default_factory=set)
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
        self.logged_in = False
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
        self.logged_in = True

    def probe(self, keyword: str = "") -> tuple[list[Outcome], list[Outcome]]:
        """What the two say of their states, after a command."""
        if self.closed:
            return [Outcome("", goes_on=not self.ours.closed)], [Outcome("", goes_on=not self.theirs.closed)]
        lines = [*_PROBE]
        if keyword in _ARRANGING:
            lines += (_ALL_OF_THEM, *_LISTED)
        if keyword in OPENING:
            lines.append(b'LIST "" ""\r\n')
        if not self.logged_in:  # Dovecot bears three refusals only
            lines = [b'LIST "" ""\r\n']
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
