"""Two clients on one mailbox, their commands drawn at random: what they are told, and what they see when they ask.

What a session is told of the doings of another one, and when, is left free in much (RFC 3501 §5.2): so a client either
asks for the news first, and then each answer is compared, or it does what means the same whether it has heard them or
not, and its view is compared when it has asked.
"""

from __future__ import annotations

import random
from dataclasses import replace

from tests.judges.imap_answers import Session
from tests.judges.imap_deviations import Case, deviation
from tests.judges.imap_facts import Fact, Outcome, without_news
from tests.judges.imap_pair import Both, Pair, furnish

_FLAGS = ("\\Seen", "\\Flagged", "\\Deleted", "\\Answered", "\\Draft", "$Forwarded", "junk")
_ITEMS = (
    "FLAGS", "(UID FLAGS)", "(RFC822.SIZE INTERNALDATE)", "ENVELOPE", "BODY.PEEK[HEADER.FIELDS (Subject)]",
    "BODY[TEXT]", "BODYSTRUCTURE", "FAST", "BODY[]<2.7>",
)  # fmt: skip
_KEYS = (
    "ALL", "SEEN", "UNSEEN", "DELETED", "UNDELETED FLAGGED", "NOT ANSWERED", "OR SEEN FLAGGED", "KEYWORD $Forwarded",
    "UNKEYWORD junk", "SUBJECT two", "BODY second", "LARGER 100", "SINCE 1-Feb-2001", "RETURN (COUNT) ALL",
    "RETURN (MIN MAX) UNSEEN", "RETURN (ALL) NOT DELETED",
)  # fmt: skip
_VIEW = b"UID FETCH 1:* (UID FLAGS RFC822.SIZE)\r\n"
_ALWAYS = (
    "APPEND", "NOOP", "STATUS", "LIST", "CHECK", "IDLE", "UID FETCH", "UID SEARCH", "UID COPY", "SEARCH", "CLOSE",
    "UNSELECT",
)  # fmt: skip
_WITH_MESSAGES = ("FETCH", "FETCH", "FETCH", "COPY", "SEARCH")
_CHANGING = ("UID STORE", "UID STORE", "EXPUNGE", "UID EXPUNGE", "UID MOVE")
_CHANGING_WITH_MESSAGES = ("STORE", "STORE", "STORE", "MOVE")
_NEW = b'APPEND %b "01-Feb-2001 12:00:00 +0000" {22+}\r\nSubject: hi\r\n\r\nhello\r\n\r\n'
LOOKS = 3
"""How often a client asks for news: of what another process does, a Dovecot may hear a little later."""
_BOXES = ("INBOX", "Other", "Empty")


class Play:
    """Two clients, each with a session on each of the two servers.

    Args:
        servers: the two.
        user: whose mailbox it is.
        chance: what is drawn.
    """

    def __init__(self, servers: Pair, user: str, chance: random.Random) -> None:
        self._servers, self._chance = servers, chance
        self._clients = [Both(servers, user), Both(servers, user)]
        for one in self._clients:
            one.log_in()
        furnish(self._clients[0])
        self._boxes = ["", ""]
        self._read_only = [False, False]
        self._stale = [False, False]
        self._highest = [0, 0]
        """The highest unique identifier that a client has seen."""
        self.compared = 0

    def close(self) -> None:
        for one in self._clients:
            one.close()

    def run(self, length: int) -> None:
        """Play so many commands. Raises AssertionError at the first difference that has no reason."""
        for client in (0, 1):
            self._open(client, "INBOX")
        for _ in range(length):
            client = self._chance.randrange(2)
            if not self._boxes[client]:
                self._open(client, self._chance.choice(_BOXES[:2]))
            elif self._stale[client] and self._highest[client] and self._chance.random() < 0.5:
                self._blindly(client)
            else:
                self._look(client)
                self._strictly(client)
        for client in (0, 1):
            if self._boxes[client]:
                self._look(client)

    # One command

    def _strictly(self, client: int) -> None:
        """A command of a client that has heard all news: all of its answer is compared."""
        line = self._drawn(client)
        keyword = _keyword(line[0])
        if keyword == "IDLE":
            self._idle(client)
            return
        ours, theirs = self._clients[client].both(*line)
        self._judge(client, keyword, line, ours, theirs)
        self._follow(client, keyword, line[0], ours)

    def _blindly(self, client: int) -> None:
        """A command of a client that has not heard all: only what it means for all is compared, later."""
        chance = self._chance
        uids = f"{chance.randint(1, self._highest[client])}:{chance.randint(1, self._highest[client])}"
        line = chance.choice(
            (
                f"UID STORE {uids} {chance.choice('+-')}FLAGS.SILENT ({chance.choice(_FLAGS)})",
                f"UID FETCH {uids} (FLAGS)", "FETCH 1:* FLAGS", "SEARCH UNSEEN", "UID SEARCH ALL",
                'LIST "" *', "STATUS Other (MESSAGES)",
            )
        )  # fmt: skip
        both, other = self._clients[client], 1 - client
        count = len(both.ours.known.there), len(both.theirs.known.there)
        if line.startswith("FETCH") and not all(count):
            return
        ours, theirs = both.both(line.encode() + b"\r\n")
        case = Case("selected, with news", _keyword(line.encode()), "", without_news(ours), without_news(theirs))
        assert ours.status == theirs.status or deviation(case) or self._read_only[client], (
            f"{line}: popsim {ours}, Dovecot {theirs}, {both.story}"
        )
        self._stale[other] |= "STORE" in line

    def _idle(self, client: int) -> None:
        """The other client does something while this one idles; both servers tell it before the end, or with NOOP."""
        both, other = self._clients[client], self._clients[1 - client]
        line = self._chance.choice((_NEW % b"INBOX", b"NOOP\r\n", b'LIST "" *\r\n'))
        parts = (b"IDLE\r\n", b"DONE\r\n")

        def idles(mine: Session, its: Session) -> Outcome:
            return mine.ask(parts, between=lambda: its.ask((line,)))

        ours, theirs = idles(both.ours, other.ours), idles(both.theirs, other.theirs)
        assert ours.status == theirs.status == "OK" and ours.asked == theirs.asked == 1, f"{ours}, {theirs}"
        self._stale = [True, True]

    def _look(self, client: int) -> None:
        """Hear the news, and compare what there is."""
        both = self._clients[client]
        for _ in range(LOOKS):
            both.both(b"NOOP\r\n")
            ours, theirs = both.both(_VIEW)
            if _plain(ours) == _plain(theirs):
                break
        assert _plain(ours) == _plain(theirs), f"the view: popsim {ours}, Dovecot {theirs}, {both.story}"
        self._stale[client] = False
        uids = [int(one[1]) for fact in ours.facts for one in fact if isinstance(one, tuple) and one[:1] == ("UID",)]
        self._highest[client] = max(uids, default=0)

    def _judge(self, client: int, keyword: str, line: tuple[bytes, ...], ours: Outcome, theirs: Outcome) -> None:
        self.compared += 1
        mine, its = _plain(ours), _plain(theirs)
        if mine == its:
            return
        situation = "selected, read-only" if self._read_only[client] else "selected"
        if situation == "selected" and not self._clients[client].ours.known.there:
            situation = "selected, empty"
        case = Case(situation, keyword, "", mine, its)
        known = deviation(case)
        assert known, f"{line}: popsim {ours}, Dovecot {theirs}, {self._clients[client].story}"
        self._servers.met.add((known, ""))

    def _follow(self, client: int, keyword: str, line: bytes, outcome: Outcome) -> None:
        if keyword in ("CLOSE", "UNSELECT"):
            self._boxes[client] = ""
        if keyword not in ("NOOP", "SEARCH", "UID SEARCH", "STATUS", "LIST", "CHECK", "UNSELECT"):
            self._stale = [True, True]

    # What is drawn

    def _open(self, client: int, box: str) -> None:
        read_only = self._chance.random() < 0.15
        line = b"%b %b\r\n" % (b"EXAMINE" if read_only else b"SELECT", box.encode())
        ours, theirs = self._clients[client].both(line)
        assert _plain(ours) == _plain(theirs), (
            f"{line!r}: popsim {ours}, Dovecot {theirs}, {self._clients[client].story}"
        )
        self._boxes[client], self._read_only[client] = box, read_only
        self._stale[client], self._highest[client] = False, 0

    def _drawn(self, client: int) -> tuple[bytes, ...]:
        chance, count = self._chance, len(self._clients[client].ours.known.there)
        kinds = [*_ALWAYS]
        if count:
            kinds += _WITH_MESSAGES
        if not self._read_only[client]:
            kinds += _CHANGING
            kinds += _CHANGING_WITH_MESSAGES * bool(count)
        kind = chance.choice(kinds)
        numbers = self._numbers(chance.randint(1, 14) if kind.startswith("UID") else count)
        flags = " ".join(chance.sample(_FLAGS, chance.randint(0, 2)))
        box = chance.choice(_BOXES)
        texts = {
            "APPEND": _NEW.decode().removesuffix("\r\n").replace("%b", f"{box} ({flags})"),
            "STATUS": f"STATUS {box} (MESSAGES UNSEEN UIDNEXT)",
            "LIST": 'LIST "" *',
            "FETCH": f"{kind} {numbers} {chance.choice(_ITEMS)}",
            "STORE": f"{kind} {numbers} {chance.choice(('', '+', '-'))}FLAGS{chance.choice(('', '.SILENT'))} ({flags})",
            "SEARCH": f"{kind} {chance.choice(_KEYS)}",
            "COPY": f"{kind} {numbers} {box}",
            "MOVE": f"{kind} {numbers} {box}",
            "EXPUNGE": f"{kind} {numbers}" if kind.startswith("UID") else kind,
        }
        return (texts.get(kind.split()[-1], kind).encode() + b"\r\n",)

    def _numbers(self, count: int) -> str:
        chance = self._chance
        if not count or chance.random() < 0.2:
            return "1:*"
        first, last = chance.randint(1, count), chance.randint(1, count)
        return chance.choice((f"{first}", f"{first}:{last}", f"{first},{last}", "*", f"{first}:*"))


def _keyword(line: bytes) -> str:
    words = line.decode("latin-1").split()
    return " ".join(words[:2]) if words[0] == "UID" else words[0]


def _plain(outcome: Outcome) -> Outcome:
    r"""Without what is told of ``\Recent``: which of two sessions hears first of a message, and has it so, is free."""
    kept = [_unrecent(fact) for fact in outcome.facts if fact[0] != "RECENT"]
    return replace(outcome, facts=frozenset(kept))


def _unrecent(fact: Fact) -> Fact:
    return tuple(
        (one[0], tuple(flag for flag in one[1] if flag != "\\recent"))
        if isinstance(one, tuple) and one[:1] == ("FLAGS",)
        else one
        for one in fact
    )
