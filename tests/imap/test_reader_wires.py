"""IMAP's mail reader on three wires: it does the same everywhere, and loses nothing where a line is slow or cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import Lab, Link, imap
from popsim.engine.script import Script
from popsim.engine.visit import Ending, Visit
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.protocols.imap.client import Login, reader, visit
from popsim.protocols.protocol import Protocol
from popsim.sockets.dial import perform
from popsim.sockets.server import Server
from tests.imap.test_client import MESSAGES, Folder, Office

MAIL = Mail("post", MESSAGES)
OCTETS = [message.octets for message in MESSAGES]
FEW = Mail("few", [Message(b"Subject: %d\r\n\r\n.dot\r\n%s\r\n" % (n, b"x" * (7 * n))) for n in range(1, 4)])
MODERN = imap.extended()


def script(name: str, pipelined: bool, way: str, box: Folder, protocol: Protocol) -> Script[Visit]:
    wanted, login = reader(name, pipelined=pipelined), Login("alice", "secret", way)
    return visit(wanted, login, box, protocol=protocol, now=lambda: 0, nonce=lambda: "n0nce")


@pytest.mark.parametrize("pipelined", [False, True])
@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("download and delete", "LOGIN"),
        ("leave on server", "CRAM-MD5"),
        ("headers only", "SCRAM-SHA-256"),
        ("delete after 0 days", "PLAIN"),
    ],
)
@pytest.mark.parametrize("protocol", [imap, MODERN], ids=["bare", "extended"])
def test_the_same_on_every_wire(protocol: Protocol, name: str, way: str, pipelined: bool) -> None:
    office = Office(protocol)
    first = office.wire.perform(script(name, pipelined, way, office.folder, protocol))
    assert first.complete, first.problem

    lab = Lab(protocol, mail=MAIL)
    simulated = lab.read(name, pipelined=pipelined, login=way)
    assert simulated.last == first
    assert [kept.message.octets for kept in simulated.folder.kept] == list(office.folder.kept.values())

    store, box = Store([User("alice", "secret")], {"alice": MAIL}), Folder()
    with Server(protocol, store) as server:
        wire = script(name, pipelined, way, box, protocol)
        real = perform(wire, server.host, server.port, protocol=protocol, timeout=8)
    assert real == first and box.kept == office.folder.kept
    account = store.account("alice")
    assert account and [item.message.octets for item in account.inbox.items] == office.left()

    said = [action.line.decode() for action in lab.scenario.actions if action.kind == "send"]
    heard = server.timeline.stream(0, "client").decode().splitlines()
    if way in ("LOGIN", "PLAIN"):
        assert office.wire.lines() == said == heard
    else:  # nonces differ, and so does what depends on them
        assert [line.split(" ")[1:2] for line in heard[4:]] == [line.split(" ")[1:2] for line in said[4:]]


@pytest.mark.parametrize("link", [Link("3 s"), Link("200 ms", "9600 bit/s"), Link("10 ms", loss="10%", jitter="9 ms")])
@pytest.mark.parametrize("tls", ["never", "always"])
def test_a_slow_line_changes_nothing_but_the_time(link: Link, tls: str) -> None:
    lab = Lab(MODERN, mail=MAIL, link=link)
    reading = lab.read("download and delete", tls=tls, times=2, meanwhile=["+1 min> mail> alice minimal"])
    assert reading.complete and reading.last.secured is (tls == "always"), str(reading)
    assert [message.octets for message in reading.folder.messages][:3] == OCTETS and len(reading.folder) == 5
    assert Lab.of(str(lab.scenario), [MAIL]).timeline.digest() == lab.timeline.digest()


def length(end: str, tls: bool, mail: Mail) -> int:
    """How many octets an end puts on the wire in a visit that nothing disturbs."""
    lab = Lab(MODERN, mail=mail, tls=tls)
    assert lab.read("download and delete", login="LOGIN").complete
    return len(lab.timeline.wire(0, end))


def cut(end: str, place: int, mail: Mail, *, tls: bool = False, pipelined: bool = False) -> None:
    """Cut the first visit's line behind an octet: nothing is lost, nothing comes twice, no word of it is wrong."""
    lab = Lab(MODERN, mail=mail, tls=tls, faults=[f"cut {end} after {place}"])
    wanted = [message.octets for message in mail]
    first = lab.read("download and delete", login="LOGIN", pipelined=pipelined).last
    kept = [message.octets for message in lab.folders["mail"].messages]
    account = lab._simulation.store.account("alice")
    assert account
    left = [item.message.octets for item in account.inbox.items]
    assert {*kept, *left} == {*wanted} and len(kept) == len({*kept}), place
    assert not first.deleted or left == [], place
    again = lab.read("download and delete", login="LOGIN", pipelined=pipelined)
    assert again.complete, str(again)
    assert [message.octets for message in again.folder.messages] == wanted, place
    assert not account.inbox.items


@pytest.mark.parametrize(
    ("end", "pipelined"),
    [
        ("client", False),
        ("client", True),
        ("server", False),
        pytest.param("server", True, marks=pytest.mark.slow),
    ],
)
def test_a_cut_after_every_twentieth_octet(end: str, pipelined: bool) -> None:
    for place in range(1, length(end, False, FEW), 20):
        cut(end, place, FEW, pipelined=pipelined)


@pytest.mark.slow
@pytest.mark.parametrize("end", ["client", "server"])
def test_a_cut_after_every_twentieth_octet_of_tls(end: str) -> None:
    for place in range(1, length(end, True, FEW), 20):
        cut(end, place, FEW, tls=True)


@settings(max_examples=12, deadline=None)
@given(end=st.sampled_from(["client", "server"]), place=st.integers(1, 3500), tls=st.booleans(), piped=st.booleans())
def test_a_cut_after_any_octet(end: str, place: int, tls: bool, piped: bool) -> None:
    cut(end, place, FEW, tls=tls, pipelined=piped)


BEFORE = ["LOGIN", "SELECT", "UID FETCH 1:*", "UID FETCH 1 ", "UID FETCH 3", "UID STORE", "UID EXPUNGE", "LOGOUT"]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("name", ["download and delete", "leave on server"])
def test_a_cut_before_each_command(name: str, before: str) -> None:
    tags = dict(zip(BEFORE, ("a1", "a2", "a3", "a4", "a6", "a7", "a8", "a9"), strict=True))
    lab = Lab(MODERN, mail=FEW, faults=[f"cut before {tags[before]}"])
    first = lab.read(name, login="LOGIN").last
    said = [action.line for action in lab.scenario.actions]
    assert before.split(" ")[0].encode() in said[-1] or name == "leave on server", said[-1]
    assert first.ending is (
        Ending.DONE if before == "LOGOUT" or name == "leave on server" and "a7" <= tags[before] else Ending.LOST
    )
    again = lab.read(name, login="LOGIN")
    assert again.complete and sorted(m.octets for m in again.folder.messages) == sorted(m.octets for m in FEW)
