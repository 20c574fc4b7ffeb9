"""Two IMAP clients and one POP3 client that work on one mailbox, in any order."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from popsim.protocols.model import CLOSED
from tests.imap.heard import Heard
from tests.imap.mailroom import Mailroom, letter
from tests.imap.view import View

FLAGS = ("\\Seen", "\\Deleted", "\\Flagged", "\\Answered", "$Junk", "work")
CLIENTS = ("a", "b")
WHO = st.sampled_from(CLIENTS)
PLACE = st.integers(0, 9)
SOME_FLAGS = st.sets(st.sampled_from(FLAGS), max_size=2)


class Household(RuleBasedStateMachine):
    """One mailbox, two IMAP clients that never sleep for long, and a POP3 client that comes and goes."""

    @initialize(count=st.sampled_from([3, 4, 0]))
    def begin(self, count: int) -> None:
        self.room = Mailroom(count)
        self.views: dict[str, View] = {}
        self.writable: dict[str, bool] = {}
        for name in CLIENTS:
            self.views[name] = self.room.client(name, "")
            self._select(name, "SELECT")
        self.arrived = count
        self.listed: list[bytes] = []
        self.marked: set[int] = set()
        self.fetches_pop3 = False

    # What the IMAP clients do

    @rule(
        who=WHO, how=st.sampled_from(["SELECT", "SELECT", "EXAMINE"]), first=st.sampled_from(["", "CLOSE", "UNSELECT"])
    )
    def opens_anew(self, who: str, how: str, first: str) -> None:
        before = self.room.truth()
        if first:
            self._say(who, first)
        if first != "CLOSE":
            assert self.room.truth() == before, "a reselection expunges nothing (RFC 3501 §6.4.2)"
        self._select(who, how)

    @rule(who=WHO, low=PLACE, high=PLACE, uid=st.booleans(), seen=st.booleans())
    def fetches(self, who: str, low: int, high: int, uid: bool, seen: bool) -> None:
        found = self._range(who, low, high, uid)
        if found:
            what = "(FLAGS BODY[]<0.5>)" if seen else "(UID FLAGS)"
            answers = self._say(who, f"{'UID ' * uid}FETCH {found} {what}")
            assert answers[-1].word in ("OK", "NO"), answers

    @rule(
        who=WHO, low=PLACE, high=PLACE, uid=st.booleans(), sign=st.sampled_from(["+", "-", ""]), flags=SOME_FLAGS,
        silent=st.booleans(),
    )  # fmt: skip
    def stores(self, who: str, low: int, high: int, uid: bool, sign: str, flags: set[str], silent: bool) -> None:
        found = self._range(who, low, high, uid)
        if not found:
            return
        view = self.views[who]
        if uid and silent and any(message.uid is None for message in view.messages):
            return  # the client could not tell what it has done
        chosen = self._chosen(view, found, uid)
        words = " ".join(sorted(flags))
        concluded = (lambda: view.stored_silently(chosen, sign, flags)) if silent else None
        answers = self._say(who, f"{'UID ' * uid}STORE {found} {sign}FLAGS{'.SILENT' * silent} ({words})", concluded)
        if not self.writable[who]:
            assert answers[-1].word == "NO", answers

    @rule(who=WHO, uid=st.booleans(), low=PLACE, high=PLACE)
    def expunges(self, who: str, uid: bool, low: int, high: int) -> None:
        found = self._range(who, low, high, True) if uid else ""
        if uid and not found:
            return
        before = self.room.truth()
        answers = self._say(who, f"UID EXPUNGE {found}" if uid else "EXPUNGE")
        if self.fetches_pop3 or not self.writable[who]:
            assert answers[-1].word == "NO" and self.room.truth() == before, answers
        elif not uid:
            assert answers[-1].word == "OK"
            assert not [flags for _, flags in self.room.truth() if "\\Deleted" in flags]

    @rule(who=WHO, low=PLACE, high=PLACE, uid=st.booleans(), command=st.sampled_from(["COPY", "MOVE"]))
    def copies(self, who: str, low: int, high: int, uid: bool, command: str) -> None:
        found = self._range(who, low, high, uid)
        if found and len(self.room.truth()) < 12:
            before = self.room.truth()
            answers = self._say(who, f"{'UID ' * uid}{command} {found} INBOX")
            if answers[-1].word == "NO":
                assert self.room.truth() == before, "all or nothing (RFC 3501 §6.4.7)"

    @rule(
        who=WHO, command=st.sampled_from(["NOOP", "CHECK", "SEARCH ALL", "UID SEARCH ALL", "STATUS INBOX (MESSAGES)"])
    )
    def asks(self, who: str, command: str) -> None:
        answers = self._say(who, command)
        assert answers[-1].word == "OK", answers
        if command == "SEARCH ALL":
            (found,) = [a.numbers for a in answers if a.word == "SEARCH"]
            assert set(found) <= set(range(1, len(self.views[who].messages) + 1))

    @rule(who=WHO)
    def appends(self, who: str) -> None:
        if len(self.room.truth()) < 12:
            self.arrived += 1
            octets = letter(f"m{self.arrived}")
            view = self.views[who]
            if view.idling:
                view.done()
            sent = b"x1 APPEND INBOX (\\Seen) {%d+}\r\n%b\r\n" % (len(octets), octets)
            answers = view.hear(self.room.feed(who, sent), "APPEND")
            assert answers[-1].word == "OK", answers
            self._spread()

    @rule(who=WHO)
    def idles(self, who: str) -> None:
        view = self.views[who]
        if view.idling:
            view.done()
        else:
            view.say("IDLE")
            self._in_step(who)
        self._spread()

    # What others do

    @rule()
    def arrives(self) -> None:
        if len(self.room.truth()) < 12:
            self.arrived += 1
            self.room.deliver(letter(f"m{self.arrived}"))
            self._spread()

    @precondition(lambda self: not self.fetches_pop3)
    @rule()
    def pop3_comes(self) -> None:
        assert self.room.pop3()[-1].startswith(b"+OK")
        self.fetches_pop3, self.marked, self.listed = True, set(), []
        self.listed = self._pop3_subjects()
        assert self.listed == self._imap_subjects()
        self._spread()

    @precondition(lambda self: self.fetches_pop3)
    @rule(place=PLACE)
    def pop3_marks(self, place: int) -> None:
        if self.listed:
            number = place % len(self.listed) + 1
            answer = self.room.feed("p", b"DELE %d\r\n" % number)
            assert answer.startswith(b"-ERR" if number in self.marked else b"+OK")
            self.marked.add(number)
            assert self._pop3_subjects() == self.listed
            self._spread()

    @precondition(lambda self: self.fetches_pop3)
    @rule(politely=st.booleans())
    def pop3_goes(self, politely: bool) -> None:
        before = self._imap_subjects()
        if politely:
            assert self.room.feed("p", b"QUIT\r\n").startswith(b"+OK")
        else:
            self.room.engines["p"].lost()
        gone = {subject for n, subject in enumerate(self.listed, 1) if n in self.marked} if politely else set()
        left = [subject for n, subject in enumerate(self.listed, 1) if not (politely and n in self.marked)]
        after = self._imap_subjects()
        assert after == left + before[len(self.listed) :], (gone, before, after)
        self.fetches_pop3 = False
        assert self.room.engines.pop("p").state is CLOSED
        self._spread()

    # Quiet points

    @rule()
    def all_are_quiet(self) -> None:
        for name, view in self.views.items():
            if view.idling:
                view.done()
            view.say("NOOP")
            truth = self.room.truth()
            assert len(view.messages) == len(truth)
            for known, (uid, flags) in zip(view.messages, truth, strict=True):
                assert known.uid in (None, uid)
                assert known.flags in (None, flags), f"{name}: UID {uid} has {set(flags)}, not {known.flags}"
            if truth:
                assert view.say("UID FETCH 1:* (FLAGS)")[-1].word == "OK"
            assert [(known.uid, known.flags) for known in view.messages] == truth

    @invariant()
    def uids_grow(self) -> None:
        if hasattr(self, "room"):
            uids = [uid for uid, _ in self.room.truth()]
            assert uids == sorted(set(uids)) and all(0 < uid < self.room.account.inbox.uid_next for uid in uids)

    def teardown(self) -> None:
        if hasattr(self, "room"):
            self.all_are_quiet()

    # How it is done

    def _say(self, who: str, command: str, concluded: Callable[[], None] | None = None) -> list[Heard]:
        view = self.views[who]
        if view.idling:
            view.done()
        answers = view.say(command, concluded)
        self._spread()
        return answers

    def _select(self, who: str, how: str) -> None:
        assert self._say(who, f"{how} INBOX")[-1].word == "OK"
        self.writable[who] = how == "SELECT"
        self._in_step(who)
        if self.views[who].messages:
            self._say(who, "FETCH 1:* (UID FLAGS)")

    def _spread(self) -> None:
        """Let the server tell what may be told at once; who idles is in step with the mailbox then."""
        for name, octets in self.room.tell().items():
            if name in self.views:
                view = self.views[name]
                view.hear(octets, "IDLE" if view.idling else "")
                if view.idling:
                    self._in_step(name)

    def _in_step(self, who: str) -> None:
        view, truth = self.views[who], self.room.truth()
        assert len(view.messages) == len(truth), f"{who} knows of {len(view.messages)}, there are {len(truth)}"
        for known, (uid, flags) in zip(view.messages, truth, strict=True):
            assert known.uid in (None, uid) and known.flags in (None, flags)

    def _range(self, who: str, low: int, high: int, uid: bool) -> str:
        """A set of numbers that the client may use: numbers that it knows, or any UIDs."""
        if uid:
            return f"{low + 1}:{high + 1 if high % 3 else '*'}"
        count = len(self.views[who].messages)
        return f"{low % count + 1}:{high % count + 1}" if count else ""

    def _chosen(self, view: View, found: str, uid: bool) -> list[int]:
        """The numbers of the messages that a client means, as far as it knows them."""
        ends = [len(view.messages) if end == "*" else int(end) for end in found.split(":")]
        if not uid:
            return list(range(min(ends), max(ends) + 1))
        known = [(n, m.uid) for n, m in enumerate(view.messages, 1) if m.uid is not None]
        last = max((u for _, u in known), default=0)
        edges = sorted(last if end == "*" else int(end) for end in found.split(":"))
        return [n for n, u in known if u is not None and edges[0] <= u <= edges[1]]

    def _pop3_subjects(self) -> list[bytes]:
        """The subjects that POP3 shows, those that are marked too."""
        shown = []
        count = len(self.listed) if self.listed else int(self.room.feed("p", b"STAT\r\n").split()[1])
        for number in range(1, count + 1):
            if number in self.marked:
                shown.append(self.listed[number - 1])
            else:
                shown.append(_subject(self.room.feed("p", b"TOP %d 0\r\n" % number)))
        return shown

    def _imap_subjects(self) -> list[bytes]:
        return [_subject(item.message.octets) for item in self.room.account.inbox.items]


def _subject(octets: bytes) -> bytes:
    return octets.partition(b"Subject: ")[2].split(b"\r\n")[0]
