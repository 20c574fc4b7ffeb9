"""One script, three wires: in memory, in virtual time and on a real socket it does the same and brings the same."""

import pytest

from popsim import Lab, pop3
from popsim.engine.script import Script
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.protocols.pop3 import client
from popsim.protocols.pop3.client import Login, Visit
from popsim.protocols.protocol import Protocol
from popsim.sockets.dial import perform
from popsim.sockets.server import Server
from tests.pop3.memory_wire import Box, Post

MAIL = [
    Message(b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n"),
    Message(b""),
    Message(bytes(range(256)).replace(b"\r", b"").replace(b"\n", b"") + b"\r\n"),
    Message(b"Subject: long\r\n\r\n" + b"y" * 5000 + b"\r\n" * 300),
]
NAMES = ["download and delete", "leave on server", "headers only", "delete after 0 days"]
LOGINS = ["USER", "CRAM-MD5", "SCRAM-SHA-256"]


def script(name: str, pipelined: bool, way: str, box: Box, protocol: Protocol) -> Script[Visit]:
    wanted, login = client.reader(name, pipelined), Login("alice", "secret", way)
    return client.visit(wanted, login, box, protocol=protocol, now=lambda: 0, nonce=lambda: "n0nce")


@pytest.mark.parametrize("pipelined", [False, True])
@pytest.mark.parametrize(("name", "way"), list(zip(NAMES, [*LOGINS, "USER"], strict=True)))
def test_the_same_on_every_wire(name: str, way: str, pipelined: bool) -> None:
    protocol = pop3.extended(5034, 2449)
    post, memory = Post(protocol, MAIL), Box()
    first = post.wire.perform(script(name, pipelined, way, memory, protocol))
    assert first.complete, first.problem

    lab = Lab(protocol, mail=Mail("wires", MAIL))
    simulated = lab.read(name, pipelined=pipelined, login=way)
    assert simulated.last == first
    assert [m.octets for m in simulated.folder.messages] == memory.octets

    store = Store([User("alice", "secret")], {"alice": Mail("wires", MAIL)})
    account, socket = store.account("alice"), Box()
    assert account
    with Server(protocol, store) as server:
        real = perform(
            script(name, pipelined, way, socket, protocol), server.host, server.port, protocol=protocol, timeout=8
        )
    assert real == first
    assert socket.kept == memory.kept
    assert [m.octets for m in account.maildrop.messages] == post.left

    said = [action.line.decode() for action in lab.scenario.actions if action.kind == "send"]
    heard = server.timeline.stream(0, "client").decode().splitlines()
    if way == "USER":
        assert post.wire.lines() == said == heard
    else:  # nonces differ, and so does what depends on them
        assert [line.split(" ")[0] for line in heard][5:] == [line.split(" ")[0] for line in said][5:]


def test_polling_on_a_socket() -> None:
    store = Store([User("alice", "secret")], {"alice": Mail("wires", MAIL)})
    box = Box()
    with Server(pop3, store) as server:
        visits = perform(
            client.poll(lambda: script("leave on server", False, "USER", box, pop3), 10**7, 3),
            server.host,
            server.port,
            protocol=pop3,
            timeout=8,
        )
    assert [len(one.fetched) for one in visits] == [4, 0, 0]
    assert box.octets == [m.octets for m in MAIL]
