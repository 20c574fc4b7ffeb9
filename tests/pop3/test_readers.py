"""Mail readers against popsim's server, without a clock: what they fetch, mark, delete and say."""

import pytest

from popsim import pop3
from popsim.engine.script import Script
from popsim.mail import samples
from popsim.mail.message import Message
from popsim.mail.policy import Policy
from popsim.protocols.pop3 import client
from popsim.protocols.pop3.client import DAY, Ending, Login, Reader, Visit
from popsim.protocols.protocol import Protocol
from tests.pop3.memory_wire import Box, Post

MAIL = [m for m in samples.inbox()]
OCTETS = [m.octets for m in MAIL]
NUMBERS = list(range(1, len(MAIL) + 1))
PROTOCOLS = {
    "1939": pop3,
    "1939 minimal": pop3.minimal(),
    "1460": pop3.edition(1460),
    "1725": pop3.edition(1725),
    "all extensions": pop3.extended(),
    "CAPA alone": pop3.extended(2449),
    "without UIDL": pop3.without("UIDL"),
    "without TOP": pop3.without("TOP"),
}
NAMES = ["download and delete", "leave on server", "headers only", "delete after 2 days"]
EVERY_READER = pytest.mark.parametrize("name", NAMES)
PIPELINED = pytest.mark.parametrize("pipelined", [False, True, None])
ALICE = Login("alice", "secret", digest=False)


def visit(post: Post, box: Box, reader: Reader | str, login: Login = ALICE) -> Visit:
    """One visit."""
    wanted = client.reader(reader) if isinstance(reader, str) else reader
    script = client.visit(wanted, login, box, protocol=post.protocol, now=lambda: post.wire.now, nonce=lambda: "nonce")
    return post.wire.perform(script)


def numbers(items: tuple[client.Item, ...]) -> list[int]:
    return [item.number for item in items]


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
@EVERY_READER
@PIPELINED
def test_each_reader_on_each_kind_of_server(name: str, pipelined: bool | None, protocol: Protocol) -> None:
    post, box = Post(protocol, MAIL), Box()
    came = visit(post, box, client.reader(name, pipelined))
    keywords = {form.keyword for form in protocol.forms}
    if name in ("leave on server", "delete after 2 days") and "UIDL" not in keywords:
        assert came.ending is Ending.STOPPED
        assert "UIDL is needed" in came.problem
        assert box.octets == []
        assert post.left == OCTETS
    elif name == "headers only" and "TOP" not in keywords:
        assert came.ending is Ending.STOPPED
        assert "TOP is needed" in came.problem
        assert post.left == OCTETS
    else:
        assert came.complete, came.problem
        assert numbers(came.listed) == numbers(came.fetched) == NUMBERS
        assert [item.size for item in came.listed] == [m.size for m in MAIL]
        wanted = [m.top(0).octets for m in MAIL] if name == "headers only" else OCTETS
        assert box.octets == wanted
        goes = name == "download and delete"
        assert post.left == ([] if goes else OCTETS)
        assert numbers(came.marked) == numbers(came.deleted) == (NUMBERS if goes else [])
        assert came.pipelined is (pipelined if pipelined is not None else "CAPA" in keywords)
    assert post.wire.lines()[-1] == "QUIT"
    assert post.maildrop.owner is None


@EVERY_READER
def test_with_and_without_pipelining_the_same_is_fetched(name: str) -> None:
    boxes = []
    for way in (True, False):
        post, box = Post(pop3, MAIL), Box()
        visit(post, box, client.reader(name, way))
        boxes.append((box.kept, post.left))
    assert boxes[0] == boxes[1]


# The lines of a whole visit, written by hand from the RFCs and the lesson of each reader.


def test_what_is_said_to_download_and_delete_one_by_one() -> None:
    post = Post(pop3, MAIL[:2])
    visit(post, Box(), client.reader("download and delete", False))
    assert post.wire.lines() == [
        "USER alice", "PASS secret", "LIST", "UIDL", "RETR 1", "DELE 1", "RETR 2", "DELE 2", "QUIT",
    ]  # fmt: skip
    assert len(post.wire.said[0]) == 9  # each line when the one before was answered


def test_what_is_said_pipelined() -> None:
    post = Post(pop3.extended(2449), MAIL[:2])
    visit(post, Box(), "download and delete")
    assert [piece.decode().split("\r\n")[:-1] for piece in post.wire.said[0]] == [
        ["CAPA"], ["USER alice"], ["PASS secret"], ["LIST", "UIDL"], ["RETR 1", "RETR 2"], ["DELE 1", "DELE 2"],
        ["QUIT"],
    ]  # fmt: skip


def test_what_is_said_to_look_at_headers() -> None:
    post = Post(pop3.extended(), MAIL[:2])
    visit(post, Box(), client.reader("headers only", False), Login("alice", "secret", "USER"))
    assert post.wire.lines() == [
        "CAPA", "UTF8", "USER alice", "PASS secret", "LIST", "UIDL", "TOP 1 0", "TOP 2 0", "QUIT",
    ]  # fmt: skip


def test_nothing_is_pipelined_that_the_server_does_not_announce() -> None:
    post = Post(pop3.extended(2449), MAIL, policy=Policy(pipelining=False))
    box = Box()
    came = visit(post, box, "leave on server")
    assert not came.pipelined
    assert box.octets == OCTETS
    assert all(piece.count(b"\r\n") == 1 for piece in post.wire.said[0])


def test_what_is_left_is_not_fetched_again() -> None:
    post, box = Post(pop3, MAIL), Box()
    visit(post, box, "leave on server")
    post.deliver(Message(b"Subject: new\r\n\r\nnew\r\n"))
    came = visit(post, box, "leave on server")
    assert numbers(came.skipped) == NUMBERS
    assert numbers(came.fetched) == [len(MAIL) + 1]
    assert [line for line in post.wire.lines() if line.startswith("RETR")] == [f"RETR {len(MAIL) + 1}"]
    assert box.octets == post.left
    again = visit(post, box, "leave on server")
    assert again.fetched == ()
    assert again.complete


def test_two_readers_with_folders_of_their_own_on_one_maildrop() -> None:
    post, home, work = Post(pop3, MAIL[:3]), Box(), Box()
    visit(post, home, "leave on server")
    visit(post, work, "leave on server")
    assert home.octets == work.octets == OCTETS[:3]
    came = visit(post, home, "download and delete")
    assert came.fetched == ()
    assert numbers(came.deleted) == [1, 2, 3]
    assert home.octets == OCTETS[:3]
    assert numbers(visit(post, work, "leave on server").listed) == []


def test_delete_after_days() -> None:
    post = Post(pop3, MAIL[:2])
    box = Box(lambda: post.wire.now)
    assert visit(post, box, "delete after 2 days").deleted == ()
    post.wire.now += DAY
    post.deliver(MAIL[2])
    assert numbers(visit(post, box, "delete after 2 days").fetched) == [3]
    post.wire.now += DAY - 1
    assert visit(post, box, "delete after 2 days").deleted == ()
    post.wire.now += 1
    came = visit(post, box, "delete after 2 days")
    assert numbers(came.deleted) == [1, 2]  # the third came a day later
    assert came.fetched == ()
    assert post.left == OCTETS[2:3]
    assert box.octets == OCTETS[:3]


def alike(count: int) -> Post:
    """A server that gives all messages one unique-id: RFC 1939 §7 lets it compute them from the content."""
    post = Post(pop3, [Message(b"%d\r\n" % n, f"u{n}") for n in range(count)])
    for message in post.maildrop.messages:
        object.__setattr__(message, "uid", "same")
    account = post.store.account("alice")
    assert account
    account.rows["same"] = 1
    return post


def test_equal_unique_ids_in_one_listing_are_all_stored() -> None:
    post, box = alike(3), Box()
    came = visit(post, box, "leave on server")
    assert box.octets == post.left
    assert len(came.fetched) == 3
    assert len(visit(post, box, "leave on server").skipped) == 3
    assert len(box.kept) == 3


def test_of_equal_unique_ids_those_that_are_missing_come_later() -> None:
    post, box = alike(3), Box()
    box.keep("same", b"0\r\n")
    came = visit(post, box, "download and delete")
    assert numbers(came.fetched) == [2, 3]
    assert numbers(came.deleted) == [1, 2, 3]
    assert box.octets == [b"0\r\n", b"1\r\n", b"2\r\n"]
    assert not box.holds("same")  # so a message that comes under it later is fetched


@PIPELINED
def test_what_could_not_be_kept_is_not_marked(pipelined: bool | None) -> None:
    post, box = Post(pop3, MAIL), Box(fails_at=3)
    came = visit(post, box, client.reader("download and delete", pipelined))
    assert came.ending is Ending.STOPPED
    assert "message 4 could not be kept" in came.problem
    assert "no space left" in came.problem
    assert numbers(came.fetched) == [1, 2, 3]
    assert set(numbers(came.deleted)) <= {1, 2, 3}
    assert set(OCTETS[3:]) <= set(post.left)
    assert numbers(came.deleted) == [n for n in NUMBERS if OCTETS[n - 1] not in post.left]


@pytest.mark.parametrize("pipelined", [False, True])
def test_a_removal_that_fails_is_not_called_a_deletion(pipelined: bool) -> None:
    post, box = Post(pop3.extended(), MAIL[:3]), Box()
    post.maildrop.refuse_removal.add(str(post.maildrop.messages[1].uid))
    came = visit(post, box, client.reader("download and delete", pipelined))
    assert came.ending is Ending.SOME_LEFT
    assert came.code == "SYS/PERM"
    assert numbers(came.marked) == [1, 2, 3]
    assert came.deleted == ()
    assert box.gone == []
    assert box.octets == OCTETS[:3]
    post.maildrop.refuse_removal.clear()
    again = visit(post, box, "download and delete")
    assert numbers(again.deleted) == [1]
    assert again.fetched == ()
    assert box.octets == OCTETS[:3]


def test_progress_is_told_message_by_message() -> None:
    post, told = Post(pop3, MAIL[:2]), list[client.Progress]()
    script = client.visit(
        client.reader("download and delete"), ALICE, Box(), protocol=pop3, now=lambda: 0, nonce=lambda: "n",
        told=told.append,
    )  # fmt: skip
    post.wire.perform(script)
    sizes = [m.size for m in MAIL[:2]]
    assert [(one.what, one.item.number if one.item else 0, one.done, one.octets) for one in told] == [
        ("listed", 0, 0, 0),
        ("fetched", 1, 1, sizes[0]),
        ("marked", 1, 1, sizes[0]),
        ("fetched", 2, 2, sum(sizes)),
        ("marked", 2, 2, sum(sizes)),
        ("deleted", 1, 2, sum(sizes)),
        ("deleted", 2, 2, sum(sizes)),
    ]
    assert {(one.total, one.total_octets) for one in told} == {(2, sum(sizes))}


def test_an_empty_maildrop() -> None:
    for name in NAMES:
        came = visit(Post(pop3, []), Box(), name)
        assert came.complete
        assert came.listed == ()


def test_a_thousand_messages_are_asked_for_in_portions() -> None:
    post, box = Post(pop3, [Message(b"%d\r\n" % n) for n in range(1000)]), Box()
    came = visit(post, box, client.reader("download and delete", True))
    assert len(came.deleted) == 1000
    assert post.left == []
    assert max(piece.count(b"RETR") for piece in post.wire.said[0]) == 64


def test_large_messages_are_not_all_asked_for_at_once() -> None:
    large = [Message(b"%d" % n + b"x" * 3_000_000 + b"\r\n") for n in range(4)]
    post, box = Post(pop3, large), Box()
    visit(post, box, client.reader("leave on server", True))
    assert box.octets == [m.octets for m in large]
    assert max(piece.count(b"RETR") for piece in post.wire.said[0]) == 1


def test_polling() -> None:
    post = Post(pop3, MAIL[:2])
    box, seen = Box(), list[Visit]()

    def session() -> Script[Visit]:
        if len(post.wire.said) == 1:
            post.deliver(MAIL[2])
        return client.visit(
            client.reader("leave on server"), ALICE, box, protocol=pop3, now=lambda: post.wire.now, nonce=lambda: "n"
        )

    visits = post.wire.perform(client.poll(session, 600 * 10**9, 3, seen.append))
    assert [numbers(one.fetched) for one in visits] == [[1, 2], [3], []]
    assert seen == list(visits)
    assert post.wire.now == 2 * 600 * 10**9
    assert len(post.wire.said) == 3


def test_polling_waits_as_long_as_the_server_asks() -> None:
    post = Post(pop3.extended(2449), MAIL[:1], policy=Policy(login_delay="90 s"))
    box = Box()

    def session() -> Script[Visit]:
        return client.visit(
            client.reader("leave on server"), ALICE, box, protocol=post.protocol, now=lambda: 0, nonce=lambda: "n"
        )

    visits = post.wire.perform(client.poll(session, 60 * 10**9, 3))
    assert [one.ending for one in visits] == [Ending.DONE] * 3
    assert post.wire.now == 2 * 90 * 10**9


def test_a_maildrop_that_somebody_else_has() -> None:
    post = Post(pop3.extended(2449), MAIL)
    held = post.maildrop.open("somebody")
    came = visit(post, Box(), "download and delete")
    assert (came.ending, came.code) == (Ending.REFUSED, "IN-USE")
    held.release()
    assert visit(post, Box(), "download and delete").complete


def test_readers_by_name() -> None:
    assert client.reader("delete after 1.5 days").age == 1.5 * DAY
    assert client.after_days(1).name == "delete after 1 day"
    with pytest.raises(ValueError, match="download and delete"):
        client.reader("download")
    with pytest.raises(ValueError, match="headers only must not remove"):
        Reader("wrong", 0, lines=0)
    with pytest.raises(ValueError, match="number of days"):
        client.after_days(-1)


def test_a_visit_as_text() -> None:
    post = Post(pop3, MAIL[:2])
    assert str(visit(post, Box(), "download and delete")) == (
        "download and delete (USER): 2 listed, 2 fetched, 0 kept earlier, 2 marked, 2 deleted; done"
    )
