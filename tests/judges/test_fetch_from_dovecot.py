"""`popsim fetch` reads mail from a Dovecot: exact octets, deletion, keeping, taking up again, TLS in both ways."""

from __future__ import annotations

import itertools
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from popsim.protocols.pop3.client import READERS, Login, Visit, visit
from popsim.protocols.pop3.table import POP3
from popsim.sockets.dial import perform
from popsim.sockets.trust import Trust
from tests.cli.running import COMMAND, complaint, environment, popsim
from tests.judges.dovecot import Dovecot, dovecot
from tests.judges.fetchers import Doing
from tests.sockets.nasty import ENDLESS, MESSAGES

NASTY = [*MESSAGES, ENDLESS]
PEOPLE = {f"user{n}": f"se cret {n}" for n in range(20)}
_FREE = itertools.count()

# What Dovecot 2.3 does with the nasty mailbox, that the standard does not have.
FIRST_DOT = Doing(
    "a dot that is the first octet of a message is sent as it is, so a client takes it for a stuffed one"
    " (RFC 1939 §3: a dot is added to every line that begins with one)",
    lambda octets: b"." + octets,
    (b"dots",),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot(PEOPLE) as running:
        yield running


@pytest.fixture
def user(server: Dovecot) -> str:
    """A user whom no other test has."""
    return f"user{next(_FREE)}"


def crlf(octets: bytes) -> bytes:
    """What a message is on its way (RFC 1939 §11)."""
    whole = octets if octets.endswith(b"\n") else octets + b"\n"
    return whole.replace(b"\n", b"\r\n")


def fetched(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.eml"))]


def url(server: Dovecot, user: str, secure: bool = False) -> str:
    scheme, port = ("pop3s", server.secure_port) if secure else ("pop3", server.port)
    return f"{scheme}://{user}@localhost:{port}"


def fetch(server: Dovecot, user: str, folder: Path, *options: str, secure: bool = False) -> str:
    """Fetch, and return what was said of it."""
    secret = folder.parent / "secret"
    secret.write_text(PEOPLE[user], encoding="ascii")
    given = ["--password-file", str(secret), "--output", str(folder), "--ca", str(server.authority), *options]
    done = popsim("fetch", url(server, user, secure), *given)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert PEOPLE[user] not in done.stdout
    return done.stdout


@pytest.mark.parametrize("way", ["clear", "STLS", "pop3s"])
def test_not_one_octet_is_different(server: Dovecot, user: str, tmp_path: Path, way: str) -> None:
    for message in NASTY:
        server.deliver(user, message)
    options = {"clear": ("--starttls", "never"), "STLS": ("--starttls", "always"), "pop3s": ()}[way]
    said = fetch(server, user, tmp_path / "mail", "--keep", *options, secure=way == "pop3s")
    assert said.startswith(f"{len(NASTY)} messages stored in ")
    got = fetched(tmp_path / "mail")
    got = [FIRST_DOT.undo(octets) if b"Subject: dots" in octets else octets for octets in got]
    assert got == list(map(crlf, NASTY))
    assert server.messages(user) == NASTY  # nothing was deleted, nothing was changed

    said = fetch(server, user, tmp_path / "mail", *options, secure=way == "pop3s")
    assert f"{len(NASTY)} stored by an earlier run; {len(NASTY)} deleted on the server" in said
    assert server.messages(user) == []
    assert len(fetched(tmp_path / "mail")) == len(NASTY)


def test_what_was_left_is_known_again_and_what_is_new_is_fetched(server: Dovecot, user: str, tmp_path: Path) -> None:
    for number in range(3):
        server.deliver(user, b"Subject: %d\n\ntext\n" % number)
    fetch(server, user, tmp_path / "mail", "--keep")
    server.deliver(user, b"Subject: new\n\ntext\n")
    said = fetch(server, user, tmp_path / "mail", "--keep")
    assert said.startswith("1 message stored in ") and "; 3 stored by an earlier run" in said
    assert fetched(tmp_path / "mail")[3] == b"Subject: new\r\n\r\ntext\r\n"
    for path in (tmp_path / "mail").glob("*.eml"):
        path.unlink()  # read, and put elsewhere
    server.deliver(user, b"Subject: newer\n\ntext\n")
    assert fetch(server, user, tmp_path / "mail").startswith("1 message stored in ")
    assert [path.name for path in (tmp_path / "mail").glob("*.eml")] == ["000005.eml"]
    assert server.messages(user) == []


def test_taken_up_after_a_kill(server: Dovecot, user: str, tmp_path: Path) -> None:
    wanted = [b"Subject: %d\n\n" % number + b"%d 56789\n" % number * 3000 for number in range(150)]
    for message in wanted:
        server.deliver(user, message)
    folder = tmp_path / "mail"
    secret = tmp_path / "secret"
    secret.write_text(PEOPLE[user], encoding="ascii")
    command = [*COMMAND, "fetch", url(server, user), "--password-file", str(secret), "--output", str(folder)]
    kills = 0
    for count in (1, 20, 60):
        process = subprocess.Popen([*command, "--starttls", "never"], env=environment(), stdout=subprocess.PIPE)
        end = time.monotonic() + 20
        while len(list(folder.glob("*.eml"))) < count and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.001)
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        assert set(fetched(folder)) <= set(map(crlf, wanted))  # whole ones only
    assert kills
    assert server.messages(user) == wanted  # no QUIT, no deletion
    fetch(server, user, folder)
    assert fetched(folder) == list(map(crlf, wanted))  # each of them once
    assert server.messages(user) == []
    assert {path.suffix for path in folder.iterdir()} == {".eml", ".fetched"}


def test_a_certificate_of_a_stranger(server: Dovecot, user: str, tmp_path: Path) -> None:
    done = popsim("fetch", url(server, user), "--password", PEOPLE[user], cwd=tmp_path)
    told = complaint(done, 1)
    assert "self-signed certificate" in told and "--ca FILE" in told and PEOPLE[user] not in told
    done = popsim("fetch", url(server, user, True), "--password", PEOPLE[user], "--insecure", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_password(server: Dovecot, user: str, tmp_path: Path) -> None:
    done = popsim("fetch", url(server, user), "--password", "wrong", "--ca", server.authority, cwd=tmp_path)
    assert "was refused: [AUTH] " in complaint(done, 1)


def test_equal_unique_ids(tmp_path: Path) -> None:
    """All messages of one listing are stored that have one unique-id (RFC 1939 §7)."""
    with dovecot({"user0": PEOPLE["user0"]}, pop3_uidl_format="%v") as server:
        wanted = [b"Subject: %d\n\none unique-id for all\n" % number for number in (1, 2, 2, 3)]
        for message in wanted:
            server.deliver("user0", message)
        fetch(server, "user0", tmp_path / "mail", "--keep")
        assert fetched(tmp_path / "mail") == list(map(crlf, wanted))

        assert fetch(server, "user0", tmp_path / "mail").startswith("0 messages stored in ")
        assert server.messages("user0") == []
        server.deliver("user0", b"Subject: later\n\ntext\n")
        fetch(server, "user0", tmp_path / "mail")
        assert fetched(tmp_path / "mail")[4:] == [b"Subject: later\r\n\r\ntext\r\n"]


class Pocket:
    """Keeps messages in memory."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    def holds(self, uid: str, copies: int = 1) -> bool:
        return False

    def keep(self, uid: str | None, octets: bytes) -> None:
        self.messages.append(octets)

    def kept_at(self, uid: str) -> int | None:
        return None

    def removed(self, uid: str) -> None:
        return None


@pytest.mark.parametrize("pipelined", [False, True])
@pytest.mark.parametrize("way", ["USER", "APOP", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"])
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name.replace(" ", "-"))
def test_every_mail_reader_by_every_login(
    server: Dovecot, reader: object, way: str, pipelined: bool, request: pytest.FixtureRequest
) -> None:
    """The scripts that run in virtual time read from a real server; APOP's and SASL's other end is Dovecot's."""
    from dataclasses import replace

    from popsim.protocols.pop3.client import Reader

    assert isinstance(reader, Reader)
    user = "user19"
    if not server.messages(user):
        for message in MESSAGES[:1] + MESSAGES[2:]:
            server.deliver(user, message)
    wanted = server.messages(user)
    pocket, protocol = Pocket(), POP3.extended()
    nonces = (f"nonce{n}" for n in itertools.count())
    login = Login(user, PEOPLE[user], way=way, tls="always")
    script = visit(
        replace(reader, pipelined=pipelined),
        login,
        pocket,
        protocol=protocol,
        now=time.time_ns,
        nonce=lambda: next(nonces),
    )
    came: Visit = perform(script, "localhost", server.port, protocol=protocol, trust=Trust(server.authority))
    assert came.complete and came.secured, came
    assert came.way == (way if way in ("USER", "APOP") else f"AUTH {way}")
    if reader.lines is None:
        assert pocket.messages == list(map(crlf, wanted))
    else:
        assert [header.count(b"\r\n\r\n") for header in pocket.messages if len(header) > 2]
    if reader.age == 0:
        assert server.messages(user) == []
