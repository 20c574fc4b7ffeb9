"""The line is cut anywhere: no message is lost, none is called deleted that is there, none comes twice."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import Lab, pop3
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.protocols.pop3 import client
from popsim.protocols.pop3.client import Ending, Login, Visit
from popsim.protocols.protocol import Protocol
from tests.pop3.memory_wire import Box, Cut, Post

MAIL = [Message(b"Subject: %d\r\n\r\n.dot\r\n%s\r\n" % (n, b"x" * (7 * n))) for n in range(1, 5)]
NAMES = ["download and delete", "leave on server", "headers only", "delete after 0.5 days"]
PROTOCOLS = [pop3, pop3.minimal(), pop3.extended()]


def visit(post: Post, box: Box, name: str, pipelined: bool | None, way: str = "USER") -> Visit:
    wanted = client.reader(name, pipelined)
    login = Login("alice", "secret", way)
    script = client.visit(wanted, login, box, protocol=post.protocol, now=lambda: post.wire.now, nonce=lambda: "n0nce")
    return post.wire.perform(script)


def length(protocol: Protocol, name: str, pipelined: bool, end: str) -> int:
    """How many octets one end says in a visit that nothing disturbs."""
    post = Post(protocol, MAIL)
    visit(post, Box(), name, pipelined)
    return sum(map(len, post.wire.said[0] if end == "C" else post.wire.heard[0:1]))


def check(post: Post, box: Box, came: Visit, name: str) -> None:
    """What must be true however a visit ended."""
    whole = [m.octets for m in MAIL]
    kept = [m.top(0).octets for m in MAIL] if name == "headers only" else whole
    assert set(box.octets) <= set(kept)
    if name == "headers only":
        assert post.left == whole
        return
    assert set(post.left) | set(box.octets) == set(whole), "a message is neither in the maildrop nor kept"
    there = {m.uid for m in post.maildrop.messages}
    assert not any(item.uid in there for item in came.deleted if item.uid)
    assert not any(whole[item.number - 1] in post.left for item in came.deleted), "called deleted, and there"
    assert {item.number for item in came.marked} <= {n for n, octets in enumerate(whole, 1) if octets in box.octets}
    assert came.ending is not Ending.DONE or len(came.deleted) == len(came.marked)
    assert post.maildrop.owner is None


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_cut_after_any_octet(name: str, data: st.DataObject) -> None:
    protocol = data.draw(st.sampled_from(PROTOCOLS if name == "download and delete" else PROTOCOLS[::2]))
    pipelined, end = data.draw(st.booleans()), data.draw(st.sampled_from("CS"))
    post, box = Post(protocol, MAIL), Box()
    post.wire.cuts = {0: Cut(end, data.draw(st.integers(0, length(protocol, name, pipelined, end) - 1)))}
    came = visit(post, box, name, pipelined)
    check(post, box, came, name)
    there = list(post.left)
    again = visit(post, box, name, pipelined)
    assert again.complete, again.problem
    assert len(again.listed) == len(there)
    if protocol is not PROTOCOLS[1]:  # with unique-ids nothing comes twice
        assert sorted(box.octets) == sorted(m.top(0).octets if name == "headers only" else m.octets for m in MAIL)
    if name == "download and delete":
        assert post.left == []
        assert {m.octets for m in MAIL} == set(box.octets)
    elif name != "delete after 0.5 days":
        assert post.left == [m.octets for m in MAIL]


@pytest.mark.parametrize("name", NAMES[:2])
@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 700), max_size=6), ends=st.text("CS", min_size=6, max_size=6), late=st.booleans())
def test_cut_again_and_again_and_then_not(name: str, cuts: list[int], ends: str, late: bool) -> None:
    post, box = Post(pop3.extended(), MAIL[:2]), Box()
    post.wire.cuts = {number: Cut(end, place) for number, (end, place) in enumerate(zip(ends, cuts, strict=False))}
    for number in range(7):
        visit(post, box, name, number % 2 == 0)
        if late and number == 2:
            for message in MAIL[2:]:
                post.deliver(message)
    wanted = MAIL if late else MAIL[:2]
    assert sorted(box.octets) == sorted(m.octets for m in wanted)
    assert post.left == ([] if name == "download and delete" else [m.octets for m in wanted])


def test_an_answer_to_quit_that_is_lost_is_no_deletion_though_all_is_gone() -> None:
    post, box = Post(pop3, MAIL), Box()
    whole = length(pop3, "download and delete", False, "S")
    post.wire.cuts = {0: Cut("S", whole - 1)}
    came = visit(post, box, "download and delete", False)
    assert came.ending is Ending.LOST
    assert len(came.marked) == 4
    assert came.deleted == ()
    assert post.left == []
    assert visit(post, box, "download and delete", False).listed == ()
    assert box.octets == [m.octets for m in MAIL]


@pytest.mark.parametrize("pipelined", [False, True])
def test_what_came_whole_before_the_cut_is_kept(pipelined: bool) -> None:
    post, box = Post(pop3, MAIL), Box()
    visit(post, Box(), "leave on server", pipelined)
    third = post.wire.heard[0].index(b"Subject: 3")
    post.wire.cuts = {1: Cut("S", third)}
    came = visit(post, box, "leave on server", pipelined)
    assert came.ending is Ending.LOST
    assert [item.number for item in came.fetched] == [1, 2]
    assert box.octets == [m.octets for m in MAIL[:2]]


# On the simulated wire

BEFORE = ["CAPA", "USER", "PASS", "LIST", "UIDL", "RETR 1", "RETR 3", "DELE 1", "DELE 4", "QUIT"]


@pytest.mark.parametrize("pipelined", [False, True])
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("name", NAMES[:2])
def test_a_cut_before_each_command_in_a_lab(name: str, before: str, pipelined: bool) -> None:
    lab = Lab(pop3.extended(2449), mail=Mail("few", MAIL), faults=[f"cut before {before}"])
    cut = lab.read(name, pipelined=pipelined).last
    never = before.startswith("DELE") and name == "leave on server"
    assert cut.ending is (Ending.DONE if never else Ending.LOST)
    assert cut.deleted == ()
    again = lab.read(name, pipelined=pipelined)
    assert again.complete
    assert sorted(m.octets for m in again.folder.messages) == sorted(m.octets for m in MAIL)
    assert len(again.last.deleted) == (4 if name == "download and delete" else 0)


@settings(max_examples=40, deadline=None)
@given(end=st.sampled_from(["client", "server"]), place=st.integers(1, 900), pipelined=st.booleans())
def test_a_cut_after_any_octet_in_a_lab(end: str, place: int, pipelined: bool) -> None:
    lab = Lab(pop3, mail=Mail("few", MAIL), faults=[f"cut {end} after {place}"])
    first = lab.read("download and delete", pipelined=pipelined)
    again = lab.read("download and delete", pipelined=pipelined)
    assert again.complete
    assert len(first.last.deleted) + len(again.last.deleted) <= 4
    assert sorted(m.octets for m in again.folder.messages) == sorted(m.octets for m in MAIL)
    assert Lab.of(lab.scenario, [Mail("few", MAIL)]).timeline.digest() == lab.timeline.digest()
