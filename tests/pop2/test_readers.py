"""POP2's mail readers: what they fetch, keep and delete, against popsim's server, a naive one and hostile ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.script import Connect
from popsim.engine.visit import Ending, Visit
from popsim.mail.message import Message
from popsim.protocols import find
from popsim.protocols.pop2.client import READERS, Login, Reader, reader, visit
from tests.pop2.naive import NaiveClient, NaiveServer
from tests.pop2.scene import FOLDER, MAIL, session_in, stage
from tests.pop3.memory_wire import Box, Cut, Post, Puppet, Wire

POP2 = find("pop2")
DELETE, LEAVE = READERS
ALICE = Login("alice", "secret")
TRICKY = [b"+ not a reply\r\n.\r\n..\r\n=12\r\n", b"- x\r\n", b"#1\r\n", b".\r\n"]


def post(messages: list[bytes]) -> Post:
    return Post(POP2, [Message(octets) for octets in messages])


def go(office: Post, wanted: Reader, box: Box | None = None) -> tuple[Visit, Box]:
    """One visit, and the box in which its mail is."""
    box = box or Box()
    return office.wire.perform(visit(wanted, ALICE, box)), box


def test_fetch_all_and_delete() -> None:
    office = post(TRICKY)
    came, box = go(office, DELETE)
    assert box.octets == TRICKY and office.left == []
    assert came.complete and len(came.deleted) == 4 and [item.number for item in came.fetched] == [1, 2, 3, 4]
    assert [item.size for item in came.fetched] == [len(octets) for octets in TRICKY]
    assert office.wire.lines() == ["HELO alice secret", "READ", *["RETR", "ACKD"] * 4, "QUIT"]
    assert str(came) == "download and delete (HELO): 4 listed, 4 fetched, 0 kept earlier, 4 marked, 4 deleted; done"


def test_fetch_all_and_leave_it_there() -> None:
    office = post(TRICKY)
    came, box = go(office, LEAVE)
    assert box.octets == TRICKY == office.left and came.complete and came.marked == came.deleted == ()
    assert {uid for uid, _ in box.kept} == {None}
    assert office.wire.lines() == ["HELO alice secret", "READ", *["RETR", "ACKS"] * 4, "QUIT"]


def test_an_empty_mailbox_is_left_at_once() -> None:
    office = post([])
    came, box = go(office, DELETE)
    assert came.complete and not box.kept
    assert office.wire.lines() == ["HELO alice secret", "QUIT"]


def test_one_message() -> None:
    office = post(TRICKY)
    came, box = go(office, reader("download and delete", number=3))
    assert box.octets == [TRICKY[2]] and office.left == TRICKY[:2] + TRICKY[3:]
    assert office.wire.lines() == ["HELO alice secret", "READ 3", "RETR", "ACKD", "QUIT"]
    came, _ = go(office, reader("leave on server", number=9))
    assert came.ending is Ending.STOPPED and "no message 9: the mailbox has 3" in came.problem
    assert office.wire.lines() == ["HELO alice secret", "QUIT"]


def test_another_mailbox() -> None:
    office = post(TRICKY)
    office.store.accounts["alice"].create("a b\\c").append(Message(b"elsewhere\r\n"))
    came, box = go(office, reader("download and delete", mailbox="a b\\c"))
    assert box.octets == [b"elsewhere\r\n"] and office.left == TRICKY and came.complete
    assert office.wire.lines()[:2] == ["HELO alice secret", "FOLD a b\\\\c"]
    came, box = go(office, reader("leave on server", mailbox="nowhere"))
    assert came.complete and not box.kept


def test_an_empty_message_can_not_be_asked_for() -> None:
    office = post([b"one\r\n", b"", b"three\r\n", b""])
    came, box = go(office, DELETE)
    assert box.octets == [b"one\r\n", b"three\r\n"] and office.left == [b"", b""]
    assert [item.number for item in came.failed] == [2, 4] and not came.complete
    assert office.wire.lines() == ["HELO alice secret", "READ", "RETR", "ACKD", "READ 3", "RETR", "ACKD", "QUIT"]


def test_a_message_that_could_not_be_kept_is_not_acknowledged() -> None:
    office = post(TRICKY)
    came, box = go(office, DELETE, Box(fails_at=1))
    assert came.ending is Ending.STOPPED and "no space left" in came.problem
    assert office.wire.lines()[-3:] == ["RETR", "NACK", "QUIT"]
    assert box.octets == TRICKY[:1] and office.left == TRICKY[1:]


def test_special_characters_are_quoted() -> None:
    wire = Wire(POP2, lambda _: Puppet(b"+ POP2 x", {b"HELO": b"#0", b"QUIT": b"+"}))
    assert wire.perform(visit(LEAVE, Login("a b", "c\\d e"), Box())).complete
    assert wire.lines()[0] == "HELO a\\ b c\\\\d\\ e"
    for user, secret in (("", "x"), ("x", ""), ("a\r\nb", "x"), ("x", "a\nb"), ("maría", "x"), ("x", "é")):
        with pytest.raises(ValueError, match="all (that )?POP2 can carry") as raised:
            Login(user, secret)
        assert secret not in ("é", "a\nb") or repr(secret) not in str(raised.value)
    with pytest.raises(ValueError, match="0 for all"):
        Reader("x", number=-1)
    with pytest.raises(ValueError, match="POP2 can carry"):
        reader("leave on server", mailbox="a\nb")
    with pytest.raises(ValueError, match="'download and delete' or 'leave on server' as a mail reader of POP2"):
        reader("headers only")


@pytest.mark.parametrize(
    ("answers", "problem", "said"),
    [
        ({b"HELO": b"- who?"}, "HELO was answered by '- who?', where #, a number, is due", ["HELO"]),
        ({b"HELO": b"=3"}, "HELO was answered by '= 3', where #", ["HELO", "QUIT"]),
        ({b"HELO": b"+ OK"}, "HELO was answered by '+ OK'", ["HELO", "QUIT"]),
        ({b"HELO": b"#x"}, "HELO was answered by '# x'", ["HELO", "QUIT"]),
        ({b"HELO": b"#" + b"9" * 30}, "HELO was answered by '# 99", ["HELO", "QUIT"]),
        ({b"HELO": b"garbage"}, "HELO was answered by 'garbage'", ["HELO", "QUIT"]),
        ({b"HELO": b"#1", b"READ": b"#3"}, "READ was answered by '# 3', where =", ["HELO", "READ", "QUIT"]),
        ({b"HELO": b"#1", b"READ": b"=3", b"RETR": b"abc+"}, "ACKS was answered by", ["HELO", "READ", "RETR", "ACKS"]),
    ],
)
def test_a_server_that_talks_nonsense(answers: dict[bytes, bytes], problem: str, said: list[str]) -> None:
    wire = Wire(POP2, lambda _: Puppet(b"+ POP2 x", answers))
    came = wire.perform(visit(LEAVE, ALICE, Box()))
    assert came.ending in (Ending.REFUSED, Ending.STOPPED) and problem in came.problem
    assert [text.split()[0] for text in wire.lines()][: len(said)] == said


@pytest.mark.parametrize("greeting", [b"- closed", b"+OK POP3 ready", b"* OK IMAP", b"220 smtp", b"+ hello", b""])
def test_a_server_of_something_else(greeting: bytes) -> None:
    wire = Wire(POP2, lambda _: Puppet(greeting))
    came = wire.perform(visit(LEAVE, ALICE, Box()))
    assert came.ending is Ending.REFUSED and "does not greet as POP2" in came.problem
    assert wire.lines() == ["QUIT"]


@pytest.mark.parametrize("greeting", [b"+ POP2 host", b"+ POP2", b"+ POP2 Server Ready", b"+ pop2 host", b"+POP2 host"])
def test_a_greeting_needs_no_more_than_the_protocol_s_name(greeting: bytes) -> None:
    wire = Wire(POP2, lambda _: Puppet(greeting, {b"HELO": b"#0", b"QUIT": b"+"}))
    assert wire.perform(visit(LEAVE, ALICE, Box())).complete


def test_a_password_does_not_cross_in_clear_unless_it_may() -> None:
    wire = Wire(POP2, lambda _: Puppet(b"+ POP2 x", {b"QUIT": b"+"}))
    came = wire.perform(visit(LEAVE, Login("alice", "secret", clear=False), Box()))
    assert came.ending is Ending.REFUSED and "would show the password" in came.problem and wire.lines() == ["QUIT"]
    assert "secret" not in repr(Login("alice", "secret"))
    assert next(visit(LEAVE, ALICE, Box(), secure=True)) == Connect(True)


CUTS = [(end, octets) for end in "CS" for octets in (*range(0, 60), *range(60, 240, 7))]


@pytest.mark.parametrize("wanted", [DELETE, LEAVE], ids=["delete", "leave"])
def test_wherever_the_connection_is_lost_no_message_is(wanted: Reader) -> None:
    for end, octets in CUTS:
        office = post(TRICKY)
        office.wire.cuts[0] = Cut(end, octets)
        came, box = go(office, wanted)
        for message in TRICKY:
            assert message in box.octets or message in office.left, (end, octets)
        assert len(office.left) == 4 or came.ending is Ending.DONE or came.ending is Ending.LOST
        if len(office.left) < 4:
            assert "QUIT" in office.wire.lines() and sorted(box.octets) == sorted(TRICKY)
        assert office.maildrop.owner is None
        again, _ = go(office, DELETE, box)
        assert again.complete and office.left == [] and set(box.octets) == set(TRICKY)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.binary(min_size=1, max_size=200), max_size=4), st.booleans())
def test_any_octets_come_as_they_are(some: list[bytes], deletes: bool) -> None:
    messages = [Message.of(octets).octets for octets in some]
    office = post(messages)
    came, box = go(office, DELETE if deletes else LEAVE)
    assert came.complete and box.octets == messages and office.left == ([] if deletes else messages)


class Stiff(Puppet):
    """A naive server at the end of a wire."""

    def __init__(self, messages: list[bytes]) -> None:
        super().__init__(b"+ POP2 naive.example")
        self.naive = NaiveServer(messages)

    def receive(self, data: bytes) -> None:
        for line in data.splitlines():
            self._out.append(self.naive.line(line))
            self.closed = self.closed or self.naive.is_over


def test_popsim_s_reader_with_a_naive_server() -> None:
    for wanted, left in ((DELETE, []), (LEAVE, TRICKY)):
        servers: list[Stiff] = []

        def make(_: int, servers: list[Stiff] = servers) -> Stiff:
            servers.append(Stiff(TRICKY))
            return servers[-1]

        box = Box()
        came = Wire(POP2, make).perform(visit(wanted, ALICE, box))
        assert came.complete and box.octets == TRICKY and servers[0].naive.messages == left


@pytest.mark.parametrize("piece", [0, 1, 3])
@pytest.mark.parametrize("acknowledge", ["ACKS", "ACKD"])
def test_a_naive_client_with_popsim_s_server(acknowledge: str, piece: int) -> None:
    server = stage(TRICKY)
    for folder, there in (("", TRICKY), ("Archive", list(FOLDER)), ("nowhere", [])):
        session = server.connect()
        client = NaiveClient(lambda octets, s=session: s.send(octets, piece), session.take())  # type: ignore[misc]
        assert client.all("alice", "secret", acknowledge, folder) == there
    account = server.store.accounts["alice"]
    assert (len(account.inbox), len(account.mailboxes["Archive"])) == ((4, 1) if acknowledge == "ACKS" else (0, 0))


def test_a_naive_client_and_an_error() -> None:
    session = session_in("NEXT", stage(list(MAIL)))
    client = NaiveClient(session.send, b"+ POP2 ")
    assert client.command("QUIT")[0] == "-" and session.state == "CLOSED"
