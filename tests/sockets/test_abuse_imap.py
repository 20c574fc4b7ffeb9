"""IMAP clients that behave as badly as they can: bounded memory, a clear answer or end, others undisturbed."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.sockets import abuse
from tests.sockets.abuse import BOMBS, CROWD, MEGABYTE, Scene, answered, ends, responses, said, sending, talk
from tests.sockets.clients import Raw
from tests.sockets.nasty import MESSAGES


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with abuse.scene(tmp_path_factory.mktemp("imap"), "bomb", "crowd") as found:
        yield found


@pytest.fixture
def good(server: Scene) -> Iterator[Scene]:
    with abuse.undisturbed(server):
        yield server


DEEP = b"/".join([b"a"] * 390)
NOISE: dict[str, bytes] = {
    "chance": random.Random(5).randbytes(200_000),
    "NUL": b"\0" * 100_000 + b"\r\n",
    "NUL in commands": b"n NOOP\0\r\nn LOG\0IN a b\r\n" * 500,
    "CR and LF": b"\r" * 50_000 + b"\n" * 2000,
    "no UTF-8": b"\xff\xfe\r\nn \xff\r\nn LIST \"\" \"\xff\xfe\"\r\n" * 500,
    "a line of 1 MB": b"n NOOP " + b"A" * MEGABYTE + b"\r\n",
    "a tag of 1 MB": b"n" * MEGABYTE + b" NOOP\r\n",
    "4 GB": b"n APPEND INBOX {4294967295}\r\n" * 50,
    "4 GB unasked": b"n APPEND INBOX {4294967295+}\r\n" + b"x" * MEGABYTE,
    "more than 4 GB": b"n LOGIN {99999999999999999999+}\r\n" * 50,
    "a name of 1 MB": b"n LOGIN {1000000+}\r\n" + b"x" * MEGABYTE + b" secret\r\n",
    "an APPEND beyond the limit": b"n APPEND INBOX {40000000}\r\nn NOOP\r\n",
    "literals": b"n SEARCH" + b" SUBJECT {1+}\r\na" * 3000 + b"\r\n",
    "literals of 8 kB": b"n SEARCH" + (b" SUBJECT {8000+}\r\n" + b"a" * 8000) * 300 + b"\r\n",
    "literals behind a large one": b"n APPEND INBOX {3000000+}\r\n" + b"a" * 3_000_000 + b" {0+}\r\n" * 500 + b"\r\n",
    "parentheses": b"n SEARCH " + b"(" * 100_000 + b"\r\nn FETCH 1 " + b"(" * 100_000 + b"\r\n",
    "short parentheses": (b"n SEARCH " + b"(" * 8000 + b"\r\nn FETCH 1 " + b"(" * 8000 + b"\r\n") * 50,
    "NOT": (b"n SEARCH " + b"NOT " * 2000 + b"ALL\r\n") * 20,
    "OR": (b"n SEARCH " + b"OR SEEN " * 1000 + b"ALL\r\n") * 20,
    "sequence sets": b"n FETCH 1:4294967295 FLAGS\r\nn UID FETCH " + b",".join([b"1:4294967295"] * 600) + b" FLAGS\r\n",
    "sections": b"n FETCH 1 BODY[" + b"1." * 4000 + b"1]\r\nn FETCH 1:* BODY[1.1.1.1.1]<0.4294967295>\r\n",
    "partials": b"n FETCH 1:* (" + b" ".join(b"BODY.PEEK[]<%d.999999>" % n for n in range(300)) + b")\r\n",
    "patterns": b'n LIST "" "' + b"%*" * 4000 + b'"\r\nn LIST "" "' + b"%a*" * 2500 + b'"\r\n',
    "deep names": b"n CREATE " + b"a/" * 4000 + b"\r\nn CREATE %b\r\nn LIST \"\" *\r\nn DELETE %b\r\n" % (DEEP, DEEP),
    "SASL": b"n AUTHENTICATE PLAIN " + b"=" * MEGABYTE + b"\r\n*\r\n",
    "SASL answers": b"n AUTHENTICATE PLAIN\r\n" + b"A" * MEGABYTE + b"\r\nn AUTHENTICATE LOGIN\r\n=\r\n=\r\n" * 50,
    "logins": b"n LOGIN bad wrong\r\n" * 500,
    "keywords": b"n STORE 1 FLAGS (" + b" ".join(b"k%d" % n for n in range(1200)) + b")\r\n",
    "IDLE that nobody ends": b"n IDLE\r\n" + b"A" * MEGABYTE + b"\r\n",
    "SELECT again and again": b"n SELECT INBOX\r\nn EXAMINE INBOX\r\n" * 1000,
}  # fmt: skip


@pytest.mark.parametrize("kind", NOISE)
@pytest.mark.parametrize("logged_in", [False, True], ids=["before", "after"])
def test_noise(good: Scene, kind: str, logged_in: bool) -> None:
    with good.imap("bad", "INBOX") if logged_in else good.imap() as client:
        found = talk(client, NOISE[kind] + b"\r\n")
        got = responses(found)
        assert got and all(line.startswith((b"* ", b"n ", b"= ", b"+")) for line in got), got[:3]


def test_slow_clients(good: Scene) -> None:
    """They stop in the midst of a literal, of a line, of IDLE and of a message; all others are served."""
    begun = [b"s LOGIN {5}\r\ngo", b"s APPEND INBOX {1000000}\r\n" + b"x" * 20_000, b"s IDLE\r\nDON", b"s NO"]
    with ExitStack() as stack:
        clients = [stack.enter_context(good.imap("bad")) for _ in range(30)]
        for number, client in enumerate(clients):
            for octet in begun[number % 4][:20]:
                client.send(bytes([octet]))
            client.send(begun[number % 4][20:])
        time.sleep(0.5)
        clients[2].send(b"E\r\n")
        assert answered(clients[2], b"s").startswith(b"s OK")
        clients[3].send(b"OP\r\n")
        assert answered(clients[3], b"s").startswith(b"s OK")


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_everything_at_once(good: Scene, count: int) -> None:
    """Thousands of commands in one write; each is answered, in order."""
    with good.imap("bad", "INBOX") as client:
        lines = b"".join(b"n%d NOOP\r\n" % n for n in range(count))
        found = talk(client, lines, 60)
        tags = [line.split()[0] for line in found.split(b"\r\n") if line.startswith(b"n")]
        assert tags == [b"n%d" % n for n in range(count)]


@pytest.mark.parametrize("times", [pytest.param(30, id="some"), pytest.param(2000, id="all", marks=pytest.mark.slow)])
def test_clients_that_never_read(good: Scene, times: int) -> None:
    """What is sent to them is one answer at a time."""
    with ExitStack() as stack:
        for name, box in (("crowd", "INBOX"), ("bad", "INBOX")):
            client = stack.enter_context(good.imap(name, box))
            client.socket.settimeout(0.3)
            what = b"UID FETCH 1:* FLAGS" if name == "crowd" else b"FETCH 1:* BODY.PEEK[]"
            sending(client, (b"n " + what + b"\r\n") * times)
        time.sleep(1)


def test_a_search_with_many_keys_over_many_messages(good: Scene) -> None:
    with good.imap("crowd", "INBOX") as client:
        tree = "OR NOT SEEN " * 20 + "DELETED"
        client.socket.settimeout(30)
        assert said(client, f"n1 SEARCH {tree} {tree} {tree}").startswith(b"n1 OK")
        assert said(client, "n2 SEARCH " + "OR SUBJECT x " * 20 + "SUBJECT y").startswith(b"n2 OK")
        assert said(client, "n3 SEARCH " + "UNSEEN " * 501 + "ALL").startswith(b"n3 BAD")
        assert said(client, "n4 UID SEARCH RETURN (COUNT) ALL").startswith(b"n4 OK")
        assert f"COUNT {CROWD}".encode() in client.got


@pytest.mark.parametrize("number", range(len(BOMBS)))
def test_bombs(server: Scene, number: int) -> None:
    """A message of wild structure is told in time that is in proportion to its size."""
    with abuse.undisturbed(server, growth=150 * MEGABYTE), server.imap("bomb", "INBOX") as client:
        client.socket.settimeout(20)
        client.send(
            b"n1 FETCH %d (BODYSTRUCTURE BODY ENVELOPE BODY.PEEK[1.1.1.MIME] BODY.PEEK[HEADER.FIELDS (SUBJECT)])\r\n"
            b"n2 SEARCH %d OR TEXT zzz OR FROM q SUBJECT zzz\r\nn3 LOGOUT\r\n" % (number + 1, number + 1)
        )
        found = responses(ends(client, 20))
        assert [line[:5] for line in found if line[:1] == b"n"] == [b"n1 OK", b"n2 OK", b"n3 OK"]


def test_what_is_put_behind_starttls_is_never_done(good: Scene) -> None:
    for count in (1, 1000):
        with Raw(good.ports["imap"]) as client:
            client.send(b"n1 STARTTLS\r\n" + b"n2 LOGIN bad secret\r\nn3 CREATE injected\r\n" * count)
            assert client.line().startswith(b"n1 OK")
            assert ends(client, 0.3) == b""  # it waits for a handshake, and says nothing
    with good.imap("bad") as client:
        assert said(client, 'n4 LIST "" injected').startswith(b"n4 OK") and b"injected" not in client.got


@pytest.mark.parametrize("count", [1000, pytest.param(4000, marks=pytest.mark.slow)])
def test_many_mailboxes(good: Scene, count: int) -> None:
    """Many: made, listed by wild patterns, asked for their status, and deleted."""
    with good.imap("bad") as client:
        client.socket.settimeout(60)
        makes = b"".join(b"n CREATE m%d/sub\r\n" % n for n in range(count // 2))
        client.send(makes + b"n1 NOOP\r\n")
        answered(client, b"n1")
        for pattern in ("*", "%/%", "%*" * 2000, "%m*" * 1000, "*" + "a*" * 1500):
            assert said(client, f'n2 LIST "" "{pattern}"').startswith(b"n2 OK")
        client.send(b"".join(b"n STATUS m%d (MESSAGES UNSEEN)\r\n" % n for n in range(count // 2)) + b"n3 NOOP\r\n")
        answered(client, b"n3")
        client.send(b"".join(b"n DELETE m%d/sub\r\nn DELETE m%d\r\n" % (n, n) for n in range(count // 2)))
        assert said(client, 'n4 LIST "" m*').startswith(b"n4 OK")
    with good.imap("bad", "INBOX") as client:
        assert f"* {len(MESSAGES) + 1} EXISTS".encode() in client.got
