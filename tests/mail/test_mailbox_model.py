"""Several sessions on two mailboxes, and a POP session now and then, in any order: each client counts along.

A client here knows only what it was told (RFC 3501 §5.2, §7.3.1, §7.4.1): its list of messages grows with EXISTS and
shrinks with EXPUNGE, and its flags are those of the answers to its own commands and of unasked FETCHes. After every
step each number that it has stands for the message that the server means by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from popsim.mail.collection import Mail
from popsim.mail.item import Item
from popsim.mail.mailbox import (
    Exists,
    Expunged,
    Flagged,
    Mailbox,
    MailboxError,
    MailboxLocked,
    OpenMailbox,
    Recent,
)
from popsim.mail.maildrop import OpenMaildrop
from popsim.mail.message import Message
from popsim.mail.store import Store, User

NAMES = ("INBOX", "Old")
CLIENTS = st.integers(0, 2)
PLACES = st.integers(0, 9)
FLAGS = st.frozensets(st.sampled_from(["\\Seen", "\\Deleted", "\\flagged", "$Work"]), max_size=2)
SPELLED = {"\\flagged": "\\Flagged"}


@dataclass
class Client:
    """What one client believes."""

    view: OpenMailbox
    uids: list[int] = field(default_factory=list)
    flags: dict[int, frozenset[str]] = field(default_factory=dict)

    def fetch(self) -> None:
        """Ask for what is new to it."""
        for number in range(1, len(self.uids) + 1):
            item = self.view.item(number)
            if self.uids[number - 1] == 0:
                self.uids[number - 1] = item.uid
                self.flags[item.uid] = item.flags
            assert self.uids[number - 1] == item.uid

    def listen(self, expunged: bool) -> None:
        """Hear the news."""
        for one in self.view.news(expunged):
            if isinstance(one, Expunged):
                assert expunged, "a number moves while the client counts on it (RFC 3501 §7.4.1)"
                assert self.uids.pop(one.number - 1) == one.uid
                del self.flags[one.uid]
            elif isinstance(one, Exists):
                assert one.count > len(self.uids), "EXISTS shrinks (RFC 3501 §7.3.1)"
                self.uids += [0] * (one.count - len(self.uids))
            elif isinstance(one, Flagged):
                assert self.view.item(one.number) is one.item
                if self.uids[one.number - 1]:
                    self.flags[self.uids[one.number - 1]] = one.item.flags
            else:
                assert isinstance(one, Recent) and one.count == len(self.view.recent)
        assert self.view.news(expunged) == (), "told twice"
        self.fetch()


class Sessions(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        mail = {"alice": Mail("m", [Message.of(b"a"), Message.of(b"a"), Message.of(b"ccc")])}
        self.store = Store([User("alice", "secret")], mail, uid_validity=7)
        account = self.store.account("alice")
        assert account
        self.account = account
        account.create("Old")
        self.model: dict[str, dict[int, tuple[bytes, frozenset[str], int]]] = {
            "INBOX": {
                uid: (octets, frozenset(), uid) for uid, octets in ((1, b"a\r\n"), (2, b"a\r\n"), (3, b"ccc\r\n"))
            },
            "Old": {},
        }
        self.highest = {"INBOX": 3, "Old": 0}
        self.rows = 3
        self.clients: dict[int, Client] = {}
        self.had_recent: set[tuple[str, int]] = set()
        self.pop: OpenMaildrop | None = None
        self.popped = ""
        self.version = self.store.version
        self.modseqs = {name: 0 for name in NAMES}

    def box(self, name: str) -> Mailbox:
        return self.account.mailboxes[name]

    def changed(self) -> None:
        assert self.store.version > self.version
        self.version = self.store.version

    def arrived(self, name: str, item: Item, octets: bytes, flags: frozenset[str], row: int = 0) -> None:
        """The model's side of an arrival."""
        assert item.uid > self.highest[name], "UIDs ascend, and none comes again (RFC 3501 §2.3.1.1)"
        self.highest[name] = item.uid
        if not row:
            self.rows = row = self.rows + 1
        assert item.number == row
        self.model[name][item.uid] = (octets, frozenset(SPELLED.get(flag, flag) for flag in flags), row)

    # What sessions do

    @rule(which=CLIENTS, name=st.sampled_from(NAMES), read_only=st.booleans())
    def select(self, which: int, name: str, read_only: bool) -> None:
        if which in self.clients:
            self.clients.pop(which).view.close()
        view = self.box(name).open(which, read_only)
        self.note_recent(view, set())
        self.clients[which] = Client(view, [0] * view.count)
        assert len(view.recent) <= view.count
        self.clients[which].fetch()

    def note_recent(self, view: OpenMailbox, before: set[int]) -> None:
        for uid in view.recent - before:
            key = (view.mailbox.name, uid)
            assert key not in self.had_recent, "two sessions were told that it is recent (RFC 3501 §2.3.2)"
            if not view.read_only:
                self.had_recent.add(key)

    @rule(which=CLIENTS, expunged=st.booleans())
    def listen(self, which: int, expunged: bool) -> None:
        if which in self.clients:
            client = self.clients[which]
            before = set(client.view.recent)
            client.listen(expunged)
            self.note_recent(client.view, before)

    @rule(which=CLIENTS, place=PLACES, flags=FLAGS)
    def store_flags(self, which: int, place: int, flags: frozenset[str]) -> None:
        client = self.clients.get(which)
        if client is None or not client.uids or client.view.read_only:
            return
        item = client.view.items[place % len(client.uids)]
        name = client.view.mailbox.name
        try:
            client.view.mailbox.set_flags(item.uid, flags, client.view)
        except MailboxError:
            assert item.is_gone and item.uid not in self.model[name]
            return
        octets, before, row = self.model[name][item.uid]
        after = frozenset(SPELLED.get(flag, flag) for flag in flags)
        self.model[name][item.uid] = (octets, after, row)
        client.flags[item.uid] = item.flags  # its answer
        if before != after:
            self.changed()
            assert item.modseq == client.view.mailbox.highest_modseq > self.modseqs[name]

    @rule(name=st.sampled_from(NAMES), text=st.sampled_from([b"a", b"new", b""]), flags=FLAGS)
    def append(self, name: str, text: bytes, flags: frozenset[str]) -> None:
        item = self.box(name).append(Message.of(text), flags, date=5)
        self.arrived(name, item, Message.of(text).octets, flags)
        self.changed()

    @rule()
    def deliver(self) -> None:
        row = self.account.deliver(Message.of(b"smtp"), at=3)
        item = self.box("INBOX").items[-1]
        assert item.number == row
        self.arrived("INBOX", item, b"smtp\r\n", frozenset())
        self.changed()

    @rule(name=st.sampled_from(NAMES), places=st.sets(PLACES, max_size=12))
    def expunge(self, name: str, places: set[int]) -> None:
        box = self.box(name)
        uids = {uid for place, uid in enumerate(sorted(self.model[name])) if place in places} | {99}
        try:
            gone = box.expunge(uids)
        except MailboxLocked:
            assert self.popped == name
            return
        assert self.popped != name, "a POP session counts on what was removed"
        assert [item.uid for item in gone] == sorted(uids - {99})
        for item in gone:
            assert item.is_gone
            del self.model[name][item.uid]

    @rule(
        name=st.sampled_from(NAMES), places=st.sets(PLACES, max_size=3), moves=st.booleans(), to=st.sampled_from(NAMES)
    )
    def copy(self, name: str, places: set[int], moves: bool, to: str) -> None:
        box, target = self.box(name), self.box(to)
        uids = [uid for place, uid in enumerate(sorted(self.model[name])) if place in places]
        dates = {item.uid: item.date for item in box.items}
        try:
            pairs = box.move(uids, target) if moves else box.copy(uids, target)
        except MailboxLocked:
            assert moves and self.popped == name
            return
        assert not (moves and self.popped == name)
        assert [item.uid for item, _ in pairs] == uids
        for item, twin in pairs:
            octets, flags, row = self.model[name][item.uid]
            self.arrived(to, twin, octets, flags, row if moves else 0)
            assert twin.date == dates[item.uid]
            if moves:
                del self.model[name][item.uid]

    # What POP does

    @precondition(lambda self: self.pop is None)
    @rule(name=st.sampled_from(NAMES))
    def pop_open(self, name: str) -> None:
        self.pop, _ = self.account.open(9, name)
        self.popped = name
        assert self.box(name).is_locked

    @precondition(lambda self: self.pop is not None)
    @rule(place=PLACES)
    def pop_delete(self, place: int) -> None:
        assert self.pop
        if place < self.pop.opened and place + 1 not in self.pop.marked():
            self.pop.delete(place + 1)

    @precondition(lambda self: self.pop is not None)
    @rule(commits=st.booleans())
    def pop_end(self, commits: bool) -> None:
        assert self.pop
        if commits:
            there = sorted(self.model[self.popped])
            gone = [there[number - 1] for number in self.pop.marked()]  # nobody else could remove anything meanwhile
            assert len(self.pop.commit().removed) == len(gone)
            for uid in gone:
                del self.model[self.popped][uid]
        self.pop.release()
        self.pop, self.popped = None, ""

    # What is always so

    @invariant()
    def the_mailboxes_are_what_the_model_says(self) -> None:
        for name in NAMES:
            box = self.box(name)
            found = {item.uid: (item.message.octets, item.flags, item.number) for item in box.items}
            assert found == self.model[name] and list(found) == sorted(found)
            assert [m.octets for m in box.maildrop.messages] == [octets for octets, _, _ in self.model[name].values()]
            assert box.uid_next == self.highest[name] + 1
            assert box.unseen() == sum("\\Seen" not in flags for _, flags, _ in self.model[name].values())
            assert max((item.modseq for item in box.items), default=1) <= box.highest_modseq
            assert box.highest_modseq >= self.modseqs[name]
            self.modseqs[name] = box.highest_modseq
        numbers = [row for name in NAMES for _, _, row in self.model[name].values()]
        assert len(numbers) == len(set(numbers)) and self.account.numbered == self.rows
        assert [row[0] for row in self.account.listing()] == list(range(1, self.rows + 1))

    @invariant()
    def each_client_means_what_the_server_means(self) -> None:
        for client in self.clients.values():
            assert client.uids == [item.uid for item in client.view.items] == sorted(client.uids)
            assert client.view.count == len(client.uids)
            assert all(client.view.number_of(uid) == number for number, uid in enumerate(client.uids, 1))
            assert client.view.recent <= set(client.uids)
            if not client.view.has_news:
                assert client.view.items == list(client.view.mailbox.items)
                assert {
                    uid: item.flags for uid, item in zip(client.uids, client.view.items, strict=True)
                } == client.flags

    def teardown(self) -> None:
        for client in self.clients.values():
            client.listen(True)
        self.each_client_means_what_the_server_means()
        assert all(not client.view.has_news for client in self.clients.values())


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
