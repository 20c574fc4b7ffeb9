"""Mail readers of IMAP: against popsim's server in memory, cut off anywhere, and against servers that say anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from popsim import pop3
from popsim.engine.response import Response
from popsim.engine.script import Script, Step, Wait
from popsim.engine.server import ServerEngine
from popsim.engine.visit import Ending, Visit
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.policy import Policy
from popsim.mail.store import Store, User
from popsim.protocols.imap.client import DAY, Login, Outcome, Reader, errand, reader, visit
from popsim.protocols.imap.client_data import values
from popsim.protocols.imap.client_exchange import Talk
from popsim.protocols.imap.client_mailbox import await_news, fetch, file, find_from, open_mailbox, remove, uid_set
from popsim.protocols.imap.table import IMAP
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service
from tests.pop3.memory_wire import Cut, Peer, Puppet, Wire

BARE = IMAP
MODERN = IMAP.extended()
MESSAGES = [
    Message(b"From: Smith <smith@example.org>\r\nSubject: one\r\n\r\none\r\n"),
    Message(b"From: jones@example.org\r\nSubject: caf\xc3\xa9\r\n\r\n.\r\n{3}\r\n* 1 FETCH (\r\n"),
    Message(b"From: =?utf-8?q?Sm=C3=AEth?= <x@y>\r\n\r\n\xff\xfe binary\r\n"),
]
ALICE = Login("alice", "secret")
PLAINLY = Login("alice", "secret", "LOGIN")


class Folder:
    """A keeper in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.times: dict[str, int] = {}
        self.now = 0

    def holds(self, uid: str, copies: int = 1) -> bool:
        return uid in self.times

    def keep(self, uid: str | None, octets: bytes) -> None:
        self.kept[uid or ""] = octets
        self.times[uid or ""] = self.now

    def kept_at(self, uid: str) -> int | None:
        return self.times.get(uid)

    def removed(self, uid: str) -> None:
        self.times.pop(uid, None)


class IdleWire(Wire):
    """A wire on which something happens while a reader waits, not only while it listens."""

    def _do(self, step: Step) -> list[Response]:
        if isinstance(step, Wait):
            self.now += step.nanoseconds
            self.meanwhile()
            return []
        return super()._do(step)


class Office:
    """A popsim server with alice's mail, and wires to it."""

    def __init__(self, protocol: Protocol = MODERN, policy: str = "", validity: int = 1) -> None:
        self.store = Store([User("alice", "secret")], {"alice": Mail("post", MESSAGES)}, uid_validity=validity)
        self.protocol, self.policy = protocol, Policy.parse(policy)
        self.wire = IdleWire(protocol, self.peer)
        self.folder = Folder()

    def peer(self, number: int) -> Peer:
        serves = service(self.protocol, self.store, session=number, timestamp="", chance="1.2", policy=self.policy)
        return ServerEngine(self.protocol, serves)

    def visit(self, name: str = "leave on server", login: Login = ALICE, **more: Any) -> Visit:
        self.folder.now = self.wire.now
        wanted = reader(name, **more)
        return self.wire.perform(
            visit(wanted, login, self.folder, protocol=self.protocol, now=lambda: self.wire.now, nonce=lambda: "n0nce")
        )

    def do(self, work: Callable[[Talk], Script[Any]], login: Login = ALICE) -> Outcome[Any]:
        return self.wire.perform(errand(login, work, protocol=self.protocol, nonce=lambda: "n0nce"))

    def left(self, name: str = "INBOX") -> list[bytes]:
        account = self.store.account("alice")
        assert account
        return [item.message.octets for item in account.mailboxes[name].items]


PROTOCOLS = [BARE, MODERN]


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=["bare", "extended"])
@pytest.mark.parametrize("pipelined", [False, True])
def test_messages_come_as_they_are(protocol: Protocol, pipelined: bool) -> None:
    office = Office(protocol)
    came = office.visit(pipelined=pipelined)
    assert came.complete and len(came.fetched) == 3 and not came.deleted, str(came)
    assert list(office.folder.kept.values()) == [message.octets for message in MESSAGES] == office.left()
    again = office.visit()
    assert (len(again.fetched), len(again.skipped), again.ending) == (0, 3, Ending.DONE)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=["bare", "extended"])
def test_download_and_delete(protocol: Protocol) -> None:
    office = Office(protocol)
    came = office.visit("download and delete")
    assert came.complete and len(came.deleted) == 3, str(came)
    assert office.left() == [] and len(office.folder.kept) == 3


def test_deleting_after_days() -> None:
    office = Office()
    assert not office.visit("delete after 2 days").deleted
    office.wire.now += 2 * DAY - 1
    assert not office.visit("delete after 2 days").deleted
    office.wire.now += 1
    assert len(office.visit("delete after 2 days").deleted) == 3 and office.left() == []


def test_headers_only() -> None:
    office = Office()
    assert office.visit("headers only").complete
    assert list(office.folder.kept.values()) == [one.octets[: one.octets.index(b"\r\n\r\n") + 4] for one in MESSAGES]


def test_tags_are_made_in_order() -> None:
    office = Office()
    office.visit(login=PLAINLY)
    tags = [line.split(" ")[0] for line in b"".join(office.wire.said[0]).decode("latin-1").splitlines()]
    assert tags == [f"a{number}" for number in range(1, len(tags) + 1)]


def test_another_uidvalidity_means_other_messages() -> None:
    office, other = Office(), Office(validity=77)
    other.folder = office.folder
    assert len(office.visit().fetched) == 3 and len(other.visit().fetched) == 3


@pytest.mark.parametrize("end", "CS")
@pytest.mark.parametrize("protocol", PROTOCOLS, ids=["bare", "extended"])
def test_a_connection_that_is_lost_anywhere_loses_no_message(end: str, protocol: Protocol) -> None:
    whole = Office(protocol)
    whole.visit("download and delete", PLAINLY)
    length = len(b"".join(whole.wire.said[0])) if end == "C" else len(whole.wire.heard[0])
    for place in range(0, length, 5):
        office = Office(protocol)
        office.wire.cuts = {0: Cut(end, place)}
        first = office.visit("download and delete", PLAINLY)
        kept = set(office.folder.kept.values())
        assert kept | set(office.left()) == {message.octets for message in MESSAGES}, place
        assert len(first.deleted) in (0, 3) and (not first.deleted or office.left() == [])
        second = office.visit("download and delete", PLAINLY)
        assert second.complete and office.left() == [] and len(office.folder.kept) == 3, place


@pytest.mark.parametrize(
    "way, shown", [("", "SCRAM-SHA-256"), ("LOGIN", "LOGIN"), ("PLAIN", "PLAIN"), ("CRAM-MD5", "CRAM-MD5")]
)
@pytest.mark.parametrize("protocol", PROTOCOLS, ids=["bare", "extended"])
def test_logins(way: str, shown: str, protocol: Protocol) -> None:
    came = Office(protocol).visit(login=Login("alice", "secret", way))
    assert came.complete and came.way.endswith(shown), str(came)
    wrong = Office(protocol).visit(login=Login("alice", "wrong", way))
    assert wrong.ending is Ending.REFUSED and "refused" in wrong.problem


@pytest.mark.parametrize("tls", ["if offered", "always"])
def test_tls(tls: str) -> None:
    office = Office()
    came = office.visit(login=Login("alice", "secret", "LOGIN", tls, clear=False))
    assert came.complete and came.secured
    said = [line.split(" ")[1] for line in office.wire.lines(0)]
    assert said.index("STARTTLS") + 1 == said.index("CAPABILITY", said.index("STARTTLS")) < said.index("LOGIN"), said


def test_no_password_in_clear_where_it_must_not() -> None:
    puppet = Puppet(b"* OK [CAPABILITY IMAP4rev1] ready", {b"a1 LOGOUT": b"* BYE\r\na1 OK"})
    came = _with(puppet, Login("alice", "secret", clear=False))
    assert came.ending is Ending.REFUSED and "clear" in came.problem
    assert not any(b"secret" in line for line in puppet.heard)
    disabled = Puppet(b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready")
    assert "wants TLS" in _with(disabled, ALICE).problem
    assert "offers no TLS" in _with(Puppet(puppet.greeting), Login("alice", "x", tls="always")).problem


def _with(puppet: Puppet, login: Login, protocol: Protocol = MODERN) -> Visit:
    wire = Wire(protocol, lambda number: puppet)
    script = visit(reader("leave on server"), login, Folder(), protocol=protocol, now=lambda: 0, nonce=lambda: "n")
    return wire.perform(script)


def test_a_server_that_knows_the_client_already_is_given_no_password() -> None:
    puppet = Puppet(
        b"* PREAUTH [CAPABILITY IMAP4rev1] ready",
        {
            b"a1 EXAMINE": b"* 0 EXISTS\r\n* OK [UIDVALIDITY 5] x\r\na1 OK [READ-ONLY] x",
            b"a2 LOGOUT": b"* BYE\r\na2 OK",
        },
    )
    came = _with(puppet, ALICE)
    assert came.complete and came.way == "" and not came.listed, str(came)


@pytest.mark.parametrize("greeting", [b"* BYE go away", b"* BAD", b"nonsense", b"+OK POP3"])
def test_a_closed_server(greeting: bytes) -> None:
    assert _with(Puppet(greeting), ALICE).ending in (Ending.REFUSED, Ending.LOST)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=["asked for", "at once"])
def test_a_secret_that_needs_a_literal_crosses_as_one(protocol: Protocol) -> None:
    store = Store([User("älice", 'a "\\ ü')], {})

    def peer(number: int) -> Peer:
        return ServerEngine(protocol, service(protocol, store, session=number, timestamp="", chance="1.2"))

    wire = Wire(protocol, peer)
    login = Login("älice", 'a "\\ ü', "LOGIN")
    script = visit(reader("leave on server"), login, Folder(), protocol=protocol, now=lambda: 0, nonce=lambda: "n")
    assert wire.perform(script).complete
    opening = "a1 LOGIN {6}" if protocol == BARE else "a1 LOGIN {6+}"
    assert opening in wire.lines(0)[0] or opening in wire.lines(0)[1].replace("a2", "a1")


def test_a_literal_that_is_refused_is_not_sent() -> None:
    puppet = Puppet(b"* OK [CAPABILITY IMAP4rev1] ready", {b"a1 LOGIN": b"a1 NO no literals", b"a2": b"a2 OK"})
    came = _with(puppet, Login("älice", "secret", "LOGIN"))
    assert came.ending is Ending.REFUSED and "no literals" in came.problem
    assert puppet.heard[0] == b"a1 LOGIN {6}" and puppet.heard[1].startswith(b"a2 LOGOUT")


# In the mailbox


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=["bare", "extended"])
def test_finding_fetching_deleting_filing(protocol: Protocol) -> None:
    office = Office(protocol)

    def search(talk: Talk) -> Script[Any]:
        opened = yield from open_mailbox(talk)
        smiths = yield from find_from(talk, "smith")
        strange = yield from find_from(talk, "smîth")
        letters = yield from fetch(talk, strange)
        yield from remove(talk, strange)
        yield from file(talk, smiths, "Archive")
        return opened.count, smiths, strange, letters

    account = office.store.account("alice")
    assert account
    account.create("Archive")
    outcome = office.do(search)
    assert outcome.ending is Ending.DONE, outcome.problem
    assert outcome.result == (3, [1], [3], {3: MESSAGES[2].octets})
    assert office.left() == [MESSAGES[1].octets] and office.left("Archive") == [MESSAGES[0].octets]


def test_what_others_have_marked_is_not_removed() -> None:
    office = Office(BARE)
    account = office.store.account("alice")
    assert account
    account.inbox.set_flags(2, {"\\Deleted"})

    def work(talk: Talk) -> Script[None]:
        yield from open_mailbox(talk)
        yield from remove(talk, [1])

    outcome = office.do(work)
    assert outcome.ending is Ending.STOPPED and "somebody else" in outcome.problem and len(office.left()) == 3
    assert len(Office(MODERN).do(work).problem) == 0


def test_a_mailbox_that_pop3_has_open_keeps_its_messages() -> None:
    office = Office()
    serves = service(pop3, office.store, session=99, timestamp="<1@x>")
    other = ServerEngine(pop3, serves)
    other.opened()
    other.receive(b"USER alice\r\nPASS secret\r\n")
    came = office.visit("download and delete")
    assert came.ending is Ending.SOME_LEFT and len(came.marked) == 3 and not came.deleted and len(office.left()) == 3
    assert len(came.fetched) == 3
    other.receive(b"QUIT\r\n")
    assert office.visit("download and delete").complete and office.left() == []


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=["idle", "noop"])
def test_waiting_for_news(protocol: Protocol) -> None:
    office = Office(protocol)
    account = office.store.account("alice")
    assert account
    mail = [MESSAGES[0]]
    waits: list[int] = []

    def meanwhile() -> None:
        waits.append(1)
        if len(waits) == 3:
            account.deliver(mail[0], 0)

    office.wire.meanwhile = meanwhile

    def work(talk: Talk) -> Script[list[int]]:
        opened = yield from open_mailbox(talk)
        return (yield from await_news(talk, opened.uid_next, 60 * 10**9, 5))

    outcome = office.do(work)
    assert outcome.result == [4] and len(waits) == 3, outcome


def test_news_end_the_waiting() -> None:
    office = Office(MODERN)
    account = office.store.account("alice")
    assert account
    office.wire.meanwhile = lambda: account.deliver(MESSAGES[0], 0)

    def work(talk: Talk) -> Script[list[int]]:
        opened = yield from open_mailbox(talk)
        return (yield from await_news(talk, opened.uid_next, DAY, 5))

    assert office.do(work).result == [4] and office.wire.now == 0


def test_news_that_come_before_the_waiting_has_begun() -> None:
    puppet = Puppet(
        b"* PREAUTH [CAPABILITY IMAP4rev1 IDLE] ready",
        {
            b"a1 SELECT": b"* 3 EXISTS\r\n* OK [UIDNEXT 4] x\r\na1 OK",
            b"a2 IDLE": b"* 4 EXISTS\r\n+ idling",
            b"DONE": b"a2 OK",
            b"a3 UID FETCH": b"* 4 FETCH (UID 4 RFC822.SIZE 3)\r\na3 OK",
        },
    )

    def work(talk: Talk) -> Script[list[int]]:
        opened = yield from open_mailbox(talk)
        return (yield from await_news(talk, opened.uid_next, DAY))

    wire = Wire(MODERN, lambda number: puppet)
    assert wire.perform(errand(ALICE, work, protocol=MODERN, nonce=lambda: "n")).result == [4] and wire.now == 0


def test_sets_and_data() -> None:
    assert uid_set([5, 1, 2, 3, 9, 8]) == b"1:3,5,8:9" and uid_set([4]) == b"4"
    assert values(b'(UID 7 BODY[HEADER.FIELDS (A "B")] {3}\r\na)b X NIL Y "q\\"" Z (()))') == [
        [b"UID", 7, b'BODY[HEADER.FIELDS (A "B")]', b"a)b", b"X", None, b"Y", b'q"', b"Z", [[]]]
    ]
    for bad in (b"(", b")", b'"', b"{5}\r\nab", b"(" * 1000, b"{99999999999999999999}\r\n", b"["):
        assert values(bad) is None


def test_what_readers_there_are() -> None:
    with pytest.raises(ValueError, match="expected a mail reader"):
        reader("read")
    with pytest.raises(ValueError, match="headers only"):
        Reader("x", 0, headers=True)
    with pytest.raises(ValueError, match="in one line"):
        Login("a\r\nb", "c")
