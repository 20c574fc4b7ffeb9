"""Commands tried on two servers, in every situation in which a session can be."""

from __future__ import annotations

import random

from tests.judges.imap_deviations import AFTERWARDS, Case, deviation
from tests.judges.imap_facts import Outcome, without_news
from tests.judges.imap_pair import OPENING, Both, Pair, Place, fill, furnish
from tests.judges.imap_streams import Command, classes, command

NOT_AUTHENTICATED, AUTHENTICATED, SELECTED, EMPTY, READ_ONLY, NEWS = (
    "not authenticated",
    "authenticated",
    "selected",
    "selected, empty",
    "selected, read-only",
    "selected, with news",
)
SITUATIONS = (NOT_AUTHENTICATED, AUTHENTICATED, SELECTED, EMPTY, READ_ONLY, NEWS)
_OPENS = {
    SELECTED: b"SELECT INBOX\r\n",
    EMPTY: b"SELECT Empty\r\n",
    READ_ONLY: b"EXAMINE INBOX\r\n",
    NEWS: b"SELECT INBOX\r\n",
}
_CHANGING_THE_SESSION = ("ENABLE", "SELECT", "EXAMINE", "STORE", "UID STORE", "STATUS")
"""What changes a session in a way that does not show at once."""
_NEW = b"{22+}\r\nSubject: hi\r\n\r\nhello\r\n\r\n"
_DOINGS = (
    (b"STORE 2 -FLAGS (\\Flagged)\r\n", b"STORE 2 +FLAGS (\\Answered)\r\n"),
    (b"APPEND INBOX (\\Seen) " + _NEW,),
    (b"STORE 2 +FLAGS (\\Deleted)\r\n", b"EXPUNGE\r\n"),
    (b"STORE 3 FLAGS (\\Deleted)\r\n", b"EXPUNGE\r\n", b"APPEND INBOX " + _NEW, b"STORE 1 FLAGS ()\r\n"),
)
"""What a second client may do."""


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
        if "<spare>" in classes(keyword)[arguments]:
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
        if self._situation == NEWS:
            ours, theirs = without_news(ours), without_news(theirs)
            ours_after, theirs_after = ours_after[1:], theirs_after[1:]  # NOOP has told the rest
        case = Case(*place, ours, theirs)
        if ours != theirs:
            known = deviation(case)
            if known is None:
                servers.problems.append(f"{place} {what.parts}:\n    popsim  {ours}\n    Dovecot {theirs}")
            else:
                servers.met.add((known, case.kind if known.kinds else ""))
        if ours_after != theirs_after:
            if ours == theirs and not self._led_apart(case):
                self._tell_apart(place, what, ours_after, theirs_after)
            self.close()
        elif ours.status != theirs.status and (what.keyword in _CHANGING_THE_SESSION or "BAD" not in case.statuses):
            self.close()
        # Another mailbox may be open now, or the same one in another way.
        self._is_open = len(ours_after) > 1 and ours_after[1].status == "OK" and what.keyword not in OPENING

    def _led_apart(self, case: Case) -> bool:
        """Whether both said the same, and have done different things all the same, as is known."""
        if (case.command, case.arguments) not in AFTERWARDS:
            return False
        self._servers.apart.add((case.command, case.arguments))
        return True

    def _tell_apart(self, place: Place, what: Command, ours: list[Outcome], theirs: list[Outcome]) -> None:
        for mine, other in zip(ours, theirs, strict=True):
            if mine != other and deviation(Case(*place, mine, other)) is None:
                text = f"{place} {what.parts}, afterwards:\n    popsim  {mine}\n    Dovecot {other}"
                self._servers.problems.append(text)

    def _ready(self) -> Both:
        """The sessions, in the situation."""
        situation = self._situation
        if self._both and (self._both.closed or situation == NOT_AUTHENTICATED):
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
        users = self._servers.users
        self._both = Both(self._servers, users[0] if self._situation == NOT_AUTHENTICATED else users.pop())
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
        for line in self._chance.choice(_DOINGS):
            other.both(b"NOOP\r\n")
            other.both(line)
